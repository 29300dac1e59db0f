"""One data file of a table: what its footer says, and the batches of some of its columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_mlmonitor.core.text.names import quoted
from pytest_mlmonitor.tables.arrays.type_traits import TypeTraits, traits_of
from pytest_mlmonitor.tables.profile import ParquetHead
from pytest_mlmonitor.tables.source import parquet
from pytest_mlmonitor.tables.source.held.named_columns import named_columns
from pytest_mlmonitor.tables.unreadable import Unreadable

if TYPE_CHECKING:
    import pyarrow as pa


class Footprint(NamedTuple):
    """What the largest row group of a table takes while it is read, as footers say.

    Attributes:
        group_bytes: its pages, decompressed.
        row_bytes: one of its rows, rounded up.
    """

    group_bytes: int = 0
    row_bytes: int = 0

    def or_more(self, other: Footprint) -> Footprint:
        """Return the larger of both."""
        return Footprint(max(self.group_bytes, other.group_bytes), max(self.row_bytes, other.row_bytes))


class Chosen(NamedTuple):
    """Some columns of a file: their schema, and what decides how they are read."""

    schema: pa.Schema
    traits: TypeTraits


class FileColumns:
    """The columns of a file by name.

    They are looked up once: a wide table is read part by part, and pyarrow makes the whole schema each time it is asked.
    """

    def __init__(self, schema: pa.Schema) -> None:
        """Look them up at the first question; ``schema`` is the file's."""
        self.schema = schema
        self._chosen: tuple[tuple[str, ...] | None, Chosen] | None = None

    @cached_property
    def _fields(self) -> dict[str, list[pa.Field]]:
        found: dict[str, list[pa.Field]] = {}
        for field in self.schema:
            found.setdefault(field.name, []).append(field)
        return found

    def __contains__(self, name: str) -> bool:
        return name in self._fields

    def called(self, names: Iterable[str]) -> list[list[pa.Field]]:
        """Return the fields of each of ``names`` that is there: more than one where a name is doubled."""
        return [self._fields[name] for name in dict.fromkeys(names) if name in self._fields]

    def chosen(self, names: tuple[str, ...] | None) -> Chosen:
        """Return the columns of ``names``, all of them without any; the last choice is kept for the next part of a table."""
        if self._chosen is None or self._chosen[0] != names:
            self._chosen = names, self._choose(names)
        return self._chosen[1]

    def _choose(self, names: tuple[str, ...] | None) -> Chosen:
        import pyarrow as pa

        if names is None:
            return Chosen(self.schema, traits_of(self.schema.types))
        fields = self.called(names)
        types = [field.type for several in fields for field in several]
        return Chosen(pa.schema([several[0] for several in fields]), traits_of(types))


_last: list[FileColumns] = []


def file_columns(schema: pa.Schema) -> FileColumns:
    """Return the columns of a schema: the same object for the schema of the file before."""
    if not _last or _last[0].schema is not schema:
        _last[:] = [FileColumns(schema)]
    return _last[0]


@dataclass(frozen=True)
class Looked:
    """What a look at one file's footer found; ``groups`` are the rows of its row groups."""

    head: ParquetHead
    schema: pa.Schema
    groups: tuple[int, ...]
    footprint: Footprint

    @cached_property
    def columns(self) -> FileColumns:
        """Its columns, to be read some at a time."""
        return FileColumns(self.schema)


def look(file: Any) -> Looked:
    """Return what the footer of an open file says."""
    columns = named_columns(file)
    found = parquet.head_of(file, columns)
    rows, footprint = [], Footprint()
    for group in map(file.metadata.row_group, range(file.num_row_groups)):
        rows.append(group.num_rows)
        footprint = footprint.or_more(
            Footprint(group.total_byte_size, -(-group.total_byte_size // max(1, group.num_rows)))
        )
    return Looked(found, columns.schema, tuple(rows), footprint)


def selected(
    file: Any, columns: FileColumns, names: Sequence[str] | None, rows: int, only: Sequence[int] | None = None
) -> Iterator[pa.RecordBatch]:
    """Yield the batches of an open file with the columns ``names`` only (see :meth:`.source.TableSource.batches`).

    ``columns`` are all that it has; ``only`` some of its row groups.
    """
    schema, traits = columns.chosen(None if names is None else tuple(names))
    for batch in parquet.batches(file, rows, None if names is None else list(names), traits, only):
        # pyarrow returns every column of the name, and the struct whose member would be spelled like it.
        yield batch if batch.schema.equals(schema) else _aligned(batch, schema)


def _aligned(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """Return the columns of ``schema``; the first one stands for a name that occurs twice, unless all are asked for."""
    import pyarrow as pa

    there: dict[str, list[int]] = {}
    for i, name in enumerate(batch.schema.names):
        there.setdefault(name, []).append(i)
    arrays, taken = [], dict.fromkeys(schema.names, 0)
    for field in schema:
        found = there.get(field.name, [])[taken[field.name] :]
        taken[field.name] += 1
        if not found and _leafless(field.type):
            arrays.append(
                pa.nulls(batch.num_rows, field.type)
            )  # a group without fields is in no batch: it holds nothing
        elif not found or batch.column(found[0]).type != field.type:
            raise Unreadable(f"has the column {quoted(field.name)} of type {field.type}, which its pages do not hold")
        else:
            arrays.append(batch.column(found[0]))
    return pa.RecordBatch.from_arrays(arrays, schema=schema) if arrays else batch.select([])


def _leafless(type_: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_struct(type_)) and all(_leafless(type_.field(i).type) for i in range(type_.num_fields))
