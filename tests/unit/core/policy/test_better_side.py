"""Which side of a metric is the better one, by its name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.core.policy.better_side import better_side


@pytest.mark.parametrize(
    "metric",
    ["accuracy", "test_f1", "val_roc_auc", "F1-Score", "f1_macro", "precision@10", "recall_at_5", "R2", "balanced_accuracy",
     "neg_root_mean_squared_error", "neg_log_loss", "average_precision_score"],
)  # fmt: skip
def test_more_is_better(metric: str) -> None:
    assert better_side(metric) == "higher"


@pytest.mark.parametrize(
    "metric",
    ["rmse", "val_mae", "log_loss", "logloss", "brier_score", "mean_absolute_percentage_error", "loss", "test_error",
     "cross-entropy", "hinge_loss", "fpr"],
)  # fmt: skip
def test_less_is_better(metric: str) -> None:
    assert better_side(metric) == "lower"


@pytest.mark.parametrize("metric", ["revenue", "profit", "", "neg_", "test_", "score", "lift", "training_seconds"])
def test_a_name_that_does_not_say(metric: str) -> None:
    assert better_side(metric) is None


@given(st.text(max_size=30))
def test_any_name_is_decided_or_not(metric: str) -> None:
    assert better_side(metric) in ("higher", "lower", None)
    if better_side(metric) is not None:
        assert better_side(f"val_{metric}") == better_side(metric)
