"""The times in a column of a table: the last one, and how many rows lie in each chunk of time."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_mlmonitor.core.text.hours.zones import readings, zone_of
from pytest_mlmonitor.core.text.names import quoted
from pytest_mlmonitor.core.text.times import EPOCH, microseconds_of
from pytest_mlmonitor.tables.source.listed.rows_within import counts_time, divided, microseconds
from pytest_mlmonitor.tables.source.source import TableSource, source
from pytest_mlmonitor.tables.unreadable import Unreadable

if TYPE_CHECKING:
    import pyarrow as pa

MAX_CHUNKS = 100_000
"""A table of more chunks is refused: ten years of hours are 87,600."""

_WEEK = 7 * 24 * 3600
_MONDAY = 4 * 24 * 3600
"""From the first day of 1970, a Thursday, to its first Monday, with which weeks begin."""

Latest = tuple[str, int | float | str | None]
"""What a column's last value is, and the value: ``instant`` (UTC), ``wall`` (a clock's) and ``day`` in microseconds since 1970,
``number``, ``text``; ``none`` where all are null; ``other`` with the type."""

ChunkCounts = tuple[str, int, tuple[tuple[int, int, int], ...]]
"""What the times are (see :data:`Latest`), how many rows have none, and by chunk its start, its end and its rows, in order."""


def latest(path: Path, column: str) -> Latest:
    """Return the last value of a column that says when rows were written.

    Raises:
        Unreadable: the table is not sound, or has no such column.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    with source(path) as table:
        type_ = _field(table, column).type
        plain = type_.value_type if pa.types.is_dictionary(type_) else type_
        kind = _kind(plain)
        if kind == "other":
            return kind, str(type_)
        last: Any = None
        for batch in table.batches([column]):
            values = batch.column(0)
            values = values.cast(plain) if plain is not type_ else values
            found = pc.max(microseconds(values) if kind in ("instant", "wall", "day") else values).as_py()
            if found is not None and (last is None or found > last):
                last = found
        return ("none", None) if last is None else (kind, last)


def chunk_counts(path: Path, column: str, seconds: float, zone: str | None = None) -> ChunkCounts:
    """Return how many rows lie in each chunk of a table's time.

    Args:
        path: the table.
        column: the event time, a timestamp or a date.
        seconds: the length of a chunk, by the clock of ``zone``: days begin at midnight, weeks on Mondays.
        zone: of a column of instants; UTC by default. A column without a zone is a clock itself.

    Raises:
        Unreadable: the table is not sound, has no such column, its type holds no times, or there are too many chunks.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    length = max(1, round(seconds * 10**6))
    begin = _MONDAY * 10**6 if seconds % _WEEK == 0 else 0
    rows: Counter[int] = Counter()
    nulls = 0
    with source(path) as table:
        type_ = _field(table, column).type
        if not counts_time(type_):
            raise Unreadable(f"has the column {quoted(column)} of type {type_}: expected a timestamp or a date")
        kind = _kind(type_)
        for batch in table.batches([column]):
            times = batch.column(0)
            nulls += times.null_count
            times = times.drop_null()
            if kind == "instant" and zone is not None and zone_of(zone) is not UTC:
                times = pc.local_timestamp(times.cast(pa.timestamp("us", zone), safe=False))
            for one in pc.value_counts(divided(pc.subtract(microseconds(times), begin), length)):
                rows[one["values"].as_py()] += one["counts"].as_py()
            if len(rows) > MAX_CHUNKS:
                raise Unreadable(f"has more than {MAX_CHUNKS:,} chunks of {quoted(column)}")
    local = zone if kind == "instant" else None
    return (
        kind,
        nulls,
        tuple(
            (_start(number * length + begin, local), _start((number + 1) * length + begin, local), rows[number])
            for number in sorted(rows)
        ),
    )


def _field(table: TableSource, column: str) -> pa.Field:
    if column not in table.schema.names:
        raise Unreadable(f"has no column {quoted(column)}")
    return table.schema.field(column)


def _kind(type_: pa.DataType) -> str:
    import pyarrow as pa

    if pa.types.is_timestamp(type_):
        return "wall" if type_.tz is None else "instant"
    if pa.types.is_date(type_):
        return "day"
    if pa.types.is_integer(type_) or pa.types.is_floating(type_):
        return "number"
    return "text" if pa.types.is_string(type_) or pa.types.is_large_string(type_) else "other"


def _start(wall: int, zone: str | None) -> int:
    """Return when a wall clock shows a time, in microseconds since 1970, UTC."""
    if zone is None or zone_of(zone) is UTC:
        return wall
    try:
        shown: datetime = (EPOCH + timedelta(microseconds=wall)).replace(tzinfo=None)
        return microseconds_of(readings(shown, zone_of(zone))[0])
    except OverflowError:
        return wall
