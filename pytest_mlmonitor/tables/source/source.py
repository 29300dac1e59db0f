"""One table to read, whatever it is stored as: a parquet file, or a directory of them.

Every byte is read by :mod:`.parquet`, with its guards. What a directory adds is which files there are, in which order,
 and the values of partition columns that stand in directory names or in a log (:mod:`.hive`, :mod:`.delta`,
:mod:`.iceberg`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_mlmonitor.tables.arrays.type_names import type_name
from pytest_mlmonitor.tables.profile import ParquetHead
from pytest_mlmonitor.tables.source import delta, hive, iceberg, int96, parquet
from pytest_mlmonitor.tables.source.data_file import FileColumns, Footprint, Looked, look, selected
from pytest_mlmonitor.tables.source.deleted.deleted_rows import DeletedRows
from pytest_mlmonitor.tables.source.directories import is_delta, is_iceberg
from pytest_mlmonitor.tables.source.evolution.merged import PartReading, Parts
from pytest_mlmonitor.tables.source.evolution.part_columns import column_of
from pytest_mlmonitor.tables.source.held.file_stamps import file_stamp
from pytest_mlmonitor.tables.source.held.held_files import HELD
from pytest_mlmonitor.tables.source.layout import Layout, Part, named
from pytest_mlmonitor.tables.source.parquet import batch_rows, to_python, together
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
    if path.is_dir() and not path.is_symlink():
        with parquet.refusing():
            yield _directory(path.resolve(), allowed)
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


def _directory(path: Path, allowed: Mapping[str, tuple[str, ...]] | None) -> TableSource:
    import pyarrow as pa

    parts = layout(path, allowed)
    unit = _time_unit(parts)
    looked = _look_at(parts, unit)
    if looked.schemas.differ and (every := _time_unit(parts, of_all=True)) != unit:
        unit = every
        looked = _look_at(parts, unit)
    schema, readings, differences = looked.schemas.merged()
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

    def of(places: Sequence[int], newest: Callable[[], TableSource] | None) -> TableSource:
        def read(names: Sequence[str] | None, rows: int) -> Iterator[pa.RecordBatch]:
            there = set(schema.names)
            wanted = schema.names if names is None else [name for name in dict.fromkeys(names) if name in there]
            fields = [schema.field(name) for name in wanted]
            for i in places:
                reading = readings[looked.schemas.places[i]]
                yield from _part_batches(parts.parts[i], looked.groups[i], fields, constants[i], rows, unit, reading)

        total = sum(sum(looked.groups[i]) - _deleted_in(parts.parts[i]) for i in places)
        files = tuple(parts.parts[i].path for i in places)
        return TableSource(replace(found, rows=total), schema, files, read, looked.footprint, newest)

    return of(range(len(parts.parts)), lambda: of(newest_parts(parts), None))


def _deleted_in(part: Part) -> int:
    return 0 if part.deleted is None else part.deleted.count


@dataclass(frozen=True)
class _LookedAt:
    """What a look at the footers of all parts found; nothing else is kept of every part: there may be a hundred thousand."""

    schemas: Parts
    groups: list[tuple[int, ...]]
    metadata: dict[bytes, bytes]
    footprint: Footprint


def _look_at(parts: Layout, unit: int96.TimeUnit | None) -> _LookedAt:
    schemas = Parts(parts)
    groups: list[tuple[int, ...]] = []
    metadata: dict[bytes, bytes] | None = None
    footprint = Footprint()
    for part in parts.parts:
        found = _look(part, unit)
        schemas.add(found.schema, part.name)
        if part.rows is not None and part.rows != found.head.rows:
            raise Unreadable(f"holds {named(part.name)} with {found.head.rows:,} rows; its log says {part.rows:,}")
        if part.deleted is not None and part.deleted.rows != found.head.rows:
            raise Unreadable(f"holds {named(part.name)}, which was replaced while the table was read")
        said = found.head.metadata
        metadata = {k: v for k, v in (said if metadata is None else metadata).items() if said.get(k) == v}
        groups.append(found.groups)
        footprint = footprint.or_more(found.footprint)
    return _LookedAt(schemas, groups, metadata or {}, footprint)


def _look(part: Part, unit: int96.TimeUnit | None) -> Looked:
    """Return what the footer of a part says; those of a directory are asked for by its head, and again by its scan."""
    stamp = file_stamp(part.path)
    known = HELD.find(stamp, unit)
    if known is not None and (part.size is None or stamp is None or part.size == stamp.size):
        return known
    with _opened(part, unit) as file:
        found = look(file)
    HELD.note(stamp, found, unit)
    return found


def _time_unit(parts: Layout, *, of_all: bool = False) -> int96.TimeUnit | None:
    """Return the unit that holds the INT96 timestamps of all parts; None where the first part has none, unless ``of_all``."""
    unit: int96.TimeUnit | None = None
    for part in parts.parts:
        with _opened(part) as file:
            names, schema = int96.columns_of(file), file.schema_arrow
            if names:
                unit = int96.coarser(unit or "ns", schema.types[schema.names.index(names[0])].unit)
            elif not of_all:
                return unit
    return unit


def layout(path: Path, allowed: Mapping[str, tuple[str, ...]] | None = None) -> Layout:
    """Return which files the table directory ``path`` is, and the values of its partition columns.

    Args:
        path: absolute.
        allowed: by column, the types that contracts allow; those of a log are what the log says.

    Raises:
        Unreadable: it is no table that is read (see :mod:`.hive`, :mod:`.delta`, :mod:`.iceberg`).
    """
    if is_delta(path):
        return delta.layout(path)
    return iceberg.layout(path) if is_iceberg(path) else hive.layout(path, allowed)


@contextmanager
def _opened(part: Part, unit: int96.TimeUnit | None = None) -> Iterator[Any]:
    """Open one part; what is wrong with it is said of it by name."""
    try:
        with parquet.opened(part.path, unit) as file:
            if part.size is not None and part.size != os.stat(part.path).st_size:
                raise Unreadable(f"has {os.stat(part.path).st_size:,} bytes; its log says {part.size:,}")
            yield file
    except Unreadable as error:
        raise Unreadable(f"holds {named(part.name)}, which {error}") from None


def _part_batches(
    part: Part,
    groups: tuple[int, ...],
    fields: list[pa.Field],
    values: dict[str, pa.Scalar],
    rows: int,
    unit: int96.TimeUnit | None,
    reading: PartReading,
) -> Iterator[pa.RecordBatch]:
    """Yield the rows of one part with partition columns, in the order of ``fields``."""
    import pyarrow as pa

    stored = [reading.stored[f.name] for f in fields if f.name not in values and f.name in reading.stored]
    with _opened(part, unit) as file:
        if parquet.group_rows(file) != groups:
            raise Unreadable("was replaced while the table was read")
        for batch in _not_deleted(selected(file, FileColumns(file.schema_arrow), stored, rows), part.deleted):
            if not fields:
                yield batch  # rows without columns: they still count
                continue
            arrays = [
                pa.repeat(values[field.name], batch.num_rows)
                if field.name in values
                else column_of(batch, field, reading)
                for field in fields
            ]
            yield pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))


def _not_deleted(batches: Iterator[pa.RecordBatch], deleted: DeletedRows | None) -> Iterator[pa.RecordBatch]:
    first = 0
    for batch in batches:
        yield batch if deleted is None else deleted.kept(batch, first)
        first += batch.num_rows
