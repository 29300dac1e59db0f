"""Which Arrow columns can be compared with which, and as what numbers or texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pyarrow as pa

Family = Literal["number", "instant", "duration", "time of day", "text"]
"""Columns are compared within a family: an int32 with a float, a date with a timestamp, never a number with text."""

_TICKS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


@dataclass(frozen=True)
class Comparable:
    """How a column is compared.

    Attributes:
        family: what it may be compared with.
        ticks: ticks per second of times and dates (a day is 1 / 86,400), 1.0 for the rest.
    """

    family: Family
    ticks: float = 1.0


SECONDS_A_DAY = 86_400


def comparable(type_: pa.DataType) -> Comparable | None:
    """Return how a column of ``type_`` is compared, None for lists, structs, bytes and the like.

    Timestamps with and without a zone are UTC ticks (specification 1).
    """
    import pyarrow as pa

    if pa.types.is_dictionary(type_):
        type_ = type_.value_type
    t = pa.types
    if t.is_integer(type_) or t.is_floating(type_) or t.is_boolean(type_) or t.is_decimal(type_):
        return Comparable("number")
    if t.is_string(type_) or t.is_large_string(type_) or t.is_string_view(type_):
        return Comparable("text")
    if t.is_timestamp(type_):
        return Comparable("instant", _TICKS[type_.unit])
    if t.is_date32(type_):
        return Comparable("instant", 1 / SECONDS_A_DAY)
    if t.is_date64(type_):
        return Comparable("instant", _TICKS["ms"])
    if t.is_duration(type_):
        return Comparable("duration", _TICKS[type_.unit])
    if t.is_time(type_):
        return Comparable("time of day", _TICKS[type_.unit])
    return None


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
    if t.is_decimal(array.type) or t.is_float16(array.type) or t.is_float32(array.type) or t.is_uint64(array.type):
        return array.cast(pa.float64(), safe=False)
    if t.is_float64(array.type) or t.is_int64(array.type):
        return array
    if t.is_date32(array.type) or t.is_time32(array.type):
        array = array.cast(pa.int32())
    return array.cast(pa.int64())
