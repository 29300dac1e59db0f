"""Values of a dataset outside bounds, and rows without a value: counted and shown by one more look at the table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.failing_rows import FailingRows
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.links.in_force import Contracts
from pytest_mlmonitor.links.tables import Tables
from pytest_mlmonitor.tables.contract.table import Column, TableContract
from pytest_mlmonitor.tables.profile import TableProfile
from pytest_mlmonitor.tables.reader.client import TableReader
from pytest_mlmonitor.tables.shown.shown_rows import rows_of

SHOWN = 10
"""Values that are listed (specification 2.4: the first ten)."""


class OddValues(NamedTuple):
    """Values of a column outside its bounds: in how many rows, the first few, and the first rows."""

    number: int
    values: list[object]
    rows: FailingRows | None


def outside(dataset: Dataset, columns: Sequence[Column], context: Context) -> dict[str, OddValues]:
    """Return what breaks the rules of ``columns``, by column; nothing is read where there are none."""
    if not columns:
        return {}
    asked = telling_contract(dataset, context, columns)
    found: dict[str, OddValues] = {}
    for failure in context.view(TableReader).scan(dataset.file, (asked,)).failures:
        before = found.get(failure.column, OddValues(0, [], None))
        values = [*before.values, *(value for _, _, value in failure.sample)][:SHOWN]
        rows = before.rows or rows_of(failure, (asked,))
        found[failure.column] = OddValues(before.number + failure.rows, values, rows)
    return found


def without_value(dataset: Dataset, names: Iterable[str], context: Context) -> dict[str, FailingRows | None]:
    """Return the first rows in which columns are null, by column."""
    columns = [Column(name, nan="allow") for name in names]
    return {name: found.rows for name, found in outside(dataset, columns, context).items()}


def telling_contract(dataset: Dataset, context: Context, columns: Sequence[Column] = ()) -> TableContract:
    """Return a contract of ``columns`` alone that knows what tells rows of a dataset apart, and which of that is not shown."""
    roles = [name for name in (dataset.entity, dataset.event_ts) if name is not None]
    classified = [name for name in roles if any(c.redacted([name]) for c in context.link(Contracts).tables(dataset))]
    judged = {column.name for column in columns}
    masked = [
        Column(name, nullable=True, required=False, redacted=True, nan="allow")
        for name in dict.fromkeys(classified)
        if name not in judged
    ]
    return TableContract(
        "ranges",
        (*columns, *masked),
        extra="allow",
        ordered=False,
        min_rows=0,
        no_all_null=False,
        entity=dataset.entity,
        event_ts=dataset.event_ts,
    )


def with_rows(dataset: Dataset, context: Context) -> TableProfile:
    """Return the scan of a dataset.

    Raises:
        NotChecked: it has no rows, or cannot be read.
    """
    profile = context.link(Tables).of(dataset)
    if not profile.rows:
        raise NotChecked("the table has no rows")
    return profile
