"""Numbers that are others throughout: shifted, or in another unit."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.datasets.views import Datasets
from pytest_mlmonitor.inject.column_values import floats
from pytest_mlmonitor.inject.moving import bounds_of, shifted, step_within
from pytest_mlmonitor.inject.mutants.columns.table_column import TableColumn, table_columns
from pytest_mlmonitor.inject.mutants.material import Material
from pytest_mlmonitor.inject.mutants.mutant import FileChanges, Mutant
from pytest_mlmonitor.inject.mutants.operator import mutation
from pytest_mlmonitor.tables.contract.table import Column

DEVIATIONS = 0.5
"""A shift by half a standard deviation is a medium effect (Cohen, *Statistical Power Analysis*, 1988, d = 0.5)."""

UNIT = 1000
"""Grams for kilograms, milliseconds for seconds, metres for kilometres."""


@mutation("dataset", per="column", words="all numbers moved up by half a standard deviation")
def shifted_half(dataset: Dataset, material: Material) -> Iterator[Mutant]:
    """All numbers moved up by 0.5 standard deviations, as far as a contract allows; a category does not move."""
    for column in table_columns(dataset, material):
        if column.is_quantity and column.nothing is None and not _is_decimal(column):
            step = step_within(column.values, DEVIATIONS)
            what = f"{column.name} moved up by {step:,.4g}, half a standard deviation"
            yield Mutant(what, partial(_shifted, column, step), column.name, _unseen_shift(column, step))


def _is_decimal(column: TableColumn) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_decimal(column.type) or pa.types.is_float16(column.type))


def _shifted(column: TableColumn, step: float) -> FileChanges:
    promised = column.promised[0] if column.promised else Column(column.name)
    return column.written(shifted(column.values, step, bounds_of(promised, column.values)))


def _unseen_shift(column: TableColumn, step: float) -> str | None:
    """Return why a shift cannot be told: values that are alike have no deviation, or versions differ by as much."""
    if not step:
        return f"the values of {column.name} do not vary: half of no deviation is no shift"
    means = list(_means_before(column))
    if len(means) < 2 or max(means) - min(means) < step:
        return None
    return (
        f"the mean of {column.name} lay between {min(means):,.4g} and {max(means):,.4g} in {len(means)} versions before: "
        f"a shift by {step:,.4g} is no more than they differ by themselves"
    )


def _means_before(column: TableColumn) -> Iterator[float]:
    view, dataset = column.material.platform.view(Datasets), column.dataset
    for _ in range(VERSIONS):
        before = view.before(dataset)
        if before is None:
            return
        dataset = before
        try:
            table = column.material.table(before)
        except NotChecked:
            continue
        if table.schema.names.count(column.name) == 1 and table.schema.field(column.name).type == column.type:
            values, there = floats(table.column(column.name).combine_chunks())
            if there.any():
                yield float(values[there].mean())


VERSIONS = 10
"""So many earlier versions are read at most."""


@mutation("dataset", per="column", words="all numbers are in another unit (× 1000)")
def units_1000(dataset: Dataset, material: Material) -> Iterator[Mutant]:
    """All numbers are a thousand times as great; not where the type has no place for them."""
    for column in table_columns(dataset, material):
        if column.is_quantity and column.nothing is None:
            values = _multiplied(column)
            if values is not None:
                same = None if _differs(column, values) else f"every value of {column.name} is 0, in any unit"
                what = f"{column.name} is in another unit, × {UNIT:,}"
                yield Mutant(what, partial(_in_other_unit, column), column.name, same)


def _in_other_unit(column: TableColumn) -> FileChanges:
    return column.written(_multiplied(column))


def _multiplied(column: TableColumn) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        if column.is_whole:
            return pc.multiply_checked(column.values, pa.scalar(UNIT, column.type))
        return pc.multiply(column.values, pa.scalar(UNIT, column.type)).cast(column.type)
    except (pa.ArrowException, ValueError, OverflowError):
        return None


def _differs(column: TableColumn, values: Any) -> bool:
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_floating(column.type):  # NaN and infinity are the same in any unit
        return bool(pc.any(pc.and_(pc.is_finite(column.values), pc.not_equal(column.values, values))).as_py())
    return bool(pc.any(pc.not_equal(column.values, values)).as_py())
