"""Comparing two tables row by row on a key: which keys are unknown, and where a value differs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_mlmonitor.tables.families import TICKS
from pytest_mlmonitor.tables.profile import KeyJoin
from pytest_mlmonitor.tables.source.parquet import to_python
from pytest_mlmonitor.tables.source.source import source
from pytest_mlmonitor.tables.unreadable import Unreadable

if TYPE_CHECKING:
    import pyarrow as pa

SAMPLE_ROWS = 5


def join_on_key(left: Path, right: Path, key: tuple[str, str], left_value: str, right_value: str) -> KeyJoin:
    """Look every row of ``left`` up in ``right``.

    Args:
        left: the file judged.
        right: the file it refers to; one row per key.
        key: a text column and a timestamp column that both files have.
        left_value: an integer column of ``left`` …
        right_value: … that must agree with this one of ``right``.

    Raises:
        Unreadable: a file is no sound parquet file or lacks a column.
    """
    import pyarrow.compute as pc

    mine = _columns(left, key, left_value, "mine")
    theirs = _columns(right, key, right_value, "theirs")
    finest = max((t[key[1]].type for t in (mine, theirs)), key=lambda type_: TICKS[type_.unit])
    mine, theirs = (_with_unit(t, key[1], finest) for t in (mine, theirs))
    # The partner's existence is a column of its own: its value may be null.
    theirs = theirs.group_by(list(key), use_threads=False).aggregate([("theirs", "min"), ([], "count_all")])
    joined = mine.join(theirs, keys=list(key), join_type="left outer", use_threads=False)
    unknown = joined.filter(pc.is_null(joined["count_all"]))
    both = joined.filter(pc.is_valid(joined["count_all"]))
    differing = both.filter(pc.not_equal(both["mine"], both["theirs_min"]))
    order = [(name, "ascending") for name in key]
    return KeyJoin(
        unknown.num_rows,
        _sample(unknown.select(list(key)).sort_by(order)),
        differing.num_rows,
        _sample(differing.select([*key, "mine", "theirs_min"]).sort_by(order)),
    )


def _with_unit(table: pa.Table, name: str, type_: pa.DataType) -> pa.Table:
    import pyarrow as pa

    try:
        return table.set_column(table.column_names.index(name), name, table[name].cast(type_))
    except pa.ArrowException as error:
        raise Unreadable(f"holds a {name} that cannot be compared ({error})") from None


def _sample(table: pa.Table) -> list[dict[str, Any]]:
    rows = range(min(SAMPLE_ROWS, table.num_rows))
    return [{name: to_python(table[name][i]) for name in table.column_names} for i in rows]


def _columns(path: Path, key: tuple[str, str], value: str, name: str) -> pa.Table:
    import pyarrow as pa

    with source(path) as opened:
        names = opened.schema.names
        twice = [column for column in (*key, value) if names.count(column) > 1]
        if twice:
            raise Unreadable(f"has column {', '.join(twice)} more than once")
        missing = [column for column in (*key, value) if column not in names]
        if missing:
            raise Unreadable(f"has no column {', '.join(missing)}")
        wanted = list(dict.fromkeys((*key, value)))
        schema = pa.schema([opened.schema.field(column) for column in wanted])
        table = pa.Table.from_batches(opened.batches(wanted), schema)
        try:
            return pa.table(
                {
                    key[0]: table[key[0]].cast(pa.large_string()),
                    key[1]: table[key[1]].cast(pa.timestamp(table[key[1]].type.unit)),
                    name: table[value].cast(pa.int64()),
                }
            )
        except (pa.ArrowException, AttributeError) as error:
            raise Unreadable(f"has columns of other types ({error})") from None
