"""Columns that went, came, or changed their name."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.inject.mutants.columns.table_column import TableColumn, table_columns
from pytest_mlmonitor.inject.mutants.material import Material
from pytest_mlmonitor.inject.mutants.mutant import FileChanges, Mutant
from pytest_mlmonitor.inject.mutants.operator import mutation
from pytest_mlmonitor.inject.schema import new_name


@mutation("dataset", per="table", words="a column is gone")
def dropped_column(dataset: Dataset, material: Material) -> Iterator[Mutant]:
    """Of every column a table without it; the last one of a table stays."""
    columns = list(table_columns(dataset, material))
    for column in columns:
        if len(column.table.schema) > 1 and not column.is_partition:
            yield Mutant(f"{column.name} is gone", partial(_without, column), column.name)


def _without(column: TableColumn) -> FileChanges:
    return column.material.written(column.dataset, column.table.remove_column(column.at))


@mutation("dataset", per="table", words="a column is there that nobody knows")
def added_column(dataset: Dataset, material: Material) -> Iterator[Mutant]:
    """One more column, of numbers, at the end."""
    table = material.table(dataset)
    name = new_name("added", table.schema.names)
    yield Mutant(f"there is a column {name} that was not there before", partial(_with, dataset, material, name), name)


def _with(dataset: Dataset, material: Material, name: str) -> FileChanges:
    import pyarrow as pa

    table: Any = material.table(dataset)
    numbers = pa.array(material.generator("added", dataset.dataset_name or "").random(table.num_rows))
    return material.written(dataset, table.append_column(name, numbers))


@mutation("dataset", per="table", words="a column has another name")
def renamed_column(dataset: Dataset, material: Material) -> Iterator[Mutant]:
    """One column, a feature where there is one, is called otherwise; the values stay."""
    columns = [one for one in table_columns(dataset, material) if not one.is_partition]
    features = [one for one in columns if not one.is_key and one.name != dataset.target] or columns
    if features:
        column = features[int(material.generator("renamed", dataset.dataset_name or "").integers(len(features)))]
        name = new_name(column.name, column.table.schema.names)
        yield Mutant(f"{column.name} is called {name}", partial(_renamed, column, name), column.name)


def _renamed(column: TableColumn, name: str) -> FileChanges:
    names = list(column.table.schema.names)
    names[column.at] = name
    return column.material.written(column.dataset, column.table.rename_columns(names))
