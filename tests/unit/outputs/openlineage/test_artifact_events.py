"""Builds, trainings and deployments as runs of OpenLineage."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.text.names import show_as
from pytest_mlmonitor.kinds import Platform
from tests.unit.outputs.openlineage.openlineage_events import states, told
from tests.unit.support import at, dataset, deployment, event, training_run, window

ROOT = Path("/data")


def parquet(name: str, version: str, **fields: Any) -> Any:
    return dataset(
        ref=ArtifactRef("dataset", ROOT / "out" / name, name, ROOT),
        dataset_name=name.partition(".")[0],
        dataset_version=version,
        data_path=ROOT / "out" / name,
        **fields,
    )


def test_versions_of_a_dataset_are_one_node_and_several_runs() -> None:
    events = told(Platform.of([parquet("bikes_20260425.parquet", "1"), parquet("bikes_20260426.parquet", "2")]))
    assert states(events) == {"dataset_build.bikes": ["START", "COMPLETE"] * 2}
    assert {(one["outputs"][0]["namespace"], one["outputs"][0]["name"]) for one in events} == {
        ("file", "/data/out/bikes")
    }
    assert len({one["run"]["runId"] for one in events}) == 2
    ends = [one["outputs"][0]["facets"] for one in events if one["eventType"] == "COMPLETE"]
    assert [facets["version"]["datasetVersion"] for facets in ends] == ["1", "2"]
    assert ends[0]["symlinks"]["identifiers"][0]["name"] == "/data/out/bikes_20260425.parquet"


def test_a_file_without_a_date_is_what_it_is_called() -> None:
    events = told(Platform.of([parquet("events.parquet", "1")]))
    assert events[0]["outputs"][0]["name"] == "/data/out/events.parquet"


def test_a_dataset_without_a_name_or_a_time_has_no_events() -> None:
    assert told(Platform.of([dataset(dataset_name=None), dataset(built_at=None)])) == []


def test_the_same_is_told_again_with_the_same_ids_and_something_else_with_others() -> None:
    def ids(*artifacts: Any, **settings: Any) -> list[str]:
        return [one["run"]["runId"] for one in told(Platform.of(artifacts, Settings(**settings)))]

    assert ids(dataset(), training_run()) == ids(dataset(), training_run())
    assert not set(ids(dataset(), training_run())) & set(ids(dataset(), training_run(), environment="production"))
    assert not set(ids(training_run())) & set(ids(training_run(run_id="run-2")))
    assert not set(ids(deployment(window()))) & set(ids(deployment(window(bundle_id="/models/run-2"))))


def test_the_graph_holds_together_from_the_data_to_what_answers() -> None:
    events = told(Platform.of([dataset(), training_run(), deployment(window(), events=[event()])], now=at(5)))
    ends = {one["job"]["name"]: one for one in events}
    (data,) = ends["dataset_build.d"]["outputs"]
    (trained_on,), (model,) = ends["training.m"]["inputs"], ends["training.m"]["outputs"]
    served = ends["serving.s.dep"]
    nodes = [(one["namespace"], one["name"]) for one in (data, trained_on)]
    assert nodes[0] == nodes[1] == ("file", "/data/d")
    assert [(one["namespace"], one["name"]) for one in served["inputs"]] == [("mlmodel://local", "m"), nodes[0]]
    assert (model["namespace"], model["name"]) == ("mlmodel://local", "m")
    assert (served["outputs"][0]["namespace"], served["outputs"][0]["name"]) == ("mlserving://production/s", "dep")


@pytest.mark.parametrize(
    ("status", "last"),
    [(None, "COMPLETE"), ("FINISHED", "COMPLETE"), ("FAILED", "FAIL"), ("KILLED", "ABORT"), ("RUNNING", "START")],
)
def test_a_training_ends_as_its_tracker_says(status: str | None, last: str) -> None:
    events = told(Platform.of([training_run(status=status)]))
    assert events[-1]["eventType"] == last
    assert events[0]["eventTime"] == "2026-04-26T11:40:00Z"


def test_what_is_unknown_is_left_out_and_what_is_only_named_is_not() -> None:
    unknown = training_run(input_dataset_name="unknown", input_dataset_version="unknown", model_name="unknown")
    events = told(Platform.of([unknown]))
    assert [one["inputs"] + one["outputs"] for one in events] == [[], []]
    (named,) = told(Platform.of([training_run()]))[-1]["inputs"]
    assert (named["namespace"], named["name"]) == ("mldataset://local", "d")
    assert named["facets"]["version"]["datasetVersion"] == "2026-04-26T10:00:00Z"


def test_a_broken_time_makes_no_event() -> None:
    run = training_run(document={"started_at": "yesterday"}, emitted={"completed_at": at(-10)})
    assert told(Platform.of([run])) == []


def test_a_run_that_two_documents_describe_is_told_once_by_the_one_that_says_more() -> None:
    flat = training_run(ref=ArtifactRef("training_run", ROOT / "flat.json", "run-1", ROOT), metrics={"rmse": 0.2})
    events = told(Platform.of([flat, training_run()]))
    assert [one["eventType"] for one in events] == ["START", "COMPLETE"]
    assert events[-1]["outputs"][0]["facets"]["mlmonitor_model"]["metrics"] == {"mae": 0.1, "rmse": 0.2}


def drained(reason: str) -> Any:
    return event(9, traffic_status="drained", activation_reason=reason)


@pytest.mark.parametrize(
    ("others", "end"),
    [
        ([], None),
        ([deployment(events=[event(5, deployment_id="new")], name="new")], ("COMPLETE", "2026-04-26T12:05:00Z")),
        (
            [deployment(events=[event(5, deployment_id="new", activation_reason="rollback")], name="new")],
            ("ABORT", "2026-04-26T12:05:00Z"),
        ),
        ([deployment(events=[event(5, deployment_id="new", model_name="other")], name="new")], None),
        ([deployment(events=[event(500, deployment_id="new")], name="new")], None),
        ([deployment(events=[event(-9, deployment_id="new")], name="new")], None),
    ],
    ids=["alone", "replaced", "rolled-back", "another-model", "ahead-of-the-clock", "before"],
)
def test_a_deployment_goes_on_until_another_takes_over(others: list[Any], end: tuple[str, str] | None) -> None:
    platform = Platform.of([deployment(window(), events=[event()]), *others], now=at(30))
    mine = [one for one in told(platform) if one["job"]["name"] == "serving.s.dep"]
    assert [one["eventType"] for one in mine[:2]] == ["START", "RUNNING"]
    assert [(one["eventType"], one["eventTime"]) for one in mine[2:]] == ([end] if end else [])


def test_a_drained_deployment_is_over_and_its_start_stays_what_it_was() -> None:
    before = told(Platform.of([deployment(window(), events=[event()])], now=at(30)))
    after = told(Platform.of([deployment(window(), events=[event(), drained("drain")])], now=at(30)))
    assert after[0] == before[0]
    assert (after[-1]["eventType"], after[-1]["eventTime"]) == ("COMPLETE", "2026-04-26T12:09:00Z")
    rolled = told(Platform.of([deployment(window(), events=[event(), drained("rollback")])], now=at(30)))
    assert rolled[-1]["eventType"] == "ABORT"


def test_another_bundle_is_another_run_of_the_same_deployment() -> None:
    events = [event(-1), event(5, bundle_id="/models/run-2")]
    made = told(Platform.of([deployment(window(6, bundle_id="/models/run-2"), events=events)], now=at(30)))
    assert states(made) == {"serving.s.dep": ["START", "COMPLETE", "START", "RUNNING"]}
    assert len({one["run"]["runId"] for one in made}) == 2


def test_windows_without_events_are_a_deployment_that_runs() -> None:
    made = told(Platform.of([deployment(window(0), window(1))], now=at(30)))
    assert [(one["eventType"], one["eventTime"]) for one in made] == [
        ("START", "2026-04-26T12:00:00Z"),
        ("RUNNING", "2026-04-26T12:02:00Z"),
    ]
    assert made[-1]["outputs"][0]["outputFacets"]["outputStatistics"]["rowCount"] == 20


def test_what_lies_in_object_storage_is_called_by_its_url() -> None:
    show_as(Path("/mirror/1"), "s3://lake/gold")
    root = Path("/mirror/1")
    path = root / "out" / "bikes_20260426.parquet"
    made = dataset(ref=ArtifactRef("dataset", path, "bikes", root), dataset_name="bikes_20260426", data_path=path)
    (output,) = told(Platform.of([made]))[-1]["outputs"]
    assert (output["namespace"], output["name"]) == ("s3://lake", "gold/out/bikes")
    assert output["facets"]["storage"] | {"storageLayer": "s3", "fileFormat": "parquet"} == output["facets"]["storage"]
    assert output["facets"]["symlinks"]["identifiers"][0]["name"] == "gold/out/bikes_20260426.parquet"
