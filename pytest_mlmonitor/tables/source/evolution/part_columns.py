"""One column of a table out of a batch of a part whose schema may be another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_mlmonitor.core.text.names import quoted
from pytest_mlmonitor.tables.source.evolution.merged import PartReading
from pytest_mlmonitor.tables.unreadable import Unreadable

if TYPE_CHECKING:
    import pyarrow as pa


def column_of(batch: pa.RecordBatch, field: pa.Field, reading: PartReading) -> pa.Array:
    """Return the column ``field`` of the table: as it is stored where it is stored so.

    Raises:
        Unreadable: a value has no place in the table's type (nanoseconds do not reach the year 9999).
    """
    import pyarrow as pa

    stored = reading.stored.get(field.name)
    if stored is None:
        return _nulls(batch.num_rows, field.type)
    array, label = batch.column(stored), reading.labels.get(field.name)
    if label is None and array.type == field.type:
        return array
    try:
        return (array if label is None else array.view(label)).cast(field.type)
    except pa.ArrowInvalid:
        message = f"has the column {quoted(stored)} of type {array.type}, with a value that"
        raise Unreadable(f"{message} {field.type}, the type in the table, does not hold") from None
    except pa.ArrowNotImplementedError:
        message = f"has the column {quoted(stored)} of type {array.type}"
        raise Unreadable(f"{message}, which is not read as {field.type}, the type in the table") from None


def _nulls(rows: int, type_: pa.DataType) -> pa.Array:
    import pyarrow as pa

    if isinstance(type_, pa.BaseExtensionType):
        return pa.ExtensionArray.from_storage(type_, _nulls(rows, type_.storage_type))
    return pa.nulls(rows, type_)
