"""A kind that comes from outside is a kind like any other: a built-in one can be taken out and given back by the hook."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from pytest_mlmonitor import kinds
from pytest_mlmonitor.core.kind import Kind

from .sample import Project, read_json, without_past

REGISTRY = '{"models": {"bikes": {"versions": [{"version": "1", "run_id": "r1", "stage": "production"}]}}}'
PREDICTION = '{"request_id": "r1", "predicted_class": 1, "confidence": 0.9, "model_version": "v1"}\n'
CONTRACT = """
apiVersion: v3.0.2
kind: DataContract
id: bikes
name: bikes
version: 1.0.0
status: active
schema:
  - name: training_dataset
    properties:
      - name: ft_capacity
        logicalType: number
"""
GIVE_BACK = """
from {package}.kind import {row}

def pytest_mlmonitor_kinds(config):
    return [{row}]
"""


DRIFT_REPORT = {
    "generated_at": "2026-04-26T13:00:00+00:00",
    "overall_drifted": False,
    "feature_results": [{"feature": "ft_hour", "drifted": False, "psi": 0.01}],
}


@pytest.fixture
def sample(new_project: Callable[..., Project]) -> Project:
    made = new_project()
    made.plant("model_registry.json", REGISTRY)
    made.plant("p2/predictions.jsonl", PREDICTION)
    made.plant("drift_reports/drift_report_20260426_130000.json", json.dumps(DRIFT_REPORT))
    made.plant("p2/output/training_dataset.odcs.yaml", CONTRACT)
    made.policy(
        '[[tool.mlmonitor.overrides]]\nartifact = "training_dataset"\nowner = "ml"'
    )  # it is judged: kind policy
    return made


def take_out(kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    left = tuple(known for known in kinds.BUILT_IN if known is not kind)
    monkeypatch.setattr(kinds, "BUILT_IN", left)
    monkeypatch.setattr(kinds.Platform, "built_in", left)


def outcome(project: Project) -> tuple[int, set[str], list[Any], list[Any]]:
    """Return exit code, node ids, artifacts and results without their times, in an order of no meaning."""
    ids = set(project.ids())
    result = project.check("--mlmonitor-out", "out")
    document = read_json(project.path / "out" / "results.json")
    results = [{**one, "duration_seconds": 0, "started_at": ""} for one in document["results"]]
    return result.ret, ids, sorted(without_past(document["artifacts"]), key=str), sorted(without_past(results), key=str)


@pytest.mark.parametrize("kind", kinds.BUILT_IN, ids=lambda kind: kind.name)
def test_a_built_in_kind_can_come_from_outside(kind: Kind, sample: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = outcome(sample)
    take_out(kind, monkeypatch)
    without = outcome(sample)
    assert {artifact["kind"] for artifact in whole[2]} - {artifact["kind"] for artifact in without[2]} == {kind.name}
    sample.write("conftest.py", GIVE_BACK.format(package=kind.package, row=kind.name.upper()))
    assert outcome(sample) == whole


def test_its_fixture_comes_with_it(sample: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    take_out(kinds.TRAINING_RUN, monkeypatch)
    sample.write("conftest.py", GIVE_BACK.format(package="pytest_mlmonitor.training", row="TRAINING_RUN"))
    sample.policy('artifacts = ["artifacts"]')
    sample.write("test_mine.py", "def test_mine(training_run): assert training_run.metrics\n")
    sample.run("test_mine.py").assert_outcomes(passed=2)
