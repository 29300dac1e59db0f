"""How the scan holds the values of an Arrow type, and what a contract's value is among them."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import narwhals as nw

from pytest_mlmonitor.tables.contract.table import Value, exact
from pytest_mlmonitor.tables.families import (
    TEMPORAL,
    decimal_of,
    family_of,
    in_int64,
    per_unit,
    shift,
    ticks,
    time_text,
    value_type,
)
from pytest_mlmonitor.tables.moments import TimeValue

LARGEST = 2**63
_EXACT_DIGITS = 15
"""Decimals of so many digits are doubles less their point."""

_CODES = {"double": ("d", "q"), "float": ("f", "i"), "halffloat": ("e", "h")}
"""How the bits of a floating type are packed, and as which integer they count."""


class Held:
    """The values of one Arrow type as the scan holds them (:func:`pytest_mlmonitor.tables.arrays.normal.normal`).

    Attributes:
        type: the Arrow type; of a dictionary, that of its values.
        family: what its values are.
        whole: whether they are held as 64-bit integers.
        floating: whether they are held as doubles; numbers that are neither are held as decimals.
        per_unit: steps of the type in one: ticks a second, 100 for decimals with two places.
        shift: what is added to a value.
    """

    def __init__(self, type_: str) -> None:
        self.type = value_type(type_)
        self.family = family_of(type_)
        self.whole = in_int64(type_)
        self.floating = self.family == "float"
        self.per_unit = per_unit(type_)
        self.shift = shift(type_)
        # What is beyond it nothing in the column reaches.
        self._largest = 10 ** decimal_of(type_)[0] if self.family == "decimal" and not self.whole else LARGEST

    def literal(self, value: Value, *, up: bool | None) -> int | float | str | Decimal | None:
        """Return a bound in the column's own terms; ``up`` says which way it is rounded, None for a set's value.

        A number with a fraction is, in a floating column, the nearest one that the column holds; all else is exact.

        Returns:
            An infinite bound for one beyond everything that the column can hold. None for a set's value that the column cannot
            hold, and for one that its values cannot be compared with: :func:`pytest_mlmonitor.tables.plan.fit.misfit` says so.
        """
        if self.family == "text":
            return value if isinstance(value, str) else None
        if isinstance(value, datetime | TimeValue):
            kind = value.kind if isinstance(value, TimeValue) else "instant"
            if self.family != kind:
                return None
            steps = ticks(value, self.per_unit)
        elif isinstance(value, str) or self.family in TEMPORAL:
            return None
        elif isinstance(value, float) and not math.isfinite(value):
            return None if up is None and not self.floating else value
        elif self.floating:
            return self._nearest(value, up)
        else:
            steps = exact(value) * self.per_unit
        return self._step(steps, up)

    def shown(self, value: Any) -> Any:
        """Return a value that the scan holds as what it is: a decimal, an integer, a time as text."""
        if value is None or self.floating or self.family == "text":
            return value
        if self.family == "decimal":
            return decimal_at(int(value), decimal_of(self.type)[1]) if self.whole else value
        if self.family in TEMPORAL:
            return time_text(int(value), self.type)
        return bool(value) if self.family == "boolean" else value - self.shift if self.whole else value

    def _step(self, steps: Fraction, up: bool | None) -> int | float | Decimal | None:
        if up is None and steps.denominator != 1:
            return None
        found = (math.ceil(steps) if up else math.floor(steps)) + self.shift
        inside = -self._largest <= found < self._largest
        if not inside or (not self.whole and found == -self._largest):
            return None if up is None else math.inf if found > 0 else -math.inf
        return found if self.whole else decimal_at(found, decimal_of(self.type)[1])

    def _nearest(self, value: int | float | Decimal, up: bool | None) -> float | None:
        found = rounded(value, self.type)
        wanted = exact(value)
        if not math.isinf(found) and (
            isinstance(value, float) or wanted.denominator != 1 or _names(found, wanted, self.type)
        ):
            return found
        if up is None:
            return None
        # A whole number beyond those that the type holds one by one lies between two of them.
        above = (math.isinf(found) and found > 0) or (not math.isinf(found) and Fraction(found) > wanted)
        if up:
            return found if above else _neighbour(found, self.type, up=True)
        return _neighbour(found, self.type, up=False) if above else found


def _names(held: float, wanted: Fraction, type_: str) -> bool:
    """Return whether a whole number means a floating value: it is that value, or what is printed for it (1e300)."""
    return wanted == Fraction(held) or wanted == Fraction(shortest(held, type_))


def _neighbour(value: float, type_: str, *, up: bool) -> float:
    """Return the next value of a floating type."""
    if type_ == "double":
        return math.nextafter(value, math.inf if up else -math.inf)
    code, whole = _CODES[type_]
    if not value:
        return float(struct.unpack(code, struct.pack(whole, 1))[0]) * (1 if up else -1)
    bits = struct.unpack(whole, struct.pack(code, value))[0]
    bits += 1 if up == (value > 0) else -1  # less their sign, the bits of numbers are in their order
    return float(struct.unpack(code, struct.pack(whole, bits))[0])


def shortest(value: float, type_: str) -> str:
    """Return the shortest decimal that names a finite value of a floating type: 0.3, not 0.30000001192092896, for single precision.

    >>> shortest(0.30000001192092896, "float"), shortest(0.1 + 0.2, "double")
    ('0.3', '0.30000000000000004')
    """
    if type_ == "double":
        return repr(value)
    return next(text for n in range(1, 18) if rounded(float(text := f"{value:.{n}g}"), type_) == value)


def decimal_at(steps: int, scale: int) -> Decimal:
    """Return ``steps`` times the last of ``scale`` places, exactly, whatever the context's precision."""
    sign, digits, _ = Decimal(steps).as_tuple()
    return Decimal((sign, digits, -scale))


def as_double(x: nw.Expr, type_: str) -> nw.Expr:
    """Return numbers of an Arrow type as the scan holds them as doubles.

    Arrow itself refuses to convert integers beyond 2**53, which are rounded here.
    """
    held = Held(type_)
    long = held.type in ("int64", "uint64") or (held.family == "decimal" and decimal_of(type_)[0] > _EXACT_DIGITS)
    if not held.whole or not long:
        double = x.cast(nw.Float64)
    else:
        high = x // 2**32
        double = (high - held.shift // 2**32).cast(nw.Float64) * 2.0**32 + (x - high * 2**32).cast(nw.Float64)
    return double / float(held.per_unit) if held.whole and held.family == "decimal" and held.per_unit != 1 else double


def rounded(value: int | float | Decimal, type_: str) -> float:
    """Return a number as a floating column of an Arrow type holds it: infinite where it is too large."""
    try:
        double = float(value)
        if type_ == "double" or not math.isfinite(double):
            return double
        code = _CODES[type_][0]
        found = float(struct.unpack(code, struct.pack(code, double))[0])
    except OverflowError:
        return math.inf if value > 0 else -math.inf
    if isinstance(value, float) or math.isinf(found):
        return found
    # Rounded twice, it may be one too far.
    near = (_neighbour(found, type_, up=False), found, _neighbour(found, type_, up=True))
    return min((n for n in near if math.isfinite(n)), key=lambda n: abs(Fraction(n) - exact(value)))


def span(literals: Sequence[Any]) -> tuple[int, int] | None:
    """Return the ends of a set that is a run of whole numbers, None for any other set."""
    whole = sorted(set(literals))
    if not whole or whole[-1] - whole[0] != len(whole) - 1:
        return None
    return whole[0], whole[-1]
