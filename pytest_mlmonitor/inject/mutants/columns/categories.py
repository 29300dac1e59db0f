"""A category that nobody knew, and categories that became one."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.inject.column_values import pick, put
from pytest_mlmonitor.inject.mutants.columns.table_column import TableColumn, table_columns
from pytest_mlmonitor.inject.mutants.material import Material
from pytest_mlmonitor.inject.mutants.mutant import FileChanges, Mutant
from pytest_mlmonitor.inject.mutants.operator import mutation

NEW = "new_category"
"""A text that is no value of anybody's data."""


@mutation("dataset", per="column", words="1 % of the values are a category never seen")
def new_category(dataset: Dataset, material: Material) -> Iterator[Mutant]:
    """One value in a hundred, of texts or of whole numbers that come again and again, is one that was never there."""
    for column in table_columns(dataset, material):
        if column.is_category:
            value = _unknown(column)
            if value is not None:
                what = f"1 % of {column.name} are {value!r}, which no row held before"
                yield Mutant(what, partial(_with, column, value), column.name)


def _unknown(column: TableColumn) -> Any:
    """Return a value that neither the data hold nor a contract allows, None where the type has none left."""
    import numpy as np
    import pyarrow.compute as pc

    allowed = {value for promise in column.promised for value in promise.values or ()}
    if column.is_text:
        seen = set(pc.unique(column.values).to_pylist()) | allowed
        return next(name for name in (NEW, *(f"{NEW}_{number}" for number in range(len(seen) + 1))) if name not in seen)
    numbers = [value for value in allowed if isinstance(value, int)]
    value = max(pc.max(column.values).as_py(), *numbers, 0) + 1
    return value if value <= np.iinfo(column.type.to_pandas_dtype()).max else None


def _with(column: TableColumn, value: Any) -> FileChanges:
    return column.written(put(column.values, pick(column.there, 0.01, column.generator("new_category")), value))


@mutation("dataset", per="column", words="every row holds the same value")
def constant(dataset: Dataset, material: Material) -> Iterator[Mutant]:
    """Every row holds the value that is the commonest of the column."""
    for column in table_columns(dataset, material):
        if column.nothing is None and column.distinct is not None:
            yield Mutant(
                f"{column.name} holds one value in every row", partial(_constant, column), column.name, column.alike
            )


def _constant(column: TableColumn) -> FileChanges:
    import numpy as np
    import pyarrow.compute as pc

    counts = pc.value_counts(column.values.drop_null())
    commonest = pc.index(counts.field(1), pc.max(counts.field(1))).as_py()
    return column.written(counts.field(0).take(np.full(len(column.values), commonest)))
