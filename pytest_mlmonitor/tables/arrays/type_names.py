"""Arrow types as text, in which names of fields can be told from types whatever characters they have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_mlmonitor.tables.contract.types import field_name

if TYPE_CHECKING:
    import pyarrow as pa


def type_name(type_: pa.DataType) -> str:
    """Return a type as Arrow spells it, but for names that are no plain words, which are quoted, and names inside maps.

    >>> import pyarrow as pa
    >>> type_name(pa.struct([("it's: a", pa.list_(pa.int8()))]))
    "struct<`it's: a`: list<item: int8>>"
    """
    import pyarrow as pa

    if isinstance(type_, pa.MapType):
        return f"map<{type_name(type_.key_type)}, {type_name(type_.item_type)}{', keys_sorted' * type_.keys_sorted}>"
    if not pa.types.is_nested(type_) or pa.types.is_union(type_):
        return str(type_)
    kind, _, _ = str(type_).partition("<")
    fields = (type_.field(i) for i in range(type_.num_fields))
    inside = ", ".join(f"{field_name(f.name)}: {type_name(f.type)}{'' if f.nullable else ' not null'}" for f in fields)
    size = f"[{type_.list_size}]" if isinstance(type_, pa.FixedSizeListType) else ""
    return f"{kind}<{inside}>{size}"
