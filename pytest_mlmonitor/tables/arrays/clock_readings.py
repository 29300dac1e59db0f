"""Wall times as the moments that they may stand for: where clocks are changed one wall time has two of them."""

from __future__ import annotations

from typing import Any

from pytest_mlmonitor.core.text.hours.zones import offsets, zone_of

_DAY = 86_400


def readings(walls: Any, per_second: int, zone: str) -> tuple[Any, Any]:
    """Return the earliest and the latest moment that a clock in ``zone`` may mean by each wall time, in the same steps.

    The same readings as those of :func:`pytest_mlmonitor.core.text.hours.zones.readings`, of a whole column.

    Args:
        walls: steps since 1970 as the clock showed them, whole numbers or Python's integers.
        per_second: steps a second.
        zone: see :func:`~pytest_mlmonitor.core.text.hours.zones.zone_of`.
    """
    import numpy as np

    if not len(walls):
        return walls, walls
    first, last = (int(edge) // per_second for edge in (walls.min(), walls.max()))
    changes, ahead = offsets(zone_of(zone), first - _DAY, last + _DAY)
    by = np.array(ahead, np.int64) * per_second
    if walls.dtype == object:
        by = by.astype(object)
    before, after = by[:-1], by[1:]
    moments = np.array(changes, by.dtype) * per_second
    # By the offset before a change a wall time is read until the clock has shown the later of the two, by the one after it
    # from the earlier one on: that is what datetime's fold 0 and 1 are.
    found = [
        walls - by[np.searchsorted(moments + edge, walls, side="right")]
        for edge in (np.maximum(before, after), np.minimum(before, after))
    ]
    return np.minimum(*found), np.maximum(*found)
