"""The sample platform under other names, declared as three sources: the same verdicts, and the same links."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.kinds import Platform
from pytest_mlmonitor.links.closure import Closure
from tests.sources.judging import Verdict, change, verdict
from tests.unit.support import BUNDLE, DATASET, METRICS, PARQUET, RUN_ID, SAMPLE, change_lines, platform_at

NOW = "2026-04-26T14:00:37Z"
POLICY = """
freshness.max_age_seconds = 21600

[source.training_dataset]
path = "data/training_dataset_{version:%Y%m%d_%H%M%S}.parquet"
target = "target_empty_next_hour"
entity = "station_id"
event_ts = "obs_ts"
freshness = "6h"
timezone = "UTC"

[source.runs]
kind = "training_run"
path = "runs/{run_id}/result.json"
metadata = "scores.json"
metrics = { rmse = "test_rmse", mae = "test_mae" }
fields.model_name = "candidate_name"
fields.model_version = "model_version"
fields.dataset_name = "input_dataset_name"
fields.dataset_version = "input_dataset_version"
fields.started_at = "started_at"
fields.completed_at = "completed_at"
fields.created_at = "created_at"

[source.gateway]
kind = "deployment"
path = "serving/{date:%Y-%m-%d/%H}/*.jsonl"
""" + "\n".join(
    f'fields.{name} = "{name}"'
    for name in (
        *("deployment_id", "service_name", "environment", "endpoint_name", "model_name", "model_version", "bundle_id"),
        *("input_dataset_name", "input_dataset_version", "window_start", "window_end", "heartbeat_emitted_at"),
        *("request_count", "success_count", "failure_count", "rejected_count", "prediction_count"),
        *("latency_p50_ms", "latency_p95_ms", "latency_p99_ms"),
    )
)

RUN = f"runs/{RUN_ID}/result.json"
SCORES = f"runs/{RUN_ID}/scores.json"
SERVING = "serving/2026-04-26/13"
PARQUET_HERE = f"data/{DATASET}.parquet"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "lake"
    for old, new in (
        (PARQUET, PARQUET_HERE),
        (f"{BUNDLE}/metadata.json", RUN),
        (f"{BUNDLE}/metrics.json", SCORES),
    ):
        (root / new).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(SAMPLE / old, root / new)
    for file in (SAMPLE / METRICS).iterdir():
        (root / SERVING).mkdir(parents=True, exist_ok=True)
        shutil.copy(file, root / SERVING / file.name.removeprefix("metrics_"))
    return root


def judged(root: Path) -> Verdict:
    return verdict(root, POLICY, NOW)


def test_it_is_green_as_it_is_by_its_own_names(root: Path) -> None:
    said = judged(root)
    assert said.found() == []
    assert [ref.kind for ref, _ in said.platform.artifacts if ref.kind != "policy"] == [
        "dataset",
        "training_run",
        "deployment",
    ]
    for check, kind in (
        ("dataset_link", "training_run"),
        ("chronology", "training_run"),
        ("metrics_finite", "training_run"),
        ("run_link", "deployment"),
        ("dataset_link", "deployment"),
        ("serving_health", "deployment"),
        ("freshness", "dataset"),
    ):
        assert said.status(check, kind) == {"pass"}, (check, kind)


def links(platform: Platform) -> set[tuple[str, str, str]]:
    closure = platform.view(Closure)
    edges = [edge for _, artifact in platform.artifacts for edge in closure.of(artifact)]
    return {
        (edge.source.ref.kind, edge.role, edge.state) for edge in edges if edge.link.kind in ("dataset", "training_run")
    }


def test_the_links_are_those_of_the_sample(root: Path) -> None:
    own = links(platform_at(SAMPLE))
    assert (
        links(judged(root).platform)
        == own
        == {
            ("deployment", "serves", "found"),
            ("deployment", "trained_on", "found"),
            ("training_run", "trained_on", "found"),
        }
    )


def test_a_run_is_compared_with_the_run_and_the_dataset_that_is_there(root: Path) -> None:
    (run,) = judged(root).platform.of_kind("training_run")
    by_its_own_names = next(run for run in platform_at(SAMPLE).runs(RUN_ID) if run.bundle)
    for field in ("run_id", "model_name", "model_version", "started_at", "completed_at", "created_at"):
        assert getattr(run, field) == getattr(by_its_own_names, field), field
    assert {name: run.metrics[name] for name in ("rmse", "mae")} == {
        name: by_its_own_names.metrics[name] for name in ("rmse", "mae")
    }


FAULTS: list[tuple[str, Callable[[Path], None], str, str]] = [
    (
        "a version that nobody built",
        lambda r: change(r / RUN, input_dataset_version="2026-04-25T13:01:48Z"),
        "dataset_link",
        "not found; that dataset has the version",
    ),
    (
        "a name that nobody has",
        lambda r: change(r / RUN, input_dataset_name="other_dataset"),
        "dataset_link",
        "other_dataset",
    ),
    (
        "a start before the build",
        lambda r: change(r / RUN, started_at="2026-04-26T12:12:36Z"),
        "chronology",
        "before the dataset's built_at",
    ),
    (
        "an end before the start",
        lambda r: change(r / RUN, completed_at="2026-04-26T13:10:00Z"),
        "chronology",
        "completed_at",
    ),
    (
        "a metric that is NaN",
        lambda r: (r / SCORES).write_text('{"test_rmse": NaN, "test_mae": 0.1}') and None,
        "metrics_finite",
        "metrics.rmse is NaN",
    ),
    ("an mae above the rmse", lambda r: change(r / SCORES, test_mae=0.5), "metrics_finite", "mae 0.5 is larger"),
    ("a metric that is gone", lambda r: change(r / SCORES, test_rmse=None), "contract", "no field 'test_rmse'"),
    ("another model's name", lambda r: change(r / RUN, candidate_name="xgboost"), "run_link", "xgboost"),
    ("another version", lambda r: change(r / RUN, model_version="v2"), "run_link", "v2"),
    ("a run that is gone", lambda r: shutil.move(r / "runs" / RUN_ID, r / "runs/other") and None, "run_link", RUN_ID),
    (
        "windows of a dataset that is gone",
        lambda r: change_lines((r / SERVING).iterdir(), input_dataset_version="x"),
        "dataset_link",
        "input_dataset_version",
    ),
    (
        "slow answers",
        lambda r: change_lines((r / SERVING).iterdir(), latency_p95_ms=900.0, latency_p99_ms=950.0),
        "serving_health",
        "p95",
    ),
    ("no document", lambda r: (r / SCORES).unlink(), "contract", "scores.json"),
    ("a document that is torn", lambda r: (r / RUN).write_text('{"run_id": ') and None, "readable", "result.json"),
]


@pytest.mark.parametrize(
    ("plant", "check", "words"), [fault[1:] for fault in FAULTS], ids=[fault[0] for fault in FAULTS]
)
def test_a_planted_fault_is_named(root: Path, plant: Callable[[Path], None], check: str, words: str) -> None:
    plant(root)
    found = judged(root).found(Severity.WARNING)
    assert any(name == check and words in message for name, message in found), found
