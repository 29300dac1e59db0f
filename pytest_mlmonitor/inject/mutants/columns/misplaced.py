"""Values that stand in the wrong rows, or in the wrong column."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.inject.mutants.columns.association import unfollowed
from pytest_mlmonitor.inject.mutants.columns.table_column import TableColumn, table_columns
from pytest_mlmonitor.inject.mutants.material import Material
from pytest_mlmonitor.inject.mutants.mutant import FileChanges, Mutant
from pytest_mlmonitor.inject.mutants.operator import mutation


@mutation("dataset", per="column", words="the values stand in other rows")
def shuffled(dataset: Dataset, material: Material) -> Iterator[Mutant]:
    """The values of the column are dealt anew over all rows: its figures stay, what it says of a row does not."""
    for column in table_columns(dataset, material):
        yield Mutant(
            f"{column.name} is shuffled", partial(_dealt, column), column.name, column.alike or _unfollowed(column)
        )


def _unfollowed(column: TableColumn) -> str | None:
    """Return why nobody can tell one order of a column from another; None where one could."""
    if any(column.name in key and len(key) > 1 for key in _keys(column)):
        return None
    return unfollowed(column)


def _keys(column: TableColumn) -> Iterator[tuple[str, ...]]:
    """Yield the columns that together are said to be unique."""
    dataset = column.dataset
    if dataset.entity is not None and dataset.event_ts is not None:
        yield dataset.entity, dataset.event_ts
    for contract in column.contracts:
        yield contract.key
        yield from (metric.columns for metric in contract.metrics if metric.metric == "duplicate")


def _dealt(column: TableColumn) -> FileChanges:
    import pyarrow as pa

    return column.written(column.values.take(pa.array(column.generator("shuffled").permutation(len(column.values)))))


@mutation("dataset", per="column", words="the column is a copy of the target")
def leak(dataset: Dataset, material: Material) -> Iterator[Mutant]:
    """A feature holds what is to be predicted, in its own type where that has a place for it."""
    columns = list(table_columns(dataset, material))
    target = next((column for column in columns if column.name == _target(dataset, columns)), None)
    if target is None:
        if columns:
            why = "nothing says which column is to be predicted, so that none can be a copy of it"
            yield Mutant("a feature is a copy of the target", dict, None, why)
        return
    for column in columns:
        if column.is_key:
            continue
        values = _as(target.values, column)
        if values is not None:
            same = f"{column.name} is the target" if column is target else None
            if same is None and values.equals(column.values):
                same = f"{column.name} holds what the target holds already"
            what = f"{column.name} is a copy of {target.name}"
            yield Mutant(what, partial(_copied, target, column), column.name, same)


def _copied(target: TableColumn, column: TableColumn) -> FileChanges:
    return column.written(_as(target.values, column))


def _target(dataset: Dataset, columns: list[TableColumn]) -> str | None:
    found = (contract.target for contract in columns[0].contracts) if columns else iter(())
    return dataset.target or next((name for name in found if name is not None), None)


def _as(values: Any, column: TableColumn) -> Any:
    """Return the values of the target in the type of a column; None where that holds times, objects, or other values."""
    import pyarrow as pa

    if not (column.is_number or column.is_text or pa.types.is_boolean(column.type)):
        return None
    try:
        return values.cast(column.type)
    except (pa.ArrowException, NotImplementedError):
        return None
