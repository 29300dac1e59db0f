"""Features that equal a known function of the event time: the hour from 0, the sine of the month, a weekend flag.

Rule B of the notes on drift statistics, section 6. Nothing is learned from the values, so that few rows suffice; how long the
rows must span says how often another feature would equal one by accident (the number of a day is its weekday in the first week).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np

from pytest_mlmonitor.tables.arrays.vectors import Floats, Rows, Times
from pytest_mlmonitor.tables.drift.calendar import time_parts
from pytest_mlmonitor.tables.drift.calendar.observations import CYCLES, WITNESSES, Observations, rounded
from pytest_mlmonitor.tables.drift.calendar.time_parts import (
    DAY,
    EIGHT_DAYS,
    HOUR,
    MINUTE,
    SECOND,
    SLACK,
    SUMMER_TIMES,
    WEEK,
)

OFFSETS = tuple(range(-12 * HOUR, 14 * HOUR + 1, HOUR // 2)) + tuple(int(hours * HOUR) for hours in (5.75, 8.75, 12.75))
"""Local times that are in use."""

AT_FIRST = 48
"""Rows that a formula is tried on at first: nearly all formulas fail there …"""

WRONG_AT_FIRST = 2
"""… with more odd rows than a formula that holds has there in one of 50,000 samples."""


@dataclass(frozen=True)
class Encoding:
    """How the number of an hour, a weekday … is written: ``value`` of the number from 0, and the words for it.

    Attributes:
        said: the words.
        value: of numbers from 0.
        rare: whether hardly anybody counts days and months like this, but a number of days since some first of a month is like it.
    """

    said: str
    value: Callable[[Floats], Floats]
    rare: bool = False


@dataclass(frozen=True)
class TimePart:
    """A part of the event time that is a feature.

    Attributes:
        name: what it is called.
        number: of event times in local time, from 0.
        periods: after how many it begins anew; a sine needs it. A flag has none.
        cycle: the same as a length of time, in microseconds.
        span: how long the rows must span so that equality is no accident.
        least: how many values there must be.
        further: further encodings; of a flag all of them.
        wave: whether it is written as sine and cosine.
        from_one: whether people count it from 1 (see :func:`_is_a_count`).
        scales: units it is also written in: numbers are divided by them.
    """

    name: str
    number: Callable[[Times], Times]
    periods: tuple[float, ...]
    cycle: int
    span: int = 0
    least: int = 3
    further: tuple[Encoding, ...] = ()
    wave: bool = True
    from_one: bool = False
    scales: tuple[float, ...] = ()

    @property
    def encodings(self) -> tuple[Encoding, ...]:
        """Every way in which it is written."""
        return _encodings(self)


def _shifted(by: float, scale: float = 1.0) -> Callable[[Floats], Floats]:
    return lambda number: (number + by) / scale


def _wave(wave: Callable[[Floats], Floats], by: int, period: float) -> Callable[[Floats], Floats]:
    return lambda number: wave(2 * np.pi * (number + by) / period)


def _day_from(first: int, name: str) -> Encoding:
    """Weekdays that begin with another day than Monday; ``first`` is its number from Monday."""
    return Encoding(f"{name} = 0", lambda number: (number - first) % 7)


@cache
def _encodings(part: TimePart) -> tuple[Encoding, ...]:
    if not part.periods:
        return part.further
    period = part.periods[0]
    found = [Encoding("from 0", _shifted(0), part.from_one), Encoding("from 1", _shifted(1)), *part.further]
    found += [Encoding(f"divided by {scale:g}", _shifted(0, scale)) for scale in part.scales]
    if part.wave:
        for scale in (period, period - 1):
            found += [
                Encoding(f"divided by {scale:g}", _shifted(0, scale)),
                Encoding(f"divided by {scale:g}, less ½", _shifted(-scale / 2, scale)),
            ]
        for name, wave in (("sine", np.sin), ("cosine", np.cos)):
            found += [
                Encoding(f"its {name}, period {length:g}", _wave(wave, by, length))
                for length in part.periods
                for by in (0, 1)
            ]
    return tuple(found)


MONTH = 30 * DAY
YEAR = 365 * DAY
_A_DAY_AND_A_HALF = 3 * DAY // 2

_SUNDAYS = (
    _day_from(6, "Sunday"),
    Encoding("Sunday = 1", lambda number: (number + 1) % 7 + 1),
    _day_from(5, "Saturday"),
)
_FLAGS = (
    Encoding("Saturday and Sunday = 1", lambda number: (number >= 5).astype(np.float64)),
    Encoding("Monday to Friday = 1", lambda number: (number < 5).astype(np.float64)),
)
_ZERO = (Encoding("as a flag", lambda number: (number == 0).astype(np.float64)),)

PARTS = (
    TimePart("hour", time_parts.hour, (24,), DAY, _A_DAY_AND_A_HALF),
    TimePart("weekday", time_parts.weekday, (7,), WEEK, EIGHT_DAYS, further=_SUNDAYS),
    TimePart("month", lambda times: time_parts.months(times) % 12, (12,), YEAR, least=2),
    TimePart("day of the month", time_parts.day_of_month, (31, 30, 30.4375, 30.5), MONTH, from_one=True),
    TimePart("quarter", lambda times: time_parts.months(times) % 12 // 3, (4,), YEAR, least=2),
    TimePart("season", lambda times: (time_parts.months(times) + 1) % 12 // 3, (4,), YEAR, least=2, wave=False),
    TimePart("day of the year", time_parts.day_of_year, (365, 365.25, 366, 365.2425), YEAR, from_one=True),
    TimePart("week of the year", time_parts.week, (52, 53, 52.1775), YEAR, from_one=True),
    TimePart("minute", lambda times: times // MINUTE % 60, (60,), HOUR, _A_DAY_AND_A_HALF),
    TimePart("minute of the day", lambda times: times % DAY // MINUTE, (1440,), DAY, _A_DAY_AND_A_HALF, scales=(60,)),
    TimePart("time of day", lambda times: times % DAY // SECOND, (86400,), DAY, _A_DAY_AND_A_HALF, scales=(60, 3600)),
    TimePart(
        "hour of the week",
        lambda times: time_parts.weekday(times) * 24 + time_parts.hour(times),
        (168,),
        WEEK,
        EIGHT_DAYS,
    ),
)
"""What comes again."""

_WRITTEN = (Encoding("in digits", _shifted(0)),)

DATES = (
    TimePart("date", time_parts.date, (), DAY, least=2, further=_WRITTEN),
    TimePart(
        "hour and date",
        lambda times: time_parts.date(times) * 100 + time_parts.hour(times),
        (),
        HOUR,
        least=2,
        further=_WRITTEN,
    ),
    TimePart("month and year", lambda times: time_parts.date(times) // 100, (), MONTH, least=2, further=_WRITTEN),
    TimePart("year", lambda times: time_parts.date(times) // 10_000, (), YEAR, least=2, further=_WRITTEN),
)
"""What stands in the names of partitions. The number of days since some day is not among them: a feature that grows with time is
no calendar's, and a model that learned from it has not seen its next value."""

FLAGS = (
    TimePart("weekend flag", time_parts.weekday, (), WEEK, EIGHT_DAYS, least=2, further=_FLAGS),
    TimePart("first day of the month", time_parts.day_of_month, (), MONTH, 3 * MONTH, least=2, further=_ZERO),
    TimePart("last day of the month", time_parts.days_left, (), MONTH, 3 * MONTH, least=2, further=_ZERO),
)
"""Of flags only these: others (Mondays, nights, rush hours) are told from accidents by how often they came again."""


@dataclass(frozen=True)
class Formula:
    """A feature's formula: the part of the time, how it is written, and in which local time."""

    part: TimePart
    encoding: Encoding
    offset: int
    law: time_parts.SummerTime | None = None

    def odd(self, observations: Observations) -> Rows:
        """Return the rows that have another value."""
        assert observations.values is not None
        local = _local(observations.times, self.offset, self.law)
        expected = self.encoding.value(self.part.number(local).astype(np.float64))
        return ~(np.abs(observations.values - expected) <= tolerance(observations.values))

    @property
    def how(self) -> str:
        """How it is written, in words."""
        hours = self.offset / HOUR
        zone = f"UTC{hours:+g} h" if self.offset else "UTC" if self.law else ""
        law = f" with {self.law.name}" if self.law else ""
        return ", ".join(part for part in (self.encoding.said, zone + law) if part)


def _local(times: Times, offset: int, law: time_parts.SummerTime | None) -> Times:
    return times + offset + (law.shift(times) if law else 0)


def tolerance(values: Floats) -> float:
    """Return how far a number may be from what it stands for: what float32 loses, or what it was rounded to."""
    finite = values[np.abs(values) < 1e9]  # no formula has larger values
    exact = 1e-6 * max(1.0, float(np.abs(finite).max(initial=0)))
    if np.array_equal(np.round(finite), finite):
        return 1e-6
    for decimals in range(2, 6):
        if np.abs(rounded(finite, decimals) - finite).max(initial=0) <= 1e-9:
            return float(0.5 * 10.0**-decimals + 1e-9)
    with np.errstate(over="ignore"):
        half = np.array_equal(finite.astype(np.float16), finite)
    return 2e-3 if half else exact


def formulas(observations: Observations) -> list[Formula]:
    """Return the formulas that hold in each of the versions that are judged, those in UTC first.

    Whether equality may be an accident is asked by :func:`proves`.
    """
    if observations.values is None:
        return []
    judged = observations.of(np.isin(observations.versions, observations.judged))
    some = judged.of(_spread(len(judged.times)))
    assert some.values is not None
    near = tolerance(observations.values)
    laws: list[time_parts.SummerTime | None] = [None, *(law for law in SUMMER_TIMES if law.changes(*observations.ends))]
    found = []
    for law in laws:
        offsets = [o for o in OFFSETS if law is None or law.hours[0] * HOUR <= o <= law.hours[1] * HOUR]
        local = np.stack([_local(some.times, offset, law) for offset in offsets])
        for part in (*FLAGS, *DATES, *PARTS):
            numbers = part.number(local).astype(np.float64)
            for encoding in part.encodings:
                odd = (~(np.abs(encoding.value(numbers) - some.values) <= near)).sum(axis=1)
                tried = [
                    Formula(part, encoding, offsets[place], law) for place in np.flatnonzero(odd <= WRONG_AT_FIRST)
                ]
                found += [formula for formula in tried if judged.fits(formula.odd(judged))]
    return sorted(found, key=lambda formula: (abs(formula.offset), formula.law is not None))


def _spread(number: int) -> Rows:
    """Return which of so many rows are tried at first: spread over all of them, by chance with a fixed seed."""
    rows = np.zeros(number, np.bool_)
    rows[np.random.default_rng(0).permutation(number)[:AT_FIRST]] = True
    return rows


def proves(formula: Formula, observations: Observations) -> Observations | None:
    """Return the rows that show that a feature equals a formula by no accident, None where they do not.

    Versions that were made by another rule are left out: they say nothing of this one.
    """
    odd = formula.odd(observations)
    rows = observations.witnesses(odd)
    seen, odd = observations.of(rows), odd[rows]
    assert seen.values is not None
    distinct = len(np.unique(rounded(seen.values[~odd], 6)))
    enough = distinct >= formula.part.least and seen.span >= formula.part.span - SLACK
    if formula.part.periods and set(np.unique(seen.values[~odd]).tolist()) <= {0.0, 1.0}:
        return None  # a flag that was set on the first of a month
    enough = enough and not (formula.encoding.rare and _is_a_count(formula, seen))
    return seen if enough and seen.holds(odd) else None


def _is_a_count(formula: Formula, seen: Observations) -> bool:
    """Return whether a feature may as well be the number of days or weeks since some day: it never began anew."""
    inside = (seen.times >= seen.ends[0]) & (seen.times <= seen.ends[1])
    numbers = formula.part.number(np.sort(_local(seen.times[inside], formula.offset, formula.law)))
    return bool(np.all(np.diff(numbers) >= 0))


def suggests(formula: Formula, observations: Observations) -> Observations | None:
    """Return the rows in which a feature equals a formula where they are too few to show that it is no accident.

    They span less than 8 days or 3 of its cycles, and are of most versions: a flag that was set yesterday for the first time is
    the weekday's number of two days, but not of those before.
    """
    odd = formula.odd(observations)
    rows = observations.witnesses(odd)
    seen = observations.of(rows)
    short = seen.span < max(EIGHT_DAYS, CYCLES * formula.part.cycle) - SLACK
    return seen if short and rows.mean() >= WITNESSES and seen.holds(odd[rows]) else None
