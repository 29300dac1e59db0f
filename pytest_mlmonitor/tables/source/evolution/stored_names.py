"""Which stored column is which column of a table: by the number or the stored name that its log gives it, else by name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from pytest_mlmonitor.tables.source.evolution.widening import children, with_children

if TYPE_CHECKING:
    import pyarrow as pa

FIELD_ID = b"PARQUET:field_id"
"""Metadata of an Arrow field: its number in the parquet schema (Iceberg, Delta's column mapping ``id``)."""

STORED_NAME = b"mlmonitor:stored_name"
"""Metadata of a declared field: how parts without numbers call it, where that is not its name (Delta's column mapping), or by
which names, with NUL between them (Iceberg's name mapping)."""

NEEDS_NUMBER = b"mlmonitor:needs_number"
"""Metadata of a declared field: its name meant another column once, or another name this one."""

NOT_NULL = b"mlmonitor:not_null"
"""Metadata of a declared field: why it is not null in a part that lacks it."""


class StoredFields:
    """The stored fields of one part, or of one struct in it, by number and by name: looked up once a declared field."""

    def __init__(self, fields: Iterable[pa.Field]) -> None:
        self.names: dict[str, int] = {}
        self.numbers: dict[bytes, int] = {}
        for i, field in enumerate(fields):
            self.names.setdefault(field.name, i)
            if (number := _of(field, FIELD_ID)) is not None:
                self.numbers.setdefault(number, i)

    def place_of(self, wanted: pa.Field) -> int | None:
        """Return which field is the declared field ``wanted``, None where it is none of them.

        Numbers decide where both sides have them: after a rename the same name may mean another column.
        """
        number = _of(wanted, FIELD_ID)
        if number is not None and self.numbers:
            return self.numbers.get(number)
        return next((self.names[name] for name in stored_names(wanted) if name in self.names), None)


def stored_names(wanted: pa.Field) -> list[str]:
    """Return how parts without numbers call a declared field."""
    names = _of(wanted, STORED_NAME)
    return [wanted.name] if names is None else names.decode("utf-8").split("\0")


def needs_number(wanted: pa.Field) -> bool:
    """Return whether a part without numbers does not say which of its columns a declared field is."""
    return _of(wanted, NEEDS_NUMBER) is not None


def not_null(wanted: pa.Field) -> str | None:
    """Return why a declared field is not null in a part that lacks it, None where it is."""
    reason = _of(wanted, NOT_NULL)
    return None if reason is None else reason.decode("utf-8")


def labelled(found: Any, declared: Any) -> Any:
    """Return a stored type with the declared names inside; what a log does not declare has a name that nobody can give.

    Its layout stays: an array is viewed with it and then cast, by name.
    """
    here, there = children(found), children(declared)
    if not here or not there or (type(found) is not type(declared) and not _lists(found, declared)):
        return found
    if not _is_struct(found):
        pairs = zip(here, there, strict=False)
        return with_children(found, [a.with_type(labelled(a.type, b.type)) for a, b in pairs])
    names: dict[int, pa.Field] = {}
    stored = StoredFields(here)
    for wanted in there:
        if (at := stored.place_of(wanted)) is not None:
            names[at] = wanted
    fields = []
    for i, field in enumerate(here):
        wanted = names.get(i)
        if wanted is None:
            fields.append(field.with_name(f"\0{i}"))
        else:
            fields.append(field.with_name(wanted.name).with_type(labelled(field.type, wanted.type)))
    return with_children(found, fields)


def _lists(*types: Any) -> bool:
    import pyarrow as pa

    is_ = pa.types
    return all(is_.is_list(t) or is_.is_large_list(t) or is_.is_fixed_size_list(t) for t in types)


def _is_struct(type_: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_struct(type_))


def _of(field: pa.Field, key: bytes) -> bytes | None:
    found: bytes | None = (field.metadata or {}).get(key)
    return found
