"""The rows of one part of a table, as the columns of the table."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any

from pytest_mlmonitor.tables.arrays.small_batches import together
from pytest_mlmonitor.tables.source import int96, parquet
from pytest_mlmonitor.tables.source.data_file import FileColumns, file_columns, selected
from pytest_mlmonitor.tables.source.deleted.deleted_rows import DeletedRows
from pytest_mlmonitor.tables.source.evolution.merged import PartReading
from pytest_mlmonitor.tables.source.evolution.part_columns import column_of
from pytest_mlmonitor.tables.source.held.named_columns import named_columns
from pytest_mlmonitor.tables.source.held.part_footers import opened_part
from pytest_mlmonitor.tables.source.layout import Part
from pytest_mlmonitor.tables.source.listed.rows_within import groups_within, is_within
from pytest_mlmonitor.tables.source.listed.table_files import EventSpan
from pytest_mlmonitor.tables.unreadable import Unreadable

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class PartRead:
    """A part, and how it is read.

    Attributes:
        part: the part.
        groups: rows of its row groups, as its footer said.
        values: of columns that do not stand in it.
        unit: of its INT96 timestamps.
        reading: how its columns are those of the table.
    """

    part: Part
    groups: tuple[int, ...]
    values: Mapping[str, pa.Scalar]
    unit: int96.TimeUnit | None
    reading: PartReading


def deleted_in(part: Part) -> int:
    """Return how many rows of a part are deleted."""
    return 0 if part.deleted is None else part.deleted.count


def part_batches(
    read: PartRead,
    fields: Sequence[pa.Field],
    rows: int,
    span: EventSpan | None = None,
    within: Sequence[int] | None = None,
) -> Iterator[pa.RecordBatch]:
    """Yield the rows of one part with partition columns, in the order of ``fields``.

    Args:
        read: the part.
        fields: of the table; the column of a span among them.
        rows: the most that a batch holds.
        span: the rows that are meant, None for all.
        within: positions of the rows that are meant among those stored, ascending, None for all that are not deleted.

    Raises:
        Unreadable: damaged data, or another file than before.
    """
    import pyarrow as pa

    values, reading = read.values, read.reading
    stored = [reading.stored[f.name] for f in fields if f.name not in values and f.name in reading.stored]
    schema = pa.schema(fields)
    with opened_part(read.part, read.unit) as file:
        columns = _columns(file, read)
        only = None
        if span is not None and span.column in reading.stored and read.part.deleted is None and len(read.groups) > 1:
            only = groups_within(file, reading.stored[span.column], span)
        if within is not None:
            only = [i for i, (first, end) in enumerate(_bounds(read.groups)) if _any_between(within, first, end)]
        stored_rows = selected(file, columns, stored, rows, only)
        wanted = (
            _not_deleted(stored_rows, read.part.deleted)
            if within is None
            else _picked(stored_rows, [_bounds(read.groups)[i] for i in only or ()], within)
        )
        for batch in wanted:
            if not fields:
                yield batch  # rows without columns: they still count
                continue
            arrays = [
                pa.repeat(values[field.name], batch.num_rows)
                if field.name in values
                else column_of(batch, field, reading)
                for field in fields
            ]
            made = pa.RecordBatch.from_arrays(arrays, schema=schema)
            if span is None:
                yield made
            elif (kept := made.filter(is_within(made.column(span.column), span))).num_rows:
                yield kept


def alike_batches(parts: Iterable[PartRead], fields: Sequence[pa.Field], rows: int) -> Iterator[pa.RecordBatch]:
    """Yield the rows of parts that store the columns of the table and no others (:meth:`.evolution.merged.Parts.alike`).

    They are those that :func:`part_batches` yields of each, of small parts together.
    What is done to every batch is done once for many: of 1,000 files of 100 rows that was a third of reading them.

    Raises:
        Unreadable: see :func:`part_batches`.
    """
    import pyarrow as pa

    schema, names = pa.schema(fields), [field.name for field in fields]

    def stored() -> Iterator[pa.RecordBatch]:
        known: FileColumns | None = None
        for read in parts:
            with opened_part(read.part, read.unit) as file:
                columns = _columns(file, read)
                if columns is not known:
                    if columns.chosen(tuple(names)).schema.types != schema.types:
                        raise Unreadable("was replaced while the table was read")
                    # Positions of names are looked up in Python: not where all are wanted.
                    known, everything = columns, names == columns.schema.names
                yield from selected(file, columns, None if everything else names, rows)

    for batch in together(stored(), rows):
        yield pa.RecordBatch.from_arrays(batch.columns, schema=schema) if fields else batch


def _columns(file: Any, read: PartRead) -> FileColumns:
    """Return the columns of an open part.

    Raises:
        Unreadable: its rows are others than before.
    """
    if parquet.group_rows(file) != read.groups:
        raise Unreadable("was replaced while the table was read")
    return file_columns(named_columns(file).schema)


def _not_deleted(batches: Iterator[pa.RecordBatch], deleted: DeletedRows | None) -> Iterator[pa.RecordBatch]:
    first = 0
    for batch in batches:
        yield batch if deleted is None else deleted.kept(batch, first)
        first += batch.num_rows


def _bounds(groups: Sequence[int]) -> list[tuple[int, int]]:
    """Return of every row group the positions of its first row and of that behind its last."""
    ends = list(accumulate(groups, initial=0))
    return list(pairwise(ends))


def _any_between(places: Sequence[int], first: int, end: int) -> bool:
    at = bisect_left(places, first)
    return at < len(places) and places[at] < end


def _picked(
    batches: Iterator[pa.RecordBatch], groups: Sequence[tuple[int, int]], places: Sequence[int]
) -> Iterator[pa.RecordBatch]:
    """Yield the rows at ``places`` of batches that hold some row groups, of which the bounds are given."""
    import numpy as np
    import pyarrow as pa

    from pytest_mlmonitor.tables.arrays.batches import rows_where

    stored = np.concatenate([np.arange(first, end) for first, end in groups]) if groups else np.zeros(0, np.int64)
    wanted = np.isin(stored, np.asarray(places, np.int64))
    passed = 0
    for batch in batches:
        here = wanted[passed : passed + batch.num_rows]
        passed += batch.num_rows
        if here.any():
            yield rows_where(batch, pa.array(here))
