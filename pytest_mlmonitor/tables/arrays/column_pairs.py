"""How the values of two columns of different types stand to each other, exactly: what no engine's own comparison says.

Engines bring both sides to one type first: whole numbers and decimals to doubles, which makes neighbours equal, a date to
nanoseconds, which wraps around in the year 2262 (9999-12-31 becomes 1816) or ends the query.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from pytest_mlmonitor.tables.arrays.clock_readings import readings
from pytest_mlmonitor.tables.arrays.normal import normal
from pytest_mlmonitor.tables.families import family_of, in_int64, per_unit, shift

if TYPE_CHECKING:
    import pyarrow as pa

_LARGEST = 2**62
"""Whole numbers below it can be subtracted from each other in 64 bits."""

_WHOLE = {"double": 2.0**53, "float": 2.0**24, "halffloat": 2.0**11}
"""Up to here a floating type holds every whole number."""


class ColumnPair(NamedTuple):
    """Asks how the values of ``column`` stand to those of ``base`` plus ``offset`` (of times: in seconds); by position.

    ``clocks`` are the zones of the clocks that the times of each were read from, None for moments as they stand. Where a wall time
    may stand for two moments the one is meant that keeps ``relation``.
    """

    column: int
    base: int
    offset: Fraction = Fraction(0)
    clocks: tuple[str | None, str | None] = (None, None)
    relation: Literal["==", "<=", ">"] = "=="

    @property
    def places(self) -> tuple[int, int]:
        """The columns that it looks at."""
        return self.column, self.base

    def computed(self, columns: Mapping[int, pa.Array]) -> pa.Array:
        """Return the answer for columns by position (:func:`order`)."""
        return order(columns[self.column], columns[self.base], self)


def order(column: pa.Array, base: pa.Array, asked: ColumnPair) -> pa.Array:
    """Return, as int64, -1, 0 or 1 where a value is below, equal to or above ``base`` plus the offset ``asked`` for.

    It is null where either is null or NaN, which stand nowhere. A floating value equals a number with a fraction where it is the
    nearest that its type holds, as with bounds (:class:`pytest_mlmonitor.tables.plan.held_values.Held`).
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(column.type) or pa.types.is_dictionary(base.type):
        plain = [x.dictionary_decode() if pa.types.is_dictionary(x.type) else x for x in (column, base)]
        return order(plain[0], plain[1], asked)
    there = pc.and_(pc.is_valid(column), pc.is_valid(base))
    for array in (column, base):
        if pa.types.is_floating(array.type):
            there = pc.and_(there, pc.invert(pc.fill_null(pc.is_nan(array), False)))
    found = _signs(column.filter(there), base.filter(there), asked)
    whole = pa.array(found, pa.int64())
    return whole if len(whole) == len(column) else pc.replace_with_mask(pa.nulls(len(column), pa.int64()), there, whole)


def _signs(column: pa.Array, base: pa.Array, asked: ColumnPair) -> Any:
    """Return the signs of the differences of values that are all there."""
    import numpy as np

    offset = asked.offset
    types = str(column.type), str(base.type)
    floating = [family_of(type_) == "float" for type_ in types]
    if all(floating):
        left, right = (normal(x).to_numpy() for x in (column, base))
        return (left > right).astype(np.int64) - (left < right).astype(np.int64)
    if floating[0]:
        return _to_exact(column, base)
    if floating[1]:
        return -_to_exact(base, column)
    finest = max(per_unit(types[0]), per_unit(types[1]), Fraction(asked.clocks != (None, None)))
    finest *= (offset * finest).denominator
    left, right = (_steps(x, int(finest / per_unit(type_))) for x, type_ in zip((column, base), types, strict=True))
    by = int(offset * finest)
    if asked.clocks != (None, None):
        return _signs_of_moments(left, right, by, int(finest), asked)
    right = right + by if abs(by) < _LARGEST else right.astype(object) + by
    return (left > right).astype(np.int64) - (left < right).astype(np.int64)


def _signs_of_moments(left: Any, right: Any, by: int, per_second: int, asked: ColumnPair) -> Any:
    """Return the signs of the differences of times of which at least one side are wall times."""
    import numpy as np

    large = any(len(x) and max(abs(int(x.min())), abs(int(x.max()))) >= _LARGEST // 2 for x in (left, right))
    if large or abs(by) >= _LARGEST // 2:  # an offset of a zone may lead out of 64 bits
        left, right = left.astype(object), right.astype(object)
    mine, others = (
        (steps, steps) if clock is None else readings(steps, per_second, clock)
        for steps, clock in zip((left, right), asked.clocks, strict=True)
    )
    first, last = ((one > other + by).astype(np.int64) - (one < other + by).astype(np.int64)
                   for one, other in ((mine[0], others[1]), (mine[1], others[0])))  # fmt: skip
    if asked.relation == "<=":
        return first
    if asked.relation == ">":
        return last
    equal = np.zeros(len(left), bool)
    for one in mine:
        for other in others:
            equal |= one == other + by
    return np.where(equal, 0, np.where(first != 0, first, last))


def _steps(array: pa.Array, factor: int) -> Any:
    """Return exact numbers times ``factor``: in 64 bits and below ``_LARGEST``, else as Python's integers."""
    import numpy as np

    plain, type_ = normal(array), str(array.type)
    if not in_int64(type_):
        width, data = plain.type.byte_width, plain.buffers()[1]
        raw = data.to_pybytes()[plain.offset * width : (plain.offset + len(plain)) * width] if data is not None else b""
        values = [int.from_bytes(raw[i : i + width], "little", signed=True) for i in range(0, len(raw), width)]
        return np.array(values, object) * factor
    whole = plain.to_numpy()
    furthest = max((abs(int(whole.min())), abs(int(whole.max()))), default=0) if len(whole) else 0
    if not shift(type_) and max(furthest, 1) * factor < _LARGEST:
        return whole * factor
    return (whole.astype(object) - shift(type_)) * factor


def _to_exact(floating: pa.Array, other: pa.Array) -> Any:
    """Return the signs of the differences of floating values and exact ones."""
    import numpy as np

    type_ = str(floating.type)
    values, unit = normal(floating).to_numpy(), int(per_unit(str(other.type)))
    steps = _steps(other, 1)
    if steps.dtype == object or unit != 1:  # only a division of Python's integers is rounded once
        nearest = np.array([_double(int(step), unit) for step in steps], np.float64)
    else:
        nearest = steps.astype(np.float64)
    with np.errstate(over="ignore"):
        nearest = nearest.astype(floating.type.to_pandas_dtype()).astype(np.float64)
    signs = (values > nearest).astype(np.int64) - (values < nearest).astype(np.int64)
    endless = np.isinf(values)  # beyond every number, also beyond one too large for the type
    signs[endless] = np.sign(values[endless]).astype(np.int64)
    for i in np.flatnonzero((signs == 0) & (np.abs(values) >= _WHOLE[type_]) & np.isfinite(values)):
        step = int(steps[i])
        if step % unit == 0:
            difference = int(values[i]) - step // unit
            signs[i] = (difference > 0) - (difference < 0)
    return signs


def _double(step: int, unit: int) -> float:
    try:
        return step / unit
    except OverflowError:
        return float("inf") if step > 0 else float("-inf")
