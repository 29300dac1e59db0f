"""What the footers of all parts of a table say."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pytest_mlmonitor.tables.source import int96, parquet
from pytest_mlmonitor.tables.source.data_file import Footprint, Looked, look
from pytest_mlmonitor.tables.source.evolution.merged import Parts
from pytest_mlmonitor.tables.source.held.file_stamps import file_stamp
from pytest_mlmonitor.tables.source.held.held_files import HELD
from pytest_mlmonitor.tables.source.layout import Layout, Part, named
from pytest_mlmonitor.tables.unreadable import Unreadable


@dataclass(frozen=True)
class PartFooters:
    """What a look at the footers of all parts found; nothing else is kept of every part: there may be a hundred thousand."""

    schemas: Parts
    groups: list[tuple[int, ...]]
    metadata: dict[bytes, bytes]
    footprint: Footprint


def look_at_parts(parts: Layout, unit: int96.TimeUnit | None) -> PartFooters:
    """Look at the footer of every part.

    Raises:
        Unreadable: one is damaged, or is not what a log says of it.
    """
    schemas = Parts(parts)
    groups: list[tuple[int, ...]] = []
    metadata: dict[bytes, bytes] | None = None
    footprint = Footprint()
    for part in parts.parts:
        found = _look(part, unit)
        schemas.add(found.schema, part.name)
        if part.rows is not None and part.rows != found.head.rows:
            raise Unreadable(f"holds {named(part.name)} with {found.head.rows:,} rows; its log says {part.rows:,}")
        if part.deleted is not None and part.deleted.rows != found.head.rows:
            raise Unreadable(f"holds {named(part.name)}, which was replaced while the table was read")
        said = found.head.metadata
        metadata = {k: v for k, v in (said if metadata is None else metadata).items() if said.get(k) == v}
        groups.append(found.groups)
        footprint = footprint.or_more(found.footprint)
    return PartFooters(schemas, groups, metadata or {}, footprint)


def _look(part: Part, unit: int96.TimeUnit | None) -> Looked:
    """Return what the footer of a part says; those of a directory are asked for by its head, and again by its scan."""
    stamp = file_stamp(part.path)
    known = HELD.find(stamp, unit)
    if known is not None and (part.size is None or stamp is None or part.size == stamp.size):
        return known
    with opened_part(part, unit) as file:
        found = look(file)
    HELD.note(stamp, found, unit)
    return found


def time_unit(parts: Layout, *, of_all: bool = False) -> int96.TimeUnit | None:
    """Return the unit that holds the INT96 timestamps of all parts; None where the first part has none, unless ``of_all``."""
    unit: int96.TimeUnit | None = None
    for part in parts.parts:
        with opened_part(part) as file:
            names, schema = int96.columns_of(file), file.schema_arrow
            if names:
                unit = int96.coarser(unit or "ns", schema.types[schema.names.index(names[0])].unit)
            elif not of_all:
                return unit
    return unit


@contextmanager
def opened_part(part: Part, unit: int96.TimeUnit | None = None) -> Iterator[Any]:
    """Open one part as a ``pyarrow.parquet.ParquetFile``; what is wrong with it is said of it by name."""
    try:
        with parquet.opened(part.path, unit) as file:
            if part.size is not None and part.size != os.stat(part.path).st_size:
                raise Unreadable(f"has {os.stat(part.path).st_size:,} bytes; its log says {part.size:,}")
            yield file
    except Unreadable as error:
        raise Unreadable(f"holds {named(part.name)}, which {error}") from None
