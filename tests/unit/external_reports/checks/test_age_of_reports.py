"""How old a report may be, in which order reports stand, and which of them are history."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.external_reports.checks.record import contract
from pytest_mlmonitor.external_reports.checks.reports import report_fresh, reports_ok
from tests.unit.external_reports.samples import DRIFT, changed, drifted, put_drift
from tests.unit.support import only, result_of

MADE = datetime(2026, 4, 26, 12, 0, 0, 176629, tzinfo=UTC)
HALF_A_DAY = timedelta(hours=12)
SECOND = timedelta(seconds=1)


def test_twelve_hours_are_not_too_old_and_a_second_more_is(tmp_path: Path) -> None:
    put_drift(tmp_path, DRIFT)
    assert result_of(report_fresh, tmp_path, now=MADE + HALF_A_DAY).status == "pass"
    finding = only(result_of(report_fresh, tmp_path, now=MADE + HALF_A_DAY + SECOND))
    assert finding.severity == Severity.ERROR
    assert finding.message == (
        "STALE: the drift report of 20260418_220902 (2026-04-26T12:00:00Z) is 12 h old, allowed 12 h: "
        "nothing was reported since"
    ) or finding.message.startswith("STALE: the drift report of 20260418_220902 (2026-04-26T12:00:00Z) is 12 h 0")


@pytest.mark.parametrize("seconds", [1800, 864_000])
def test_the_limit_for_datasets_is_none_for_reports(seconds: int, tmp_path: Path) -> None:
    put_drift(tmp_path, DRIFT)
    limits = {"freshness": {"max_age_seconds": seconds}}
    assert result_of(report_fresh, tmp_path, now=MADE + timedelta(hours=11), **limits).status == "pass"
    assert result_of(report_fresh, tmp_path, now=MADE + timedelta(hours=13), **limits).status == "fail"


def test_an_override_says_another_limit(tmp_path: Path) -> None:
    put_drift(tmp_path, DRIFT)
    weekly: dict[str, Any] = {"overrides": [{"artifact": "external_report:*", "freshness": "8d"}]}
    assert result_of(report_fresh, tmp_path, now=MADE + timedelta(days=7), **weekly).status == "pass"
    finding = only(result_of(report_fresh, tmp_path, now=MADE + timedelta(days=9), **weekly))
    assert "allowed 8 d" in finding.message
    assert "overrides[0]" in (finding.expected or "")


def test_an_override_may_warn_first(tmp_path: Path) -> None:
    put_drift(tmp_path, DRIFT)
    policy: dict[str, Any] = {
        "overrides": [{"artifact": "external_report:*", "freshness": {"warn_after": "7h", "error_after": "13h"}}]
    }
    assert only(result_of(report_fresh, tmp_path, now=MADE + timedelta(hours=8), **policy)).severity == Severity.WARNING
    assert only(result_of(report_fresh, tmp_path, now=MADE + timedelta(hours=14), **policy)).severity == Severity.ERROR


def test_a_report_of_the_future_is_an_error(tmp_path: Path) -> None:
    put_drift(tmp_path, DRIFT)
    assert only(result_of(report_fresh, tmp_path, now=MADE - timedelta(minutes=6))).severity == Severity.ERROR
    assert only(result_of(report_fresh, tmp_path, now=MADE - timedelta(minutes=4))).severity == Severity.INFO


def test_a_time_without_zone_is_doubted_for_as_long_as_zones_differ(tmp_path: Path) -> None:
    put_drift(tmp_path, changed(DRIFT, "generated_at", "2026-04-26T12:00:00"))
    assert only(result_of(contract, tmp_path)).severity == Severity.WARNING
    assert only(result_of(report_fresh, tmp_path, now=MADE + timedelta(hours=20))).severity == Severity.WARNING
    assert only(result_of(report_fresh, tmp_path, now=MADE + timedelta(hours=30))).severity == Severity.ERROR
    assert result_of(report_fresh, tmp_path, now=MADE - timedelta(hours=2)).status == "pass"


def test_without_a_time_the_name_of_the_file_gives_the_age(tmp_path: Path) -> None:
    put_drift(tmp_path, changed(DRIFT, "generated_at", ...))
    assert result_of(contract, tmp_path).severity == Severity.ERROR
    assert result_of(report_fresh, tmp_path, now=MADE + timedelta(hours=40)).status == "fail"


def test_what_an_older_report_said_is_information(tmp_path: Path) -> None:
    put_drift(tmp_path, drifted() | {"generated_at": "2026-04-25T06:00:00+00:00"}, stamp="20260425_060000")
    put_drift(tmp_path, DRIFT | {"model_version": "20260425_120000"})
    for one in (reports_ok, report_fresh):
        finding = only(result_of(one, tmp_path, name="drift_report_20260425_060000"))
        assert finding.severity == Severity.INFO
        assert "superseded by drift_report_20260426_120000 (2026-04-26T12:00:00" in finding.message
    assert result_of(reports_ok, tmp_path, name="drift_report_20260426_120000").status == "pass"


def test_a_newer_report_that_cannot_be_read_stands_in_for_none(tmp_path: Path) -> None:
    put_drift(tmp_path, drifted())
    put_drift(tmp_path, "{torn", stamp="20260426_130000")
    assert only(result_of(reports_ok, tmp_path, name="drift_report_20260426_120000")).severity == Severity.ERROR


def test_a_report_of_the_future_stands_in_for_none(tmp_path: Path) -> None:
    put_drift(tmp_path, drifted())
    put_drift(tmp_path, DRIFT | {"generated_at": "2026-05-26T12:00:00+00:00"}, stamp="20260526_120000")
    assert only(result_of(reports_ok, tmp_path, name="drift_report_20260426_120000")).severity == Severity.ERROR
