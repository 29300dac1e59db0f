"""A promotion as a report draws it: every metric that has a limit, of champion and challenger, and on which side it must lie."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.core.policy.thresholds import PromotionPolicy
from pytest_mlmonitor.registries.gate import decide
from pytest_mlmonitor.registries.model import ModelVersion
from tests.unit.registries.checks.test_promotion import gate, judged, run, serving


def drawn(result: Any) -> dict[str, Any]:
    (found,) = [one.data for one in result.pictures if one.kind == "gate"]
    return dict(found)


def test_a_promotion_that_missed_its_gate_is_drawn() -> None:
    """The champion before had 0.2, it has 0.3, and may have 0.25."""
    result = judged(
        "b", run("a", 0.2, -30), run("b", 0.3, -20), serving("a", (-29, "serving")), serving("b", (-19, "serving")),
        promotion={"max_rmse": 0.25},
    )  # fmt: skip
    assert result.status == "fail"
    data = drawn(result)
    assert (data["champion"], data["challenger"]) == ("a", "b")
    (metric,) = data["metrics"]
    assert (metric["name"], metric["champion"], metric["challenger"]) == ("rmse", 0.2, 0.3)
    assert (metric["direction"], metric["passed"]) == ("lower", False)
    assert metric["low"] <= 0.2 < metric["limit"] < 0.3 <= metric["high"]
    (measure,) = result.measures
    assert (measure.what, measure.value, measure.direction) == ("rmse", 0.3, "above") and measure.is_beyond
    assert set(result.findings[0].keys) == set(measure.keys)


def test_a_challenger_that_may_go_out_is_drawn_and_one_that_may_not_is_measured() -> None:
    both = run("a", 0.2, -30), serving("a", (-29, "serving"))
    assert drawn(judged("b", *both, run("b", 0.1, -20)))["metrics"][0]["passed"]
    worse = judged("b", *both, run("b", 0.3, -20))
    assert worse.status == "pass" and worse.pictures == ()
    assert [one.is_beyond for one in worse.measures] == [True]


@pytest.mark.parametrize(
    ("policy", "mine", "theirs", "limit", "keys"),
    [
        # of a limit and the champion's lead the one that is missed
        ({"max_rmse": 0.25}, {"rmse": 0.3}, {"rmse": 0.4}, 0.25, ("promotion.max_rmse",)),
        ({"max_rmse": 0.5}, {"rmse": 0.3}, {"rmse": 0.2}, 0.199, ("promotion.metric", "promotion.min_improvement")),
        # where both hold, the nearer one
        ({"max_rmse": 0.31}, {"rmse": 0.3}, {"rmse": 0.4}, 0.31, ("promotion.max_rmse",)),
    ],
)
def test_of_two_limits_for_one_metric_the_one_that_decides(
    policy: dict[str, Any], mine: dict[str, float], theirs: dict[str, float], limit: float, keys: tuple[str, ...]
) -> None:
    (figure,) = gate(mine, theirs, **policy).figures
    assert figure.limit == pytest.approx(limit) and figure.keys == keys


def test_every_metric_with_a_limit_once_and_none_that_is_missing() -> None:
    figures = gate(
        {"rmse": 0.3, "recall": 0.7}, {"rmse": 0.4, "recall": 0.8}, min={"recall": 0.75, "precision": 0.5}
    ).figures
    assert [(one.metric, one.better, one.passed, one.champion) for one in figures] == [
        ("recall", "higher", False, 0.8),
        ("rmse", "lower", True, 0.4),
    ]


def test_a_first_model_has_limits_alone() -> None:
    assert gate({"rmse": 0.3}).figures == ()
    (figure,) = gate({"rmse": 0.3}, max_rmse=0.2).figures
    assert (figure.champion, figure.passed) == (None, False)


def test_what_is_written_of_a_decision_is_what_it_was() -> None:
    assert gate({"rmse": 0.3}, {"rmse": 0.4}).to_dict().keys() == {
        *("outcome", "challenger", "champion", "metric", "challenger_value", "champion_value", "improvement", "reasons")
    }


NUMBERS = st.one_of(st.floats(-1e12, 1e12), st.floats(0, 1), st.just(0.0))


@given(NUMBERS, NUMBERS, NUMBERS)
def test_a_scale_holds_all_that_is_drawn_on_it(mine: float, theirs: float, limit: float) -> None:
    policy = PromotionPolicy(max={"rmse": limit})
    versions = [ModelVersion(version=str(i), metrics={"rmse": value}) for i, value in enumerate((mine, theirs))]
    (figure,) = decide(versions[0], versions[1], policy).figures
    low, high = figure.scale
    assert low < high
    assert low <= min(mine, theirs, figure.limit) and max(mine, theirs, figure.limit) <= high
    if min(mine, theirs, figure.limit) >= 0 and max(mine, theirs, figure.limit) <= 1:
        assert low >= 0 and high <= 1
