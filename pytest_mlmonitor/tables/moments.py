"""Times of any year to the nanosecond, where Python's own stop: text to nanoseconds and back.

Python's ``datetime`` ends with the year 9999 and the microsecond; a parquet column holds the year 292277026596 and
nanoseconds. Days are counted in the proleptic Gregorian calendar, with a year 0 before year 1 (ISO 8601), by Howard Hinnant's
``days_from_civil`` and ``civil_from_days``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from fractions import Fraction
from functools import total_ordering
from typing import Literal

from pytest_mlmonitor.core.text.times import EPOCH, microseconds_of

TimeKind = Literal["instant", "clock", "duration"]
NANOSECONDS = 10**9
SECONDS_A_DAY = 86_400
_LONGEST_MONTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)

_CLOCK = r"([0-9]{2}):?([0-9]{2})(?::?([0-9]{2})(?:[.,]([0-9]{1,9}))?)?"
_INSTANT = re.compile(
    rf"([+-]?[0-9]{{4,15}})-([0-9]{{2}})-([0-9]{{2}})(?:[Tt ]{_CLOCK}([Zz]|[+-][0-9]{{2}}(?::?[0-9]{{2}})?)?)?"
)
_TIME = re.compile(_CLOCK)
_DURATION = re.compile(
    r"([+-])?P(?:([0-9.]+)W)?(?:([0-9.]+)D)?(?:T(?:([0-9.]+)H)?(?:([0-9.]+)M)?(?:([0-9.]+)S)?)?", re.IGNORECASE
)
_AMOUNT = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,15})?")


class TimeText(str):
    """A time as text, which a message shows without quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


@total_ordering
@dataclass(frozen=True)
class TimeValue:
    """A time that a contract names and that ``datetime`` does not hold.

    Attributes:
        kind: an instant, a time of day, or a length of time.
        nanoseconds: since 1970-01-01T00:00:00Z, since midnight, or in all.
    """

    kind: TimeKind
    nanoseconds: int

    def __lt__(self, other: object) -> bool:
        if isinstance(other, datetime) and self.kind == "instant":
            return self.nanoseconds < nanoseconds_of(other)
        if isinstance(other, TimeValue) and other.kind == self.kind:
            return self.nanoseconds < other.nanoseconds
        return NotImplemented

    def __str__(self) -> str:
        zone = "+00:00" if self.kind == "instant" else ""
        return written(self.nanoseconds, Fraction(NANOSECONDS), self.kind) + zone


def nanoseconds_of(moment: datetime) -> int:
    """Return nanoseconds since 1970; naive moments are UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return microseconds_of(aware) * 1000


def of_wall(wall: TimeValue, zone: tzinfo) -> TimeValue:
    """Return the moment at which a clock in ``zone`` first shows a time, which was read as if it were UTC.

    Beyond the years that Python knows a zone has no offset.
    """
    microseconds, rest = divmod(wall.nanoseconds, 1000)
    try:
        shown = EPOCH + timedelta(microseconds=microseconds)
        return TimeValue(wall.kind, nanoseconds_of(shown.replace(tzinfo=zone)) + rest)
    except OverflowError:
        return wall


def instant(text: str) -> datetime | TimeValue:
    """Return an ISO-8601 date or time; without a zone it is UTC, years beyond 9999 and before 1 may have a sign.

    Raises:
        ValueError: it is none.

    >>> str(instant("2026-11-27T12:00:00.000000001Z")), str(instant("+12000-01-01"))
    ('2026-11-27 12:00:00.000000001+00:00', '12000-01-01 00:00:00+00:00')
    """
    match = _INSTANT.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no date or time")
    year, month, day = int(match[1]), int(match[2]), int(match[3])
    if not 1 <= month <= 12 or not 1 <= day <= _days_of(year, month):
        raise ValueError(f"{text!r} is no date")
    nanoseconds = _civil_days(year, month, day) * SECONDS_A_DAY * NANOSECONDS
    if match[4]:
        nanoseconds += _clock(match[4], match[5], match[6], match[7])
        nanoseconds -= _offset(match[8] or "Z") * NANOSECONDS
    try:
        if nanoseconds % 1000 == 0:
            return EPOCH + timedelta(microseconds=nanoseconds // 1000)
    except OverflowError:
        pass
    return TimeValue("instant", nanoseconds)


def clock(text: str) -> TimeValue:
    """Return a time of day such as ``08:30`` or ``08:30:00.000000001``.

    Raises:
        ValueError: it is none.
    """
    match = _TIME.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no time of day")
    return TimeValue("clock", _clock(*match.groups()))


def duration(text: str) -> TimeValue:
    """Return a length of time, ISO-8601 in units that have one length: ``PT1H30M``, ``-P2D``, ``P1W``.

    Raises:
        ValueError: it is none, has months or years, or is finer than a nanosecond.
    """
    match = _DURATION.fullmatch(text)
    parts = match.groups()[1:] if match else ()
    if match is None or not any(parts) or any(part and not _AMOUNT.fullmatch(part) for part in parts):
        raise ValueError(f"{text!r} is no length of time")
    seconds = sum(
        Fraction(part) * unit
        for part, unit in zip(parts, (7 * SECONDS_A_DAY, SECONDS_A_DAY, 3600, 60, 1), strict=True)
        if part
    )
    nanoseconds = Fraction(seconds) * NANOSECONDS * (-1 if match[1] == "-" else 1)
    if nanoseconds.denominator != 1:
        raise ValueError(f"{text!r} is finer than a nanosecond")
    return TimeValue("duration", int(nanoseconds))


def written(ticks: int, per_second: Fraction, kind: TimeKind = "instant") -> str:
    """Return ticks as ISO-8601 with a space, whatever their year; a length of time as seconds.

    >>> written(2**63 - 1, Fraction(1)), written(-1, Fraction(10**9)), written(1500, Fraction(1000), "duration")
    ('292277026596-12-04 15:30:07', '1969-12-31 23:59:59.999999999', '1.500 s')
    """
    exact = Fraction(ticks) / per_second
    if kind == "duration":
        return f"{'-' if exact < 0 else ''}{int(abs(exact))}{_fraction(abs(exact) % 1)} s"
    seconds, rest = divmod(exact, 1)
    days, second = divmod(int(seconds), SECONDS_A_DAY)
    time = f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}{_fraction(rest)}"
    if kind == "clock":
        return time
    day = written_day(days)
    return day if per_second < 1 else f"{day} {time}"


def _fraction(second: Fraction) -> str:
    digits = f"{int(second * NANOSECONDS):09d}".rstrip("0")
    return f".{digits.ljust(-(-len(digits) // 3) * 3, '0')}" if digits else ""


def written_day(days: int) -> str:
    """Return days since 1970 as ISO-8601: ``2026-11-27``, ``-0044-03-15``, ``292277026596-12-04``."""
    era, day_of_era = divmod(days + 719_468, 146_097)
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted = (5 * day_of_year + 2) // 153
    day = day_of_year - (153 * shifted + 2) // 5 + 1
    month = shifted + 3 if shifted < 10 else shifted - 9
    year = year_of_era + era * 400 + (month <= 2)
    return f"{'-' if year < 0 else ''}{abs(year):04d}-{month:02d}-{day:02d}"


def _civil_days(year: int, month: int, day: int) -> int:
    era, year_of_era = divmod(year - (month <= 2), 400)
    day_of_year = (153 * (month - 3 if month > 2 else month + 9) + 2) // 5 + day - 1
    return era * 146_097 + year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year - 719_468


def _days_of(year: int, month: int) -> int:
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return 28 if month == 2 and not leap else _LONGEST_MONTHS[month - 1]


def _clock(hour: str, minute: str, second: str | None, fraction: str | None) -> int:
    h, m, s = int(hour), int(minute), int(second or 0)
    if h > 23 or m > 59 or s > 59:
        raise ValueError(f"{hour}:{minute}:{second or '00'} is no time of day")
    return (h * 3600 + m * 60 + s) * NANOSECONDS + int((fraction or "0").ljust(9, "0"))


def _offset(zone: str) -> int:
    if zone in "Zz":
        return 0
    hours, minutes = int(zone[1:3]), int(zone[3:].lstrip(":") or 0)
    if hours > 23 or minutes > 59:
        raise ValueError(f"{zone} is no zone")
    return (hours * 3600 + minutes * 60) * (-1 if zone[0] == "-" else 1)
