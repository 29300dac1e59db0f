"""Whether the parts of a table agree: with one another exactly, with what a log declares in kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pytest_mlmonitor.core.text.names import quoted
from pytest_mlmonitor.tables.source.layout import named
from pytest_mlmonitor.tables.unreadable import Unreadable

if TYPE_CHECKING:
    import pyarrow as pa

_FIELD_ID = b"PARQUET:field_id"


def table_schema(
    first: pa.Schema, name: str, partitions: Mapping[str, pa.DataType], declared: pa.Schema | None
) -> pa.Schema:
    """Return the schema of a table.

    Types are those of the parts (a log's ``timestamp`` says nothing of units), order is the log's, and without a log
    partition columns come last.

    Args:
        first: the schema of the first part.
        name: that part's name.
        partitions: columns that stand in no part.
        declared: what a log declares, with the partition columns.

    Raises:
        Unreadable: a column stands in the part twice or as a partition too, or the part is not what the log declares.
    """
    import pyarrow as pa

    for column, times in Counter(first.names).items():
        if times > 1:
            raise Unreadable(f"holds {named(name)}, which has column {quoted(column)} more than once")
        if column in partitions:
            raise Unreadable(f"has column {quoted(column)} both as a partition and in {named(name)}")
    found = pa.schema([*(pa.field(f.name, f.type) for f in first), *(pa.field(n, t) for n, t in partitions.items())])
    if declared is None:
        return found
    for wanted in declared:
        if wanted.name not in found.names:
            raise Unreadable(
                f"holds {named(name)}, which lacks column {quoted(wanted.name)} that the table's log declares"
            )
        have = found.field(wanted.name).type
        if _kind(have) != _kind(wanted.type):
            message = f"holds {named(name)}, whose column {quoted(wanted.name)} is {have}"
            raise Unreadable(f"{message}; the table's log declares {wanted.type}")
        if wanted.name in first.names:
            _same_ids(first.field(wanted.name), wanted, name, wanted.name)
    for column in found.names:
        if column not in declared.names:
            raise Unreadable(f"holds {named(name)}, whose column {quoted(column)} the table's log does not declare")
    return pa.schema([found.field(n) for n in declared.names])


def agree(schema: pa.Schema, name: str, first: pa.Schema, first_name: str) -> None:
    """Do nothing if a part has the columns of the first one, in whatever order.

    Raises:
        Unreadable: it lacks a column, has another one, or one of another type.
    """
    for field in first:
        if field.name not in schema.names:
            message = f"holds {named(name)}, which lacks column {quoted(field.name)} of {named(first_name)}"
            raise Unreadable(f"{message}; expected the same columns in every part")
    for column, times in Counter(schema.names).items():
        if column not in first.names:
            message = f"holds {named(name)}, whose column {quoted(column)} is not in {named(first_name)}"
            raise Unreadable(f"{message}; expected the same columns in every part")
        if times > 1:
            raise Unreadable(f"holds {named(name)}, which has column {quoted(column)} more than once")
        have, wanted = schema.field(column), first.field(column)
        if have.type != wanted.type:
            message = f"holds {named(name)}, whose column {quoted(column)} is {have.type}, but {wanted.type}"
            raise Unreadable(f"{message} in {named(first_name)}; expected the same types in every part")
        _same_ids(have, wanted, name, column)


def _same_ids(have: pa.Field, wanted: pa.Field, name: str, column: str) -> None:
    """Iceberg columns are known by number: after a rename the same name may mean another column."""
    stored, declared = ((field.metadata or {}).get(_FIELD_ID) for field in (have, wanted))
    if stored is not None and declared is not None and stored != declared:
        message = f"holds {named(name)}, whose column {quoted(column)} has the field id {quoted(stored.decode())}"
        raise Unreadable(f"{message}, not {quoted(declared.decode())}: columns were renamed, which is not read")
    for one, other in zip(_children(have.type), _children(wanted.type), strict=False):
        _same_ids(one, other, name, f"{column}.{one.name}")


def _children(type_: Any) -> list[pa.Field]:
    import pyarrow as pa

    if pa.types.is_map(type_):
        return [type_.key_field, type_.item_field]
    if pa.types.is_list(type_) or pa.types.is_large_list(type_):
        return [type_.value_field]
    return [type_.field(i) for i in range(type_.num_fields)] if pa.types.is_struct(type_) else []


def _kind(type_: Any) -> Any:
    """Return a type less what logs cannot say: units and zones of timestamps, offset widths, dictionaries."""
    import pyarrow as pa

    is_ = pa.types
    if isinstance(type_, pa.BaseExtensionType):
        return _kind(type_.storage_type)
    if is_.is_dictionary(type_):
        return _kind(type_.value_type)
    if is_.is_timestamp(type_):
        return pa.timestamp("us")
    if is_.is_large_string(type_) or is_.is_string_view(type_):
        return pa.string()
    if is_.is_large_binary(type_) or is_.is_binary_view(type_) or is_.is_fixed_size_binary(type_):
        return pa.binary()
    if is_.is_map(type_):
        return pa.map_(_kind(type_.key_type), _kind(type_.item_type))
    if is_.is_list(type_) or is_.is_large_list(type_):
        return pa.list_(_kind(type_.value_type))
    if is_.is_struct(type_):
        return pa.struct([pa.field(f.name, _kind(f.type)) for f in _children(type_)])
    return type_
