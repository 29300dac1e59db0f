"""Keys that are in none of the tables referred to, against plain Python sets."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings

from pytest_mlmonitor.tables.foreign_keys import missing_keys as module
from pytest_mlmonitor.tables.foreign_keys.key_answers import AbsentColumn, KeyColumns, MissingKeys, UnlikeTypes
from pytest_mlmonitor.tables.foreign_keys.missing_keys import missing_keys
from pytest_mlmonitor.tables.profile import REDACTED
from pytest_mlmonitor.tables.reader.isolated import IsolatedReader
from pytest_mlmonitor.tables.unreadable import Unreadable
from tests.tables import hive


def keyed(*names: str | tuple[str, ...], zone: str | None = None, nan_null: bool = False) -> KeyColumns:
    columns = tuple((name,) if isinstance(name, str) else name for name in names)
    return KeyColumns(columns, (zone,) * len(columns), (nan_null,) * len(columns))


def written(path: Path, columns: dict[str, pa.Array]) -> Path:
    pq.write_table(pa.table(columns), path)
    return path


def asked(tmp_path: Path, child: dict[str, pa.Array], *parents: dict[str, pa.Array], **options: Any) -> MissingKeys:
    """Ask for the keys of ``child``, all columns, in ``parents``, all columns."""
    paths = tuple(written(tmp_path / f"parent{i}.parquet", parent) for i, parent in enumerate(parents))
    others = [keyed(*parent, **options) for parent in parents]
    return missing_keys(written(tmp_path / "child.parquet", child), keyed(*child, **options), paths, others)


def values(found: MissingKeys) -> list[tuple[Any, ...]]:
    return [one.values for one in found.sample]


# Against sets.

Column = tuple[pa.DataType, st.SearchStrategy[Any]]

small = st.integers(0, 6)
NUMBERS: list[Column] = [
    (pa.int8(), small),
    (pa.int64(), small | st.sampled_from([2**53, 2**53 + 1, 2**63 - 1, -(2**63)])),
    (pa.uint64(), small | st.sampled_from([2**53, 2**53 + 1, 2**63, 2**64 - 1])),
    (pa.float32(), small.map(float) | st.sampled_from([0.5, -0.0, math.nan, math.inf])),
    (pa.float64(), small.map(float) | st.sampled_from([0.5, -0.0, 2.0**53, 2.0**63, math.nan, -math.inf])),
    (pa.decimal128(10, 0), small.map(Decimal)),
    (pa.decimal128(38, 0), small.map(Decimal) | st.sampled_from([Decimal(2**53 + 1), Decimal(2**64 - 1)])),
    (pa.dictionary(pa.int8(), pa.int32()), small),
    (pa.null(), st.none()),
]
EXACT: list[Column] = [
    (pa.int16(), small),
    (pa.uint64(), small | st.just(2**64 - 1)),
    (pa.decimal128(9, 2), st.sampled_from([Decimal(n) / 4 for n in range(12)])),
    (pa.decimal256(50, 4), st.sampled_from([Decimal(n) / 8 for n in range(12)] + [Decimal(10) ** 40])),
]
letters = st.text("aAäb '\".\U0001f600", max_size=2)
TEXTS: list[Column] = [
    (pa.string(), letters),
    (pa.large_string(), letters),
    (pa.string_view(), letters),
    (pa.dictionary(pa.int32(), pa.string()), letters),
]
BYTES: list[Column] = [(type_, st.binary(max_size=2)) for type_ in (pa.binary(), pa.large_binary(), pa.binary_view())]
moments = st.sampled_from([datetime(2026, 11, 27, h, 0, s, us) for h in (0, 1) for s in (0, 1) for us in (0, 1)])
TIMES: list[Column] = [
    (pa.timestamp("s"), moments.map(lambda one: one.replace(microsecond=0))),
    (pa.timestamp("us"), moments | st.just(datetime(9999, 12, 31))),
    (pa.timestamp("ns"), moments),
    (pa.date32(), st.sampled_from([date(2026, 11, 27), date(2026, 11, 28), date(9999, 12, 31)])),
]
FLAGS: list[Column] = [(pa.bool_(), st.booleans())]
DOMAINS = (NUMBERS, EXACT, TEXTS, BYTES, TIMES, FLAGS)


def same(value: Any) -> object:
    """Return a value in a form in which Python says equal of what is one key."""
    if isinstance(value, float) and math.isnan(value):
        return "NaN"
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day)
    return value


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[list[pa.Array]], list[list[tuple[Any, ...]]]]:
    """Return the key columns of a table and of one or two others, and the same as rows of Python values."""
    domains = draw(st.lists(st.sampled_from(DOMAINS), min_size=1, max_size=3))
    arrays: list[list[pa.Array]] = []
    rows: list[list[tuple[Any, ...]]] = []
    for _ in range(draw(st.integers(2, 3))):
        length = draw(st.integers(0, 12))
        parts = []
        for domain in domains:
            type_, strategy = draw(st.sampled_from(domain))
            found = draw(st.lists(strategy | st.none(), min_size=length, max_size=length))
            parts.append(pa.array(found, type_))
        arrays.append(parts)
        rows.append([tuple(part[i].as_py() for part in parts) for i in range(length)])
    return arrays, rows


def by_sets(rows: Sequence[Sequence[tuple[Any, ...]]]) -> tuple[int, dict[tuple[object, ...], int]]:
    """Return how many rows miss their key, and the missing keys with the numbers of their first rows."""
    own, *others = [[tuple(map(same, row)) for row in table] for table in rows]
    there = {key for table in others for key in table if None not in key}
    missing = [(number, key) for number, key in enumerate(own, 1) if None not in key and key not in there]
    first: dict[tuple[object, ...], int] = {}
    for number, key in missing:
        first.setdefault(key, number)
    return len(missing), first


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(made=tables(), share=st.sampled_from([20, 8_000_000]))
def test_it_is_the_difference_of_sets(
    made: Any, share: int, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrays, rows = made
    directory = tmp_path_factory.mktemp("tables")
    monkeypatch.setattr(module, "memory_limit", lambda: share * module.VALUE_BYTES)
    named = [{f"c{i}": part for i, part in enumerate(parts)} for parts in arrays]
    found = asked(directory, *named)
    count, first = by_sets(rows)
    assert found.problems == ()
    assert (found.rows, found.missing_rows, found.missing_keys) == (len(rows[0]), count, len(first))
    assert [one.row for one in found.sample] == sorted(first.values())[:5]
    for table, twice in zip(rows[1:], found.repeated, strict=True):
        keys = [tuple(map(same, row)) for row in table if None not in row]
        repeated = {key for key in keys if keys.count(key) > 1}
        assert (twice.keys if twice else 0) == len(repeated)


@pytest.mark.parametrize("type_", [pa.large_string(), pa.string_view(), pa.binary()])
def test_long_keys_are_told_apart(type_: pa.DataType, tmp_path: Path) -> None:
    same, other, short = ("k" * 5_000 + "a", "k" * 5_000 + "b", "k" * 64)
    hashed = f"#{hashlib.sha256(other.encode()).hexdigest()}"  # is another key
    child, parent = pa.array([same, other, short, hashed]).cast(type_), pa.array([same, short, hashed]).cast(type_)
    found = asked(tmp_path, {"a": child}, {"b": parent})
    assert [one.row for one in found.sample] == [2]
    assert [one.row for one in asked(tmp_path, {"a": parent}, {"b": child.slice(0, 2)}).sample] == [2, 3]


def test_long_keys_take_no_more_memory_than_short_ones(tmp_path: Path) -> None:
    keys = [f"{'k' * 16_000}{number}" for number in range(30_000)]  # 960 MB in both, of 768 that the engine may use
    paths = [tmp_path / "child.parquet", tmp_path / "parent.parquet"]
    for path, some in zip(paths, (keys, keys[1:]), strict=True):
        with pq.ParquetWriter(path, pa.schema({"k": pa.string()})) as writer:
            for first in range(0, len(some), 1_000):
                writer.write_table(pa.table({"k": some[first : first + 1_000]}))
    reader = IsolatedReader(1_536 << 20)
    try:
        found = reader.call("missing_keys", paths[0], keyed("k"), (paths[1],), (keyed("k"),))
    finally:
        reader.close()
    assert [one.row for one in found.sample] == [1]


# Types.


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (pa.string(), pa.int64()),
        (pa.string(), pa.binary()),
        (pa.bool_(), pa.int8()),
        (pa.int64(), pa.timestamp("us")),
        (pa.timestamp("us"), pa.duration("us")),
        (pa.list_(pa.int64()), pa.list_(pa.int64())),
        (pa.float32(), pa.decimal128(9, 2)),
        (pa.float64(), pa.decimal128(20, 2)),
    ],
)
def test_types_that_cannot_be_compared_are_said(one: pa.DataType, other: pa.DataType, tmp_path: Path) -> None:
    found = asked(tmp_path, {"a": pa.array([None], one)}, {"b": pa.array([None], other)})
    (problem,) = found.problems
    assert isinstance(problem, UnlikeTypes)
    assert not problem.clocks
    assert [text.partition("[")[0].partition("<")[0] for text in problem.types] == [
        str(type_).partition("[")[0].partition("<")[0] for type_ in (one, other)
    ]


def test_a_moment_is_compared_with_the_wall_clock_of_utc_only(tmp_path: Path) -> None:
    moment = datetime(2026, 11, 27, 12)
    child, parent = pa.array([moment], pa.timestamp("us", "UTC")), pa.array([moment], pa.timestamp("ms"))
    assert asked(tmp_path, {"a": child}, {"b": parent}).missing_keys == 0
    (problem,) = asked(tmp_path, {"a": child}, {"b": parent}, zone="Europe/Berlin").problems
    assert isinstance(problem, UnlikeTypes)
    assert problem.clocks
    assert asked(tmp_path, {"a": parent}, {"b": parent}, zone="Europe/Berlin").missing_keys == 0


def test_a_decimal_and_a_double_are_compared_as_the_nearest_double(tmp_path: Path) -> None:
    child = pa.array([0.1, 0.2, 0.1 + 0.2], pa.float64())
    parent = pa.array([Decimal("0.10"), Decimal("0.20"), Decimal("0.30")], pa.decimal128(9, 2))
    assert values(asked(tmp_path, {"a": child}, {"b": parent})) == [(0.1 + 0.2,)]


def test_a_value_that_the_other_type_cannot_hold_is_missing(tmp_path: Path) -> None:
    child = pa.array([0.5, 0.0, -0.0, math.inf, math.nan, 2.0**53, 2.0**63])
    found = asked(tmp_path, {"a": child}, {"b": pa.array([0, 2**53 + 1])})
    assert [one.row for one in found.sample] == [1, 4, 5, 6, 7]
    seconds = pa.array([datetime(2026, 11, 27), datetime(1970, 1, 1)], pa.timestamp("s"))
    later = pa.array([datetime(2026, 11, 27), datetime(2026, 11, 27, 0, 0, 0, 1)], pa.timestamp("us"))
    assert values(asked(tmp_path, {"a": later}, {"b": seconds})) == [(datetime(2026, 11, 27, 0, 0, 0, 1),)]
    assert values(asked(tmp_path, {"a": seconds}, {"b": later})) == [(datetime(1970, 1, 1),)]


def test_times_of_three_units(tmp_path: Path) -> None:
    noon = datetime(2026, 11, 27, 12)
    day = pa.array([date(2026, 11, 28)])
    found = asked(
        tmp_path, {"a": pa.array([noon], pa.timestamp("us"))}, {"a": pa.array([noon], pa.timestamp("ns"))}, {"a": day}
    )
    assert found.missing_rows == 0


def test_nan_is_null_where_that_is_what_it_stands_for(tmp_path: Path) -> None:
    child, parent = {"a": pa.array([1.0, math.nan])}, {"b": pa.array([1, 2])}
    assert asked(tmp_path, child, parent).missing_rows == 1
    assert asked(tmp_path, child, parent, nan_null=True).missing_rows == 0


# Rows.


def test_a_key_of_the_newest_partition_only(tmp_path: Path) -> None:
    days = ["2026-11-26", "2026-11-26", "2026-11-27", "2026-11-27"]
    child = hive(tmp_path / "child", pa.table({"k": [1, 9, 1, 8], "day": days}), ["day"])
    parent = hive(tmp_path / "parent", pa.table({"k": [1, 2, 2, 2], "day": days}), ["day"])
    found = missing_keys(child, replace(keyed("k"), newest=True), (parent,), [keyed("k")])
    assert (found.rows, found.missing_rows, values(found)) == (2, 1, [(8,)])


# Columns.


def test_a_column_that_is_not_there_is_named_with_what_is_near(tmp_path: Path) -> None:
    child = written(tmp_path / "a.parquet", {"customer_id": pa.array([1])})
    parent = written(tmp_path / "b.parquet", {"id": pa.array([1]), "Id": pa.array([2])})
    found = missing_keys(child, keyed("custmer_id"), (parent,), [keyed("ID")])
    assert found.problems == (
        AbsentColumn(0, ("custmer_id",), ("customer_id",)),
        AbsentColumn(1, ("ID",), ("id", "Id")),
    )


@pytest.mark.parametrize("name", ['"; DROP TABLE keys0; --', "a b", "ключ", "k0", "row", "first", "{name}", "'", "a.b"])
def test_names_are_data(name: str, tmp_path: Path) -> None:
    assert values(asked(tmp_path, {name: pa.array(["x", "y"])}, {name: pa.array(["x"])})) == [("y",)]


def test_a_field_of_an_object_is_a_part_of_a_key(tmp_path: Path) -> None:
    child = written(tmp_path / "a.parquet", {"at": pa.array([{"zip": "1"}, {"zip": "2"}, None, {"zip": None}])})
    parent = written(tmp_path / "b.parquet", {"place": pa.array([{"code": {"zip": "1"}}])})
    for own in (("at", "zip"), ("at.zip",)):
        found = missing_keys(child, keyed(own), (parent,), [keyed(("place", "code", "zip"))])
        assert (found.missing_rows, values(found)) == (1, [("2",)])


def test_a_broken_table_that_is_referred_to_is_named(tmp_path: Path) -> None:
    child = written(tmp_path / "orders.parquet", {"a": pa.array([1])})
    broken = tmp_path / "customers.parquet"
    broken.write_bytes(b"PAR1 no table PAR1")
    with pytest.raises(Unreadable, match=r"refers to customers\.parquet, which "):
        missing_keys(child, keyed("a"), (broken,), [keyed("a")])


@pytest.mark.parametrize("side", ["own", "other"])
def test_no_classified_value_leaves_the_reader(tmp_path: Path, side: str) -> None:
    child = written(tmp_path / "child.parquet", {"mail": pa.array(["a@x.org", "b@x.org", None])})
    parent = written(tmp_path / "parent.parquet", {"mail": pa.array(["b@x.org", "b@x.org"])})
    own, other = (replace(keyed("mail"), hidden=side == place) for place in ("own", "other"))
    found = missing_keys(child, own, (parent,), [other])
    assert found.missing_rows == 1 and values(found) == [(REDACTED,)]
    assert found.repeated[0] is not None and found.repeated[0].keys == 1
    assert "x.org" not in str(found)
