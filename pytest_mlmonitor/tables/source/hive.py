"""Directories without a log: part files side by side, or in ``key=value`` directories (Hive, Spark, DuckDB, Dask)."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import unquote

from pytest_mlmonitor.core.files.document_names import is_contract, is_sidecar
from pytest_mlmonitor.core.text.names import quoted
from pytest_mlmonitor.tables.source.layout import MAX_ENTRIES, Layout, Part, named, sorted_parts
from pytest_mlmonitor.tables.source.partitions import PartitionColumn, partition_column
from pytest_mlmonitor.tables.unreadable import Unreadable

NULL = "__HIVE_DEFAULT_PARTITION__"
MAX_DEPTH = 16
SUFFIXES = (".parquet", ".parq", ".pq")

_OTHER_LOGS = {
    ".hoodie": "is a Hudi table, which is not read",
    "_spark_metadata": "has a log of Spark's structured streaming (_spark_metadata), which is not read",
    "_temporary": "holds _temporary: a write to it has not finished",
}
"""What says that not every file below is part of the table."""


def layout(directory: Path, allowed: Mapping[str, tuple[str, ...]] | None = None) -> Layout:
    """Return the parts below ``directory``; every file there must be one.

    Partition columns have a type that a contract allows, where all their values do. Else they are ``int64`` when every value
    is an integer as Python writes it (``7``; not ``07``, which may be an id), else ``string``; ``__HIVE_DEFAULT_PARTITION__`` is
    null, ``%XX`` is decoded. Names that start with ``_`` or ``.`` are not read, nor are dataset sidecars and contracts.

    Args:
        directory: absolute.
        allowed: by column, the types that contracts allow.

    Raises:
        Unreadable: links, other files, partition keys that differ from part to part, or no part at all.
    """
    parts: list[Part] = []
    for path, keys in _parts(directory):
        name = path.relative_to(directory).as_posix()
        if parts and list(keys) != list(parts[0].values):
            here, there = ("/".join(k) or "no key" for k in (keys, parts[0].values))
            message = (
                f"holds {named(name)} partitioned by {quoted(here)}, but {named(parts[0].name)} by {quoted(there)}"
            )
            raise Unreadable(f"{message}; expected the same keys in the same order")
        parts.append(Part(path, name, keys))
    if not parts:
        raise Unreadable("holds no parquet file")
    return typed(sorted_parts(parts), allowed or {})


def typed(parts: tuple[Part, ...], allowed: Mapping[str, tuple[str, ...]]) -> Layout:
    """Return a layout whose partition values, texts in ``parts``, have types."""
    columns: dict[str, PartitionColumn] = {}
    for key in parts[0].values:
        texts = {str(part.values[key]) for part in parts if part.values[key] is not None}
        columns[key] = partition_column(texts, allowed.get(key, ()))
    return Layout(
        tuple(
            Part(
                part.path,
                part.name,
                {k: None if v is None else columns[k].values[str(v)] for k, v in part.values.items()},
            )
            for part in parts
        ),
        {key: column.type for key, column in columns.items()},
        strays={key: column.stray for key, column in columns.items() if column.stray is not None},
    )


def is_partition(name: str) -> bool:
    """Return whether a directory's name is ``key=value``."""
    return name.find("=") > 0 and not name.startswith(".")


def _parts(directory: Path) -> Iterator[tuple[Path, Mapping[str, str | None]]]:
    """Yield every part below ``directory`` with its partition values."""
    stack: list[tuple[Path, dict[str, str | None]]] = [(directory, {})]
    seen = 0
    while stack:
        here, values = stack.pop()
        entries = _entries(here)
        seen += len(entries)
        if seen > MAX_ENTRIES:
            raise Unreadable(f"holds more than {MAX_ENTRIES:,} files")
        for entry in entries:
            path = here / entry.name
            if entry.name in _OTHER_LOGS:
                raise Unreadable(_OTHER_LOGS[entry.name])
            if _hidden(entry.name) or is_sidecar(entry.name) or is_contract(entry.name):
                continue
            if entry.is_symlink():
                raise Unreadable(f"holds {_named(path, directory)}, which is a link; links are not followed")
            if entry.is_file(follow_symlinks=False) and entry.name.endswith(SUFFIXES):
                yield path, values
            elif entry.name.endswith(SUFFIXES) and not entry.is_dir(follow_symlinks=False):
                raise Unreadable(f"holds {_named(path, directory)}, which is not a regular file")
            elif not entry.is_dir(follow_symlinks=False):
                raise Unreadable(f"holds {_named(path, directory)}; expected parquet files (*.parquet) only")
            elif not is_partition(entry.name):
                raise Unreadable(f"holds the directory {_named(path, directory)}; expected partitions (key=value) only")
            elif len(values) == MAX_DEPTH:
                raise Unreadable(f"is partitioned by more than {MAX_DEPTH} keys")
            else:
                stack.append((path, values | key_and_value(entry.name, values, _named(path, directory))))


def _named(path: Path, directory: Path) -> str:
    return named(path.relative_to(directory).as_posix())


def _entries(directory: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(directory) as entries:
            return list(entries)
    except OSError as error:
        raise Unreadable(f"holds {quoted(directory.name)}, which cannot be listed ({error.strerror})") from None


def _hidden(name: str) -> bool:
    """Return what Spark and Hive leave out: checksums, markers, summaries; a partition key may start with ``_``."""
    return name.startswith(".") or (name.startswith("_") and not is_partition(name))


def key_and_value(name: str, known: Mapping[str, object], shown: str) -> dict[str, str | None]:
    """Return the key and the value of a partition directory, decoded.

    Args:
        name: of the directory.
        known: keys of the directories above it.
        shown: it, for a message.

    Raises:
        Unreadable: it is no UTF-8, or its key is known already.
    """
    key, _, value = name.partition("=")
    try:
        name.encode("utf-8")  # a name that is no UTF-8 has surrogates
        key, value = unquote(key, errors="strict"), unquote(value, errors="strict")
    except UnicodeError:
        raise Unreadable(f"holds the partition {shown}, which is not UTF-8") from None
    if key in known:
        raise Unreadable(f"holds the partition {shown}, whose key stands in the path above it as well")
    return {key: None if value == NULL else value}
