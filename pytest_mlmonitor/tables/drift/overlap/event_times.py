"""The event times of a table as microseconds since 1970, whatever unit they are stored in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from pytest_mlmonitor.tables.arrays.vectors import Rows, Times
from pytest_mlmonitor.tables.families import family_of, ticks_per_second, value_type
from pytest_mlmonitor.tables.source.source import TableSource

if TYPE_CHECKING:
    import pyarrow as pa

MICROSECONDS = 10**6


class EventTimes(NamedTuple):
    """Event times of some rows: microseconds since 1970 (UTC; naive ones are UTC), and which rows have one."""

    times: Times
    there: Rows


EventTimeKind = Literal["timestamp", "date"]


def kind_of(table: TableSource, column: str | None) -> EventTimeKind | None:
    """Return what times a column holds, None where it is not there or holds none."""
    if column is None or column not in table.schema.names:
        return None
    spelled = str(table.schema.types[table.schema.names.index(column)])
    if family_of(spelled) != "instant":
        return None
    return "date" if value_type(spelled).startswith("date") else "timestamp"


def event_times(array: pa.Array) -> EventTimes:
    """Return the event times of a column of timestamps or dates; those that microseconds do not hold are none."""
    import pyarrow as pa

    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    per_second = ticks_per_second(str(array.type))
    assert per_second is not None
    there = array.is_valid().to_numpy(zero_copy_only=False)
    if pa.types.is_date32(array.type):
        array = array.cast(pa.int32())
    ticks = array.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)
    factor = MICROSECONDS / per_second
    if factor < 1:
        return EventTimes(ticks // round(1 / factor), there)
    most = (2**63 - 1) // round(factor)
    fits = (ticks >= -most) & (ticks <= most)
    return EventTimes(np.where(fits, ticks, 0) * round(factor), there & fits)


def of_table(table: TableSource, column: str) -> Iterator[EventTimes]:
    """Yield the event times of a table, batch by batch.

    Raises:
        Unreadable: see :meth:`.source.TableSource.batches`; also what pyarrow raises.
    """
    for batch in table.batches([column]):
        yield event_times(batch.column(0))
