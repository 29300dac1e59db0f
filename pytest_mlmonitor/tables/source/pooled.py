"""Several tables read as one: what a version is compared with may be a few builds together (specification 2.5)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_mlmonitor.tables.arrays.type_names import type_name
from pytest_mlmonitor.tables.profile import ParquetHead
from pytest_mlmonitor.tables.source.data_file import Footprint
from pytest_mlmonitor.tables.source.source import TableSource, source

if TYPE_CHECKING:
    import pyarrow as pa


@contextmanager
def pooled(paths: Sequence[Path]) -> Iterator[TableSource]:
    """Open tables as one: the columns that all have with one type, the rows of the first, then those of the next.

    Raises:
        Unreadable: one of them is no sound table; also what pyarrow raises while they are open.
    """
    import pyarrow as pa

    with ExitStack() as stack:
        tables = [stack.enter_context(source(path)) for path in paths]
        if len(tables) == 1:
            yield tables[0]
            return
        first, *rest = tables
        fields = [field for field in first.schema if all(_has(table.schema, field) for table in rest)]
        schema = pa.schema(fields)
        head = ParquetHead(
            tuple(schema.names),
            tuple(type_name(field.type) for field in fields),
            sum(table.head.rows for table in tables),
            {},
        )

        def read(names: Sequence[str] | None, rows: int) -> Iterator[pa.RecordBatch]:
            there = set(schema.names)
            wanted = schema.names if names is None else [name for name in dict.fromkeys(names) if name in there]
            for table in tables:
                for batch in table.batches(wanted, rows):
                    yield batch.select(wanted)

        footprint = reduce(Footprint.or_more, (table.footprint for table in tables))
        yield TableSource(head, schema, tuple(file for table in tables for file in table.files), read, footprint)


def _has(schema: pa.Schema, field: pa.Field) -> bool:
    return schema.names.count(field.name) == 1 and bool(schema.field(field.name).type == field.type)
