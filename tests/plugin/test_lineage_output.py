"""lineage/lineage-YYYY-MM-DD.ndjson: the platform's own events, appended, never twice."""

from __future__ import annotations

import json
from typing import Any

from .sample import BUNDLE, DATASET, DEPLOYMENT_ID, FLAT_RUN, RUN_ID, SIDECAR, Project

VERSION = "2026-04-26T13:01:48+00:00"


def _events(project: Project, day: str = "2026-04-26") -> list[dict[str, Any]]:
    text = (project.path / "out" / "lineage" / f"lineage-{day}.ndjson").read_text(encoding="ascii")
    assert text.endswith("\n")
    return [json.loads(line) for line in text.splitlines()]


def _types(events: list[dict[str, Any]]) -> list[str]:
    return [event["event_type"] for event in events]


def test_every_completed_thing_is_an_event(project: Project) -> None:
    project.check("--mlmonitor-out", "out")
    assert _types(_events(project)) == [
        "dataset_build_completed",
        "training_run_completed",
        "serving_deployment_activated",
        "check_run_completed",
    ]


def test_a_dataset_build(project: Project) -> None:
    project.check("--mlmonitor-out", "out")
    assert _events(project)[0] == {
        "event_type": "dataset_build_completed",
        "event_time": "2026-04-26T13:01:48Z",
        "inputs": None,
        "outputs": {"dataset": {"name": DATASET, "version": VERSION}},
        "metadata": {"row_count": 1076, "feature_count": 22},
    }


def test_a_training_run(project: Project) -> None:
    project.check("--mlmonitor-out", "out")
    assert _events(project)[1] == {
        "event_type": "training_run_completed",
        "event_time": "2026-04-26T13:14:15Z",
        "inputs": {"dataset": {"name": DATASET, "version": VERSION}},
        "outputs": {"model": {"name": "lightgbm_default", "version": "v1-lgbm-20260426"}},
        "metadata": {"run_id": RUN_ID, "duration_seconds": 99.0},
    }


def test_a_deployment_and_the_run_of_the_checks(project: Project) -> None:
    project.check("--mlmonitor-out", "out")
    activated, checked = _events(project)[2:]
    assert activated["event_time"] == "2026-04-26T13:47:20Z"
    assert activated["inputs"]["dataset"] == {"name": DATASET, "version": VERSION}
    assert activated["outputs"]["deployment"]["name"] == DEPLOYMENT_ID
    assert checked["event_time"] == "2026-04-26T14:00:37Z"
    assert checked["metadata"]["counts"]["pass"] == len(project.ids()) - 8
    assert checked["metadata"]["counts"]["fail"] == 0


def test_unknown_stays_as_it_is(project: Project) -> None:
    (project.root / FLAT_RUN).unlink()
    project.edit(BUNDLE, model_version=None, input_dataset_name=None, input_dataset_version=None)
    project.check("--mlmonitor-out", "out")
    event = next(event for event in _events(project) if event["event_type"] == "training_run_completed")
    assert event["inputs"]["dataset"] == {"name": "unknown", "version": "unknown"}
    assert event["outputs"]["model"]["version"] == "unknown"


def test_a_second_run_appends_only_its_own_event(project: Project) -> None:
    project.check("--mlmonitor-out", "out")
    first = _events(project)
    project.check("--mlmonitor-out", "out")
    second = _events(project)
    assert second[: len(first)] == first
    assert _types(second[len(first) :]) == ["check_run_completed"]


def test_something_new_is_appended(project: Project) -> None:
    project.check("--mlmonitor-out", "out")
    before = _events(project)
    project.edit(SIDECAR, dataset_version="2026-04-26T13:01:49+00:00")
    project.check("--mlmonitor-out", "out")
    assert _types(_events(project)[len(before) :]) == ["dataset_build_completed", "check_run_completed"]


def test_a_torn_line_of_an_earlier_run_is_closed_off(project: Project) -> None:
    project.check("--mlmonitor-out", "out")
    file = project.path / "out" / "lineage" / "lineage-2026-04-26.ndjson"
    file.write_text(file.read_text() + '{"event_type": "torn')
    project.check("--mlmonitor-out", "out")
    lines = file.read_text().splitlines()
    assert lines[4] == '{"event_type": "torn'
    assert json.loads(lines[5])["event_type"] == "check_run_completed"


def test_the_file_is_that_of_the_evaluation_day(project: Project) -> None:
    project.run("--mlmonitor=artifacts", "--mlmonitor-out", "out", now="2026-04-27T00:00:01Z")
    assert _types(_events(project, "2026-04-27"))[-1] == "check_run_completed"


def test_a_broken_artifact_has_findings_and_no_event(project: Project) -> None:
    (project.root / FLAT_RUN).unlink()
    project.edit(BUNDLE, run_id=None)
    assert project.check("--mlmonitor-out", "out").ret == 1
    assert "training_run_completed" not in _types(_events(project))
