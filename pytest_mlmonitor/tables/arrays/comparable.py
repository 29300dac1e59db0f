"""Which Arrow columns can be compared with which, and as what numbers or texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pytest_mlmonitor.tables.families import NUMERIC, family_of, ticks_per_second

if TYPE_CHECKING:
    import pyarrow as pa

Comparison = Literal["number", "instant", "duration", "clock", "text"]
"""Columns are compared within one of these: an int32 with a float, a date with a timestamp, never a number with text."""


_EXACT_DIGITS = 15
"""Whole numbers of so many digits are floats without rounding."""


@dataclass(frozen=True)
class Comparable:
    """How a column is compared.

    Attributes:
        family: what it may be compared with.
        ticks: ticks per second of times and dates (a day is 1 / 86,400), 1.0 for the rest.
    """

    family: Comparison
    ticks: float = 1.0


def comparable(type_: pa.DataType) -> Comparable | None:
    """Return how a column of ``type_`` is compared, None for lists, structs, bytes and the like.

    Timestamps with and without a zone are UTC ticks (specification 1).
    """
    spelled = str(type_)
    family = family_of(spelled)
    if family in NUMERIC or family == "boolean":
        return Comparable("number")
    if family not in ("text", "instant", "duration", "clock"):
        return None
    return Comparable(family, float(ticks_per_second(spelled) or 1))


def numbers(array: pa.Array) -> pa.Array:
    """Return the non-null values of a column that is no text as int64 or float64; NaN stays.

    Booleans are 0 and 1, decimals and unsigned integers beyond int64 are the nearest float64, times are ticks.
    """
    import pyarrow as pa

    t = pa.types
    if array.null_count:
        array = array.drop_null()
    if t.is_dictionary(array.type):
        array = array.dictionary_decode().drop_null()  # a dictionary may hold a null too
    if t.is_decimal(array.type) or t.is_uint64(array.type):
        return floats(array)
    if t.is_float16(array.type) or t.is_float32(array.type):
        return array.cast(pa.float64())
    if t.is_float64(array.type) or t.is_int64(array.type):
        return array
    if t.is_date32(array.type) or t.is_time32(array.type):
        array = array.cast(pa.int32())
    return array.cast(pa.int64())


def floats(array: pa.Array) -> pa.Array:
    """Return a column of numbers or flags as the nearest float64, null as null, whatever type and scale it is stored in.

    Arrow's own cast of decimals ends a trace beside the nearest float64 for up to a half of them: 499.65 of a decimal would not be
    499.65 of a double, or of a decimal with more places.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    type_ = array.type
    if pa.types.is_decimal(type_):
        if type_.precision > _EXACT_DIGITS or not 0 <= type_.scale <= _EXACT_DIGITS:
            return array.cast(pa.string()).cast(pa.float64())
        steps = array.cast(pa.decimal64(type_.precision, type_.scale), safe=False).view(pa.int64())
        return pc.divide(steps.cast(pa.float64()), 10.0**type_.scale)  # both are exact, so the quotient is the nearest
    return array.cast(pa.float64(), safe=False)
