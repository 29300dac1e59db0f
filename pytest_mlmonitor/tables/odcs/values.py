"""Values that a contract names, as the type of their column has them."""

from __future__ import annotations

import math
import re
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from pytest_mlmonitor.core.text.durations import SECONDS
from pytest_mlmonitor.core.text.hours.zones import zone_of
from pytest_mlmonitor.core.text.names import quoted
from pytest_mlmonitor.core.text.times import parse_timestamp
from pytest_mlmonitor.tables import moments
from pytest_mlmonitor.tables.contract.table import Value
from pytest_mlmonitor.tables.contract.types import (
    BOOLEANS,
    DATES,
    DECIMALS,
    LISTS,
    MAPS,
    NUMBERS,
    STRUCTS,
    TEXT,
    TIMESTAMPS,
)
from pytest_mlmonitor.tables.families import FLOATS, INTEGERS, NUMERIC, family_of
from pytest_mlmonitor.tables.moments import TimeValue
from pytest_mlmonitor.tables.odcs.yaml import Written

LogicalKind = Literal["integer", "number", "text", "boolean", "instant", "clock", "duration", "other"]
"""What the values of a column are; ``other`` cannot be compared with a contract's value."""

TYPES_OF: dict[LogicalKind, tuple[str, ...]] = {
    "integer": (*INTEGERS, *FLOATS, *DECIMALS),
    "number": NUMBERS,
    "text": TEXT,
    "boolean": BOOLEANS,
    "instant": (*DATES, *TIMESTAMPS),
}
"""Types implied where a contract names values but no type."""

NestedKind = Literal["list", "object", "map"]
"""What the values of a column have inside: items, properties, or keys with values."""

SHAPES: dict[NestedKind, tuple[str, ...]] = {"list": LISTS, "object": STRUCTS, "map": MAPS}
"""Types implied where a contract says what is inside, but no type."""

_DURATION = re.compile(
    r"P(?:(?P<y>[0-9.]+)Y)?(?:(?P<mo>[0-9.]+)M)?(?:(?P<w>[0-9.]+)W)?(?:(?P<d>[0-9.]+)D)?"
    r"(?:T(?:(?P<h>[0-9.]+)H)?(?:(?P<m>[0-9.]+)M)?(?:(?P<s>[0-9.]+)S)?)?"
)
_AMOUNT = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,15})?)\s*([A-Za-zµμ]*)")
_SECONDS = {
    **{"ns": 1e-9, "us": 1e-6, "ms": 1e-3},
    **{unit: float(seconds) for unit, seconds in SECONDS.items()},
    **{"mo": 30.436875 * 86400, "q": 3 * 30.436875 * 86400, "y": 365.25 * 86400},
}
_UNITS = {
    **dict.fromkeys(("ns", "nanos", "nanosec", "nanosecond"), "ns"),
    **dict.fromkeys(("us", "µs", "μs", "micros", "microsec", "microsecond"), "us"),  # micro sign, Greek mu
    **dict.fromkeys(("ms", "msec", "milli", "milli second", "millisec", "millisecond"), "ms"),
    **dict.fromkeys(("s", "sec", "second"), "s"),
    **dict.fromkeys(("m", "min", "minute"), "m"),
    **dict.fromkeys(("h", "hr", "hour"), "h"),
    **dict.fromkeys(("d", "day", "calendar day", "daily"), "d"),
    **dict.fromkeys(("w", "wk", "week", "weekly"), "w"),
    **dict.fromkeys(("mo", "mon", "mth", "month", "monthly"), "mo"),
    **dict.fromkeys(("q", "qtr", "quarter", "quarterly"), "q"),
    **dict.fromkeys(("y", "yr", "a", "year", "yearly"), "y"),
}


def unit_of(text: str) -> str | None:
    """Return the unit of time that a word is, one of the keys of ``_SECONDS``: singular or plural, long or short.

    >>> unit_of("Days"), unit_of("ms"), unit_of("yrs."), unit_of("parsec")
    ('d', 'ms', 'y', None)
    """
    word = text.strip().lower().removesuffix(".")
    return _UNITS.get(word) or _UNITS.get(word.removesuffix("(s)")) or _UNITS.get(word.removesuffix("s"))


MAX_DIGITS = 400
"""Places before and behind the point that a number may have; 1e999999999 would take gigabytes to compare with."""


class BadValue(ValueError):
    """A value is not what it must be; the message says what was expected."""


def kind_of_types(types: tuple[str, ...]) -> LogicalKind | None:
    """Return what columns of ``types`` hold; None where any type is allowed."""
    if not types:
        return None
    families = {family_of(type_) for type_ in types}
    if families == {"integer"}:
        return "integer"
    if families <= NUMERIC:
        return "number"
    family = families.pop()
    return family if not families and family in ("text", "boolean", "instant", "clock", "duration") else "other"


def shape_of(logical: str | None, types: tuple[str, ...]) -> NestedKind | None:
    """Return what values of ``types`` have inside, as the logical type means them; None where nothing lies inside them.

    >>> shape_of("object", ("struct<*>", "map<*>")), shape_of(None, ("array<double>",)), shape_of("array", TEXT)
    ('object', 'list', None)
    """
    starts: dict[str, NestedKind] = {"struct<": "object", "map<": "map"}
    found = dict.fromkeys(starts.get(match.group(1), "list") for t in types if (match := _NESTED.match(t)))
    meant: dict[str | None, NestedKind] = {"array": "list", "vector": "list", "object": "object", "map": "map"}
    if meant.get(logical) in found:
        return meant[logical]
    return next(iter(found), None) if len(found) == 1 or logical == "object" else None


_NESTED = re.compile(r"(struct<|map<|array<|(?:large_|fixed_size_)?list(?:_view)?<)")


def typed(value: Any, kind: LogicalKind | None) -> Value:
    """Return a value of the contract as a column of ``kind`` holds it.

    Raises:
        BadValue: it is none.
    """
    if kind == "boolean":
        if isinstance(value, bool):
            return value
        raise BadValue("true or false")
    if kind == "text":
        if isinstance(value, str):
            return value
        raise BadValue("text (in quotes)")
    if kind == "instant":
        return instant_of(value)
    if kind == "clock":
        return _time_of(value, moments.clock, "a time of day such as 08:30 or 08:30:00.000000001 (in quotes)")
    if kind == "duration":
        return _time_of(value, moments.duration, "a length of time such as PT1H30M or P2D")
    if kind == "integer":
        whole = exact_number(value)
        if not isinstance(whole, int):
            raise BadValue("a whole number")
        return whole
    if kind == "number":
        return exact_number(value)
    if kind is None and isinstance(value, bool | str):
        return value
    if kind is None and isinstance(value, int | float):
        return exact_number(value)
    raise BadValue("one value")


def exact_number(value: Any) -> int | Decimal:
    """Return a finite number exactly as it is written; one without a fraction as an integer.

    Raises:
        BadValue: it is none.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    try:
        exact = Decimal(value.text if isinstance(value, Written) else repr(number_of(value)))
    except InvalidOperation:  # an exponent of twenty digits
        exact = Decimal("NaN")
    if exact.is_nan() or max(abs(exact.adjusted()), -int(exact.as_tuple().exponent)) > MAX_DIGITS:
        raise BadValue(f"a number of at most {MAX_DIGITS} digits before and behind the point")
    return int(exact) if exact == exact.to_integral_value() else exact


def _time_of(value: Any, read: Any, expected: str) -> TimeValue:
    try:
        found: TimeValue = read(value.strip())
    except (AttributeError, ValueError):
        raise BadValue(expected) from None
    return found


def number_of(value: Any) -> int | float:
    """Return a finite number.

    Raises:
        BadValue: it is none.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadValue("a number")
    try:
        finite = math.isfinite(value)
    except OverflowError:
        finite = False
    if not finite:
        raise BadValue("a finite number")
    return float(value) if isinstance(value, float) else value


def count_of(value: Any) -> int:
    """Return a whole number ≥ 0.

    Raises:
        BadValue: it is none.
    """
    number = number_of(value)
    if number < 0 or number != int(number):
        raise BadValue("a whole number ≥ 0")
    return int(number)


def instant_of(value: Any) -> datetime | TimeValue:
    """Return a date or an ISO-8601 time, exactly; without a zone it is UTC.

    It is an aware datetime, but for what that does not hold: nanoseconds, and years beyond 9999 or before 1.

    Raises:
        BadValue: it is neither.
    """
    expected = "a date or time such as 2026-04-07 or 2026-04-07T08:00:00Z"
    if not isinstance(value, str):
        raise BadValue(expected)
    text = value.strip()
    try:
        return moments.instant(text)
    except ValueError:
        pass
    try:
        return parse_timestamp(text, naive_is_utc=True)
    except ValueError:
        raise BadValue(expected) from None


def on_clock(written: Any, value: Value, zone: str | None) -> Value:
    """Return a time as the contract means it: one that is written without a zone is of the clock in ``zone``.

    Args:
        written: as it stands in the contract.
        value: the same, read by :func:`typed`.
        zone: name of a zone that there is, None for UTC.
    """
    if zone is None or _ZONED.search(str(written).strip()) is not None:
        return value
    if isinstance(value, datetime):
        return value.replace(tzinfo=zone_of(zone))
    return moments.of_wall(value, zone_of(zone)) if isinstance(value, TimeValue) else value


_ZONED = re.compile(r"[0-9][Zz]$|[Tt ].*[+-][0-9:]{2,6}$")


def seconds_of(value: Any, unit: str | None) -> float:
    """Return a length of time in seconds.

    Args:
        value: a number, ``"4"``, ``"4h"``, or an ISO-8601 duration such as ``PT4H``.
        unit: ``ns``, ``us``, ``ms``, ``s``, ``m`` (minutes), ``h``, ``d``, ``w``, ``mo``, ``q``, ``y`` or their long
            forms. A month is 30.44 days, a quarter three of them, a year 365.25 days.

    Raises:
        BadValue: it is none.
    """
    expected = "a length of time: a number with a unit (ms, s, m, h, d, w, mo, q, y), or an ISO-8601 duration"
    known = unit_of(unit or "")
    if unit and known is None:
        raise BadValue(f"the unit ms, s, m, h, d, w, mo, q or y (got {quoted(unit)})")
    if isinstance(value, str):
        text = value.strip()
        duration = _DURATION.fullmatch(text.upper())
        if duration and any(duration.groupdict().values()):
            try:
                return sum(float(v) * _SECONDS[u] for u, v in duration.groupdict().items() if v)
            except ValueError:
                raise BadValue(expected) from None
        amount = _AMOUNT.fullmatch(text)
        if amount is None:
            raise BadValue(expected)
        if amount.group(2):
            known = unit_of(amount.group(2))
        value = float(amount.group(1))
    if known is None:
        raise BadValue(expected)
    number = number_of(value)
    if number < 0:
        raise BadValue(expected)
    return number * _SECONDS[known]
