"""Registries written in camel case, and flags written as text, say what those in snake case say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.core.check import run_check
from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.registries.checks.promotion import registry_promotion
from pytest_mlmonitor.registries.checks.registry import contract, one_production, unique_versions
from pytest_mlmonitor.registries.checks.rejected import not_rejected
from pytest_mlmonitor.registries.model import ModelRegistry
from tests.unit.support import only, platform_at


def read(root: Path, document: object) -> ModelRegistry:
    (root / "model_registry.json").write_text(json.dumps(document))
    ((_, registry),) = platform_at(root, promotion={"metric": "roc_auc"}).artifacts
    assert isinstance(registry, ModelRegistry)
    return registry


def production(root: Path, *entries: dict[str, Any], **more: Any) -> CheckResult:
    return run_check(one_production, read(root, {"models": list(entries), **more}))


@pytest.mark.parametrize(
    "says",
    [
        {"isChampion": True},
        {"currentStage": "Production"},
        {"versionAliases": ["production"]},
        {"is_production": "true"},
        {"is_production": 1},
        {"stage": "In Production"},
    ],
    ids=repr,
)
def test_two_in_production(says: dict[str, Any], tmp_path: Path) -> None:
    entries = [{"modelName": "m", "versionId": str(n), **says} for n in (1, 2)]
    assert only(production(tmp_path, *entries)).message == "2 versions of model 'm' are in production: '1', '2'"
    assert production(tmp_path, entries[0]).status == "pass"


@pytest.mark.parametrize("says", [{"is_production": "false"}, {"is_production": 0}, {"isChampion": False}], ids=repr)
def test_a_flag_that_says_no(says: dict[str, Any], tmp_path: Path) -> None:
    assert production(tmp_path, {"name": "m", "version": 1, **says}).status == "not_checked"


def test_pointers_and_times(tmp_path: Path) -> None:
    entries = [
        {
            "modelName": "m",
            "version": n,
            "status": s,
            "promotedAt": f"2026-04-0{n} 10:00:00 UTC",
            "metrics": {"roc_auc": v},
        }
        for n, s, v in ((1, "archived", 0.9), (2, "production", 0.8))
    ]
    two = "2 versions of model 'm' are in production: '1', '2'"
    assert only(production(tmp_path, *entries, productionVersion="1")).message == two
    finding = only(run_check(registry_promotion, read(tmp_path, {"models": entries})))
    assert "roc_auc 0.8 against 0.9 of the champion '1'" in finding.message
    assert finding.severity == Severity.ERROR


def test_names_of_models_and_metrics_are_left_alone(tmp_path: Path) -> None:
    registry = read(tmp_path, {"churnModel": {"versions": {"1": {"metrics": {"testF1": 0.7}}}}})
    assert [(v.model_name, dict(v.metrics)) for v in registry.versions] == [("churnModel", {"testf1": 0.7})]


def test_model_packages(tmp_path: Path) -> None:
    package = {"ModelPackageGroupName": "churn", "ModelPackageVersion": 1, "ModelApprovalStatus": "Approved"}
    registry = read(tmp_path, {"ModelPackageSummaryList": [package, {**package, "ModelPackageVersion": 2}]})
    assert run_check(contract, registry).status == "pass"
    assert run_check(unique_versions, registry).status == "pass"
    twice = read(tmp_path, {"ModelPackageSummaryList": [package, package]})
    assert only(run_check(unique_versions, twice)).message == "version '1' of 'churn' is registered 2 times"


@pytest.mark.parametrize(
    "says",
    [
        {"approval_status": "Rejected"},
        {"ModelApprovalStatus": "Rejected"},
        {"validation": {"passed": False}},
        {"promote": "false"},
        {"promote_flag": 0},
        {"promotion_gate": {"passed": "no"}},
        {"status": "FAILED_REGISTRATION", "current_stage": "Production"},
    ],
    ids=repr,
)
def test_what_was_not_approved_does_not_serve(says: dict[str, Any], tmp_path: Path) -> None:
    entry = {"name": "m", "version": 1, "stage": "production", **says}
    assert only(run_check(not_rejected, read(tmp_path, {"models": [entry]}))).severity == Severity.ERROR


def test_flags_beside_a_verdict_are_none(tmp_path: Path) -> None:
    more = {"validation": {"shuffle": False, "rmse": 0.2}, "promotion_gate": {"checks": {"failures": 0, "f1": True}}}
    entry = {"name": "m", "version": 1, "stage": "production", **more}
    assert run_check(not_rejected, read(tmp_path, {"models": [entry]})).status == "not_checked"


def test_a_model_of_which_nothing_is_registered_yet(tmp_path: Path) -> None:
    registry = read(tmp_path, {"registered_models": [{"name": "m", "aliases": None, "latest_versions": None}]})
    assert run_check(contract, registry).status == "pass"
    assert registry.versions == ()


@pytest.mark.parametrize(("metric", "value"), [("accuracy", 1.7), ("roc_auc", -0.2), ("r2", 1.5), ("rmse", -1)])
def test_metrics_that_cannot_be(metric: str, value: float, tmp_path: Path) -> None:
    registry = read(tmp_path, {"models": [{"name": "m", "version": 1, "metrics": {metric: value}}]})
    finding = only(run_check(contract, registry))
    assert (finding.severity, finding.column) == (Severity.ERROR, f"models[0].metrics.{metric}")
    assert "is impossible" in finding.message
