"""What is new beside the findings of the sound data, and what only looks so."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.record import RunRecord
from pytest_mlmonitor.core.result import CheckResult, Status
from pytest_mlmonitor.prove.notices import notices, red, stopped

REF = ArtifactRef("dataset", Path("/r/trips"), "trips", Path("/r"))


def record(*findings: Finding, status: Status | None = None, reason: str | None = None) -> RunRecord:
    said: Status = status or ("fail" if findings else "pass")
    made = RunRecord(datetime(2026, 4, 7, tzinfo=UTC), "local")
    made.results = [("trips::rows", CheckResult("rows", "contract", REF, said, findings, reason))]
    return made


def finding(message: str, severity: Severity = Severity.ERROR, column: str | None = "fare") -> Finding:
    return Finding(severity, message, column=column)


@pytest.mark.parametrize(
    ("sound", "mutated", "severities"),
    [
        ([], [finding("fare is null in 3 of 40 rows")], ["error"]),
        ([], [finding("fare is odd", Severity.INFO)], []),
        ([finding("fare is null in 3 of 40 rows")], [finding("fare is null in 1,203 of 40 rows: 'x'")], []),
        ([finding("1 row is out of order")], [finding("12 rows are out of order")], []),
        ([finding("fare is low", Severity.WARNING)], [finding("fare is low", Severity.CRITICAL)], ["critical"]),
        ([finding("fare is null in 3 rows")], [finding("fare is above 5 in 3 rows")], ["error"]),
        ([finding("is null in 3 rows")], [finding("is null in 3 rows", column="tip")], ["error"]),
        ([], [finding("a", Severity.WARNING), finding("b", Severity.ERROR)], ["error", "warning"]),
    ],
)
def test_what_the_sound_data_have_is_no_notice(
    sound: list[Finding], mutated: list[Finding], severities: list[str]
) -> None:
    assert [one.severity for one in notices(record(*sound), record(*mutated))] == severities


def test_what_a_build_had_that_is_gone_is_no_notice_at_the_one_in_its_place() -> None:
    def build(day: int, *findings: Finding, status: Status = "fail") -> RunRecord:
        name = f"trips_2026040{day}"
        made = record()
        ref = ArtifactRef("dataset", Path(f"/r/{name}"), name, Path("/r"))
        made.results = [(f"{name}::rows", CheckResult("rows", "contract", ref, status, findings))]
        return made

    sound = build(7, finding("fare is null in 3 rows"))
    assert not list(notices(sound, build(6, finding("fare is null in 5 rows"))))
    assert [one.message for one in notices(sound, build(6, finding("fare is text")))] == ["fare is text"]
    assert not list(notices(build(7, status="error"), build(6, status="error")))
    both = build(6, finding("fare is null in 5 rows"))
    both.results += build(7).results
    assert len(list(notices(sound, both))) == 1  # the one that had it is there: another one has it too


def test_a_check_that_cannot_run_any_more_is_one() -> None:
    crashed = record(status="error", reason="Traceback\n  line\nValueError: no fare")
    (found,) = notices(record(), crashed)
    assert (found.check, found.severity, found.message) == ("rows", "error", "ValueError: no fare")
    assert not list(notices(crashed, crashed))


def test_a_check_that_merely_stopped_is_none_and_is_told() -> None:
    silent = record(status="not_checked", reason="nothing to compare with")
    assert not list(notices(record(), silent))
    assert list(stopped(record(), silent)) == ["rows of trips: nothing to compare with"]
    assert list(stopped(silent, silent)) == []
    other = record()
    other.results = [("trips::schema", replace(other.results[0][1], check="schema"))]
    assert list(stopped(record(), other)) == ["rows of trips: it is not there any more"]
    other.results = []
    assert list(stopped(record(), other)) == []


def test_red_is_what_fails_the_run() -> None:
    assert [one.message for one in red(record(finding("fare is null")), Settings())] == ["fare is null"]
    assert red(record(finding("fare is null", Severity.WARNING)), Settings()) == []
    assert [one.message for one in red(record(status="error", reason="x\nboom"), Settings())] == ["boom"]
