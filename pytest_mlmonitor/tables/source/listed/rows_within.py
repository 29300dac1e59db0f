"""The rows of a table whose event time lies in a span: chunks of a table that grows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_mlmonitor.core.text.names import quoted
from pytest_mlmonitor.tables.unreadable import Unreadable

if TYPE_CHECKING:
    import pyarrow as pa

    from pytest_mlmonitor.tables.source.listed.table_files import EventSpan


def counts_time(type_: pa.DataType) -> bool:
    """Return whether a column of a type holds times that a span can be of."""
    import pyarrow as pa

    return bool(pa.types.is_timestamp(type_) or pa.types.is_date(type_))


def microseconds(times: pa.Array) -> pa.Array:
    """Return a column of timestamps or dates as microseconds since 1970, in whole numbers."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_date32(times.type):
        times = times.cast(pa.timestamp("s"))
    elif pa.types.is_date64(times.type):
        times = times.cast(pa.timestamp("ms"))
    unit = times.type.unit
    ticks = times.cast(pa.int64())
    if unit == "ns":
        return divided(ticks, 1000)
    return pc.multiply_checked(ticks, {"s": 10**6, "ms": 10**3, "us": 1}[unit])


def divided(numbers: pa.Array, by: int) -> pa.Array:
    """Return whole numbers divided by another, rounded down, also those below 0 (before 1970)."""
    import pyarrow.compute as pc

    whole = pc.divide(numbers, by)
    rest = pc.subtract(numbers, pc.multiply(whole, by))
    return pc.subtract(whole, pc.if_else(pc.less(rest, 0), 1, 0))


def is_within(times: pa.Array, span: EventSpan) -> pa.Array:
    """Return which times lie in a span; what is null lies in none."""
    import pyarrow.compute as pc

    found = microseconds(times)
    return pc.fill_null(pc.and_(pc.greater_equal(found, span.start), pc.less(found, span.end)), False)


def groups_within(file: Any, name: str, span: EventSpan) -> list[int]:
    """Return the row groups of an open parquet file that hold a row of a span: by values, not by the footer's statistics."""
    return [
        number
        for number in range(file.num_row_groups)
        if any(
            is_within(batch.column(0), span).true_count
            for batch in file.iter_batches(row_groups=[number], columns=[name], use_threads=False)
        )
    ]


def of_schema(schema: pa.Schema, span: EventSpan) -> pa.Field:
    """Return the column of a span.

    Raises:
        Unreadable: there is none, or it holds no times.
    """
    if span.column not in schema.names:
        raise Unreadable(f"has no column {quoted(span.column)}, by which it is divided")
    field = schema.field(span.column)
    if not counts_time(field.type):
        raise Unreadable(f"is divided by {quoted(span.column)}, which is {field.type}: expected a timestamp or a date")
    return field
