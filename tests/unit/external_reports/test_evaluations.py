"""A report on an evaluation is what another tool says; whether it matters, the registry of its version decides, once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.core.judge import judge
from pytest_mlmonitor.external_reports.checks.evaluated import registered
from pytest_mlmonitor.external_reports.checks.record import contract, readable
from pytest_mlmonitor.external_reports.checks.reports import report_fresh, reports_ok
from pytest_mlmonitor.kinds import built_in
from pytest_mlmonitor.registries.checks.rejected import not_rejected
from tests.unit.external_reports.samples import put
from tests.unit.support import NOW, only, platform_at, result_of

TAG = "20260418_220902"
REPORT: dict[str, Any] = {
    "version_tag": TAG,
    "evaluated_at": "2026-04-18T22:30:00+00:00",
    "promote": True,
    "metrics": {"accuracy": 0.81, "f1": 0.74, "roc_auc": 0.88, "n_samples": 400},
    "promotion_gate": {"thresholds_used": {"f1": 0.7}, "checks": {"f1": True}, "promote": True},
}
REFUSED = {
    "promote": False,
    "promotion_gate": {"thresholds_used": {"f1": 0.8}, "checks": {"f1": False}, "promote": False},
}


def tree(root: Path, *, live: bool, **report: Any) -> Path:
    put(root, f"models/eval_report_v{TAG}.json", {**REPORT, **report})
    entry = {"version_tag": TAG, "status": "production" if live else "failed", "metrics": {"f1": 0.74}}
    put(root, "models/model_registry.json", {"models": {TAG: entry}, "production_version": TAG if live else None})
    return root


def test_a_version_that_passed_is_green(tmp_path: Path) -> None:
    tree(tmp_path, live=True)
    assert {one.ref.kind for _, one in platform_at(tmp_path).artifacts} == {"external_report", "model_registry"}
    for one in (readable, contract, reports_ok, registered):
        assert result_of(one, tmp_path).status == "pass", one.name


def test_a_rejected_version_in_production_is_one_error(tmp_path: Path) -> None:
    tree(tmp_path, live=True, **REFUSED)
    found = platform_at(tmp_path)
    record = judge(found, built_in())
    worst = [
        (result.check, f.severity)
        for _, result in record.results
        for f in result.findings
        if f.severity >= Severity.WARNING
    ]
    assert worst == [("not_rejected", Severity.ERROR)]
    finding = only(result_of(not_rejected, tmp_path))
    assert f"eval_report_v{TAG}.json says that it did not pass its gate: promote is false" in finding.message


def test_a_rejected_version_that_does_not_serve_is_information(tmp_path: Path) -> None:
    tree(tmp_path, live=False, **REFUSED)
    finding = only(result_of(reports_ok, tmp_path))
    assert finding.severity == Severity.INFO
    assert f"evaluation of version '{TAG}' (2026-04-18T22:30:00Z) says that it did not pass its gate" in finding.message


def test_an_evaluation_grows_no_older_than_its_version(tmp_path: Path) -> None:
    tree(tmp_path, live=True)
    assert result_of(report_fresh, tmp_path, now=NOW + timedelta(days=90)).status == "not_checked"
    assert result_of(report_fresh, tmp_path, now=NOW - timedelta(days=30)).status == "fail"


@pytest.mark.parametrize("content", ["{", '{"promote": NaN}'])
def test_one_that_cannot_be_read_is_an_error(content: str, tmp_path: Path) -> None:
    put(tmp_path, "models/eval_report_v3.json", content)
    (check,) = (readable,) if content == "{" else (contract,)
    assert result_of(check, tmp_path).severity == Severity.ERROR


def test_metrics_that_the_registry_does_not_have_are_an_error(tmp_path: Path) -> None:
    tree(tmp_path, live=True, metrics={"f1": 0.61})
    assert only(result_of(registered, tmp_path)).column == "metrics.f1"


def test_another_version_than_its_name_says_is_an_error(tmp_path: Path) -> None:
    tree(tmp_path, live=True, version_tag="20260101_000000")
    assert "but the file is called" in result_of(registered, tmp_path).findings[0].message
