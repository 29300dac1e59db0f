"""What a contract's number is among the values of a column, against Python's ``decimal`` and plain search."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.tables.plan.held_values import Held, decimal_at, rounded, shortest

NUMBERS = st.decimals(
    allow_nan=False, allow_infinity=False, places=4, min_value=-(10**30), max_value=10**30
) | st.integers(-(2**65), 2**65)
EXACT = {"int64": 0, "uint64": 0, "decimal128(5, 1)": 1, "decimal64(18, 3)": 3, "decimal128(38, 10)": 10}


@given(st.sampled_from(sorted(EXACT)), NUMBERS, st.booleans())
def test_bounds_of_exact_columns_are_the_nearest_step_on_their_side(type_: str, bound: Decimal | int, up: bool) -> None:
    held, scale = Held(type_), EXACT[type_]
    literal = held.literal(bound, up=up)
    assert literal is not None
    if math.isinf(literal):
        return
    step = Fraction(1, 10**scale)
    value = Fraction(held.shown(literal))
    assert 0 <= (value - Fraction(bound) if up else Fraction(bound) - value) < step
    member = held.literal(bound, up=None)
    assert (member is not None) == (value == Fraction(bound))


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_double_is_the_number_that_is_written_for_it(value: float) -> None:
    held = Held("double")
    written = Decimal(repr(value))
    assert held.literal(written, up=True) == held.literal(written, up=False) == held.literal(written, up=None) == value


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_a_single_is_the_number_that_is_written_for_it(value: float) -> None:
    held, written = Held("float"), str(np.float32(value))
    assert Fraction(shortest(value, "float")) == Fraction(written)
    assert held.literal(Decimal(written), up=True) == held.literal(Decimal(written), up=None) == value


@given(st.sampled_from(["double", "float", "halffloat"]), st.integers(-(2**70), 2**70), st.booleans())
def test_whole_bounds_of_floating_columns_are_exact(type_: str, bound: int, up: bool) -> None:
    found = Held(type_).literal(bound, up=up)
    assert isinstance(found, float)
    near = rounded(bound, type_)
    named = not math.isinf(near) and Fraction(shortest(near, type_)) == bound
    if named:
        assert found == near
    else:
        assert found >= bound if up else found <= bound


@pytest.mark.parametrize("type_", ["float", "halffloat"])
@given(value=st.floats(-60_000, 60_000))
def test_rounding_is_that_of_numpy(type_: str, value: float) -> None:
    wanted = {"float": np.float32, "halffloat": np.float16}[type_](value)
    assert rounded(value, type_) == float(wanted)


def test_a_number_is_rounded_once() -> None:
    # As a double it is the middle of two singles, and goes to the even one; it is a little more.
    middle = Fraction(1) + Fraction(1, 2**24)
    text = Decimal((middle + Fraction(1, 2**70)).numerator) / Decimal((middle + Fraction(1, 2**70)).denominator)
    assert Held("float").literal(decimal_at(int(text.scaleb(27)), 27), up=None) in (1.0, 1.0 + 2.0**-23)


@pytest.mark.parametrize("bound", [10**400, -(10**400), Decimal("1e400")])
def test_bounds_beyond_everything(bound: int | Decimal) -> None:
    for type_ in ("int64", "uint64", "decimal128(38, 10)", "double", "float"):
        up = Held(type_).literal(bound, up=bound > 0)
        assert up == math.copysign(math.inf, 1 if bound > 0 else -1)
        assert Held(type_).literal(bound, up=None) is None


def test_decimals_are_made_exactly_whatever_the_context_says() -> None:
    assert decimal_at(10**60 + 1, 30) == Decimal("1" + "0" * 30 + "." + "0" * 29 + "1")
