"""Artifacts made by hand: sound ones, in which a test changes what it is about."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.check import Check, run_check
from pytest_mlmonitor.core.context import context_of
from pytest_mlmonitor.core.finding import Finding
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.kinds import Platform
from pytest_mlmonitor.serving.model import Deployment, DeploymentEvent, ServingWindow
from pytest_mlmonitor.tables.reader.isolated import IsolatedReader
from pytest_mlmonitor.training.model import TrainingRun

SAMPLE = Path(__file__).resolve().parents[2] / "contract_tests" / "platform"
NOW = datetime(2026, 4, 26, 14, 0, 37, tzinfo=UTC)
RUN_ID = "43826da11ab758aa547be3d9f1df80fb"
DEPLOYMENT_ID = "dep-2026-04-16-linked"
DATASET = "training_dataset_20260426_130148"

SIDECAR = "p2/dataset_metadata.json"
PARQUET = f"p2/output/{DATASET}.parquet"
FLAT = "p2/training_metadata.json"
REPORT = "p2/models/metrics_20260426_131236.json"
BUNDLE = f"p4/artifacts/{RUN_ID}"
METRICS = "p5/artifacts/serving/metrics/2026-04-26/13"
EVENTS = "p5/artifacts/serving/events/2026-04-26/deployment_events.jsonl"


def copy_of_sample(into: Path, *parts: str) -> Path:
    """Copy the sample platform (or some of p2, p4, p5) below ``into``, which is returned."""
    for part in parts or ("p2", "p4", "p5"):
        shutil.copytree(SAMPLE / part, into / part)
    return into.resolve()


def load_json(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def change_json(path: Path, /, *gone: str, **fields: Any) -> None:
    """Set fields of a JSON document of one line or many, and remove those named in ``gone``."""
    document = load_json(path) | fields
    document = {key: value for key, value in document.items() if key not in gone}
    path.write_text(json.dumps(document), encoding="utf-8")


def change_lines(paths: Iterable[Path], /, **fields: Any) -> None:
    for path in paths:
        lines = [json.loads(line) | fields for line in path.read_text(encoding="utf-8").split("\n") if line]
        path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


READER = IsolatedReader()
"""One reader process for all: starting one takes longer than most tests."""


def platform_at(*roots: Path, now: datetime = NOW, **settings: Any) -> Platform:
    return Platform(roots, Settings(**{"freshness": {"max_age_seconds": 21_600}, **settings}), now, reader=READER)


def result_of(
    check: Check, root: Path, *, now: datetime = NOW, name: str | None = None, **settings: Any
) -> CheckResult:
    """Run one check on the one artifact below ``root`` that it applies to (or the one called ``name``)."""
    platform = platform_at(root, now=now, **settings)
    found = [
        (ref, artifact)
        for ref, artifact in platform.artifacts
        if ref.kind == check.kind
        and check.concerns(artifact, platform.context(ref))
        and (name is None or ref.name == name)
    ]
    assert len(found) == 1, [ref.name for ref, _ in found]
    return run_check(check, found[0][1], platform.context(found[0][0]), found[0][0])


def only(result: CheckResult) -> Finding:
    """Return the one finding of a result."""
    assert result.status != "error", result.reason
    assert len(result.findings) == 1, [f.message for f in result.findings]
    return result.findings[0]


def messages(result: CheckResult) -> list[str]:
    assert result.status != "error", result.reason
    return [finding.message for finding in result.findings]


def at(minute: float) -> datetime:
    """Return a moment by its minutes after noon."""
    return datetime(2026, 4, 26, 12, tzinfo=UTC) + timedelta(minutes=minute)


def window(minute: float = 0, **fields: Any) -> ServingWindow:
    """Return a healthy window of one minute that starts ``minute`` minutes after noon."""
    start = at(minute)
    values: dict[str, Any] = {
        name: 0 for name in ServingWindow.__dataclass_fields__ if name.endswith("_count") and "_feature" not in name
    }
    values |= {"input_schema_failure_count": 0, "feature_lookup_error_count": 0, "missing_required_field_count": 0}
    values |= {"request_count": 10, "success_count": 10, "prediction_count": 10}
    values |= {"latency_p50_ms": 10.0, "latency_p95_ms": 20.0, "latency_p99_ms": 30.0}
    values |= {"window_start": start, "window_end": start + timedelta(minutes=1)}
    values |= {"heartbeat_emitted_at": start + timedelta(minutes=1, seconds=2)}
    values |= {"service_name": "s", "service_version": "1", "environment": "production", "deployment_id": "dep"}
    values |= {"model_name": "m", "model_version": "v1", "bundle_id": "/models/run-1"}
    values |= {"input_dataset_name": "d", "input_dataset_version": "2026-04-26T10:00:00Z"}
    values |= {"endpoint_name": "/predict", "schema_version": "v1", "location": f"metrics_{minute}.jsonl:1"}
    return ServingWindow(**values | fields)


def event(minute: float = -1, **fields: Any) -> DeploymentEvent:
    """Return the activation that belongs to :func:`window`."""
    values: dict[str, Any] = {"event_type": "serving_deployment_activated", "event_time": at(minute)}
    values |= {"service_name": "s", "service_version": "1", "environment": "production", "deployment_id": "dep"}
    values |= {"model_name": "m", "model_version": "v1", "bundle_id": "/models/run-1"}
    values |= {"bundle_uri": f"file://{fields.get('bundle_id', values['bundle_id'])}"}
    values |= {"bundle_created_at": at(-10), "input_dataset_name": "d", "input_dataset_version": "2026-04-26T10:00:00Z"}
    values |= {"started_at": at(-20), "completed_at": at(-10), "activation_reason": "startup"}
    values |= {"traffic_status": "serving", "schema_version": "v1", "location": "deployment_events.jsonl:1"}
    return DeploymentEvent(**values | fields)


def deployment(*windows: ServingWindow, events: Iterable[DeploymentEvent] = (), name: str = "dep") -> Deployment:
    root = Path("/data")
    return Deployment(
        ArtifactRef("deployment", root / "serving" / "metrics", name, root),
        windows=tuple(sorted(windows, key=lambda w: w.window_start)),
        events=tuple(sorted(events, key=lambda e: e.event_time)),
        metrics_dir=root / "serving" / "metrics",
        events_dir=root / "serving" / "events",
    )


def training_run(**fields: Any) -> TrainingRun:
    """Return a bundle that :func:`event` activates."""
    values: dict[str, Any] = {"run_id": "run-1", "model_name": "m", "model_version": "v1"}
    values |= {"input_dataset_name": "d", "input_dataset_version": "2026-04-26T10:00:00Z"}
    values |= {
        "started_at": at(-20),
        "completed_at": at(-10),
        "created_at": at(-9),
        "metrics": {"rmse": 0.2, "mae": 0.1},
    }
    values |= {"artifact_path": "runs:/run-1/model", "timed": True, "bundle": True, "document": {"run_id": "run-1"}}
    root = Path("/data")
    values |= {"ref": ArtifactRef("training_run", root / "run-1" / "metadata.json", "run-1", root)}
    values |= fields
    given = ("started_at", "completed_at", "created_at") if values["timed"] else ("created_at",)
    values.setdefault("emitted", {name: values[name] for name in given if values[name] is not None})
    return TrainingRun(**values)


def dataset(**fields: Any) -> Dataset:
    """Return the dataset that :func:`training_run` was trained on; it has no file."""
    root = Path("/data")
    values: dict[str, Any] = {"ref": ArtifactRef("dataset", root / "dataset_metadata.json", "d", root)}
    values |= {"dataset_name": "d", "dataset_version": "2026-04-26T10:00:00Z", "built_at": at(-40)}
    values |= {"row_count": 1, "feature_count": 1, "sidecar": root / "dataset_metadata.json", "document": {}}
    return Dataset(**{**values, **fields})


def linked(*artifacts: Any, now: datetime | None = None, **settings: Any) -> list[Any]:
    """Return the artifacts as one platform, each knowing the others."""
    Platform.of(artifacts, Settings(**settings), now or at(30))
    return list(artifacts)


def platform_of(artifact: Any) -> Any:
    """Return the platform that knows an artifact."""
    return context_of(artifact).platform


def fields_of(platform: Platform, kind: str, pick: Callable[[Any], Any]) -> list[Any]:
    return [pick(artifact) for ref, artifact in platform.artifacts if ref.kind == kind]
