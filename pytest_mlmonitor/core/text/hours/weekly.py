"""Hours of the week in which something is expected, such as ``mon-fri 06:00-22:00``: UTC, so that no clock is ever changed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache

WeekSpan = tuple[int, int]
"""Minutes since Monday 00:00: from, and up to but not including."""

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY = 24 * 60
WEEK = 7 * DAY

_MONDAY = datetime(1970, 1, 5, tzinfo=UTC)
_TICK = timedelta(microseconds=1)
_TICKS_A_MINUTE = 60_000_000
_A_MINUTE = timedelta(minutes=1)
_A_WEEK = timedelta(weeks=1)
_FORM = re.compile(
    r"(?:([a-z]{3}(?:-[a-z]{3})?(?:,[a-z]{3}(?:-[a-z]{3})?)*) +)?(\d\d):(\d\d) *- *(\d\d):(\d\d)", re.ASCII
)


@lru_cache(maxsize=64)
def spans(texts: tuple[str, ...]) -> tuple[WeekSpan, ...]:
    """Return the minutes of the week that ``texts`` name together, sorted, without overlaps.

    Args:
        texts: each ``[days] HH:MM-HH:MM``. Days are ``mon``, ``mon-fri`` or ``mon,wed,sat-sun``, every day when they are left
            out. An end that is no later than its start is one of the next day; ``24:00`` is the end of the day itself.

    Raises:
        ValueError: a text is none of these.

    >>> spans(("mon,wed 06:00-22:00",)), spans(("sun 23:00-01:00",))
    (((360, 1320), (3240, 4200)), ((0, 60), (10020, 10080)))
    """
    minutes: list[WeekSpan] = []
    for text in texts:
        for first, last in _of_text(text):
            # What runs over Sunday night goes on at the start of the same week: every week is like every other.
            minutes += [(first, min(last, WEEK))] + ([(0, last - WEEK)] if last > WEEK else [])
    joined: list[WeekSpan] = []
    for first, last in sorted(minutes):
        if joined and first <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], last)
        else:
            joined.append((first, last))
    return tuple(joined)


def time_within(start: datetime, end: datetime, expected: Iterable[WeekSpan]) -> timedelta:
    """Return how much of the time between two moments lies within ``expected``; all of it when there are none.

    Args:
        start: aware.
        end: aware; before ``start`` the time is negative.
        expected: of :func:`spans`.

    >>> friday, monday = datetime(2026, 4, 24, 12, tzinfo=UTC), datetime(2026, 4, 27, 7, tzinfo=UTC)
    >>> print(time_within(friday, monday, spans(("mon-fri 06:00-22:00",))))
    11:00:00
    """
    expected = tuple(expected)
    if not expected:
        return end - start
    return (_since_monday(end, expected) - _since_monday(start, expected)) * _TICK


def stretches_within(start: datetime, end: datetime, expected: Iterable[WeekSpan]) -> list[tuple[datetime, datetime]]:
    """Return the parts of the time between two moments that lie within ``expected``, in order; all of it when there are none.

    Args:
        start: aware.
        end: aware; no later than ``start`` there is no such part.
        expected: of :func:`spans`.

    >>> friday, monday = datetime(2026, 4, 24, 12, tzinfo=UTC), datetime(2026, 4, 27, 7, tzinfo=UTC)
    >>> for first, last in stretches_within(friday, monday, spans(("mon-fri 06:00-22:00",))):
    ...     print(first.isoformat(), last.isoformat())
    2026-04-24T12:00:00+00:00 2026-04-24T22:00:00+00:00
    2026-04-27T06:00:00+00:00 2026-04-27T07:00:00+00:00
    """
    expected = tuple(expected)
    if not expected:
        return [(start, end)] if start < end else []
    found: list[tuple[datetime, datetime]] = []
    week = _MONDAY + (start - _MONDAY) // _A_WEEK * _A_WEEK
    while week < end:
        for first, last in expected:
            low, high = max(start, week + first * _A_MINUTE), min(end, week + last * _A_MINUTE)
            if low < high and found and found[-1][1] == low:  # Sunday night
                found[-1] = found[-1][0], high
            elif low < high:
                found.append((low, high))
        week += _A_WEEK
    return found


def _since_monday(moment: datetime, expected: tuple[WeekSpan, ...]) -> int:
    """Return the microseconds within ``expected`` from the first Monday of 1970 to a moment."""
    weeks, rest = divmod((moment - _MONDAY) // _TICK, WEEK * _TICKS_A_MINUTE)
    found = 0
    for first, last in expected:
        length = (last - first) * _TICKS_A_MINUTE
        found += weeks * length + min(max(rest - first * _TICKS_A_MINUTE, 0), length)
    return found


def _of_text(text: str) -> list[WeekSpan]:
    match = _FORM.fullmatch(text.strip().lower())
    if match is None:
        raise ValueError(f"expected days and UTC hours like 'mon-fri 06:00-22:00' or '06:00-22:00', got {text!r}")
    days, *times = match.groups()
    first, last = _minute(times[0], times[1], text), _minute(times[2], times[3], text)
    if first in (last, DAY):
        raise ValueError(f"{text!r} is empty: it starts when it ends (a whole day is 00:00-24:00)")
    length = last - first if last > first else last - first + DAY
    return [(day * DAY + first, day * DAY + first + length) for day in _days(days, text)]


def _minute(hours: str, minutes: str, text: str) -> int:
    found = int(hours) * 60 + int(minutes)
    if found > DAY or int(minutes) > 59:
        raise ValueError(f"{hours}:{minutes} in {text!r} is no time of a day: 00:00 to 24:00")
    return found


def _days(names: str | None, text: str) -> list[int]:
    found: list[int] = []
    for part in names.split(",") if names else ("mon-sun",):
        first, _, last = part.partition("-")
        for name in (first, last or first):
            if name not in DAYS:
                raise ValueError(f"{name!r} in {text!r} is no day: {', '.join(DAYS)}")
        start, end = DAYS.index(first), DAYS.index(last or first)
        found += [day % 7 for day in range(start, end + 1 if end >= start else end + 8)]
    return found
