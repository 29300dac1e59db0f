"""The bike platform's audit rows, exported as JSON lines (the table's columns are those of its own SQL)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.external_reports.checks.record import contract, readable
from pytest_mlmonitor.external_reports.checks.reports import report_fresh, reports_ok
from tests.unit.external_reports.samples import AUDIT, put
from tests.unit.support import only, platform_at, result_of

NAME = "monitoring_audit.logs.jsonl"


def lines(*rows: dict[str, Any]) -> str:
    return "".join(json.dumps({**AUDIT, **row}) + "\n" for row in rows)


@pytest.mark.parametrize(
    "name", [NAME, "monitoring_audit/logs-000000000000.json", "export/monitoring_audit_logs.ndjson"]
)
def test_sound_rows_are_green(name: str, tmp_path: Path) -> None:
    put(tmp_path, name, lines({"timestamp": "2026-04-19 12:00:00 UTC", "drift_detected": True}, {}))
    for one in (readable, contract, reports_ok, report_fresh):
        assert result_of(one, tmp_path).status == "pass", one.name


def test_the_newest_row_says_what_holds(tmp_path: Path) -> None:
    put(
        tmp_path,
        NAME,
        lines({"drift_detected": True, "deployment_decision": "deploy"}, {"timestamp": "2026-04-19 12:00:00 UTC"}),
    )
    finding = only(result_of(reports_ok, tmp_path))
    assert finding.severity == Severity.ERROR
    assert finding.message.startswith(
        "audit row of PROD (2026-04-26T12:00:00Z) says drift: r2 0.78, rmse 41.2, r2_baseline 0.79, r2_current 0.77"
    )
    assert "decision: deploy" in finding.message
    assert finding.location is not None
    assert finding.location.endswith(f"{NAME}:1")


def test_each_environment_is_judged_by_its_own_newest_row(tmp_path: Path) -> None:
    put(tmp_path, NAME, lines({"timestamp": "2026-04-20 12:00:00 UTC"}, {"env": "DEV", "drift_detected": True}))
    found = platform_at(tmp_path)
    assert [artifact.subject for _, artifact in found.artifacts] == ["DEV", "PROD"]
    assert result_of(report_fresh, tmp_path, name="monitoring_audit.logs PROD").status == "fail"
    assert result_of(report_fresh, tmp_path, name="monitoring_audit.logs DEV").status == "pass"
    assert result_of(reports_ok, tmp_path, name="monitoring_audit.logs DEV").status == "fail"


@pytest.mark.parametrize(
    ("row", "severity", "words"),
    [
        ({"baseline_regression": True, "deployment_decision": "deploy"}, Severity.ERROR, "worse on the baseline"),
        ({"baseline_regression": True}, Severity.WARNING, "worse on the baseline"),
        (
            {"fine_tune_triggered": True, "error_message": "timeout after 1200 s"},
            Severity.ERROR,
            "failed: timeout after",
        ),
        ({"fine_tune_triggered": True}, Severity.ERROR, "its training failed"),
    ],
)
def test_what_else_a_row_says(row: dict[str, Any], severity: Severity, words: str, tmp_path: Path) -> None:
    put(tmp_path, NAME, lines(row))
    finding = only(result_of(reports_ok, tmp_path))
    assert (finding.severity, words in finding.message) == (severity, True)


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ({"timestamp": None}, "timestamp"),
        ({"timestamp": "soon"}, "timestamp"),
        ({"drift_detected": "maybe"}, "drift_detected"),
        ({"r2": float("nan")}, "r2"),
        ({"r2": 1.4}, "r2"),
        ({"rmse": -2.0}, "rmse"),
    ],
)
def test_a_row_that_cannot_be_is_named_with_its_line(row: dict[str, Any], column: str, tmp_path: Path) -> None:
    put(tmp_path, NAME, lines({}, row))
    finding = only(result_of(contract, tmp_path))
    assert (finding.severity, finding.column) == (Severity.ERROR, column)
    assert finding.location is not None
    assert finding.location.endswith(f"{NAME}:2")


def test_a_torn_line_is_named(tmp_path: Path) -> None:
    put(tmp_path, NAME, lines({}) + '{"timestamp": "2026-')
    assert "line 2 of" in only(result_of(contract, tmp_path)).message


def test_rows_of_something_else_are_left_alone(tmp_path: Path) -> None:
    put(tmp_path, NAME, '{"user": "me", "action": "login"}\n')
    assert platform_at(tmp_path).artifacts == []
