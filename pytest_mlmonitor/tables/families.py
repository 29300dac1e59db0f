"""Which family an Arrow type is of, from its spelling (``str(pa_type)``), and what the units of its times are.

This is the one place that says so. A contract's types may hold ``*`` for parameters; their families are known as well.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from fractions import Fraction
from functools import lru_cache
from typing import Literal

from pytest_mlmonitor.core.text.times import EPOCH
from pytest_mlmonitor.tables.moments import SECONDS_A_DAY, TimeKind, TimeText, TimeValue, nanoseconds_of, written

Family = Literal["integer", "float", "decimal", "boolean", "text", "instant", "duration", "clock", "other"]
"""What the values of a type are; an instant is a timestamp or a date, a clock a time of day, other is what no rule compares."""

INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
FLOATS = ("halffloat", "float", "double")
STRINGS = ("string", "large_string", "string_view")

NUMERIC: frozenset[Family] = frozenset(("integer", "float", "decimal"))
TEMPORAL: frozenset[Family] = frozenset(("instant", "duration", "clock"))

_EXACT: dict[str, Family] = {
    **dict.fromkeys(FLOATS, "float"),
    **dict.fromkeys(STRINGS, "text"),
    "bool": "boolean",
}
_STARTS: tuple[tuple[str, Family], ...] = (
    ("int", "integer"),
    ("uint", "integer"),
    ("decimal", "decimal"),
    ("timestamp[", "instant"),
    ("date32", "instant"),
    ("date64", "instant"),
    ("duration[", "duration"),
    ("time32[", "clock"),
    ("time64[", "clock"),
)
_DECIMAL = re.compile(r"decimal[0-9]*\(([0-9]+), (-?[0-9]+)\)")
_INT64_DIGITS = 18
"""Decimals of so many digits fit into 64 bits, whatever they are."""

_DICTIONARY = re.compile(r"dictionary<values=(.*?), (?:indices=.*|\*>)")

TICKS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
"""Ticks per second of a time unit."""

_UNIT = re.compile(r"(?:timestamp|duration|time32|time64)\[(s|ms|us|ns)")


def value_type(type_: str) -> str:
    """Return the type of the values of a dictionary, any other type as it is.

    >>> value_type("dictionary<values=decimal128(5, 2), indices=int32, ordered=0>")
    'decimal128(5, 2)'
    """
    match = _DICTIONARY.match(type_)
    return match.group(1) if match else type_


@lru_cache(maxsize=256)  # a table of thousands of columns has a handful of types
def family_of(type_: str) -> Family:
    """Return what the values of an Arrow type are; of a dictionary, its values.

    >>> family_of("uint8"), family_of("timestamp[us, tz=UTC]"), family_of("list<item: int64>")
    ('integer', 'instant', 'other')
    """
    values = value_type(type_)
    if values in _EXACT:
        return _EXACT[values]
    return next((family for start, family in _STARTS if values.startswith(start)), "other")


@lru_cache(maxsize=256)
def in_int64(type_: str) -> bool:
    """Return whether a scan holds the values as 64-bit integers (:func:`per_unit` and :func:`shift` say how)."""
    family = family_of(type_)
    if family == "decimal":
        return decimal_of(type_)[0] <= _INT64_DIGITS
    return family in ("boolean", "integer") or family in TEMPORAL


@lru_cache(maxsize=256)
def decimal_of(type_: str) -> tuple[int, int]:
    """Return the number of digits of an Arrow decimal, and how many of them stand behind the point.

    >>> decimal_of("decimal128(38, 10)"), decimal_of("dictionary<values=decimal64(9, 2), indices=int32, ordered=0>")
    ((38, 10), (9, 2))
    """
    match = _DECIMAL.fullmatch(value_type(type_))
    if match is None:
        raise ValueError(f"{type_} is no decimal")
    return int(match.group(1)), int(match.group(2))


def per_unit(type_: str) -> Fraction:
    """Return how many steps of an Arrow type are one: ticks a second, 100 for two places behind the point, else 1."""
    if family_of(type_) == "decimal":
        return Fraction(10) ** decimal_of(type_)[1]
    return ticks_per_second(type_) or Fraction(1)


def shift(type_: str) -> int:
    """Return what a scan adds to the values of a type: unsigned 64-bit integers are moved down into the signed ones."""
    return -(2**63) if value_type(type_) == "uint64" else 0


def tells_apart(type_: str) -> bool:
    """Return whether an engine can say of two values of an Arrow type that they are equal: not of lists, structs, maps."""
    known = ("binary", "large_binary", "fixed_size_binary", "null", "extension<arrow.uuid", "extension<arrow.json")
    return family_of(type_) != "other" or value_type(type_).startswith(known)


@lru_cache(maxsize=256)
def ticks_per_second(type_: str) -> Fraction | None:
    """Return the ticks per second of an Arrow time or date type, None for other types."""
    values = value_type(type_)
    if values.startswith("date32"):
        return Fraction(1, SECONDS_A_DAY)
    if values.startswith("date64"):
        return Fraction(TICKS["ms"])
    unit = _UNIT.match(values)
    return Fraction(TICKS[unit.group(1)]) if unit else None


def ticks(value: datetime | TimeValue, per_second: Fraction) -> Fraction:
    """Return a time as ticks, an instant as those since 1970, exactly; naive moments are UTC."""
    nanoseconds = value.nanoseconds if isinstance(value, TimeValue) else nanoseconds_of(value)
    return Fraction(nanoseconds, TICKS["ns"]) * per_second


def time_text(value: int, type_: str) -> TimeText:
    """Return ticks of an Arrow time type as ISO-8601 text, whatever their year; with the zone where the type has one."""
    family = family_of(type_)
    kind: TimeKind = "clock" if family == "clock" else "duration" if family == "duration" else "instant"
    return TimeText(written(value, ticks_per_second(type_) or Fraction(1), kind) + ("+00:00" if "tz=" in type_ else ""))


def moment(value: int, per_second: Fraction) -> datetime | None:
    """Return ticks since 1970 as UTC (to the microsecond), None beyond the years that Python knows."""
    try:
        return EPOCH + timedelta(microseconds=int(value * 10**6 / per_second))
    except OverflowError:
        return None
