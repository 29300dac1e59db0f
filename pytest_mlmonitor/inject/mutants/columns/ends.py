"""A value beyond each end of those that a column has ever held."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any, Literal

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.datasets.views import Datasets
from pytest_mlmonitor.inject.mutants.columns.table_column import TableColumn, table_columns
from pytest_mlmonitor.inject.mutants.material import Material
from pytest_mlmonitor.inject.mutants.mutant import FileChanges, Mutant
from pytest_mlmonitor.inject.mutants.operator import mutation
from pytest_mlmonitor.tables.contract.table import Column

End = Literal["least", "greatest"]


@mutation("dataset", per="column", words="a value is less than any before")
def below_least(dataset: Dataset, material: Material) -> Iterator[Mutant]:
    """One number or time lies before all others by half of what they span; one text is empty where none was."""
    yield from _beyond(dataset, material, "least")


@mutation("dataset", per="column", words="a value is greater than any before")
def above_greatest(dataset: Dataset, material: Material) -> Iterator[Mutant]:
    """One number or time lies behind all others by half of what they span; one text is twice as long as any."""
    yield from _beyond(dataset, material, "greatest")


def _beyond(dataset: Dataset, material: Material, end: End) -> Iterator[Mutant]:
    for column in table_columns(dataset, material):
        if column.nothing is not None:
            continue
        made = _text(column, end) if column.is_text else _value(column, end)
        if made is not None:
            value, what = made
            yield Mutant(what, partial(_with, column, value, f"{end} value"), column.name)


def _with(column: TableColumn, value: Any, fault: str) -> FileChanges:
    import numpy as np
    import pyarrow as pa

    row = int(column.generator(fault).choice(np.flatnonzero(column.there)))
    one = pa.array([value], column.type)
    return column.written(pa.concat_arrays([column.values[:row], one, column.values[row + 1 :]]))


def _text(column: TableColumn, end: End) -> tuple[str, str] | None:
    import pyarrow.compute as pc

    lengths = pc.min_max(pc.utf8_length(column.values)).as_py()
    if end == "least":
        return ("", f"one {column.name} is empty") if lengths["min"] else None
    longest = next(text for text in column.values.drop_null().to_pylist() if len(text) == lengths["max"])
    bounds = [promise.max_length for promise in column.promised if promise.max_length is not None]
    most = max([2 * len(longest), *(bound + 1 for bound in bounds), 1])
    text = (longest or "x") * (most // (len(longest) or 1) + 1)
    return text[:most], f"one {column.name} has {most:,} characters, the longest before {lengths['max']:,}"


def _value(column: TableColumn, end: End) -> tuple[Any, str] | None:
    """Return a value beyond the end and what is said of it; None where the type has no order, or none beyond."""
    import pyarrow as pa

    seen = _span(column)
    if seen is None:
        return None
    least, greatest = seen
    bounds = [bound for promise in column.promised for bound in _bounds(promise, end) if _comparable(bound, least)]
    half = _half(greatest - least, least)
    try:
        if end == "least":
            value = min([least, *map(_like(least), bounds)]) - half
        else:
            value = max([greatest, *map(_like(least), bounds)]) + half
        pa.scalar(value, column.type)
        if pa.types.is_unsigned_integer(column.type) and value < 0:
            return None
    except (ValueError, OverflowError, ArithmeticError, TypeError):
        return None  # the type holds nothing beyond: there is no year 10000, no byte above 255
    if pa.types.is_floating(column.type) and not math.isfinite(pa.scalar(value, column.type).as_py()):
        return None
    known = least if end == "least" else greatest
    return value, f"one {column.name} is {_short(value)}, the {end} before {_short(known)}"


def _span(column: TableColumn) -> tuple[Any, Any] | None:
    """Return the least and the greatest value of this version and of the one before it, None for what has no order."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = column.type
    ordered = column.is_number or pa.types.is_timestamp(kind) or pa.types.is_date(kind)
    if not ordered or pa.types.is_float16(kind):  # of which pyarrow finds no least
        return None
    arrays = [column.values]
    before = column.material.platform.view(Datasets).before(column.dataset)
    if before is not None:
        try:
            table = column.material.table(before)
        except NotChecked:
            table = None
        if table is not None and table.schema.names.count(column.name) == 1:
            other = table.column(column.name)
            arrays += [other.combine_chunks()] if other.type == kind else []
    found = []
    for array in arrays:
        known = array.filter(pc.is_finite(array)) if pa.types.is_floating(kind) else array
        try:
            ends = pc.min_max(known.cast(pa.timestamp("us", kind.tz), safe=False) if _is_fine(kind) else known).as_py()
        except (ValueError, OverflowError, ArithmeticError):
            return None  # times that Python has no years for
        found += [value for value in ends.values() if value is not None]
    return (min(found), max(found)) if found else None


def _is_fine(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_timestamp(kind) and kind.unit == "ns")


def _half(span: Any, value: Any) -> Any:
    """Return half of what values span, of values that are all one something that is plain to see."""
    if isinstance(span, timedelta):
        return timedelta(days=max(1, span.days // 2))  # whole days: a grid of times is kept
    if isinstance(span, Decimal):
        return span / 2 if span else max(abs(value), Decimal(1))
    if isinstance(span, int):
        return (span + 1) // 2 or max(abs(value), 1)
    return span / 2 or max(abs(value), 1.0)


def _bounds(promise: Column, end: End) -> list[Any]:
    allowed = [value for value in promise.values or () if not isinstance(value, str | bool)]
    named = [promise.minimum, promise.above] if end == "least" else [promise.maximum, promise.below]
    return [bound for bound in [*named, *allowed] if bound is not None]


def _comparable(bound: Any, value: Any) -> bool:
    if isinstance(value, datetime):
        return isinstance(bound, datetime)
    if isinstance(value, date):
        return isinstance(bound, date) and not isinstance(bound, datetime)
    return isinstance(bound, int | float | Decimal) and not isinstance(bound, bool) and math.isfinite(bound)


def _like(value: Any) -> Any:
    """Return what makes a bound of a contract comparable with the values of the column."""
    if isinstance(value, datetime):
        return lambda bound: bound.replace(tzinfo=None) if value.tzinfo is None else bound
    if isinstance(value, date):
        return lambda bound: bound
    if isinstance(value, Decimal):
        return lambda bound: Decimal(str(bound))
    return math.trunc if isinstance(value, int) else float


def _short(value: Any) -> str:
    return f"{value:,.6g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)
