"""Values that went missing."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.inject.column_values import pick
from pytest_mlmonitor.inject.mutants.columns.table_column import TableColumn, table_columns
from pytest_mlmonitor.inject.mutants.material import Material
from pytest_mlmonitor.inject.mutants.mutant import FileChanges, Mutant
from pytest_mlmonitor.inject.mutants.operator import mutation


def _nulls(dataset: Dataset, material: Material, share: float) -> Iterator[Mutant]:
    for column in table_columns(dataset, material):
        what = f"{share:.0%} of {column.name} are null"
        yield Mutant(what, partial(_without, column, share), column.name, column.nothing)


def _without(column: TableColumn, share: float) -> FileChanges:
    import numpy as np
    import pyarrow as pa

    gone = pick(column.there, share, column.generator("nulls"))
    rows = pa.array(np.arange(len(gone)), pa.int64(), mask=gone)
    return column.written(column.values.take(rows))  # of any type, also where if_else knows none


@mutation("dataset", per="column", words="1 % of the values are null")
def nulls_1(dataset: Dataset, material: Material) -> Iterator[Mutant]:
    """One value in a hundred is null, at least one."""
    yield from _nulls(dataset, material, 0.01)


@mutation("dataset", per="column", words="20 % of the values are null")
def nulls_20(dataset: Dataset, material: Material) -> Iterator[Mutant]:
    """Every fifth value is null."""
    yield from _nulls(dataset, material, 0.2)
