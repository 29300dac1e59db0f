"""What a drift report of the ML monitoring stack says, and where it does not agree with itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.external_reports.checks.record import contract, readable, report_consistent
from pytest_mlmonitor.external_reports.checks.reports import report_fresh, reports_ok
from tests.unit.external_reports.samples import DRIFT, changed, drifted, put, put_drift
from tests.unit.support import only, platform_at, result_of

CHECKS = (readable, contract, report_consistent, reports_ok, report_fresh)


@pytest.mark.parametrize(
    "report",
    [
        DRIFT,
        # Without significance the stack calls a feature with such a psi a warning, and does not say that it drifted.
        changed(
            changed(DRIFT, "feature_results", 0, {**DRIFT["feature_results"][0], "psi": 0.12, "severity": "warning"}),
            "summary",
            "warning_count",
            1,
        ),
        changed(DRIFT, "window_start", None),
        changed(DRIFT, "summary", ...),
        changed(DRIFT, "model_version", "unknown"),
    ],
)
def test_a_sound_report_is_green(report: Any, tmp_path: Path) -> None:
    put_drift(tmp_path, report)
    assert {one.name: result_of(one, tmp_path).status for one in CHECKS} == {one.name: "pass" for one in CHECKS}


def test_drift_says_of_what_with_figures_when_and_by_which_limit(tmp_path: Path) -> None:
    put_drift(tmp_path, drifted())
    finding = only(result_of(reports_ok, tmp_path))
    assert finding.message == (
        "drift report of 20260418_220902 (2026-04-26T12:00:00Z) says drift in 1 of 2 features: "
        "age (psi 1.304, ks 0.448, p 0, critical)"
    )
    assert (finding.severity, finding.column) == (Severity.ERROR, "age")
    assert finding.location is not None
    assert finding.location.endswith(".json:14")


def test_limits_that_the_report_names_are_said(tmp_path: Path) -> None:
    put_drift(tmp_path, drifted(threshold=0.2) | {"thresholds": {"psi_critical": 0.2, "note": "x"}})
    finding = only(result_of(reports_ok, tmp_path))
    assert finding.expected == "no drift, by its own limits (psi_critical 0.2)"
    assert "limit 0.2" in finding.message


def test_what_it_calls_a_warning_is_one(tmp_path: Path) -> None:
    put_drift(tmp_path, drifted(severity="warning", psi=0.04))
    assert only(result_of(reports_ok, tmp_path)).severity == Severity.WARNING
    put_drift(tmp_path, drifted(severity="severe"))
    assert only(result_of(reports_ok, tmp_path)).severity == Severity.ERROR


def test_drift_of_predictions_is_drift(tmp_path: Path) -> None:
    report = changed(
        DRIFT,
        "prediction_drift",
        {"method": "chi2", "statistic": 31.0, "p_value": 0.001, "drifted": "True", "psi": 0.3, "severity": "critical"},
    )
    report |= {"overall_drifted": True, "summary": {"prediction_drifted": True, "drifted_count": 0}}
    put_drift(tmp_path, report)
    assert (
        "says drift: the predictions (psi 0.3, chi2 31, p 0.001, critical)"
        in only(result_of(reports_ok, tmp_path)).message
    )
    assert result_of(report_consistent, tmp_path).status == "pass"


def test_a_report_that_compared_nothing_is_no_good_news(tmp_path: Path) -> None:
    report = changed(changed(DRIFT, "feature_results", []), "summary", ...)
    put_drift(tmp_path, report)
    assert "compared no feature" in only(result_of(reports_ok, tmp_path)).message


@pytest.mark.parametrize(
    ("report", "column", "words"),
    [
        (changed(drifted(), "overall_drifted", False), "overall_drifted", "age (psi 1.304"),
        (changed(DRIFT, "overall_drifted", True), "overall_drifted", "none of 2 features drifted"),
        (
            changed(drifted(), "drifted_features", ["sex"]),
            "drifted_features",
            "says sex, but by feature_results it is age",
        ),
        (changed(drifted(), "summary", "drifted_count", 0), "summary.drifted_count", "is 0, but"),
        (changed(drifted(), "summary", "total_features_checked", 9), "summary.total_features_checked", "is 9, but"),
        (changed(drifted(), "summary", "critical_count", "1"), "summary.critical_count", "is '1', but"),
        (changed(drifted(), "summary", "drift_rate_pct", 5.0), "summary.drift_rate_pct", "is 5.0, but"),
        (changed(DRIFT, "summary", "prediction_drifted", True), "summary.prediction_drifted", "is true, but"),
        (changed(DRIFT, "feature_results", 0, "severity", "critical"), "age", "drifted is false"),
    ],
)
def test_a_report_that_contradicts_itself_is_a_finding_of_its_own(
    report: Any, column: str, words: str, tmp_path: Path
) -> None:
    put_drift(tmp_path, report)
    findings = [f for f in result_of(report_consistent, tmp_path).findings if f.column == column]
    assert len(findings) == 1
    assert findings[0].severity == Severity.ERROR
    assert words in findings[0].message


def test_times_in_the_wrong_order_are_a_finding(tmp_path: Path) -> None:
    put_drift(tmp_path, changed(DRIFT, "window_end", "2026-04-26T13:00:00+00:00"))
    assert "lies 59 min" in only(result_of(report_consistent, tmp_path)).message


def test_a_file_called_by_another_time_than_the_report_says(tmp_path: Path) -> None:
    put_drift(tmp_path, DRIFT, stamp="20260426_123700")
    assert only(result_of(report_consistent, tmp_path)).severity == Severity.WARNING
    put_drift(tmp_path, DRIFT, stamp="20260426_140001")  # local time of another zone
    assert result_of(report_consistent, tmp_path, name="drift_report_20260426_140001").status == "pass"


@pytest.mark.parametrize(
    ("report", "column"),
    [
        (changed(DRIFT, "overall_drifted", ...), "overall_drifted"),
        (changed(DRIFT, "overall_drifted", "maybe"), "overall_drifted"),
        (changed(DRIFT, "generated_at", ...), "generated_at"),
        (changed(DRIFT, "generated_at", "yesterday"), "generated_at"),
        (changed(DRIFT, "feature_results", {"age": 3}), "feature_results.age"),
        (changed(DRIFT, "feature_results", "none"), "feature_results"),
        (changed(DRIFT, "feature_results", 1, "drifted", ...), "feature_results[1].drifted"),
        (changed(DRIFT, "feature_results", 1, "p_value", 1.7), "feature_results[1].p_value"),
        (changed(DRIFT, "feature_results", 1, "psi", -0.1), "feature_results[1].psi"),
        (changed(DRIFT, "feature_results", 1, "psi", float("nan")), "feature_results[1].psi"),
        (changed(DRIFT, "prediction_drift", "psi", float("inf")), "prediction_drift.psi"),
        (changed(DRIFT, "window_end", "later"), "window_end"),
        (changed(DRIFT, "drifted_features", 3), "drifted_features"),
    ],
)
def test_what_breaks_the_form_is_named_with_its_field_and_line(report: Any, column: str, tmp_path: Path) -> None:
    put_drift(tmp_path, report)
    findings = [f for f in result_of(contract, tmp_path).findings if f.severity >= Severity.ERROR]
    assert [f.column for f in findings] == [column]
    assert findings[0].location is not None
    assert ".json:" in findings[0].location


@pytest.mark.parametrize("content", ["", "{", '{"overall_drifted": false, "overall_drifted": true}', "[1]"])
def test_what_is_no_json_object_is_a_finding(content: str, tmp_path: Path) -> None:
    path = put_drift(tmp_path, content)
    assert path.name in only(result_of(readable, tmp_path)).message


@pytest.mark.parametrize("content", [{"metrics": []}, {"tests": [], "version": "0.4"}, {"title": "drift report"}])
def test_a_report_of_another_tool_is_left_alone(content: Any, tmp_path: Path) -> None:
    put(tmp_path, "drift_report.json", content)
    found = platform_at(tmp_path)
    assert found.artifacts == []
    assert [path.name for path in found.unclaimed] == ["drift_report.json"]


def test_names_out_of_a_report_do_not_reach_the_terminal_raw(tmp_path: Path) -> None:
    report = drifted(feature="a\x1b[31mge")
    put_drift(tmp_path, json.dumps(report))
    assert "\x1b" not in only(result_of(reports_ok, tmp_path)).message
