"""What to do where a check fails: said of every check of runs, reports, registries, predictions and drift, in words of its own."""

from __future__ import annotations

import pytest

from pytest_mlmonitor.core.check import Check
from pytest_mlmonitor.core.said import ACTIONS, MAX_ACTION
from pytest_mlmonitor.kinds import built_in

CHECKS = [
    one
    for one in built_in()
    if one.kind in ("training_run", "training_report", "model_registry", "predictions")
    or (one.kind == "dataset" and one.category == "drift")
]


@pytest.mark.parametrize("check", CHECKS, ids=lambda one: f"{one.kind}-{one.name}")
def test_it_is_an_order_of_its_own(check: Check) -> None:
    assert check.action not in ACTIONS.values()
    assert len(check.action) <= MAX_ACTION
    assert check.action[0].isupper() and not check.action.endswith(".")


def test_all_of_them_are_looked_at() -> None:
    assert {one.kind for one in CHECKS} == {
        *("training_run", "training_report", "model_registry", "predictions", "dataset")
    }
    assert len(CHECKS) > 40
