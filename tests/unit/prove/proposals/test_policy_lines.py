"""Entries of the policy against faults of runs, deployments and logs: each notices its mutant, and holds for the next version."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from benchmarks.proven.model_runs import RUNS
from benchmarks.proven.process import built_at
from pytest_mlmonitor.core.policy.load import load
from pytest_mlmonitor.prove.proof import MutantResult
from pytest_mlmonitor.prove.proving import prove


def of_runs(place: Path, days: int, policy: str = RUNS.policy) -> MutantResult:
    """Return what becomes of the mutant of the newest of some runs that is worse than its champion by a fifth."""
    root, draw = place.resolve() / "data", np.random.default_rng(1)
    for day in range(days):
        RUNS.write(root, day, draw)
    (place / "mlmonitor.toml").write_text(policy, encoding="utf-8")
    settings = load(place / "mlmonitor.toml", overrides={"artifacts": [str(root)]})
    proof = prove([root], settings, built_at(days - 1) + timedelta(hours=2), budget=100)
    (found,) = [one for one in proof.results if one.operator.fault == "worse_than_champion"]
    return found


@pytest.mark.parametrize(("days", "limit"), [(8, 0.332), (2, 0.318)])
def test_a_limit_of_the_gate_lies_between_the_runs_and_the_worse_one(tmp_path: Path, days: int, limit: float) -> None:
    found = of_runs(tmp_path, days)
    assert found.fate == "survived"
    (proposal,) = found.proposals
    assert proposal.text.splitlines() == [
        "[[overrides]]",
        'artifact = "demand"',
        f"promotion.max.test_rmse = {limit}",
    ]


def test_a_gate_that_asks_a_metric_which_no_run_has_is_told_which_they_have(tmp_path: Path) -> None:
    found = of_runs(
        tmp_path, 8, 'promotion.metric = "profit"\npromotion.better = "higher"\npromotion.min_improvement = -0.05'
    )
    lines = found.proposals[0].text.splitlines()
    assert lines[2].startswith('promotion.metric = "test_') and lines[3] == 'promotion.better = "lower"'
