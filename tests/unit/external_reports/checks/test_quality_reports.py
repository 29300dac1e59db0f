"""What a quality report of the ML monitoring stack says, and where it does not agree with itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.external_reports.checks.record import contract, readable, report_consistent
from pytest_mlmonitor.external_reports.checks.reports import report_fresh, reports_ok
from tests.unit.external_reports.samples import QUALITY, changed, put_quality
from tests.unit.support import only, result_of

CHECKS = (readable, contract, report_consistent, reports_ok, report_fresh)
MISSING = {
    "check_name": "missing_rate_age",
    "severity": "hard",
    "passed": False,
    "message": "Feature 'age' missing rate 24.2% ≥ critical threshold 15.0%.",
}
CONFIDENCE = {"passed": False, "message": "Low mean confidence 0.512 < threshold 0.55."}


def failed() -> dict[str, Any]:
    report = changed(QUALITY, "checks", [*QUALITY["checks"], MISSING])
    report |= {"overall_passed": False, "hard_failures": ["missing_rate_age"]}
    report["summary"] = {**QUALITY["summary"], "hard_failures": 1, "overall_passed": False}
    return report


def unsure() -> dict[str, Any]:
    report = changed(QUALITY, "checks", 1, {**QUALITY["checks"][1], **CONFIDENCE})
    return report | {"soft_warnings": ["confidence_sanity"], "summary": {**QUALITY["summary"], "soft_warnings": 1}}


def test_a_sound_report_is_green(tmp_path: Path) -> None:
    put_quality(tmp_path, QUALITY)
    assert {one.name: result_of(one, tmp_path).status for one in CHECKS} == {one.name: "pass" for one in CHECKS}


def test_a_failed_report_says_which_check_with_its_figure_and_limit(tmp_path: Path) -> None:
    put_quality(tmp_path, failed())
    finding = only(result_of(reports_ok, tmp_path))
    assert finding.severity == Severity.ERROR
    assert finding.message == (
        "quality report of 20260418_220902 (2026-04-26T12:00:00Z) failed: "
        "missing_rate_age: Feature 'age' missing rate 24.2% ≥ critical threshold 15.0%"
    )
    assert result_of(report_consistent, tmp_path).status == "pass"


def test_a_soft_check_is_a_warning(tmp_path: Path) -> None:
    put_quality(tmp_path, unsure())
    finding = only(result_of(reports_ok, tmp_path))
    assert finding.severity == Severity.WARNING
    assert "warns: confidence_sanity: Low mean confidence 0.512 < threshold 0.55" in finding.message
    assert result_of(report_consistent, tmp_path).status == "pass"


def test_a_feature_that_no_check_of_the_stack_counts_is_a_warning(tmp_path: Path) -> None:
    feature = {**QUALITY["feature_quality"][0], "oor_pct": 0.31, "oor_count": 155, "quality_ok": False}
    put_quality(tmp_path, changed(QUALITY, "feature_quality", 0, feature))
    finding = only(result_of(reports_ok, tmp_path))
    assert (finding.severity, finding.column) == (Severity.WARNING, "age")
    assert "passed, but not of age (31 % out of range)" in finding.message


def test_a_report_without_checks_is_no_good_news(tmp_path: Path) -> None:
    put_quality(tmp_path, changed(QUALITY, "checks", []))
    assert "holds no check" in only(result_of(reports_ok, tmp_path)).message


@pytest.mark.parametrize(
    ("report", "column"),
    [
        (changed(failed(), "overall_passed", True), "overall_passed"),
        (changed(QUALITY, "overall_passed", False), "overall_passed"),
        (changed(failed(), "hard_failures", []), "hard_failures"),
        (changed(unsure(), "soft_warnings", ["other"]), "soft_warnings"),
        (changed(failed(), "summary", "hard_failures", 0), "summary.hard_failures"),
        (changed(failed(), "summary", "overall_passed", True), "summary.overall_passed"),
    ],
)
def test_a_report_that_contradicts_itself(report: Any, column: str, tmp_path: Path) -> None:
    put_quality(tmp_path, report)
    findings = result_of(report_consistent, tmp_path).findings
    assert column in [f.column for f in findings]
    assert {f.severity for f in findings} == {Severity.ERROR}


@pytest.mark.parametrize(
    ("report", "column"),
    [
        (changed(QUALITY, "overall_passed", ...), "overall_passed"),
        (changed(QUALITY, "checks", 0, "passed", "perhaps"), "checks[0].passed"),
        (changed(QUALITY, "checks", 0, 7), "checks[0]"),
        (changed(QUALITY, "feature_quality", 0, "missing_pct", 24.2), "feature_quality[0].missing_pct"),
        (changed(QUALITY, "feature_quality", 0, "missing_pct", float("nan")), "feature_quality[0].missing_pct"),
        (changed(QUALITY, "hard_failures", "none"), "hard_failures"),
        (changed(QUALITY, "generated_at", ...), "generated_at"),
    ],
)
def test_what_breaks_the_form_is_named(report: Any, column: str, tmp_path: Path) -> None:
    put_quality(tmp_path, report)
    assert [f.column for f in result_of(contract, tmp_path).findings] == [column]
