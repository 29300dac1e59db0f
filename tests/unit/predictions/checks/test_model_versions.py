"""Model versions of a log are those of runs and registries."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.predictions.checks.model_versions import model_versions
from tests.unit.predictions.logs import predicted, registered, result, trained, write
from tests.unit.support import only


def log(root: Path, version: str, since: str = "", until: str = "~") -> None:
    write(root, [e | ({"model_version": version} if since <= e["timestamp"] < until else {}) for e in predicted()])


@pytest.mark.parametrize("version", ["v3", "3", "run_1", "models:/demand/3", "demand:v3", "demand_v3", "champion"])
def test_a_version_by_any_of_its_names(version: str, tmp_path: Path) -> None:
    trained(tmp_path)
    log(tmp_path, version)
    assert result(model_versions, tmp_path).status == "pass"


def test_a_version_of_a_registry(tmp_path: Path) -> None:
    registered(tmp_path, "v2", "v3")
    log(tmp_path, "v2")
    assert result(model_versions, tmp_path).status == "pass"


def test_a_version_that_nobody_has(tmp_path: Path) -> None:
    trained(tmp_path)
    log(tmp_path, "v9", since="2026-04-25")
    finding = only(result(model_versions, tmp_path))
    assert (finding.severity, finding.column) == (Severity.ERROR, "model_version")
    assert "'v9' is of no training run and no registry" in finding.message


def test_one_that_was_in_use_weeks_ago_may_be_gone(tmp_path: Path) -> None:
    trained(tmp_path)
    log(tmp_path, "v1", until="2026-04-17")
    assert only(result(model_versions, tmp_path)).severity == Severity.INFO


def test_without_runs_and_registries_nobody_knows(tmp_path: Path) -> None:
    log(tmp_path, "v3")
    assert result(model_versions, tmp_path).status == "not_checked"
