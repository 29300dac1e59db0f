"""The parts of a table that somebody lists: files in one or many directories, ``key=value`` among them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_mlmonitor.core.text.names import quoted
from pytest_mlmonitor.tables.source import parquet
from pytest_mlmonitor.tables.source.hive import is_partition, key_and_value, typed
from pytest_mlmonitor.tables.source.layout import Layout, Part, named, sorted_parts
from pytest_mlmonitor.tables.unreadable import Unreadable

if TYPE_CHECKING:
    from pytest_mlmonitor.tables.source.listed.table_files import TableFiles


def layout(table: TableFiles, allowed: Mapping[str, tuple[str, ...]] | None = None) -> Layout:
    """Return the listed files as parts; ``key=value`` directories below the table's are columns, unless the files have them.

    Other directories between are only places: writers that keep a day in ``2026/11/27`` mean no columns.

    Args:
        table: the files, and the directory that all of them lie in.
        allowed: by column, the types that contracts allow (see :func:`.hive.layout`).

    Raises:
        Unreadable: there are too many, or their keys differ.
    """
    stored = _stored(table.files[0]) if any("=" in file.parent.name for file in table.files) else frozenset()
    parts: list[Part] = []
    for file in table.files:
        name = file.relative_to(table).as_posix()
        keys: dict[str, str | None] = {}
        for level in name.split("/")[:-1]:
            if is_partition(level):
                keys |= key_and_value(level, keys, named(name))
        values = {key: value for key, value in keys.items() if key not in stored}
        if parts and list(values) != list(parts[0].values):
            here, there = ("/".join(each) or "no key" for each in (values, parts[0].values))
            message = (
                f"holds {named(name)} partitioned by {quoted(here)}, but {named(parts[0].name)} by {quoted(there)}"
            )
            raise Unreadable(f"{message}; expected the same keys in the same order")
        parts.append(Part(file, name, values))
    return typed(sorted_parts(parts), allowed or {})


def _stored(file: Path) -> frozenset[str]:
    """Return the columns of a part: pandas leaves the column there that it names a directory after."""
    with parquet.opened(file) as opened:
        return frozenset(opened.schema_arrow.names)
