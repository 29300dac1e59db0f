"""Lineage in the platform's own form (specification 3)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.core.record import RunRecord
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.kinds import Platform
from pytest_mlmonitor.outputs.lineage import (
    check_event,
    dataset_event,
    deployment_events,
    encode,
    events_of,
    training_event,
    write_lineage,
)
from pytest_mlmonitor.training.model import TrainingRun
from tests.unit.support import NOW, RUN_ID, SAMPLE, at, dataset, deployment, event, platform_at, training_run, window


def sample() -> list[Any]:
    return [artifact for _, artifact in platform_at(SAMPLE).artifacts]


def test_the_event_of_a_build() -> None:
    (made,) = [a for a in sample() if isinstance(a, Dataset)]
    assert dataset_event(made) == {
        "event_type": "dataset_build_completed",
        "event_time": "2026-04-26T13:01:48Z",
        "inputs": None,
        "outputs": {
            "dataset": {"name": "training_dataset_20260426_130148", "version": "2026-04-26T13:01:48+00:00"},
        },
        "metadata": {"row_count": 1076, "feature_count": 22},
    }


def test_the_event_of_a_run() -> None:
    flat, bundle = [training_event(a) for a in sample() if isinstance(a, TrainingRun)]
    assert flat["metadata"] == bundle["metadata"] == {"run_id": RUN_ID, "duration_seconds": 99.0}
    assert flat == bundle
    assert flat["inputs"] == {
        "dataset": {"name": "training_dataset_20260426_130148", "version": "2026-04-26T13:01:48+00:00"}
    }
    assert flat["outputs"] == {"model": {"name": "lightgbm_default", "version": "v1-lgbm-20260426"}}


def test_unknown_stays_in_this_form() -> None:
    made = training_event(training_run(input_dataset_name="unknown", input_dataset_version="unknown"))
    assert made["inputs"] == {"dataset": {"name": "unknown", "version": "unknown"}}


def test_every_event_of_a_deployment() -> None:
    made = deployment(window(0), events=[event(-1), event(5, traffic_status="draining", activation_reason="drain")])
    first, second = deployment_events(made)
    assert first["event_time"] == "2026-04-26T11:59:00Z"
    assert first["event_type"] == "serving_deployment_activated"
    assert set(first["inputs"]) == {"model", "dataset"}
    assert first["outputs"]["deployment"]["name"] == "dep"
    assert second["metadata"]["traffic_status"] == "draining"


@pytest.mark.parametrize("field", ["dataset_name", "dataset_version", "built_at", "row_count", "feature_count"])
def test_a_build_that_does_not_say_enough(field: str) -> None:
    with pytest.raises(ValueError, match=f"no lineage event without {field}$"):
        dataset_event(dataset(**{field: None}))


def test_broken_artifacts_have_findings_instead() -> None:
    assert len(list(events_of(Platform.of([dataset(row_count=None), training_run(run_id=None), dataset()])))) == 1


def test_a_file_a_day_one_object_a_line(tmp_path: Path) -> None:
    record = RunRecord(NOW, "demo")
    path = write_lineage(tmp_path, record, Platform.of(sample()))
    assert path.name == "lineage-2026-04-26.ndjson"
    events = [json.loads(line) for line in path.read_text(encoding="ascii").split("\n")[:-1]]
    assert [e["event_type"] for e in events] == [
        "dataset_build_completed",
        "training_run_completed",
        "serving_deployment_activated",
        "check_run_completed",
    ]
    for entry in events:
        assert list(entry) == ["event_type", "event_time", "inputs", "outputs", "metadata"]


def test_a_second_run_adds_itself_and_nothing_twice(tmp_path: Path) -> None:
    write_lineage(tmp_path, RunRecord(NOW), Platform.of(sample()))
    path = write_lineage(tmp_path, RunRecord(NOW, exit_status=1), Platform.of([*sample(), dataset()]))
    types = [json.loads(line)["event_type"] for line in path.read_text(encoding="ascii").split("\n")[:-1]]
    assert types[4:] == ["dataset_build_completed", "check_run_completed"]


def test_a_torn_line_of_an_earlier_run_loses_no_event(tmp_path: Path) -> None:
    path = write_lineage(tmp_path, RunRecord(NOW), Platform.of(sample()))
    lines = path.read_text(encoding="ascii").split("\n")
    path.write_text("\n".join(lines[:2]) + "\n" + lines[2][:40], encoding="ascii")
    write_lineage(tmp_path, RunRecord(NOW), Platform.of(sample()))
    after = path.read_text(encoding="ascii").split("\n")
    assert after[:2] == lines[:2]
    assert after[2] == lines[2][:40]
    assert after[3] == lines[2]


def test_the_event_of_the_check_run() -> None:
    made = check_event(RunRecord(at(0), "production", exit_status=1, duration_seconds=2.5))
    assert made["event_type"] == "check_run_completed"
    assert made["metadata"]["exit_status"] == 1
    assert made["metadata"]["environment"] == "production"


def test_a_line_is_ascii_without_a_newline() -> None:
    line = encode({"a": "\n\u2028é\x1b"})
    assert line.isascii() and "\n" not in line
    with pytest.raises(ValueError, match="Out of range float"):
        encode({"a": float("nan")})
