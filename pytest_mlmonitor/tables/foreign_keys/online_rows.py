"""The rows that serving reads, looked up in the table that they were taken from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_mlmonitor.tables.source.source import source

if TYPE_CHECKING:
    import pyarrow as pa

_OWN, _THEIRS = "__own", "__theirs"
_SHOWN = 60


@dataclass(frozen=True)
class OnlineRows:
    """How two tables of one feature view differ.

    Attributes:
        rows: of the online table.
        offline_rows: of the offline table.
        lacking: columns that only the offline table has.
        more: columns that only the online table has.
        types: (column, online type, offline type) of those whose types differ.
        repeated: keys that the online table has more than once, and the first of them.
        unknown: online rows whose key the offline table lacks, and the first key.
        differing: by column, rows of which both have the key and not the value: how many, the first key, both values.
        absent: entities that only the offline table has, and the first of them.
        behind: entities of which the newest row is not online: how many, the first, its newest time there and here.
    """

    rows: int
    offline_rows: int
    lacking: tuple[str, ...] = ()
    more: tuple[str, ...] = ()
    types: tuple[tuple[str, str, str], ...] = ()
    repeated: tuple[int, str] = (0, "")
    unknown: tuple[int, str] = (0, "")
    differing: tuple[tuple[str, int, str, str, str], ...] = ()
    absent: tuple[int, str] = (0, "")
    behind: tuple[int, str, str, str] = (0, "", "", "")


def compare_online(online: Path, offline: Path, entity: Sequence[str], event_ts: str | None) -> OnlineRows:
    """Compare the online table of a feature view with its offline table.

    Args:
        online: what serving reads: a copy of the offline table, or the newest row of each entity.
        offline: what it was taken from.
        entity: the columns that say what a row is about; without any only columns and counts are compared.
        event_ts: the column that says when a row was true, None for tables with one row an entity.

    Raises:
        Unreadable: one of them is not sound.
    """
    own, theirs = _read(online), _read(offline)
    types = {name: str(theirs.schema.field(name).type) for name in theirs.column_names}
    both = [name for name in own.column_names if name in types]
    found: dict[str, Any] = {
        "rows": own.num_rows,
        "offline_rows": theirs.num_rows,
        "lacking": tuple(name for name in types if name not in own.column_names),
        "more": tuple(name for name in own.column_names if name not in types),
        "types": tuple(
            (name, str(own.schema.field(name).type), types[name])
            for name in both
            if str(own.schema.field(name).type) != types[name]
        ),
    }
    keys = [*entity, *([event_ts] if event_ts is not None else [])]
    odd = {name for name, _, _ in found["types"]}
    if entity and not odd.intersection(keys) and set(keys) <= set(both):
        found |= _by_key(own, theirs, keys, [name for name in both if name not in {*keys, *odd}])
        found |= _by_entity(own, theirs, list(entity), event_ts)
    return OnlineRows(**found)


def _read(path: Path) -> pa.Table:
    import pyarrow as pa

    with source(path) as table:
        return pa.Table.from_batches(table.batches(), table.schema)


def _by_key(own: pa.Table, theirs: pa.Table, keys: list[str], values: list[str]) -> dict[str, Any]:
    import pyarrow.compute as pc

    counted = own.select(keys).group_by(keys).aggregate([([], "count_all")])
    twice = counted.filter(pc.greater(counted["count_all"], 1))
    joined = _indexed(own.select(keys), _OWN).join(_first_of(theirs, keys), keys, join_type="left outer")
    unknown = joined.filter(pc.is_null(joined[_THEIRS]))
    known = joined.filter(pc.is_valid(joined[_THEIRS])).sort_by(_OWN)
    left, right = own.take(known[_OWN]), theirs.take(known[_THEIRS])
    differing = []
    for name in values:
        unlike = _unlike(left[name].combine_chunks(), right[name].combine_chunks())
        number = pc.sum(unlike).as_py() or 0
        if number:
            first = pc.index(unlike, True).as_py()
            key = _key(left, keys, first)
            differing.append((name, number, key, _text(left[name][first].as_py()), _text(right[name][first].as_py())))
    return {
        "repeated": (twice.num_rows, _key(twice, keys, 0) if twice.num_rows else ""),
        "unknown": (unknown.num_rows, _key(unknown, keys, 0) if unknown.num_rows else ""),
        "differing": tuple(differing),
    }


def _by_entity(own: pa.Table, theirs: pa.Table, entity: list[str], event_ts: str | None) -> dict[str, Any]:
    import pyarrow.compute as pc

    if event_ts is None:
        here, there = (one.select(entity).group_by(entity).aggregate([]) for one in (own, theirs))
        absent = there.join(here, entity, join_type="left anti")
        return {"absent": (absent.num_rows, _key(absent, entity, 0) if absent.num_rows else "")}
    last = f"{event_ts}_max"
    here, there = (one.group_by(entity).aggregate([(event_ts, "max")]) for one in (own, theirs))
    absent = there.join(here.select(entity), entity, join_type="left anti")
    both = there.join(here.rename_columns([*entity, _OWN]), entity, join_type="inner").select([*entity, last, _OWN])
    behind = both.filter(pc.less(both[_OWN], both[last]))
    first = (
        (_key(behind, entity, 0), _text(behind[_OWN][0].as_py()), _text(behind[last][0].as_py()))
        if behind.num_rows
        else ("", "", "")
    )
    return {
        "absent": (absent.num_rows, _key(absent, entity, 0) if absent.num_rows else ""),
        "behind": (behind.num_rows, *first),
    }


def _indexed(table: pa.Table, name: str) -> pa.Table:
    import pyarrow as pa

    return table.append_column(name, pa.array(range(table.num_rows), pa.int64()))


def _first_of(table: pa.Table, keys: list[str]) -> pa.Table:
    """Return where each key stands first."""
    found = _indexed(table.select(keys), _THEIRS).group_by(keys).aggregate([(_THEIRS, "min")])
    return found.rename_columns([_THEIRS if name == f"{_THEIRS}_min" else name for name in found.column_names])


def _unlike(left: pa.Array, right: pa.Array) -> pa.Array:
    """Return where values differ: null is like null, NaN like NaN."""
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        unlike = pc.fill_null(pc.not_equal(left, right), False)
    except pa.ArrowNotImplementedError:  # lists and structs
        return pa.array([a != b for a, b in zip(left.to_pylist(), right.to_pylist(), strict=True)], pa.bool_())
    if pa.types.is_floating(left.type):
        nans = pc.and_(pc.fill_null(pc.is_nan(left), False), pc.fill_null(pc.is_nan(right), False))
        unlike = pc.and_(unlike, pc.invert(nans))
    return pc.or_(unlike, pc.xor(pc.is_null(left), pc.is_null(right)))


def _key(table: pa.Table, keys: Sequence[str], row: int) -> str:
    return ", ".join(f"{name} = {_text(table[name][row].as_py())}" for name in keys)


def _text(value: object) -> str:
    text = str(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
