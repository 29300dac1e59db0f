"""What the guarded reader tells of a table so that another engine can read it: its parts, and how they are the table.

The other engine reads rows and nothing else: which files there are, what their columns are called and of what type they are, which
rows are deleted and what partition columns hold is said here, by what reads footers and logs with guards.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_mlmonitor.tables.arrays.type_names import type_name
from pytest_mlmonitor.tables.profile import ParquetHead
from pytest_mlmonitor.tables.source import int96
from pytest_mlmonitor.tables.source.held.part_footers import look_at_parts, opened_part, time_unit
from pytest_mlmonitor.tables.source.layout import Layout
from pytest_mlmonitor.tables.source.listed.table_files import EventSpan, some_of
from pytest_mlmonitor.tables.source.partitions import newest_parts
from pytest_mlmonitor.tables.source.source import layout, source
from pytest_mlmonitor.tables.unreadable import NoNewest

_MILLISECONDS_A_DAY = 86_400_000


@dataclass(frozen=True)
class ToldPart:
    """One file.

    Attributes:
        path: absolute.
        rows: that are stored in it.
        schema: position of its schema.
        values: of the partition columns, in their order: times as ticks of their type, dates as days.
        deleted: a bit for each of its rows, the lowest of a byte first, 1 where the row is none of the table; None for none.
        gone: how many those are.
    """

    path: str
    rows: int
    schema: int
    values: tuple[Any, ...] = ()
    deleted: bytes | None = None
    gone: int = 0


@dataclass(frozen=True)
class ToldSchema:
    """How the columns of the table are stored in some parts.

    Attributes:
        columns: by column of the table, its name and Arrow type there; None for one that is not there.
        int96: names of those stored as timestamps of 96 bits.
        labels: names of those inside which fields have other names than the table's.
    """

    columns: tuple[tuple[str, str] | None, ...]
    int96: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class ToldTable:
    """A table for another engine.

    Attributes:
        head: what its footers say.
        parts: in the order in which their rows are counted.
        schemas: those of the parts.
        partitions: positions of the partition columns among the table's.
        newest: positions of the parts of the newest partition; why there is none.
        span: the rows that are meant, None for all.
    """

    head: ParquetHead
    parts: tuple[ToldPart, ...]
    schemas: tuple[ToldSchema, ...]
    partitions: tuple[int, ...] = ()
    newest: tuple[int, ...] | str = ()
    span: EventSpan | None = None


def told_parts(path: Path, allowed: Mapping[str, tuple[str, ...]] | None = None) -> ToldTable:
    """Return the parts of the table ``path`` (see :func:`.source.source`).

    Raises:
        Unreadable: it is no sound table.
    """
    with source(path, allowed) as table:
        head = table.head
    if len(set(head.names)) != len(head.names):  # which no other engine reads
        return ToldTable(head, (), ())
    parts = layout(path, allowed)
    unit = time_unit(parts)
    looked = look_at_parts(parts, unit)
    if looked.schemas.differ and (every := time_unit(parts, of_all=True)) != unit:
        unit = every
        looked = look_at_parts(parts, unit)
    schema, readings, _ = looked.schemas.merged()
    names = tuple(schema.names)
    known = [name for name in names if name in parts.partitions]
    stored = looked.schemas.stored
    some = some_of(path)
    schemas = []
    for place, reading in enumerate(readings):
        types = {field.name: type_name(field.type) for field in stored[place]}
        columns = tuple(
            (reading.stored[name], types[reading.stored[name]]) if name in reading.stored else None for name in names
        )
        old = _int96(parts, looked.schemas.places.index(place)) if unit is not None else ()
        schemas.append(ToldSchema(columns, tuple(old), tuple(reading.labels)))
    values = _values(parts, known)
    told = tuple(
        ToldPart(
            str(part.path),
            sum(looked.groups[i]),
            looked.schemas.places[i],
            values[i],
            None if part.deleted is None else part.deleted.bits(),
            0 if part.deleted is None else part.deleted.count,
        )
        for i, part in enumerate(parts.parts)
    )
    newest: tuple[int, ...] | str
    try:
        newest = (
            "is a chunk of a table: there is no newest partition" if some and some.span else tuple(newest_parts(parts))
        )
    except NoNewest as error:
        newest = error.reason
    return ToldTable(head, told, tuple(schemas), tuple(map(names.index, known)), newest, some.span if some else None)


def _int96(parts: Layout, first: int) -> list[str]:
    with opened_part(parts.parts[first]) as file:
        return int96.columns_of(file)


def _values(parts: Layout, known: list[str]) -> list[tuple[Any, ...]]:
    """Return the values of the partition columns of every part, as the other engine holds them."""
    import pyarrow as pa

    from pytest_mlmonitor.tables.arrays.normal import normal

    columns = []
    for name in known:
        type_ = parts.partitions[name]
        array = pa.array([part.values[name] for part in parts.parts], type_)
        ticks = pa.types.is_temporal(type_)
        values = (normal(array) if ticks else array).to_pylist()
        if pa.types.is_date64(type_):
            values = [None if value is None else value // _MILLISECONDS_A_DAY for value in values]
        columns.append(values)
    return list(zip(*columns, strict=True)) if columns else [()] * len(parts.parts)
