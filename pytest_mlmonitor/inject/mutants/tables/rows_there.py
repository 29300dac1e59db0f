"""Rows that came twice, or did not come."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.datasets.views import Datasets
from pytest_mlmonitor.inject.column_values import pick
from pytest_mlmonitor.inject.mutants.material import Material
from pytest_mlmonitor.inject.mutants.mutant import FileChanges, Mutant
from pytest_mlmonitor.inject.mutants.operator import mutation


@mutation("dataset", per="table", words="1 % of the rows are there twice")
def duplicate_rows(dataset: Dataset, material: Material) -> Iterator[Mutant]:
    """One row in a hundred, at least one, comes a second time at the end of the table, with the same key."""
    table = material.table(dataset)
    if table.num_rows and table.num_columns:
        yield Mutant("1 % of the rows are there twice", partial(_twice, dataset, material))


def _twice(dataset: Dataset, material: Material) -> FileChanges:
    import numpy as np
    import pyarrow as pa

    table: Any = material.table(dataset)
    again = pick(np.full(table.num_rows, True), 0.01, material.generator("duplicates", dataset.dataset_name or ""))
    rows = np.concatenate([np.arange(table.num_rows), np.flatnonzero(again)])
    return material.written(dataset, table.take(pa.array(rows)))


@mutation("dataset", per="table", words="half of the rows are lost")
def half_lost(dataset: Dataset, material: Material) -> Iterator[Mutant]:
    """Every second row, at random, is not there."""
    table = material.table(dataset)
    if table.num_rows and table.num_columns:
        yield Mutant("half of the rows are lost", partial(_half, dataset, material))


def _half(dataset: Dataset, material: Material) -> FileChanges:
    import numpy as np
    import pyarrow as pa

    table: Any = material.table(dataset)
    lost = pick(np.full(table.num_rows, True), 0.5, material.generator("half", dataset.dataset_name or ""))
    return material.written(dataset, table.filter(pa.array(~lost)))


@mutation("dataset", per="table", words="the rows of the version before come again")
def same_again(dataset: Dataset, material: Material) -> Iterator[Mutant]:
    """The rows of the version before, under the name and with the times of this one."""
    before = material.platform.view(Datasets).before(dataset)
    if before is None:
        return
    same = "the version before holds the same rows" if _equal(dataset, before, material) else None
    what = f"the rows are those of {before.ref.name} again"
    yield Mutant(what, partial(_again, dataset, before, material), None, same)


def _equal(dataset: Dataset, before: Dataset, material: Material) -> bool:
    return bool(material.table(dataset).equals(material.table(before)))


def _again(dataset: Dataset, before: Dataset, material: Material) -> FileChanges:
    table = material.table(before)
    return material.written(dataset, table.replace_schema_metadata(material.table(dataset).schema.metadata))
