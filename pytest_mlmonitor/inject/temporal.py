"""Drift of time: events move later, and one stretch of time holds none."""

from __future__ import annotations

import math
from typing import Any

from pytest_mlmonitor.core.text.names import quoted
from pytest_mlmonitor.inject.change import Change, listed
from pytest_mlmonitor.inject.original import Original, role_of

UNITS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


def temporal(source: Original) -> Change:
    """Times move later; the rows of one stretch are dropped."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    times = source.wanted or (role_of(source, "event_ts"),)
    for name in times:
        if not pa.types.is_timestamp(source.schema.field(name).type):
            raise ValueError(f"column {quoted(name)} is {source.schema.field(name).type}: expected a timestamp")
    clock = source.event_ts if source.event_ts in times else times[0]
    unit = UNITS[source.schema.field(clock).type.unit]
    ends = pc.min_max(source.column(clock).cast(pa.int64())).as_py()
    low, high = ends["min"], ends["max"]
    if low is None or high - low < unit:
        raise ValueError(f"{clock}: holds no range of time to move by")
    later = math.ceil(source.intensity * (high - low) / unit)  # seconds
    gap = source.intensity / 2
    start = low + int((high - low) * source.generator(clock, 0).uniform(0.1, 0.9 - gap))
    end = start + int((high - low) * gap)

    def change(table: Any, _group: int, _first: int) -> Any:
        moments = table.column(clock).cast(pa.int64()).combine_chunks().fill_null(low).to_numpy(zero_copy_only=False)
        table = table.filter(pa.array((moments <= start) | (moments >= end)))
        for name in set(times) & set(table.column_names):
            field = table.schema.field(name)
            step = later * UNITS[field.type.unit]
            column = table.column(name).cast(pa.int64()).combine_chunks()
            valid = column.is_valid().to_numpy(zero_copy_only=False)
            moved = np.minimum(column.fill_null(0).to_numpy(), np.iinfo(np.int64).max - step) + step
            table = table.set_column(
                table.column_names.index(name), field, pa.array(moved, pa.int64(), mask=~valid).cast(field.type)
            )
        return table

    what = f"{listed(times)} moved {later:,} s later; a gap of {(end - start) // unit:,} s of {clock} holds no rows"
    return Change(times, what, change, drops_rows=True)
