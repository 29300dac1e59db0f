"""How the scan holds the values of an Arrow type, and what a contract's value is among them."""

from __future__ import annotations

import math
import struct
from datetime import datetime
from fractions import Fraction

import narwhals as nw

from pytest_mlmonitor.tables.contract.table import Value
from pytest_mlmonitor.tables.families import NUMERIC, TEMPORAL, family_of, in_int64, ticks, ticks_per_second, value_type

BEYOND_INT64 = 2.0**100
"""Stands for every bound that no 64-bit integer reaches; converted to a double, the largest would equal 2**63."""

LARGEST = 2**63


class Held:
    """The values of one Arrow type as the scan holds them (:func:`pytest_mlmonitor.tables.arrays.normal.normal`).

    Attributes:
        type: the Arrow type; of a dictionary, that of its values.
        family: what its values are.
        whole: whether they are held as 64-bit integers.
        floating: whether they are numbers held as doubles.
        per_second: ticks per second of times.
    """

    def __init__(self, type_: str) -> None:
        self.type = value_type(type_)
        self.family = family_of(type_)
        self.whole = in_int64(type_)
        self.floating = self.family in NUMERIC and not self.whole
        self.per_second = ticks_per_second(type_)

    def literal(self, value: Value, *, up: bool | None) -> int | float | str | None:
        """Return a bound in the column's own terms; ``up`` says which way a whole column rounds it, None for a set's value.

        A bound that the column's values cannot be compared with is None: :func:`pytest_mlmonitor.tables.plan.fit.misfit` says so.
        """
        if self.family == "text":
            return value if isinstance(value, str) else None
        if isinstance(value, datetime):
            if self.per_second is None:
                return None
            exact = ticks(value, self.per_second)
        elif isinstance(value, str) or self.family in TEMPORAL:
            return None
        elif not self.whole or not math.isfinite(value):
            held = rounded(float(value), self.type)
            # What a narrow column cannot hold is a bound that nothing reaches, and no member of a set.
            return None if up is None and math.isinf(held) and math.isfinite(value) else held
        else:
            exact = Fraction(value)
        if up is None:
            return int(exact) if exact.denominator == 1 and -LARGEST <= exact < LARGEST else None
        found = math.ceil(exact) if up else math.floor(exact)
        return found if -LARGEST <= found < LARGEST else math.copysign(BEYOND_INT64, found)


def as_double(x: nw.Expr, type_: str) -> nw.Expr:
    """Return numbers of an Arrow type as doubles: Arrow itself refuses to convert integers beyond 2**53, which are rounded."""
    if value_type(type_) != "int64":
        return x.cast(nw.Float64)
    high = x // 2**32
    return high.cast(nw.Float64) * 2.0**32 + (x - high * 2**32).cast(nw.Float64)


def rounded(value: float, type_: str) -> float:
    """Return a number as a floating column of an Arrow type holds it."""
    code = {"float": "f", "halffloat": "e"}.get(type_)
    if code is None or not math.isfinite(value):
        return value
    try:
        return float(struct.unpack(code, struct.pack(code, value))[0])
    except OverflowError:
        return math.copysign(math.inf, value)


def span(values: tuple[Value, ...]) -> tuple[int, int] | None:
    """Return the ends of a set that is a run of whole numbers, None for any other set."""
    whole = sorted({int(v) for v in values if isinstance(v, int)})
    if not whole or len(whole) != len(values) or whole[-1] - whole[0] != len(whole) - 1:
        return None
    return whole[0], whole[-1]
