"""What a kind of drift does to a file: a function of one row group at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Change:
    """A change of the file as a function of (table, row group, index of its first row) that takes any of its columns."""

    columns: tuple[str, ...]
    what: str
    apply: Callable[[Any, int, int], Any]
    drops_rows: bool = False
    keeps_names: bool = True


def each(changes: Mapping[str, Callable[[Any, int, int], Any]], table: Any, group: int, first: int) -> Any:
    """Return ``table`` with every column of ``changes`` that it has replaced."""
    for at, name in enumerate(table.column_names):
        if name in changes:
            column = changes[name](table.column(name).combine_chunks(), group, first)
            table = table.set_column(at, table.schema.field(at).with_nullable(True), column)
    return table


def listed(names: Sequence[str], most: int = 4) -> str:
    """Return names for a sentence, the first few of many."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
