"""Lineage closure and chronology (specification 2.6 and 2.7): a link exists, dangles, is unknown, or is not checked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.core.artifact import Artifact, ArtifactRef
from pytest_mlmonitor.core.check import Check, run_check
from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.serving.checks.chronology import deployment_chronology
from pytest_mlmonitor.serving.checks.links import (
    IDENTITY,
    deployment_dataset_link,
    event_link,
    identity_constant,
    run_link,
)
from pytest_mlmonitor.serving.model import Deployment
from pytest_mlmonitor.training.checks.chronology import chronology
from pytest_mlmonitor.training.checks.links import dataset_link
from pytest_mlmonitor.training.checks.training import one_account
from tests.unit.support import at, dataset, deployment, event, linked, messages, only, training_run, window


def run(check: Check, *artifacts: Artifact, now: float = 30, **settings: Any) -> CheckResult:
    """Run a check on the first of the artifacts; the others are the rest of the platform."""
    made = linked(*artifacts, now=at(now), **settings)
    result = run_check(check, made[0])
    assert result.status != "error", result.reason
    return result


def sound(**fields: Any) -> Deployment:
    return deployment(window(0, **fields), window(1, **fields), events=[event(**fields)])


OTHER_RUN = training_run(run_id="other", ref=ArtifactRef("training_run", Path("/data/o"), "other", Path("/data")))


# -- window <-> event -------------------------------------------------------------------------------------------------


def test_windows_and_event_agree() -> None:
    assert run(event_link, sound()).status == "pass"


def test_windows_without_an_event() -> None:
    finding = only(run(event_link, deployment(window(0))))
    assert (finding.severity, finding.column, finding.actual) == (Severity.ERROR, "deployment_id", "no event")
    assert finding.location == "metrics_0.jsonl:1"


def test_an_event_without_windows() -> None:
    finding = only(run(event_link, deployment(events=[event()])))
    assert (finding.severity, finding.column, finding.actual) == (Severity.ERROR, "deployment_id", "no window")
    assert "/data/serving/metrics" in finding.message


def test_an_activation_that_lies_ahead_is_not_said_to_be_over() -> None:
    made = deployment(events=[event(35)])
    (message,) = messages(run(event_link, made, deployment(window(29), events=[event(-1)], name="other"), now=30))
    assert "is to be activated in 5 min but has no window" in message


def test_an_event_without_windows_yet() -> None:
    """Just activated, while others in the tree have windows: that is no fault."""
    other = deployment(window(0, deployment_id="other"), name="other")
    young = deployment(events=[event(25)])
    assert only(run(event_link, young, other)).severity == Severity.INFO
    assert only(run(event_link, young)).severity == Severity.ERROR  # the tree is empty
    old = deployment(events=[event(0)])
    assert only(run(event_link, old, other)).severity == Severity.ERROR


@pytest.mark.parametrize(("minute", "late"), [(-1, False), (0.5, False), (1, False), (1.1, True)])
def test_the_earliest_event_is_no_later_than_the_end_of_the_first_window(minute: float, late: bool) -> None:
    made = deployment(window(0), window(1), events=[event(minute), event(20)])
    result = run(event_link, made)
    assert [f.column for f in result.findings] == (["event_time"] if late else [])


@pytest.mark.parametrize("field", IDENTITY)
def test_windows_and_event_name_the_same(field: str) -> None:
    made = deployment(window(0), window(1), events=[event(**{field: "another"})])
    finding = only(run(event_link, made))
    assert (finding.severity, finding.column) == (Severity.ERROR, field)
    assert "another" in finding.message


@pytest.mark.parametrize("field", IDENTITY)
def test_identity_is_constant_within_a_deployment(field: str) -> None:
    made = deployment(window(0), window(1), window(2, **{field: "another"}), events=[event()])
    finding = only(run(identity_constant, made))
    assert (finding.severity, finding.column) == (Severity.ERROR, field)
    assert finding.location == "metrics_2.jsonl:1"
    assert "'another' in 1 window" in finding.message
    assert run(identity_constant, sound()).status == "pass"


# -- deployment -> run ------------------------------------------------------------------------------------------------


def test_the_bundle_is_a_run_that_agrees() -> None:
    assert run(run_link, sound(), training_run()).status == "pass"


@pytest.mark.parametrize("bundle_id", ["/models/run-1", "run-1", "/models/run-1/", "s3://bucket/models/run-1"])
def test_the_run_is_the_last_segment_of_the_bundle(bundle_id: str) -> None:
    assert run(run_link, sound(bundle_id=bundle_id), training_run()).status == "pass"
    assert run(run_link, sound(bundle_id=f"{bundle_id.rstrip('/')}x"), training_run()).status == "fail"


def test_a_link_dangles_only_where_there_are_runs() -> None:
    assert run(run_link, sound()).status == "not_checked"
    assert run(run_link, sound(), dataset()).status == "not_checked"
    finding = run(run_link, sound(), OTHER_RUN).findings[0]
    assert (finding.severity, finding.column) == (Severity.ERROR, "bundle_id")
    assert "no training run" in finding.message


def test_a_run_that_cannot_be_read_makes_a_link_dangle_all_the_same() -> None:
    unreadable = training_run(document=None, run_id=None)
    assert run(run_link, sound(), unreadable).severity == Severity.ERROR


@pytest.mark.parametrize("field", ["model_name", "model_version"])
def test_the_model_of_run_and_deployment_agree(field: str) -> None:
    result = run(run_link, sound(), training_run(**{field: "another"}))
    assert {f.column for f in result.findings} == {field}
    assert result.severity == Severity.ERROR
    assert run(run_link, sound(), training_run(**{field: "unknown"})).status == "pass"
    assert run(run_link, sound(**{field: "unknown"}), training_run()).severity == Severity.WARNING


@pytest.mark.parametrize("uri", ["s3://models/run-2", "/models/run-1/x"])
def test_the_uri_of_the_bundle_names_the_same_run(uri: str) -> None:
    finding = only(run(event_link, deployment(window(0), events=[event(bundle_uri=uri)])))
    assert (finding.severity, finding.column) == (Severity.ERROR, "bundle_uri")


def test_the_bundle_was_created_when_the_run_completed() -> None:
    made = deployment(window(0), events=[event(bundle_created_at=at(-11), completed_at=at(-11))])
    finding = only(run(run_link, made, training_run()))
    assert (finding.severity, finding.column) == (Severity.ERROR, "bundle_created_at")
    assert run(run_link, made, training_run(timed=False)).status == "pass"


def test_an_unknown_bundle_is_a_warning_with_the_field_to_fix() -> None:
    result = run(run_link, sound(bundle_id="unknown"), training_run())
    assert {(f.severity, f.column) for f in result.findings} == {(Severity.WARNING, "bundle_id")}
    assert all("upstream should emit it" in m for m in messages(result))


# -- run -> dataset, deployment -> dataset ----------------------------------------------------------------------------


def test_the_dataset_exists_and_was_fresh() -> None:
    assert run(dataset_link, training_run(), dataset()).status == "pass"
    assert run(deployment_dataset_link, sound(), training_run(), dataset()).status == "pass"


@pytest.mark.parametrize("version", ["2026-04-26T10:00:00+00:00", "2026-04-26T12:00:00+02:00"])
def test_versions_compare_as_instants(version: str) -> None:
    assert run(dataset_link, training_run(input_dataset_version=version), dataset()).status == "pass"
    assert (
        run(deployment_dataset_link, sound(input_dataset_version=version), training_run(), dataset()).status == "pass"
    )


def test_a_dataset_link_dangles_only_where_there_are_datasets() -> None:
    assert run(dataset_link, training_run()).status == "not_checked"
    assert run(deployment_dataset_link, sound()).status == "not_checked"
    for check, made in ((dataset_link, training_run()), (deployment_dataset_link, sound())):
        finding = run(check, made, dataset(dataset_name="e")).findings[0]
        assert (finding.severity, finding.column) == (Severity.ERROR, "input_dataset_name, input_dataset_version")
        finding = run(check, made, dataset(dataset_version="2026-04-26T10:00:01Z")).findings[0]
        assert (finding.severity, finding.column) == (Severity.ERROR, "input_dataset_version")
        assert "2026-04-26T10:00:01Z" in finding.message


def test_the_chain_is_printed_as_far_as_it_leads() -> None:
    name = "43826da11ab758aa547be3d9f1df80fb"
    served, trained = sound(bundle_id=f"/models/{name}"), training_run(run_id=name)
    gone = run(run_link, served, training_run(run_id="another")).findings[0]
    assert gone.message.startswith(f"dep → bundle {name} (bundle_id: no training run of that run_id under ")
    dangling = run(deployment_dataset_link, served, trained, dataset(dataset_name="e")).findings[0]
    start = f"dep → bundle 43826da1 → run {trained.ref.name} → dataset d@2026-04-26T10:00:00Z (input_dataset_name, "
    assert dangling.message.startswith(start)
    assert "not found under " in dangling.message


def test_a_run_alone_does_not_make_a_dataset_exist() -> None:
    result = run(deployment_dataset_link, sound(), training_run())
    assert (result.status, result.reason) == ("not_checked", "the roots hold no dataset")


def test_unknown_datasets() -> None:
    older = training_run(input_dataset_name="unknown", input_dataset_version="unknown")
    assert run(dataset_link, older, dataset()).status == "not_checked"  # the check fallbacks warns
    made = sound(input_dataset_name="unknown")
    result = run(deployment_dataset_link, made, training_run(), dataset())
    assert {(f.severity, f.column) for f in result.findings} == {(Severity.WARNING, "input_dataset_name")}


@pytest.mark.parametrize("field", ["input_dataset_name", "input_dataset_version"])
def test_deployment_and_run_name_the_same_dataset(field: str) -> None:
    result = run(deployment_dataset_link, sound(), training_run(**{field: "another"}))
    assert {(f.severity, f.column) for f in result.findings} == {(Severity.ERROR, field)}


@pytest.mark.parametrize(("minutes", "stale"), [(29.9, False), (30, True), (600, True)])
def test_the_dataset_was_fresh_when_trained_on(minutes: float, stale: bool) -> None:
    result = run(dataset_link, training_run(), dataset(built_at=at(-20 - minutes)))
    assert [f.column for f in result.findings] == (["started_at"] if stale else [])
    assert run(dataset_link, training_run(), dataset(built_at=at(-600)), freshness={"max_age_seconds": 1e6}).status == (
        "pass"
    )


# -- chronology -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "columns"),
    [
        ({}, []),
        ({"started_at": at(-10)}, []),
        ({"started_at": at(-9.5)}, ["started_at, completed_at"]),
        ({"created_at": at(-10)}, []),
        ({"created_at": at(-11)}, ["completed_at, created_at"]),
        ({"started_at": at(-41)}, ["the dataset's built_at, started_at"]),
        ({"completed_at": at(-30)}, ["started_at, completed_at"]),
        ({"timed": False, "created_at": at(-41)}, ["the dataset's built_at, created_at"]),
    ],
)
def test_a_run_is_in_order(fields: dict[str, Any], columns: list[str]) -> None:
    result = run(chronology, training_run(**fields), dataset())
    assert [f.column for f in result.findings] == columns
    assert all(f.severity == Severity.ERROR for f in result.findings)


@pytest.mark.parametrize(
    ("minutes", "severity"), [(0, None), (4, Severity.INFO), (5, Severity.INFO), (5.1, Severity.ERROR)]
)
def test_a_run_does_not_lie_ahead(minutes: float, severity: Severity | None) -> None:
    result = run(chronology, training_run(created_at=at(30 + minutes)))
    assert result.severity == severity
    assert all(f.column == "created_at" for f in result.findings)


def test_a_run_without_times_is_not_checked() -> None:
    made = training_run(started_at=None, completed_at=None, created_at=None, timed=False)
    assert run(chronology, made).status == "not_checked"


@pytest.mark.parametrize(
    ("fields", "columns"),
    [
        ({}, []),
        ({"started_at": at(-10)}, []),
        ({"started_at": at(-9.9)}, ["started_at, completed_at"]),
        ({"completed_at": at(-1), "bundle_created_at": at(-1)}, []),
        ({"completed_at": at(-0.9), "bundle_created_at": at(-0.9)}, ["bundle_created_at, event_time"]),
        ({"completed_at": at(-11)}, ["completed_at, bundle_created_at"]),
    ],
)
def test_an_event_is_in_order(fields: dict[str, Any], columns: list[str]) -> None:
    result = run(deployment_chronology, deployment(window(0), events=[event(**fields)]))
    assert [f.column for f in result.findings] == columns


def test_a_deployment_is_not_older_than_its_bundle() -> None:
    result = run(deployment_chronology, sound(), training_run(created_at=at(0)))
    assert [f.column for f in result.findings] == ["the bundle's created_at, event_time"]
    assert run(deployment_chronology, deployment(window(0))).status == "not_checked"


# -- one run, several documents ---------------------------------------------------------------------------------------


def second_account(**fields: Any) -> Any:
    """Return a flat description of the same run, which sorts before the bundle."""
    ref = ArtifactRef("training_run", Path("/data/a/training_metadata.json"), "run-1", Path("/data"))
    return training_run(ref=ref, bundle=False, **fields)


@pytest.mark.parametrize(
    ("fields", "column"),
    [
        ({}, None),
        ({"model_version": "v2"}, "model_version"),
        ({"model_version": "unknown"}, None),
        ({"input_dataset_name": "e"}, "input_dataset_name"),
        ({"input_dataset_version": "2026-04-26T12:00:00+02:00"}, None),
        ({"started_at": at(-21)}, "started_at"),
        ({"metrics": {"rmse": 0.3, "mae": 0.1}}, "metrics.rmse"),
        ({"metrics": {"mae": 0.1}}, None),
        ({"run_id": "run-2", "model_name": "another"}, None),
    ],
)
def test_every_document_of_a_run_says_the_same(fields: dict[str, Any], column: str | None) -> None:
    result = run(one_account, training_run(), second_account(**fields))
    assert [(f.severity, f.column) for f in result.findings] == ([(Severity.ERROR, column)] if column else [])
    assert run(one_account, second_account(**fields), training_run()).findings == (), "said of one of them only"
    short = [one.short for one in result.findings]
    assert short == [f"another document of this run says another {one.column}" for one in result.findings]
