"""Field by field the same as the public reference implementation on everything in ``good/``.

Two differences are kept. A metric that upstream did not write is absent, never 0.0 (the oracle has no such run in ``good/``,
so nothing differs there). A build that lies more than the clock skew ahead is FUTURE, not FRESH. Paths in the oracle start
from the artifacts directory; ours are absolute.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.core.adapter import Reading
from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.discover import Discovery
from pytest_mlmonitor.core.policy.thresholds import ServingPolicy
from pytest_mlmonitor.core.text.words import instant
from pytest_mlmonitor.datasets.adapters import embedded, sidecar
from pytest_mlmonitor.datasets.checks.freshness import compute_freshness
from pytest_mlmonitor.datasets.checks.metadata import metadata_report
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.kinds import Platform
from pytest_mlmonitor.outputs.lineage import dataset_event, training_event
from pytest_mlmonitor.serving.checks.health import compute_health
from pytest_mlmonitor.serving.record import ServingWindowRecord
from pytest_mlmonitor.training.adapters import bundle, flat
from pytest_mlmonitor.training.model import TrainingRun

from .shared import ARTIFACTS, READER, WHY_SKIPPED, oracle

pytestmark = pytest.mark.skipif(not (ARTIFACTS / "oracle").is_dir(), reason=WHY_SKIPPED)

DATASET_FIELDS = (
    "dataset_name",
    "dataset_version",
    "path",
    "built_at",
    "row_count",
    "feature_count",
    "target",
    "entity",
    "event_ts",
    "schema_version",
)
RUN_FIELDS = (
    "run_id",
    "model_name",
    "model_version",
    "input_dataset_name",
    "input_dataset_version",
    "started_at",
    "completed_at",
    "metrics",
    "artifact_path",
)


def entries(name: str, start: str = "good/") -> list[str]:
    if not (ARTIFACTS / "oracle").is_dir():
        return []
    return [key for key in oracle(name)["results"] if key.startswith(start)]


def ref(kind: str, path: Path) -> ArtifactRef:
    return ArtifactRef(kind, path, path.stem, ARTIFACTS)


def fields_of(artifact: Dataset | TrainingRun, names: tuple[str, ...]) -> dict[str, Any]:
    """Return the fields as the reference writes them: JSON values, and the two metrics it knows."""
    values = {name: getattr(artifact, name) for name in names}
    values = {name: instant(v) if isinstance(v, datetime) else v for name, v in values.items()}
    if "metrics" in values:
        values["metrics"] = {key: values["metrics"][key] for key in ("rmse", "mae") if key in values["metrics"]}
    return values


@pytest.fixture(scope="module")
def platform() -> Platform:
    return Platform([], reader=READER)


@pytest.mark.parametrize("key", entries("p2_adapter"))
def test_p2_adapter(key: str, platform: Platform) -> None:
    expected = oracle("p2_adapter")["results"][key]
    dataset = embedded.read(ref("dataset", ARTIFACTS / key), Reading(platform, Discovery(ARTIFACTS)))
    assert fields_of(dataset, DATASET_FIELDS) == expected["adapted"] | {"path": str(ARTIFACTS / key)}
    assert dataset_event(dataset) == expected["lineage_event"]
    assert dataset.violations == ()


def test_p2_adapter_of_the_faulty_upstream(platform: Platform) -> None:
    """Its metadata is sound; the faults are in its rows."""
    (key,) = entries("p2_adapter", "faulty_upstream/")
    expected = oracle("p2_adapter")["results"][key]
    dataset = embedded.read(ref("dataset", ARTIFACTS / key), Reading(platform, Discovery(ARTIFACTS)))
    assert fields_of(dataset, DATASET_FIELDS) == expected["adapted"] | {"path": str(ARTIFACTS / key)}
    assert dataset_event(dataset) == expected["lineage_event"]


@pytest.mark.parametrize("key", entries("p4_adapter"))
def test_p4_adapter(key: str, platform: Platform) -> None:
    expected = oracle("p4_adapter")["results"][key]
    run = bundle.read(ref("training_run", ARTIFACTS / key / "metadata.json"))
    assert fields_of(run, RUN_FIELDS) == expected["adapted"]
    assert training_event(run) == expected["lineage_event"]
    assert run.violations == ()


@pytest.mark.parametrize("key", entries("metadata_json"))
def test_metadata_documents(key: str, platform: Platform) -> None:
    expected = oracle("metadata_json")["results"][key]
    path = ARTIFACTS / key
    if path.name == "training_metadata.json":
        run = flat.read(ref("training_run", path))
        assert fields_of(run, RUN_FIELDS) == expected["parsed"]
        assert training_event(run) == expected["lineage_event"]
    else:
        dataset = sidecar.read(ref("dataset", path))
        assert fields_of(dataset, DATASET_FIELDS) == expected["parsed"]
        assert dataset_event(dataset) == expected["lineage_event"]


@pytest.mark.parametrize("key", [*entries("run_checks"), "does/not/exist.json"])
def test_run_checks(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = oracle("run_checks")["results"][key]
    monkeypatch.chdir(ARTIFACTS)
    assert metadata_report(Path(key)) == expected


def freshness_cases() -> list[dict[str, Any]]:
    return oracle("freshness")["results"] if (ARTIFACTS / "oracle").is_dir() else []


@pytest.mark.parametrize("case", freshness_cases(), ids=lambda c: f"{c['metadata_path']}: {c['case']}")
def test_freshness(case: dict[str, Any], platform: Platform) -> None:
    dataset = sidecar.read(ref("dataset", ARTIFACTS / case["metadata_path"]))
    now = datetime.fromisoformat(case["now"])
    found = compute_freshness(dataset, now, case["threshold_seconds"], clock_skew_seconds=300)
    # The oracle's one early case lies exactly at the skew, which is not beyond it.
    assert found.to_dict() == case["result"]
    beyond = compute_freshness(dataset, now, case["threshold_seconds"], clock_skew_seconds=299)
    kept = {"status": "FUTURE"} if case["result"]["freshness_seconds"] < -299 else {}
    assert beyond.to_dict() == case["result"] | kept


def test_freshness_cases_hold_every_status() -> None:
    found = {case["result"]["status"] for case in freshness_cases()}
    assert found == {"FRESH", "STALE"}
    assert min(case["result"]["freshness_seconds"] for case in freshness_cases()) == -300.0


def health_cases() -> list[tuple[str, dict[str, Any]]]:
    if not (ARTIFACTS / "oracle").is_dir():
        return []
    found = []
    for name, scenario in oracle("serving_health")["results"].items():
        found += [(name, case) for case in scenario["health"]]
        found.append((name, scenario["custom_thresholds"] | {"case": "custom thresholds"}))
    return found


@pytest.fixture(scope="module")
def scenarios() -> dict[str, Platform]:
    """Every scenario, read once."""
    names = oracle("serving_health")["results"]
    return {name: Platform([ARTIFACTS / "good" / "p5" / name]) for name in names}


@pytest.mark.parametrize(("name", "case"), health_cases(), ids=[f"{n}: {c['case']}" for n, c in health_cases()])
def test_serving_health(name: str, case: dict[str, Any], scenarios: dict[str, Platform]) -> None:
    policy = ServingPolicy(**oracle("serving_health")["default_thresholds"] | case.get("thresholds", {}))
    now = datetime.fromisoformat(case["eval_time"])
    deployments = sorted(scenarios[name].deployments(), key=lambda d: d.ref.name)
    assert [compute_health(d, now, policy).to_dict() for d in deployments] == case["states"]


def test_default_thresholds_are_the_reference_ones() -> None:
    """Everything beyond them is an option, and off; but for what only findings know, and a timeout."""
    reference, ours = oracle("serving_health")["default_thresholds"], ServingPolicy().model_dump()
    assert {key: ours[key] for key in reference} == reference
    findings = ("failure_rate_error_pct", "failure_min_requests", "evidence_hours", "retire_after_minutes")
    beyond = {*findings, "prediction_warning_pct", "prediction_error_pct", "endpoint_timeout_seconds"}
    assert not any(value for key, value in ours.items() if key not in {*reference, *beyond})


@pytest.mark.parametrize("name", list(oracle("serving_health")["results"]) if entries("run_checks") else [])
def test_ingested_windows(name: str, scenarios: dict[str, Platform]) -> None:
    expected = oracle("serving_health")["results"][name]
    windows = [window for deployment in scenarios[name].deployments() for window in deployment.windows]
    assert len(windows) == expected["ingested_windows"]
    if "windows" in expected:
        written = [
            {
                key: instant(value.astimezone(UTC)) if isinstance(value, datetime) else value
                for key, value in asdict(window).items()
                if key in ServingWindowRecord.model_fields
            }
            for window in windows
        ]
        assert written == expected["windows"]
