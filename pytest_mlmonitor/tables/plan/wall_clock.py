"""Bounds and values of a column whose contract says which clock its times are of."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from typing import Any

from pytest_mlmonitor.core.text.hours.zones import wall_bound, zone_of
from pytest_mlmonitor.core.text.times import EPOCH
from pytest_mlmonitor.tables.contract.table import Column, Value
from pytest_mlmonitor.tables.families import family_of
from pytest_mlmonitor.tables.moments import TimeValue, nanoseconds_of


def clock_of(column: Column | None, type_: str) -> str | None:
    """Return the zone of the clock that a column's values were read from, None for moments and for values of other types."""
    if column is None or column.zone is None or family_of(type_) != "instant" or "tz=" in type_:
        return None
    return column.zone


def on_its_clock(column: Column, type_: str) -> Column:
    """Return a column whose bounds and values are those of the clock that its values were read from.

    Timestamps without zone, and dates, are wall times in the column's zone: bounds become wall times too (naive), so that a value
    is refused only where every moment it may stand for is. Timestamps with a zone, and every other type, stay as they are.
    """
    name = clock_of(column, type_)
    if name is None:
        return column
    zone = zone_of(name)
    minimum, above = _bound(column.minimum, column.above, zone, lower=True)
    maximum, below = _bound(column.maximum, column.below, zone, lower=False)
    return replace(
        column,
        minimum=minimum,
        above=above,
        maximum=maximum,
        below=below,
        values=None if column.values is None else tuple(_wall(value, zone)[0] for value in column.values),
        forbidden=tuple(_wall(value, zone)[0] for value in column.forbidden),
    )


def _bound(
    inclusive: Value | None, exclusive: Value | None, zone: tzinfo, *, lower: bool
) -> tuple[Value | None, Value | None]:
    """Return the inclusive and the exclusive bound of one side on the wall."""
    within: list[Any] = []
    beyond: list[Any] = []
    for bound, kept in ((inclusive, within), (exclusive, beyond)):
        if bound is not None:
            wall, edge = _wall(bound, zone, lower)
            # An edge of an hour that occurs twice is itself within a lower bound, and beyond an upper one.
            (kept if not edge else within if lower else beyond).append(wall)
    tightest = max if lower else min
    return tightest(within, default=None), tightest(beyond, default=None)


def _wall(value: Value, zone: tzinfo, lower: bool | None = None) -> tuple[Value, bool]:
    """Return what the clock shows at a moment, and whether it is an edge of an hour that occurs twice, for a bound.

    What was written as a wall time has the clock's own zone.
    """
    if isinstance(value, datetime):
        if lower is None or value.tzinfo in (None, zone):
            return _shown(value, zone), False
        return wall_bound(value, zone, lower=lower)
    if isinstance(value, TimeValue) and value.kind == "instant":
        microseconds, rest = divmod(value.nanoseconds, 1000)
        try:
            wall, edge = _wall(EPOCH + timedelta(microseconds=microseconds), zone, lower)
        except OverflowError:  # beyond the years that Python knows a zone has no offset
            return value, False
        assert isinstance(wall, datetime)
        return (wall, edge) if edge else (TimeValue("instant", nanoseconds_of(wall) + rest), False)
    return value, False


def _shown(moment: datetime, zone: tzinfo) -> datetime:
    if moment.tzinfo is None:
        return moment
    try:
        return moment.astimezone(zone).replace(tzinfo=None, fold=0)
    except OverflowError:  # in the first or the last hours that Python knows
        return moment.replace(tzinfo=None)
