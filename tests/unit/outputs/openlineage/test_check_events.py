"""The run of the checks as a run of OpenLineage."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.kinds import Platform
from tests.unit.outputs.openlineage.openlineage_events import CLOCK, checked
from tests.unit.support import at, dataset

DATA = dataset()
BAD = Finding(Severity.ERROR, "row_count says 7", "1076", "7", "row_count")
WARNING = Finding(Severity.WARNING, "drifted", column="ft_a")
INFO = Finding(Severity.INFO, "retired")


def result(check: str, status: str, *findings: Finding, reason: str | None = None) -> CheckResult:
    return CheckResult(check, "quality", DATA.ref, status, findings, reason, started_at=at(0))  # type: ignore[arg-type]


PASSED = result("rows", "pass")


@pytest.mark.parametrize(
    ("complete", "status", "state"),
    [
        (True, 0, "COMPLETE"),
        (True, 1, "FAIL"),
        (True, 3, "FAIL"),
        (True, 5, "FAIL"),
        (False, 2, "ABORT"),
        (False, 0, "ABORT"),
    ],
)
def test_a_run_ends_as_pytest_says(complete: bool, status: int, state: str) -> None:
    first, last = checked(Platform.of([DATA]), PASSED, complete=complete, exit_status=status)
    assert (first["eventType"], last["eventType"]) == ("START", state)
    assert ("errorMessage" in last["run"]["facets"]) == (state != "COMPLETE")
    assert first["eventTime"] == "2026-04-26T12:00:00Z" and last["eventTime"] == "2026-11-28T12:00:00Z"


def test_each_run_is_its_own_and_a_correction_is_of_the_same() -> None:
    platform = Platform.of([DATA])
    one = checked(platform, PASSED)
    corrected = checked(platform, PASSED, exit_status=1)
    later = checked(platform, replace(PASSED, started_at=at(1)))
    ids = [events[0]["run"]["runId"] for events in (one, corrected, later)]
    assert ids[0] == ids[1] != ids[2]
    assert one[0] == corrected[0]


def test_what_each_check_said() -> None:
    events = checked(
        Platform.of([DATA]),
        PASSED,
        result("row_count", "fail", BAD, WARNING, INFO),
        result("drift", "not_checked", reason="nothing to compare with"),
        result("schema", "error", reason="Traceback\nValueError: no"),
        exit_status=1,
    )
    facets = events[-1]["run"]["facets"]
    tests = {one["name"].rpartition("::")[2]: one for one in facets["test"]["tests"]}
    assert {name: one["status"] for name, one in tests.items()} == {
        "rows": "pass",
        "row_count": "fail",
        "drift": "skip",
        "schema": "fail",
    }
    assert tests["row_count"]["severity"] == "error" and tests["row_count"]["actual"] == "7"
    assert tests["schema"]["params"] == {"status": "error"}
    assert facets["errorMessage"]["message"] == "1 check failed, 1 check could not run: dataset d: row_count says 7"
    (node,) = events[-1]["inputs"]
    said = [
        (one["assertion"], one["success"], one.get("severity"), one.get("column"))
        for one in node["inputFacets"]["dataQualityAssertions"]["assertions"]
    ]
    assert sorted(said, key=str) == [
        ("row_count", False, "error", "row_count"),
        ("row_count", False, "warn", "ft_a"),
        ("rows", True, None, None),
        ("schema", False, "error", None),
    ]


def test_versions_of_a_dataset_are_one_input_of_the_newest() -> None:
    root = Path("/data")
    old = dataset(ref=ArtifactRef("dataset", root / "old.json", "d", root), dataset_version="1", built_at=at(-90))
    new = dataset(ref=ArtifactRef("dataset", root / "new.json", "d", root), dataset_version="2", built_at=at(-40))
    results = [replace(PASSED, ref=old.ref), replace(PASSED, ref=new.ref)]
    (node,) = checked(Platform.of([old, new]), *results)[-1]["inputs"]
    assert node["facets"]["version"]["datasetVersion"] == "2"
    versions = [one["params"]["version"] for one in node["inputFacets"]["dataQualityAssertions"]["assertions"]]
    assert sorted(versions) == ["1", "2"]


def test_the_suite_names_the_job_and_the_policy_its_namespace() -> None:
    settings = Settings(metrics={"suite": "nightly"}, lineage={"namespace": "acme"}, environment="prod")
    job = checked(Platform.of([DATA], settings), PASSED)[0]["job"]
    assert (job["namespace"], job["name"]) == ("acme", "checks.nightly")
    plain = checked(Platform.of([DATA], Settings(environment="prod")), PASSED)[0]["job"]
    assert (plain["namespace"], plain["name"]) == ("mlmonitor/prod", "checks")


def test_a_clock_that_was_set_back_makes_no_run_that_ends_before_it_begins() -> None:
    first, last = checked(Platform.of([DATA]), replace(PASSED, started_at=CLOCK.replace(year=2027)))
    assert first["eventTime"] <= last["eventTime"]
