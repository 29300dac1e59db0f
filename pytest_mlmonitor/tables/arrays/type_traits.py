"""What decides how columns are read: of what types they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple


class TypeTraits(NamedTuple):
    """What decides how columns are read.

    Attributes:
        fixed: whether every value takes as many bytes as any other.
        nested: whether some hold others.
        dictionaries: whether dictionaries lie inside some.
    """

    fixed: bool
    nested: bool
    dictionaries: bool


def traits_of(types: Sequence[Any]) -> TypeTraits:
    """Return the traits of columns of such types."""
    return TypeTraits(all(map(_is_fixed, types)), any(map(_is_nested, types)), any(map(holds_dictionary, types)))


def _is_fixed(type_: Any) -> bool:
    try:
        return bool(type_.bit_width) and not str(type_).startswith("dictionary<")
    except ValueError:  # texts, bytes, lists, structs
        return False


def _is_nested(type_: Any) -> bool:
    return bool(type_.num_fields) or str(type_).startswith("extension<")


def holds_dictionary(type_: Any) -> bool:
    """Return whether dictionaries lie inside objects or lists of a type: Arrow does not bring two such arrays together."""
    import pyarrow as pa

    if not pa.types.is_nested(type_):
        return False
    fields = (type_.field(i).type for i in range(type_.num_fields))
    return any(pa.types.is_dictionary(one) or holds_dictionary(one) for one in fields)
