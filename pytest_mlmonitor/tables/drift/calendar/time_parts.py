"""Event times taken apart: the hour, the weekday, the day of the month of many moments at once, in UTC or in local time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pytest_mlmonitor.tables.arrays.vectors import Times

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
WEEK = 7 * DAY
EIGHT_DAYS = 8 * DAY

SLACK = 2 * HOUR
"""What a span may lack: eight daily tables end some minutes before their eighth midnight, and the odd rows at both ends of a
sample do not count."""


def hour(times: Times) -> Times:
    """Return the hour of the day, 0 to 23."""
    return times // HOUR % 24


def weekday(times: Times) -> Times:
    """Return the day of the week, Monday is 0."""
    return (times // DAY + 3) % 7  # 1970-01-01 was a Thursday


def months(times: Times) -> Times:
    """Return the months since January 1970."""
    return times.view("datetime64[us]").astype("datetime64[M]").astype(np.int64)


def first_day(month: Times) -> Times:
    """Return the first day of months since January 1970, in days since 1970."""
    return month.view("datetime64[M]").astype("datetime64[D]").astype(np.int64)


def day_of_month(times: Times) -> Times:
    """Return the day of the month, the first is 0."""
    return times // DAY - first_day(months(times))


def days_left(times: Times) -> Times:
    """Return the days of the month that are left, 0 on the last."""
    return first_day(months(times) + 1) - 1 - times // DAY


def new_year(times: Times) -> Times:
    """Return the first of January of the year, in days since 1970."""
    return first_day(months(times) // 12 * 12)


def day_of_year(times: Times) -> Times:
    """Return the day of the year, the first of January is 0."""
    return times // DAY - new_year(times)


def week(times: Times) -> Times:
    """Return the week of the year by ISO 8601, that of the week's Thursday; the first is 0."""
    thursday = times - (weekday(times) - 3) * DAY
    return day_of_year(thursday) // 7


def date(times: Times) -> Times:
    """Return the date as people write it in digits, e.g. 20261127."""
    month = months(times)
    return (1970 + month // 12) * 10_000 + (month % 12 + 1) * 100 + day_of_month(times) + 1


@dataclass(frozen=True)
class SummerTime:
    """When clocks go forward and back: a Sunday of a month, and the hours from its midnight in UTC.

    Attributes:
        name: how it is called in a message.
        start: month, which Sunday of it (-1 is the last one), hours.
        end: the same.
        hours: what local standard time may be ahead of UTC where it is in force, the least and the most.
    """

    name: str
    start: tuple[int, int, int]
    end: tuple[int, int, int]
    hours: tuple[float, float]

    def changes(self, first: int, last: int) -> bool:
        """Return whether clocks are changed between two moments."""
        if last - first > 100 * 366 * DAY:
            return False  # such times are no event times
        return len(np.unique(self.shift(np.append(np.arange(first, last, DAY), last)))) > 1

    def shift(self, times: Times) -> Times:
        """Return by how much clocks are ahead of standard time, in microseconds."""
        years = months(times) // 12
        known, place = np.unique(years, return_inverse=True)
        start, end = (_changes(known, *change)[place].reshape(times.shape) for change in (self.start, self.end))
        north = self.start[0] < self.end[0]
        summer = (times >= start) & (times < end) if north else (times >= start) | (times < end)
        return np.where(summer, HOUR, 0)


def _changes(years: Times, month: int, sunday: int, hours: int) -> Times:
    if sunday < 0:
        after = first_day(years * 12 + month)
        day = after - 1 - (weekday((after - 1) * DAY) + 1) % 7
    else:
        first = first_day(years * 12 + month - 1)
        day = first + (6 - weekday(first * DAY)) % 7 + 7 * (sunday - 1)
    return day * DAY + hours * HOUR


SUMMER_TIMES = (
    SummerTime("European summer time", (3, -1, 1), (10, -1, 1), (0, 2)),
    SummerTime("US summer time", (3, 2, 7), (11, 1, 6), (-5, -5)),
    SummerTime("US summer time", (3, 2, 8), (11, 1, 7), (-6, -6)),
    SummerTime("US summer time", (3, 2, 9), (11, 1, 8), (-7, -7)),
    SummerTime("US summer time", (3, 2, 10), (11, 1, 9), (-8, -8)),
    SummerTime("Australian summer time", (10, 1, -8), (4, 1, -8), (10, 10)),
    SummerTime("New Zealand summer time", (9, -1, -10), (4, 1, -10), (12, 12)),
)
"""The laws of 2007 and since: European Directive 2000/84/EC, the US Energy Policy Act of 2005, New South Wales, New Zealand.
Other laws are not known here; an hour feature under them is found by :func:`.local_hours.local_hours`."""
