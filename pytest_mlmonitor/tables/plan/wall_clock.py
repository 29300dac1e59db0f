"""Bounds and values of a column whose contract says which clock its times are of."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, tzinfo
from typing import Any

from pytest_mlmonitor.core.text.zones import wall_bound, zone_of
from pytest_mlmonitor.tables.contract.table import Column, Value
from pytest_mlmonitor.tables.families import family_of


def on_its_clock(column: Column, type_: str) -> Column:
    """Return a column whose bounds and values are those of the clock that its values were read from.

    Timestamps without zone, and dates, are wall times in the column's zone: bounds become wall times too (naive), so that a value
    is refused only where every moment it may stand for is. Timestamps with a zone, and every other type, stay as they are.
    """
    if column.zone is None or family_of(type_) != "instant" or "tz=" in type_:
        return column
    zone = zone_of(column.zone)
    minimum, above = _bound(column.minimum, column.above, zone, lower=True)
    maximum, below = _bound(column.maximum, column.below, zone, lower=False)
    return replace(
        column,
        minimum=minimum,
        above=above,
        maximum=maximum,
        below=below,
        values=None if column.values is None else tuple(_wall(value, zone) for value in column.values),
        forbidden=tuple(_wall(value, zone) for value in column.forbidden),
    )


def _bound(
    inclusive: Value | None, exclusive: Value | None, zone: tzinfo, *, lower: bool
) -> tuple[Value | None, Value | None]:
    """Return the inclusive and the exclusive bound of one side on the wall."""
    within: list[Any] = []
    beyond: list[Any] = []
    for bound, kept in ((inclusive, within), (exclusive, beyond)):
        if isinstance(bound, datetime) and bound.tzinfo not in (None, zone):
            wall, edge = wall_bound(bound, zone, lower=lower)
            # An edge of an hour that occurs twice is itself within a lower bound, and beyond an upper one.
            (kept if not edge else within if lower else beyond).append(wall)
        elif bound is not None:
            kept.append(_wall(bound, zone))
    tightest = max if lower else min
    return tightest(within, default=None), tightest(beyond, default=None)


def _wall(value: Value, zone: tzinfo) -> Value:
    """Return what the clock shows at a moment, which was written as a wall time where it has the clock's own zone."""
    if not isinstance(value, datetime) or value.tzinfo is None:
        return value
    try:
        return value.astimezone(zone).replace(tzinfo=None, fold=0)
    except OverflowError:  # in the first or the last hours that Python knows
        return value.replace(tzinfo=None)
