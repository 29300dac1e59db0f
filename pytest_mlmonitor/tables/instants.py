"""One value of a time column on the line of UTC, as precisely as it says: a date is all of its day, a wall time is of its zone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from fractions import Fraction

from pytest_mlmonitor.core.text.hours.zones import readings, zone_of
from pytest_mlmonitor.core.text.times import EPOCH, microseconds_of
from pytest_mlmonitor.core.text.words import instant
from pytest_mlmonitor.tables.contract.table import TableContract
from pytest_mlmonitor.tables.families import ticks_per_second, value_type
from pytest_mlmonitor.tables.moments import SECONDS_A_DAY, written, written_day
from pytest_mlmonitor.tables.profile import TableProfile


@dataclass(frozen=True)
class Instant:
    """When a value is.

    Attributes:
        earliest, latest: seconds since 1970-01-01T00:00:00Z, exactly. They differ for a date, which begins at the first and ends at
            the second, and for a wall time that a clock showed twice, which is either.
        day: whether it is a date.
        text: for a message.
    """

    earliest: Fraction
    latest: Fraction
    day: bool
    text: str


def seconds(moment: datetime) -> Fraction:
    """Return an aware moment as seconds since 1970."""
    return Fraction(microseconds_of(moment), 10**6)


def instant_of(ticks: int, type_: str, zone: str | None = None) -> Instant:
    """Return when a value of a timestamp or date column is.

    Args:
        ticks: as the column holds it: days, or ticks of its unit, since 1970.
        type_: the column's Arrow type, e.g. ``timestamp[us]``, ``date32[day]``.
        zone: of the clock that a date, or a timestamp without zone, was read from; None for UTC.
    """
    per_second = ticks_per_second(type_)
    assert per_second is not None
    since = Fraction(ticks) / per_second
    clock = zone_of(zone) if zone is not None and "tz=" not in type_ else None
    if value_type(type_).startswith("date"):
        day = since // SECONDS_A_DAY
        start, end = (_readings(Fraction(number * SECONDS_A_DAY), clock) for number in (day, day + 1))
        return Instant(start[0], end[1], True, written_day(day))
    earliest, latest = _readings(since, clock)
    moment = _python(since)
    if moment is None or seconds(moment) != since:
        text = written(ticks, per_second).replace(" ", "T") + ("" if clock else "Z")
    else:
        text = instant(moment) if clock is None else moment.replace(tzinfo=None).isoformat()
    return Instant(earliest, latest, False, f"{text} ({zone})" if clock is not None else text)


def extremes_of(
    profile: TableProfile, contracts: Iterable[TableContract], column: str, clock: str | None = None
) -> tuple[Instant, Instant] | None:
    """Return the oldest and the newest value of a time column; None where the scan saw none, or was not asked.

    Args:
        profile: of the table.
        contracts: those in force; the first that names a time zone for the column says which clock its values are of.
        column: its name.
        clock: the time zone of values without one where no contract names it; None for UTC.
    """
    if column not in profile.ticks:
        return None
    columns = [contract.column(column) for contract in contracts]
    zone = next((known.zone for known in columns if known is not None and known.zone is not None), clock)
    type_ = profile.head.types[profile.head.names.index(column)]
    first, last = profile.ticks[column]
    return instant_of(first, type_, zone), instant_of(last, type_, zone)


def _readings(wall: Fraction, clock: tzinfo | None) -> tuple[Fraction, Fraction]:
    """Return the first and the last moment at which a clock shows ``wall``; beyond Python's years no zone has an offset."""
    shown = _python(wall) if clock is not None else None
    if shown is None or clock is None:
        return wall, wall
    rest = wall - seconds(shown)
    first, last = readings(shown.replace(tzinfo=None), clock)
    return seconds(first) + rest, seconds(last) + rest


def _python(since: Fraction) -> datetime | None:
    """Return seconds since 1970 as UTC, cut to the microsecond; None beyond the years that Python knows."""
    try:
        return EPOCH + timedelta(microseconds=since * 10**6 // 1)
    except OverflowError:
        return None
