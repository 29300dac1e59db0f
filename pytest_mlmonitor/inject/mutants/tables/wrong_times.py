"""Rows whose time is not theirs: ahead of the clock, or of another time zone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.inject.column_values import pick
from pytest_mlmonitor.inject.mutants.columns.table_column import TableColumn
from pytest_mlmonitor.inject.mutants.material import Material
from pytest_mlmonitor.inject.mutants.mutant import FileChanges, Mutant
from pytest_mlmonitor.inject.mutants.operator import mutation
from pytest_mlmonitor.inject.mutants.tables.table_times import event_time, times_moved

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)


@mutation("dataset", per="table", words="1 % of the rows lie in the future")
def future_rows(dataset: Dataset, material: Material) -> Iterator[Mutant]:
    """One row in a hundred, with all its times, lies whole days later, a day at least after the evaluation time."""
    column = event_time(dataset, material)
    if column is not None:
        yield Mutant(f"1 % of the rows have a {column.name} in the future", partial(_ahead, column), None)


def _ahead(column: TableColumn) -> FileChanges:
    import pyarrow as pa
    import pyarrow.compute as pc

    rows = pick(column.there, 0.01, column.generator("future_rows"))
    first: Any = pc.min(column.values.filter(pa.array(rows)).cast(pa.timestamp("us"), safe=False)).as_py()
    now = column.material.platform.now.astimezone(UTC).replace(tzinfo=None)
    days = max((max(now, _last(column)) - first).days + 2, 2)
    return column.material.written(column.dataset, times_moved(column.table, days * _DAY, pa.array(rows)))


def _last(column: TableColumn) -> datetime:
    import pyarrow as pa
    import pyarrow.compute as pc

    last: datetime = pc.max(column.values.cast(pa.timestamp("us"), safe=False)).as_py()
    return last


@mutation("dataset", per="table", words="the event time is of another time zone, an hour off")
def hour_off(dataset: Dataset, material: Material) -> Iterator[Mutant]:
    """The event time of every row is an hour later; no other column moves."""
    column = event_time(dataset, material)
    if column is not None:
        yield Mutant(f"{column.name} is an hour later than it was", partial(_later, column), None)


def _later(column: TableColumn) -> FileChanges:
    return column.material.written(column.dataset, times_moved(column.table, _HOUR, names=[column.name]))
