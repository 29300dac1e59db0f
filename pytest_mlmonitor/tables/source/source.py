"""One table to read, whatever it is stored as: a parquet file, a directory of them, files that somebody lists, or rows of these.

Every byte is read by :mod:`.parquet`, with its guards. What a directory adds is which files there are, in which order,
and the values of partition columns that stand in directory names or in a log (:mod:`.hive`, :mod:`.delta`,
:mod:`.iceberg`, :mod:`.listed`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_mlmonitor.tables.arrays.small_batches import together
from pytest_mlmonitor.tables.arrays.type_names import type_name
from pytest_mlmonitor.tables.profile import ParquetHead
from pytest_mlmonitor.tables.source import delta, hive, iceberg, parquet
from pytest_mlmonitor.tables.source.data_file import Footprint
from pytest_mlmonitor.tables.source.directories import is_delta, is_iceberg
from pytest_mlmonitor.tables.source.held.held_files import HELD
from pytest_mlmonitor.tables.source.held.part_footers import look_at_parts, time_unit
from pytest_mlmonitor.tables.source.held.part_rows import PartRead, alike_batches, deleted_in, part_batches
from pytest_mlmonitor.tables.source.layout import Layout, Part
from pytest_mlmonitor.tables.source.listed import listed_layout
from pytest_mlmonitor.tables.source.listed.rows_within import of_schema
from pytest_mlmonitor.tables.source.listed.table_files import EventSpan, files_meant, some_of, table_files
from pytest_mlmonitor.tables.source.parquet import batch_rows, to_python
from pytest_mlmonitor.tables.source.partitions import newest_parts
from pytest_mlmonitor.tables.unreadable import NoNewest, Unreadable

if TYPE_CHECKING:
    import pyarrow as pa


class TableSource:
    """An open table.

    Attributes:
        head: what the footers say, as of one file: names, types, rows of all, metadata entries that are the same in all.
        schema: names and types as batches have them.
        files: the data files, in the order in which they are read.
        footprint: what is held of them while they are read.
    """

    def __init__(
        self,
        head: ParquetHead,
        schema: pa.Schema,
        files: tuple[Path, ...],
        read: Callable[[Sequence[str] | None, int], Iterator[pa.RecordBatch]],
        footprint: Footprint,
        newest: Callable[[], TableSource] | None = None,
    ) -> None:
        """Made by :func:`source`; ``read(columns, rows)`` yields the batches, ``newest()`` gives the newest partition."""
        self.head = head
        self.schema = schema
        self.files = files
        self.footprint = footprint
        self._read = read
        self._newest = newest

    def newest(self) -> TableSource:
        """Return the newest partition as a table with the same columns: the parts of the others are not read.

        Raises:
            NoNewest: the table is not partitioned by a date or time.
        """
        if self._newest is None:
            raise NoNewest("has no partitions: there is no newest partition")
        return self._newest()

    def batches(self, columns: Sequence[str] | None = None, rows: int | None = None) -> Iterator[pa.RecordBatch]:
        """Yield the rows in validated batches of at most ``rows``, always in the same order; may be called again.

        Args:
            columns: names of the columns to read, in the order wanted; of a name that occurs twice the first column is
                meant, names that the table lacks are left out. All columns, duplicates too, without it.
            rows: the most that a batch holds; without it as many as leave a batch of these columns small.

        Raises:
            Unreadable: damaged data, or the rows counted are not the rows claimed.
        """
        if rows is None:
            some = len(self.schema) if columns is None else len(columns)
            rows = batch_rows(some, self.footprint.row_bytes * some // max(1, len(self.schema)))
        yield from together(self._read(columns, rows), rows)


@contextmanager
def source(path: Path, allowed: Mapping[str, tuple[str, ...]] | None = None) -> Iterator[TableSource]:
    """Open the table ``path``: a parquet file, or a directory (see :func:`.directories.is_table_directory`).

    Args:
        path: absolute, without links, when it is a directory.
        allowed: by column, the types that contracts allow; the values of partition columns are texts, and take them.

    Raises:
        Unreadable: it is no sound table; also what pyarrow raises while it is open.
    """
    some = some_of(path)
    if some is not None or (path.is_dir() and not path.is_symlink()):
        with parquet.refusing():
            yield _of_parts(layout(path, allowed), some.span if some is not None else None)
        return
    with HELD.opened(path) as (looked, read):
        yield TableSource(looked.head, looked.schema, (path,), read, looked.footprint)


def head(path: Path, allowed: Mapping[str, tuple[str, ...]] | None = None) -> ParquetHead:
    """Return what the footers of ``path`` say, and of what type its partition columns are (see :func:`source`).

    Raises:
        Unreadable: see :func:`source`.
    """
    with source(path, allowed) as table:
        return table.head


def columns(path: Path, names: Sequence[str]) -> dict[str, list[Any]]:
    """Return the values of the columns in ``names`` that ``path`` has.

    Raises:
        Unreadable: see :func:`source`.
    """
    values: dict[str, list[Any]] = {}
    with source(path) as table:
        for batch in table.batches(names):
            for name, column in zip(batch.schema.names, batch.columns, strict=True):
                values.setdefault(name, []).extend(map(to_python, column))
    return values


@contextmanager
def picked(
    path: Path, allowed: Mapping[str, tuple[str, ...]] | None, rows: Sequence[tuple[int, int]]
) -> Iterator[TableSource]:
    """Open some rows of the table ``path``: only the row groups that hold one of them are read.

    Args:
        path: see :func:`source`.
        allowed: see :func:`source`.
        rows: positions of the part and of the row among those stored in it, ascending.

    Raises:
        Unreadable: see :func:`source`.
    """
    within: dict[int, list[int]] = {}
    for part, place in rows:
        within.setdefault(part, []).append(place)
    with parquet.refusing():
        yield _of_parts(layout(path, allowed), None, within)


def _of_parts(parts: Layout, span: EventSpan | None, within: Mapping[int, Sequence[int]] | None = None) -> TableSource:
    """Open a table of parts; with a span its rows of that time, or those ``within`` parts, by their positions there."""
    import pyarrow as pa

    unit = time_unit(parts)
    looked = look_at_parts(parts, unit)
    if looked.schemas.differ and (every := time_unit(parts, of_all=True)) != unit:
        unit = every
        looked = look_at_parts(parts, unit)
    schema, readings, differences = looked.schemas.merged()
    if span is not None:
        of_schema(schema, span)
    types = tuple(type_name(f.type) for f in schema)
    found = ParquetHead(
        tuple(schema.names),
        types,
        0,
        looked.metadata,
        strays=parts.strays,
        differences=differences,
    )
    constants = [
        {name: pa.scalar(value, parts.partitions[name]) for name, value in part.values.items()} for part in parts.parts
    ]

    # Nearly every directory is many files that one program wrote.
    alike = span is None and unit is None and looked.schemas.alike(schema, readings)

    def of(places: Sequence[int], newest: Callable[[], TableSource] | None) -> TableSource:
        def read(names: Sequence[str] | None, rows: int) -> Iterator[pa.RecordBatch]:
            there = set(schema.names)
            wanted = schema.names if names is None else [name for name in dict.fromkeys(names) if name in there]
            fields = [schema.field(name) for name in wanted]
            if span is not None and span.column not in wanted:
                fields.append(schema.field(span.column))
            counted = 0

            def part(i: int) -> PartRead:
                reading = readings[looked.schemas.places[i]]
                return PartRead(parts.parts[i], looked.groups[i], constants[i], unit, reading)

            if alike and within is None:
                yield from alike_batches(map(part, places), fields, rows)
                return
            for i in places:
                for batch in part_batches(part(i), fields, rows, span, None if within is None else within[i]):
                    counted += batch.num_rows
                    yield batch if len(fields) == len(wanted) else batch.select(wanted)
            if span is not None and counted != span.rows:
                raise Unreadable("was replaced while the table was read")

        total = sum(sum(looked.groups[i]) - deleted_in(parts.parts[i]) for i in places) if span is None else span.rows
        if within is not None:
            total = sum(len(within[i]) for i in places)
        files = tuple(parts.parts[i].path for i in places)
        return TableSource(replace(found, rows=total), schema, files, read, looked.footprint, newest)

    def newest() -> TableSource:
        if span is not None:
            raise NoNewest("is a chunk of a table: there is no newest partition")
        return of([i for i in newest_parts(parts) if within is None or i in within], None)

    return of(range(len(parts.parts)) if within is None else sorted(within), newest)


def layout(path: Path, allowed: Mapping[str, tuple[str, ...]] | None = None) -> Layout:
    """Return which files the table ``path`` is, and the values of its partition columns.

    Args:
        path: absolute: a directory, files that are listed, or some rows of a file.
        allowed: by column, the types that contracts allow; those of a log are what the log says.

    Raises:
        Unreadable: it is no table that is read (see :mod:`.hive`, :mod:`.delta`, :mod:`.iceberg`).
    """
    if files_meant(path):
        return listed_layout.layout(table_files(path, files_meant(path)), allowed)
    if not path.is_dir():
        return Layout((Part(Path(path), path.name),))
    path = path.resolve()
    if is_delta(path):
        return delta.layout(path)
    return iceberg.layout(path) if is_iceberg(path) else hive.layout(path, allowed)
