"""Time zones by name, and what a wall clock in one of them means: twice in autumn, never in spring."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from pytest_mlmonitor.core.text.names import quoted
from pytest_mlmonitor.core.text.near import alike

ZONE = "a time zone such as 'Europe/Berlin', 'UTC' or '+02:00'"

_OF_THE_MACHINE = frozenset(("localtime", "posixrules", "Factory"))
"""What lies in the database beside zones: a verdict must not hang on the machine's clock."""

_OFFSET = re.compile(r"([+-])([0-9]{2}):?([0-9]{2})", re.ASCII)


@lru_cache(maxsize=256)
def zone_of(name: str) -> tzinfo:
    """Return the time zone called ``name``.

    Args:
        name: of the IANA database (``Europe/Berlin``), ``UTC``, ``Z``, or an offset (``+02:00``).

    Raises:
        ValueError: there is none of that name; a near one is named.

    >>> zone_of("+05:30").utcoffset(None)
    datetime.timedelta(seconds=19800)
    """
    text = name.strip()
    if text.upper() in ("Z", "UTC"):
        return UTC
    offset = _OFFSET.fullmatch(text)
    if offset is not None:
        sign, hours, minutes = offset.groups()
        length = timedelta(hours=int(hours), minutes=int(minutes))
        if length < timedelta(hours=24) and int(minutes) < 60:
            return timezone(length if sign == "+" else -length)
        raise ValueError(f"is {quoted(name)}, no possible offset: expected {ZONE}")
    try:
        if text not in _OF_THE_MACHINE:
            return ZoneInfo(text)
    except (ValueError, OSError, KeyError):  # no such file, a directory, or a name that leads out of the database
        pass
    raise ValueError(f"is {quoted(name)}, no known time zone: expected {ZONE}{_hint(text)}")


def _hint(text: str) -> str:
    """Return which zone may be meant: spelt almost like it, or the place alone (``Berlin``)."""
    known = sorted(available_timezones() - _OF_THE_MACHINE)
    if not known:
        return " (no time zone database: install tzdata)"
    places = [zone for zone in known if zone.rpartition("/")[2].casefold() == text.casefold() != zone.casefold()]
    found = places or alike(text, known, 1, cutoff=0.8)
    return f"; did you mean {found[0]}?" if found else ""


def readings(wall: datetime, zone: tzinfo) -> tuple[datetime, datetime]:
    """Return the earliest and the latest UTC moment that a clock in ``zone`` may mean by ``wall``.

    They differ where clocks are changed: an hour that occurs twice has two moments. A time that a clock skipped is read with
    the offset before and with the one after the change, as :mod:`zoneinfo` does.

    Args:
        wall: naive.
        zone: the clock's.

    >>> first, last = readings(datetime(2026, 10, 25, 2, 30), zone_of("Europe/Berlin"))
    >>> first.isoformat(), last.isoformat()
    ('2026-10-25T00:30:00+00:00', '2026-10-25T01:30:00+00:00')
    """
    found = []
    for fold in (0, 1):
        try:
            found.append(wall.replace(tzinfo=zone, fold=fold).astimezone(UTC))
        except OverflowError:  # on the first and the last day that Python knows an offset leads out of its years
            found.append(wall.replace(tzinfo=UTC))
    return min(found), max(found)


def wall_bound(moment: datetime, zone: tzinfo, *, lower: bool) -> tuple[datetime, bool]:
    """Return the wall time from which, or up to which, a clock in ``zone`` may show a time within a bound.

    A wall time keeps a bound where one of its :func:`readings` does. So in an hour that occurs twice a lower bound in its first
    pass lets the whole hour through, and so does an upper bound in its second.

    Args:
        moment: the bound, aware.
        zone: the clock's.
        lower: whether it is a lower bound.

    Returns:
        The naive bound, and whether it is an edge of an hour that occurs twice: then the hour's start is within a lower bound
        and its end beyond an upper one, whether or not ``moment`` itself is.

    >>> wall_bound(datetime(2026, 10, 25, 0, 30, tzinfo=UTC), zone_of("Europe/Berlin"), lower=True)
    (datetime.datetime(2026, 10, 25, 2, 0), True)
    """
    try:
        local = moment.astimezone(zone)
        wall = local.replace(tzinfo=None, fold=0)
        first, second = readings(wall, zone)
        if first == second or local.fold == lower:
            return wall, False
        return _change(first, second, zone, after=lower), True
    except OverflowError:  # in the first or the last hours that Python knows
        return moment.astimezone(UTC).replace(tzinfo=None), False


def offsets(zone: tzinfo, first: int, last: int) -> tuple[list[int], list[int]]:
    """Return when clocks in ``zone`` are changed between two moments, and by how much they are ahead of UTC.

    Args:
        zone: the clocks'.
        first: seconds since 1970 in UTC; what lies beyond the years that Python knows has the offset of its first or last one.
        last: likewise, not before ``first``.

    Returns:
        Seconds since 1970 of every change, ascending, and the offsets in seconds: the one before the first change, then the one
        after each.

    >>> offsets(zone_of("Europe/Berlin"), 1774000000, 1775000000)  # the spring of 2026
    ([1774746000], [3600, 7200])
    """
    low, high = (max(_FIRST, min(_LAST, second)) for second in (first, last))
    found: list[tuple[int, int]] = []
    if not isinstance(zone, timezone):
        from_to = (_CLOCKS, _RULES) if high - low > _LONG else (max(low, _CLOCKS), min(high, _RULES))
        found += [(when, after) for when, after in _changes(zone, *from_to, _DAY) if low < when <= high]
        for lap in range(0, max(high - _RULES, 0), _CYCLE):
            # A rule holds for some weeks before the other one does.
            cycle = _changes(zone, _RULES, _RULES + _CYCLE, 7 * _DAY)
            found += [(when + lap, after) for when, after in cycle if low < when + lap <= high]
    return [when for when, _ in found], [_ahead(zone, low), *(after for _, after in found)]


@lru_cache(maxsize=64)
def _changes(zone: tzinfo, low: int, high: int, step: int) -> list[tuple[int, int]]:
    """Return every change after ``low`` and up to ``high``, of which no two lie within a ``step``, and the offset after it."""
    if low >= high:
        return []
    there, ahead = low, _ahead(zone, low)
    found = []
    while there < high:
        following = min(there + step, high)
        after = _ahead(zone, following)
        if after != ahead:
            left, right = there, following
            while right - left > 1:
                middle = (left + right) // 2
                left, right = (middle, right) if _ahead(zone, middle) == ahead else (left, middle)
            found.append((right, after))
        there, ahead = following, after
    return found


_DAY = 86_400

_FIRST, _CLOCKS, _RULES, _LAST = (
    int((datetime(year, 1, 2, tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds())
    for year in (1, 1800, 2100, 9999)
)
"""The years that Python knows; before the second one no clock of the database is changed, from the third on by rules alone."""

_LONG = 100 * 365 * _DAY
"""What lies farther apart, years that stand for "always" mostly, is not looked through for every batch anew."""

_CYCLE = 146_097 * _DAY
"""After 400 years dates fall on the same days of the week, so that rules give the same again."""


def _ahead(zone: tzinfo, second: int) -> int:
    offset = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=second)).astimezone(zone).utcoffset()
    assert offset is not None
    return offset // timedelta(seconds=1)


def _change(first: datetime, second: datetime, zone: tzinfo, *, after: bool) -> datetime:
    """Return what a clock shows right after it was changed between two moments, or what it would have shown without."""
    before, tick = first.astimezone(zone).utcoffset(), timedelta(microseconds=1)
    assert before is not None
    low, high = first, second
    while high - low > tick:
        middle = low + (high - low) // 2
        low, high = (middle, high) if middle.astimezone(zone).utcoffset() == before else (low, middle)
    return high.astimezone(zone).replace(tzinfo=None, fold=0) if after else (high + before).replace(tzinfo=None)
