"""The times of a table: which column says when a row was true, and rows moved in time."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.inject.mutants.columns.table_column import TableColumn, table_columns
from pytest_mlmonitor.inject.mutants.material import Material

_UNITS = {"s": 10**6, "ms": 10**3, "us": 1}


def event_time(dataset: Dataset, material: Material) -> TableColumn | None:
    """Return the column of the event time: the one that is named so, else the only one of times; None where nothing says."""
    import pyarrow as pa

    columns = list(table_columns(dataset, material))
    roles = [contract.event_ts for contract in columns[0].contracts] if columns else []
    named = dataset.event_ts or next((name for name in roles if name is not None), None)
    times = [one for one in columns if pa.types.is_timestamp(one.type) and one.nothing is None]
    if named is not None:
        return next((one for one in times if one.name == named), None)
    return times[0] if len(times) == 1 else None


def times_moved(table: Any, by: timedelta, rows: Any = None, names: Collection[str] | None = None) -> Any:
    """Return a table whose times are others: timestamps, and dates where it is by whole days.

    Args:
        table: a ``pyarrow.Table``.
        by: what is added.
        rows: a ``pyarrow`` mask of the rows that move, all by default.
        names: the columns that move, all of times by default.

    Raises:
        OverflowError: a type has no place for a time.
    """
    import pyarrow as pa

    for at, field in enumerate(table.schema):
        if (names is None or field.name in names) and (
            pa.types.is_timestamp(field.type) or pa.types.is_date(field.type)
        ):
            moved = _moved(table.column(at).combine_chunks(), by)
            table = table.set_column(at, field, moved if rows is None else _where(rows, moved, table.column(at)))
    return table


def _moved(column: Any, by: timedelta) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = column.type
    microseconds = by // timedelta(microseconds=1)
    if pa.types.is_date32(kind):
        whole, step = pa.int32(), by.days
    elif pa.types.is_date64(kind):
        whole, step = pa.int64(), by.days * 86_400_000
    else:
        whole = pa.int64()
        step = microseconds * 1000 if kind.unit == "ns" else microseconds // _UNITS[kind.unit]
    try:
        return pc.add_checked(column.cast(whole), pa.scalar(step, whole)).cast(kind)
    except pa.ArrowInvalid as error:
        raise OverflowError(str(error)) from None


def _where(rows: Any, moved: Any, kept: Any) -> Any:
    import pyarrow.compute as pc

    return pc.if_else(rows, moved, kept)
