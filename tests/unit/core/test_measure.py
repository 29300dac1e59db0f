"""A value against its limit."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.core.measure import Measure

positive = st.floats(min_value=1e-6, max_value=1e9)


@given(positive, positive)
def test_beyond_is_a_ratio_above_one_on_either_side(value: float, limit: float) -> None:
    for direction in ("above", "below"):
        measure = Measure("age", value, limit, "seconds", direction)  # type: ignore[arg-type]
        assert measure.ratio is not None
        if not math.isclose(value, limit, rel_tol=1e-9):
            assert (measure.ratio > 1) == measure.is_beyond


@pytest.mark.parametrize(
    ("value", "limit", "direction"), [(1.0, 0.0, "above"), (0.0, 0.8, "below"), (1.0, -1.0, "above")]
)
def test_no_number_says_how_far_nothing_is(value: float, limit: float, direction: str) -> None:
    assert Measure("rows", value, limit, "count", direction).ratio is None  # type: ignore[arg-type]
