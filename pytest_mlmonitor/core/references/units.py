"""Units behind `` in `` of a reference, by what our field holds."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Literal

from pytest_mlmonitor.core.text.names import quoted
from pytest_mlmonitor.core.text.times import EPOCH

FieldForm = Literal["text", "time", "milliseconds", "seconds", "share", "count", "number", "any"]
"""What a field of a kind holds, where a declared source maps one."""

ISO = "iso"
"""The unit of times that need none: ISO-8601 text."""

EPOCHS = {"epoch_s": 1, "epoch_ms": 10**3, "epoch_us": 10**6, "epoch_ns": 10**9}
"""How many of a unit are a second since 1970."""

DURATIONS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
"""How many of a unit are a second."""

SHARES = {"share": 1, "percent": 100}
"""How many of a unit are all."""

UNITS: dict[str, tuple[str, ...]] = {
    "time": (ISO, *EPOCHS),
    "milliseconds": ("ms", "s", "us", "ns"),
    "seconds": ("s", "ms", "us", "ns"),
    "share": tuple(SHARES),
}
"""The units of each form; times may have a strftime form as well, the forms that are not here have no unit."""

_LIKELY = datetime(1998, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
"""Between which years the time of an event is likely to lie."""

_DIRECTIVES = frozenset("aAwdbBmyYHIpMSfzZjUWcxXGuV%")


def all_units() -> tuple[str, ...]:
    """Return every unit that there is, each once."""
    return tuple(dict.fromkeys(unit for units in UNITS.values() for unit in units))


def unit_fault(form: str, unit: str | None) -> str | None:
    """Return what is wrong with a unit for what a field holds, None where nothing is.

    >>> unit_fault("milliseconds", "s"), unit_fault("count", "s")
    (None, "is a count, which has no unit, so not 's'")
    """
    if unit is None or unit == ISO:
        return None
    allowed = UNITS.get(form)
    if allowed is None:
        return f"is {FORM_WORDS[form]}, which has no unit, so not {quoted(unit)}"
    if unit in allowed:
        return None
    if form == "time" and "%" in unit:
        return _form_fault(unit)
    more = ", or a form such as %Y-%m-%d %H:%M:%S" if form == "time" else ""
    return f"is {FORM_WORDS[form]}, of which {quoted(unit)} is no unit; allowed: {', '.join(allowed)}{more}"


FORM_WORDS = {
    "text": "a text",
    "time": "a time",
    "milliseconds": "a duration in ms",
    "seconds": "a duration in s",
    "share": "a share of 1",
    "count": "a count",
    "number": "a number",
    "any": "taken as it is",
}
"""What a field holds, in words."""


def _form_fault(form: str) -> str | None:
    """Return what is wrong with a strftime form of times."""
    directives = re.findall(r"%-?(.?)", form, re.DOTALL)
    wrong = [one for one in directives if one not in _DIRECTIVES or not one]
    if wrong:
        return f"cannot be read as {quoted(form)}: %{wrong[0]} is no part of a time (%Y %m %d %H %M %S %f %z %j %y %b)"
    if not set("YyGcx") & set(directives):
        return f"cannot be read as {quoted(form)}, which says no year: no moment is told by it"
    return None


def precision(form: str) -> Literal["year", "month", "day", "hour", "time"]:
    """Return how exactly a strftime form says a moment.

    >>> precision("%Y-%m-%d"), precision("%Y%m%d_%H"), precision("%Y-%m-%dT%H:%M:%S")
    ('day', 'hour', 'time')
    """
    directives = set(re.findall(r"%-?(.)", form, re.DOTALL))
    if directives & set("MSfcX"):
        return "time"
    if directives & set("HI"):
        return "hour"
    if directives & set("djxuwaAV"):
        return "day"
    return "month" if directives & set("mbBUW") else "year"


def from_epoch(number: float, unit: str) -> datetime | None:
    """Return a number since 1970 as a time, None beyond the years that a clock knows; a float to the microsecond.

    >>> from_epoch(1795773600000, "epoch_ms").isoformat()
    '2026-11-27T10:00:00+00:00'
    """
    per_second = EPOCHS[unit]
    try:
        micros = number * 10**6 // per_second if isinstance(number, int) else round(number * (10**6 / per_second))
        return EPOCH + timedelta(microseconds=micros)
    except (OverflowError, ValueError):
        return None


def likely_epoch(number: float) -> tuple[str, datetime] | None:
    """Return the only unit in which a number is a time between 1998 and 2100, and that time; None where there is none.

    >>> likely_epoch(1795773600000)[0], likely_epoch(17)
    ('epoch_ms', None)
    """
    for unit in EPOCHS:
        moment = from_epoch(number, unit)
        if moment is not None and _LIKELY[0] <= moment < _LIKELY[1]:
            return unit, moment
    return None


def is_likely(moment: datetime) -> bool:
    """Return whether a moment lies in years in which events of a platform happen."""
    return _LIKELY[0] <= moment < _LIKELY[1]
