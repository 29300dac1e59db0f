"""Between which values metrics lie whose names are known."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.core.policy.better_side import better_side
from pytest_mlmonitor.core.policy.possible_values import impossible, possible_range


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        *(("accuracy", 1.7), ("test_accuracy", -0.1), ("val_auc", 1.01), ("f1_macro", 2), ("ndcg@10", 1.4)),
        *(("r2", 1.5), ("mcc", 1.2), ("cohen_kappa", -1.1), ("mape", -3), ("test_rmse", -1), ("log_loss", -0.1)),
        *(("brier_score", 2.5), ("hit_rate@5", 101)),
    ],
)
def test_what_cannot_be(metric: str, value: float) -> None:
    assert list(impossible({metric: value})) == [metric]


@pytest.mark.parametrize(
    "metrics",
    [
        {"accuracy": 1, "roc_auc": 0, "f1": 0.5},
        {"accuracy": 1 + 1e-12},
        {"accuracy": 93.1, "f1": 88.0, "recall": 0.0},  # percent
        {"mape": 312.0, "r2": -4.0, "mcc": -1, "neg_log_loss": -0.4, "aic": -30.0, "loss": -1.2},
        {"accuracy_std": 3, "revenue": -1e9, "lift@10": 3.2, "bleu": 27.3, "perplexity": 34},
        {},
    ],
    ids=repr,
)
def test_what_can_be(metrics: dict[str, float]) -> None:
    assert impossible(metrics) == {}


def test_percent_and_shares_do_not_mix() -> None:
    assert list(impossible({"accuracy": 93.1, "f1": 0.8})) == ["accuracy"]
    assert list(impossible({"accuracy": 93.1, "f1": 101})) == ["accuracy", "f1"]


@given(st.sampled_from(["accuracy", "rmse", "r2", "kappa", "auc"]), st.sampled_from(["", "test_", "val_", "cv_mean_"]))
def test_what_stands_around_a_name_changes_nothing(name: str, around: str) -> None:
    assert possible_range(around + name) == possible_range(name) is not None
    assert better_side(around + name) == better_side(name)


@pytest.mark.parametrize("name", ["revenue", "epoch", "neg_accuracy", "accuracy_gain", ""])
def test_names_that_say_nothing(name: str) -> None:
    assert possible_range(name) is None
    assert impossible({name: math.pi * 100}) == {}
