"""The rows of a table that are later than its reference's last event (specification 2.5).

A table that grows by a day holds its reference: whatever the new day is like, the whole of both hardly differs. So where the
current table begins before the reference ends, the rows that are new are compared, where they are enough.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pytest_mlmonitor.tables.arrays.batches import rows_where
from pytest_mlmonitor.tables.arrays.comparable import Comparable
from pytest_mlmonitor.tables.drift.cache import ReferenceCache
from pytest_mlmonitor.tables.drift.column import ColumnValues
from pytest_mlmonitor.tables.drift.feature_drift import MIN_ROWS, Later
from pytest_mlmonitor.tables.drift.overlap.event_times import MICROSECONDS, EventTimeKind, kind_of, of_table
from pytest_mlmonitor.tables.drift.sample import Sample
from pytest_mlmonitor.tables.source.parquet import refusing
from pytest_mlmonitor.tables.source.source import TableSource

HOUR = 3600 * MICROSECONDS
DAY = 24 * HOUR
"""What later rows must cover (specification 2.5), reckoned from the reference's last event …"""

EARLIER = HOUR
"""… but for less than this: the last event of one day comes a little earlier in the day than that of another."""

Flags = tuple[int, npt.NDArray[np.uint8]]
"""How many, and as bits."""


@dataclass(frozen=True)
class LastEvent:
    """The last event of a reference.

    Attributes:
        column: the column of the event time.
        kind: what it holds.
        time: microseconds since 1970, UTC.
    """

    column: str
    kind: EventTimeKind
    time: int


@dataclass(frozen=True)
class LaterRows:
    """Those rows of a table that are compared alone: as a table, and which they are."""

    table: TableSource
    rows: Later


def last_event(reference: TableSource, column: str | None, cache: ReferenceCache | None = None) -> LastEvent | None:
    """Return the last event of a reference, None where nobody says which column it is, or the column holds no times.

    Args:
        reference: what a table is compared with.
        column: the column of the event time.
        cache: what is remembered of the reference.

    Raises:
        Unreadable: see :meth:`.source.TableSource.batches`.
    """
    kind = kind_of(reference, column)
    if column is None or kind is None:
        return None
    key = f"\0last event of {column}"
    known = cache.load(key) if cache is not None else None
    if known is not None and known.sample is not None and known.sample.size == 1:
        return LastEvent(column, kind, int(known.sample.values[0]))
    last: int | None = None
    with refusing():
        for times, there in of_table(reference, column):
            if there.any():
                found = int(times[there].max())
                last = found if last is None else max(last, found)
    if last is None:
        return None
    if cache is not None:
        sample = Sample(np.array([last], np.int64))
        cache.store(key, ColumnValues(Comparable("instant", float(MICROSECONDS)), "timestamp[us]", 1, 0, sample))
    return LastEvent(column, kind, last)


def later_rows(current: TableSource, last: LastEvent | None) -> LaterRows | None:
    """Return the rows that are compared alone; None where whole tables are compared.

    That is so unless the current table begins no later than the reference ends, and at least ``MIN_ROWS`` of its rows are later
    than the reference's last event and cover a day. Without event times of one kind in both nothing can be said.

    Args:
        current: the table judged.
        last: the reference's last event.

    Raises:
        Unreadable: see :meth:`.source.TableSource.batches`.
    """
    if last is None or kind_of(current, last.column) != last.kind:
        return None
    found = _flagged(current, last)
    if found is None:
        return None
    flags, rows = found

    def read(names: Sequence[str] | None, most: int) -> Iterator[pa.RecordBatch]:
        handed = _Flags(flags)
        for batch in current.batches(names, most):
            kept = handed.next(batch.num_rows)
            if kept.any():
                yield batch if kept.all() else rows_where(batch, pa.array(kept))

    head = replace(current.head, rows=rows.rows)
    return LaterRows(TableSource(head, current.schema, current.files, read, current.footprint), rows)


def _flagged(current: TableSource, last: LastEvent) -> tuple[list[Flags], Later] | None:
    """Return which rows are later, one bit a row for each batch; None where they are not compared alone."""
    first: int | None = None
    newest, rows = last.time, 0
    flags: list[Flags] = []
    with refusing():
        for times, there in of_table(current, last.column):
            kept = there & (times > last.time)
            flags.append((len(kept), np.packbits(kept)))
            if there.any():
                begins, ends = int(times[there].min()), int(times[there].max())
                first = begins if first is None else min(first, begins)
                newest = max(newest, ends)
            rows += int(np.count_nonzero(kept))
    if first is None or first > last.time or rows < MIN_ROWS:
        return None
    return (flags, Later(last.time, rows)) if newest - last.time > DAY - EARLIER else None


class _Flags:
    """Hands out flags of rows in order, however many are asked for."""

    def __init__(self, parts: Sequence[Flags]) -> None:
        self._parts = iter(parts)
        self._rest = np.zeros(0, np.bool_)

    def next(self, rows: int) -> npt.NDArray[np.bool_]:
        """Return the flags of the next rows."""
        while len(self._rest) < rows:
            number, bits = next(self._parts)
            self._rest = np.concatenate([self._rest, np.unpackbits(bits, count=number).astype(np.bool_)])
        found, self._rest = self._rest[:rows], self._rest[rows:]
        return found
