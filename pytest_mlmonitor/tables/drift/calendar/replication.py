"""Features that come again: the same value at the same hour of the day, day of the week, day of the month, every time.

Rule A of the notes on drift statistics, section 6: any function of the calendar is found, however it is written (a flag of
rush hours, Mondays, the last day of a month), from three cycles on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pytest_mlmonitor.tables.arrays.vectors import Rows, Times
from pytest_mlmonitor.tables.drift.calendar import time_parts
from pytest_mlmonitor.tables.drift.calendar.observations import CYCLES, ODD, WITNESSES, Observations
from pytest_mlmonitor.tables.drift.calendar.time_parts import DAY, HOUR, MINUTE, SLACK, SUMMER_TIMES, WEEK

BITS = 40.0
"""How improbable it must be by chance: 2 to the power of -40."""

_Codes = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Place:
    """A place in a cycle: ``cell`` is which (the hour), ``cycle`` which time (the day), ``length`` of the shortest cycle."""

    name: str
    cycles: str
    cell: Callable[[Times], Times]
    cycle: Callable[[Times], Times]
    length: int


def _day(times: Times) -> Times:
    return times // DAY


def _week(times: Times) -> Times:
    return (times // DAY + 3) // 7


def _year(times: Times) -> Times:
    return time_parts.months(times) // 12


PLACES = (
    Place("hour", "days", time_parts.hour, _day, DAY),
    Place("weekday", "weeks", time_parts.weekday, _week, WEEK),
    Place("hour of the week", "weeks", lambda times: (times + 3 * DAY) % WEEK // HOUR, _week, WEEK),
    Place("minute", "days", lambda times: times // MINUTE % 60, _day, DAY),
    Place("time of day", "days", lambda times: times % DAY // MINUTE, _day, DAY),
    Place("half hour of the week", "weeks", lambda times: (times + 3 * DAY) % WEEK // (HOUR // 2), _week, WEEK),
    Place("day of the month", "months", time_parts.day_of_month, time_parts.months, 28 * DAY),
    Place("days left of the month", "months", time_parts.days_left, time_parts.months, 28 * DAY),
    Place("month", "years", lambda times: time_parts.months(times) % 12, _year, 365 * DAY),
    Place("day of the year", "years", time_parts.day_of_year, _year, 365 * DAY),
)


@dataclass(frozen=True)
class Replicated:
    """What a feature is a function of, how often that was seen, in which rows, and by which clock if not by UTC."""

    place: Place
    cycles: int
    observations: Observations
    law: time_parts.SummerTime | None = None

    @property
    def how(self) -> str:
        """How often it was seen, in words."""
        law = f"with {self.law.name}, " if self.law else ""
        return f"{law}the same in {self.cycles:,} {self.place.cycles}"


def replicated(observations: Observations) -> Replicated | None:
    """Return the place of a cycle that a feature is a function of, None where it is of none."""
    for law, times in _clocks(observations):
        for place in PLACES:
            found = _at(place, times, observations)
            if found is not None:
                return Replicated(place, *found, law)
    return None


def _clocks(observations: Observations) -> Iterator[tuple[time_parts.SummerTime | None, Times]]:
    """Yield the times in UTC, and in clocks that were changed between the first and the last of them."""
    yield None, observations.times
    for law in SUMMER_TIMES:
        if law.changes(*observations.ends):
            yield law, observations.times + law.shift(observations.times)


def _at(place: Place, times: Times, observations: Observations) -> tuple[int, Observations] | None:
    numbers, cells = np.unique(place.cell(times), return_inverse=True)
    if observations.codes.max() > len(numbers) / WITNESSES + ODD * len(times):
        return None  # more values than cells: quick, and most features are continuous
    odd = _odd(cells, observations.codes)
    if not observations.fits(odd):
        return None
    rows = observations.witnesses(odd)
    if rows.mean() < WITNESSES:
        return None
    seen, cells, cycles = observations.of(rows), cells[rows], place.cycle(times[rows])
    odd = _odd(cells, seen.codes)
    # two weeks from a Wednesday on touch three weeks, but nothing in them comes a third time
    number = min(len(np.unique(cycles)), (seen.span + SLACK) // place.length)
    if number < CYCLES or not seen.holds(odd):
        return None
    return (number, seen) if _bits(cells, cycles, seen.codes) >= BITS else None


def _odd(cells: _Codes, codes: _Codes) -> Rows:
    """Return the rows whose value is not the commonest one of their cell."""
    commonest = _commonest(cells, codes)
    odd: Rows = commonest[cells] != codes
    return odd


def _commonest(groups: _Codes, codes: _Codes) -> _Codes:
    """Return the commonest code of each group; groups are numbered from 0 without gaps."""
    width = int(codes.max()) + 1
    pairs, counts = np.unique(groups.astype(np.int64) * width + codes, return_counts=True)
    order = np.argsort(counts, kind="stable")  # of each group the last one written is the commonest
    found = np.empty(int(groups.max()) + 1, np.int64)
    found[pairs[order] // width] = pairs[order] % width
    return found


def _bits(cells: _Codes, cycles: _Codes, codes: _Codes) -> float:
    """Return how improbable it is that values drawn at random come again like this, in bits.

    A unit is a cell in one cycle. Two units are equal by chance with S, the sum of the squared shares of the units' values.
    """
    _, places = np.unique(np.stack([cells, cycles]), axis=1, return_inverse=True)
    units = np.asarray(places).reshape(-1)
    number = int(units.max()) + 1
    shares = np.bincount(_commonest(units, codes)) / number
    alike = float(np.sum(shares**2))
    return (number - (int(cells.max()) + 1)) * -np.log2(alike) if alike < 1 else 0.0
