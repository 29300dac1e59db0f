"""What a directory says of its table: which parts there are, in which order, and what their paths or a log add to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_mlmonitor.core.text.names import quoted
from pytest_mlmonitor.tables.unreadable import Unreadable

if TYPE_CHECKING:
    import pyarrow as pa

    from pytest_mlmonitor.tables.source.deleted.deleted_rows import DeletedRows

MAX_FILES = 100_000
"""A table of more parts is refused; every one of them is opened twice."""

MAX_ENTRIES = 10 * MAX_FILES
"""Files and directories looked at in one table directory: parts, checksums, old versions."""

MAX_LOG_BYTES = 1024**3
"""A log, or one file of table metadata, that is larger is refused."""


@dataclass(frozen=True)
class Part:
    """One parquet file of a table.

    Attributes:
        path: absolute, no link.
        name: as seen from the table's directory.
        values: value of every partition column; None is null.
        rows: number of rows stored that a log claims, deleted ones too, None without a claim.
        size: number of bytes that a log claims, None without a claim.
        deleted: which of its rows are no rows of the table; None where all are.
        partition: ``key=value`` of its partition where they are no columns of their own (Iceberg's transforms).
    """

    path: Path
    name: str
    values: Mapping[str, object] = field(default_factory=dict)
    rows: int | None = None
    size: int | None = None
    deleted: DeletedRows | None = None
    partition: tuple[str, ...] = ()


@dataclass(frozen=True)
class Layout:
    """A table's parts.

    Attributes:
        parts: sorted by name; at least one, unless a log declares the columns of a table without rows.
        partitions: name and Arrow type of the columns that stand in no part.
        declared: the schema that a log declares, with partition columns, in its order; None without a log. Its fields say in
            their metadata how parts know them (:mod:`.evolution.stored_names`).
        strays: of partition columns that have no type of the contract, a value that has none.
    """

    parts: tuple[Part, ...]
    partitions: Mapping[str, pa.DataType] = field(default_factory=dict)
    declared: pa.Schema | None = None
    strays: Mapping[str, str] = field(default_factory=dict)


def named(name: str) -> str:
    """Return the name of a part for a message; they are long: keys, values and a UUID."""
    return quoted(name, 200)


def sorted_parts(parts: list[Part]) -> tuple[Part, ...]:
    """Return the parts in the order in which they are read: by name.

    Raises:
        Unreadable: there are too many, or one is listed twice.
    """
    if len(parts) > MAX_FILES:
        raise Unreadable(f"consists of {len(parts):,} parquet files; at most {MAX_FILES:,} are read as one table")
    parts = sorted(parts, key=lambda part: part.name)
    for one, next_ in pairwise(parts):
        if one.name == next_.name:
            raise Unreadable(f"lists {named(one.name)} twice")
    return tuple(parts)


def inside(directory: Path, name: str) -> Path:
    """Return the file that a log names, after percent-decoding and without its scheme, if that is what it may name.

    Args:
        directory: the table's directory, resolved.
        name: data: relative, ``/`` between its parts.

    Raises:
        Unreadable: it leads out of ``directory``, directly or through a link.
    """
    path = directory.joinpath(*name.split("/"))
    steps = name.split("/")
    if "\0" in name or any(step in ("", ".", "..") for step in steps):
        raise Unreadable(f"names the file {named(name)}; expected a relative path inside the table's directory")
    try:
        resolved = path.resolve()
    except (OSError, RuntimeError, UnicodeError):
        raise Unreadable(f"names the file {named(name)}, which cannot be resolved") from None
    if resolved != path:
        raise Unreadable(f"names the file {named(name)}, which is reached through a link; links are not followed")
    return path
