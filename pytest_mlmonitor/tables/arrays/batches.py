"""Batches as every engine gets them: normal columns, and what is computed beside them because no engine computes it exactly."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from pytest_mlmonitor.tables.arrays.column_pairs import ColumnPair, order
from pytest_mlmonitor.tables.arrays.normal import name_of, no_multiple, normal

if TYPE_CHECKING:
    import pyarrow as pa


class Multiple(NamedTuple):
    """Asks where a decimal of many digits is no multiple of ``step`` times its last place; the column by position."""

    column: int
    step: int


Further = Mapping[str, Multiple | ColumnPair]
"""Columns computed beside those of the file, by the names that they have inside an engine."""

NOTHING_FURTHER: Further = MappingProxyType({})


def normal_batch(batch: pa.RecordBatch, further: Further = NOTHING_FURTHER) -> pa.RecordBatch:
    """Return ``batch`` in normal types under the engine's names, and behind them the columns that ``further`` asks for."""
    import pyarrow as pa

    arrays = [normal(column) for column in batch.columns]
    names = [name_of(i) for i in range(len(arrays))]
    for name, asked in further.items():
        column = batch.column(asked.column)
        if isinstance(asked, Multiple):
            arrays.append(no_multiple(column, asked.step))
        else:
            arrays.append(order(column, batch.column(asked.base), asked.offset))
        names.append(name)
    return pa.RecordBatch.from_arrays(arrays, names=names)


def normal_schema(schema: pa.Schema, further: Further = NOTHING_FURTHER) -> pa.Schema:
    """Return the schema that :func:`normal_batch` gives to batches of ``schema``."""
    import pyarrow as pa

    types = [normal(pa.nulls(0, field.type)).type for field in schema]
    computed = [(name, pa.int64()) for name in further]
    return pa.schema([*((name_of(i), type_) for i, type_ in enumerate(types)), *computed])
