"""Values that are the same and of another type."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.inject.mutants.columns.table_column import TableColumn, table_columns
from pytest_mlmonitor.inject.mutants.material import Material
from pytest_mlmonitor.inject.mutants.mutant import FileChanges, Mutant
from pytest_mlmonitor.inject.mutants.operator import mutation


@mutation("dataset", per="column", words="numbers, flags or times became texts")
def text_type(dataset: Dataset, material: Material) -> Iterator[Mutant]:
    """Values that are no texts are written as texts, as CSV has them."""
    import pyarrow as pa

    for column in table_columns(dataset, material):
        if not column.is_text and not pa.types.is_null(column.type):
            yield from _retyped(column, pa.string())


@mutation("dataset", per="column", words="whole numbers or texts became numbers of another type")
def number_type(dataset: Dataset, material: Material) -> Iterator[Mutant]:
    """Whole numbers and decimals became doubles, texts of digits (ids with their leading zeros) whole numbers."""
    import pyarrow as pa

    for column in table_columns(dataset, material):
        if column.is_whole or pa.types.is_decimal(column.type):
            yield from _retyped(column, pa.float64())
        elif column.is_text and column.nothing is None:
            yield from _retyped(column, pa.int64())


def _retyped(column: TableColumn, to: Any) -> Iterator[Mutant]:
    """Yield the column in another type, unless its values have no such form."""
    import pyarrow as pa

    if column.is_partition:
        return
    try:
        _cast(column, to)
    except (pa.ArrowException, ValueError, NotImplementedError):
        return
    yield Mutant(f"{column.name} is {to}, before {column.type}", partial(_written, column, to), column.name)


def _cast(column: TableColumn, to: Any) -> Any:
    return column.values.cast(to, safe=not column.is_whole)


def _written(column: TableColumn, to: Any) -> FileChanges:
    return column.written(_cast(column, to))
