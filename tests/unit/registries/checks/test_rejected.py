"""What is in production passed the gate of the platform that trained it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.core.check import run_check
from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.registries.checks.rejected import not_rejected
from tests.unit.support import only, platform_at

LINE = "2026-04-01T10:00:00Z | {action:<12} | v{version} | acc=0.8000  f1=0.7000  roc_auc=0.8000 | {reason}\n"


def line(action: str, version: int = 1, reason: str = "because") -> str:
    return LINE.format(action=action, version=version, reason=reason)


def judged(root: Path, name: str = "model_registry.json", **files: object) -> CheckResult:
    said = {
        "model_registry.json": {
            "production_version": "1",
            "models": {"1": {"version_tag": "1", "status": "production"}},
        },
        **{file.replace("__", "."): content for file, content in files.items()},
    }
    for file, content in said.items():
        if content is not None:
            (root / file).write_text(content if isinstance(content, str) else json.dumps(content))
    platform = platform_at(root)
    (registry,) = [a for ref, a in platform.artifacts if ref.path.name == name]
    return run_check(not_rejected, registry, platform.settings)


@pytest.mark.parametrize(
    "report",
    [
        {"promote": False},
        {"promotion_gate": {"passed": False}},
        {"promotion_gate": {"checks": {"roc_auc": True, "f1": False}}},
        {"promotion_gate": {"checks": [{"name": "f1", "passed": False}]}},
        {"decision": "REJECTED"},
    ],
    ids=repr,
)
def test_an_evaluation_report_that_said_no(report: dict[str, Any], tmp_path: Path) -> None:
    report = {"version_tag": "1", "metrics": {"f1": 0.1}, **report}
    finding = only(judged(tmp_path, eval_report_v1__json=report))
    assert finding.severity == Severity.ERROR
    assert finding.message.startswith("version '1' is in production, but ")
    assert "eval_report_v1.json says that it did not pass its gate: " in finding.message


@pytest.mark.parametrize(
    "report",
    [
        {"promote": True},
        {"promote": True, "promotion_gate": {"checks": {"f1": False}}},
        {"promote": True, "version_tag": "1", "metrics": {}, "reason": "x"},
    ],
    ids=repr,
)
def test_an_evaluation_report_that_said_yes(report: dict[str, Any], tmp_path: Path) -> None:
    result = judged(
        tmp_path, eval_report_v1__json={"version_tag": "1", **report}, eval_report_v2__json={"promote": False}
    )
    assert (result.status, result.findings) == ("pass", ())


def test_a_report_that_decides_nothing_is_something_else(tmp_path: Path) -> None:
    assert judged(tmp_path, eval_report_v1__json={"rows": 3}).status == "not_checked"
    assert [path.name for path in platform_at(tmp_path).unclaimed] == ["eval_report_v1.json"]


@pytest.mark.parametrize(
    ("log", "severity"),
    [
        (line("REJECTED"), Severity.ERROR),
        (line("PROMOTED") + line("NOT_PROMOTED"), Severity.ERROR),
        (line("REJECTED") + line("PROMOTED"), None),
        (line("PROMOTED") + line("REJECTED", version=2), None),
        (line("ROLLBACK"), None),
        ('{"version": "1", "result": "rejected", "reason": "r2"}\n', Severity.ERROR),
    ],
)
def test_what_the_audit_log_says_last_of_a_version_holds(log: str, severity: Severity | None, tmp_path: Path) -> None:
    result = judged(tmp_path, promotion_audit__log=log)
    assert result.severity == severity
    assert result.status == ("pass" if severity is None else "fail")


def test_the_line_of_the_log_is_named(tmp_path: Path) -> None:
    finding = only(
        judged(tmp_path, promotion_audit__log=line("PROMOTED") + "\n" + line("REJECTED", reason="f1 too low"))
    )
    assert finding.message.endswith("promotion_audit.log says that it did not pass its gate: REJECTED: 'f1 too low'")
    assert finding.location is not None and finding.location.endswith("promotion_audit.log:3")


@pytest.mark.parametrize(
    "entry", [{"promote_flag": False}, {"status": "failed"}, {"promotion_gate": {"all_passed": False}}], ids=repr
)
def test_an_entry_that_says_so_itself(entry: dict[str, Any], tmp_path: Path) -> None:
    document = {"production_version": "1", "models": {"1": {"version_tag": "1", "status": "production", **entry}}}
    assert "its own entry says" in only(judged(tmp_path, model_registry__json=document)).message


def test_by_force_it_is_a_warning(tmp_path: Path) -> None:
    finding = only(
        judged(
            tmp_path, eval_report_v1__json={"promote": False}, production_model__json={"version": "1", "forced": True}
        )
    )
    assert finding.severity == Severity.WARNING
    assert "is in production by force" in finding.message
    log = line("REJECTED") + line("PROMOTED", reason="Force promotion requested (force=True)")
    (tmp_path / "production_model.json").unlink()
    assert judged(tmp_path, promotion_audit__log=log).severity == Severity.WARNING


def test_without_a_registry_the_document_of_what_serves_is_judged(tmp_path: Path) -> None:
    files = {
        "model_registry__json": None,
        "eval_report_v1__json": {"promote": False},
        "production_model__json": {"version": "1"},
    }
    assert judged(tmp_path, "production_model.json", **files).severity == Severity.ERROR
    (tmp_path / "model_registry.json").write_text('{"models": [{"version": "1", "stage": "production"}]}')
    result = judged(tmp_path, "production_model.json", **files)
    assert (result.reason or "").startswith("judged at ")


def test_a_log_of_something_else_is_left_alone(tmp_path: Path) -> None:
    assert judged(tmp_path, promotion_audit__log="2026 INFO started\n").status == "not_checked"
    assert [path.name for path in platform_at(tmp_path).unclaimed] == ["promotion_audit.log"]
    (tmp_path / "promotion_audit.log").write_text("torn\n" + line("PROMOTED"))
    (log,) = [a for ref, a in platform_at(tmp_path).artifacts if ref.path.name == "promotion_audit.log"]
    assert "line 1 says of no version what became of it: 'torn'" in log.violations[0].message


@pytest.mark.parametrize(
    "torn",
    [
        '{"action": "PROMOTED", "action": "REJECTED", "version": "1"}',
        '{"action": "REJECTED", "version": "1"',
    ],
)
def test_a_line_that_is_no_strict_json_is_said(torn: str, tmp_path: Path) -> None:
    (tmp_path / "promotion_audit.log").write_text(torn + "\n" + line("PROMOTED"))
    (log,) = [a for ref, a in platform_at(tmp_path).artifacts if ref.path.name == "promotion_audit.log"]
    assert log.violations[0].message.startswith("line 1 says of no version what became of it")
