"""Bounds, rates and sets leave room by what is known: the tail, the number of builds, the name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.tables.contract.table import Column, Limit
from pytest_mlmonitor.tables.inference.describe import describe
from pytest_mlmonitor.tables.inference.infer import Roles
from pytest_mlmonitor.tables.inference.share_limits import limit_seen, limit_unseen
from pytest_mlmonitor.tables.reader.isolated import IsolatedReader
from tests.unit.tables.inference.inferred import contract_of, text_of, written


def column_of(values: Any, tmp_path: Path, name: str = "v", *more: Any) -> Column:
    paths = [written(tmp_path / f"{i}.parquet", {name: each}) for i, each in enumerate((values, *more))]
    (column,) = contract_of(*paths).columns
    return column


def draw(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize(
    ("values", "low", "high"),
    [
        (draw().normal(100, 5, 4000), (0, 40), (150, 400)),
        (draw().exponential(10, 4000), (0, 0), (200, 20_000)),
        (draw().normal(0, 1, 4000), (-90, -9), (9, 90)),
        (draw().uniform(0, 1, 4000), (0, 0), (2, 8)),
        (draw().poisson(3, 4000), (0, 0), (25, 100)),
        (np.full(1000, 7.0), (0, 0), (70, 80)),
    ],
    ids=["bell", "skewed", "signed", "flat", "counts", "constant"],
)
def test_a_bound_lies_beyond_what_was_seen_but_not_a_thousand_times(
    values: Any, low: tuple[float, float], high: tuple[float, float], tmp_path: Path
) -> None:
    column = column_of(values, tmp_path)
    assert column.minimum is not None and low[0] <= float(column.minimum) <= low[1]  # type: ignore[arg-type]
    assert column.maximum is not None and high[0] <= float(column.maximum) <= high[1]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "values", "bounds"),
    [
        ("hour", [3, 22] * 50, (0, 23)),
        ("ft_day_of_week", [1, 7] * 50, (1, 7)),
        ("dow", [0, 5] * 50, (0, 6)),
        ("dow", [0, 1] * 500, (0, 6)),
        ("month", [4] * 50, (1, 12)),
        ("p_share", [0.2, 0.3] * 50, (0, 1)),
        ("lat", [48.1, 48.2] * 50, (-90, 90)),
        ("clipped", [*draw().uniform(0, 1, 500), *[1.0] * 9], (0, 1)),
        ("order_id", [100, 900] * 50, (None, None)),
        ("temperature", draw().uniform(0.1, 9, 900), (-30, 40)),
        ("zeros", [0.0] * 90, (None, None)),
        ("infinite", [1.0, float("inf")] * 90, (None, None)),
    ],
)
def test_nature_goes_before_figures(name: str, values: Any, bounds: tuple[float, float], tmp_path: Path) -> None:
    column = column_of(values, tmp_path, name)
    found = tuple(None if bound is None else float(bound) for bound in (column.minimum, column.maximum))  # type: ignore[arg-type]
    if name == "temperature":
        assert found[0] is not None and found[0] < -9
    else:
        assert found == bounds


def test_a_counter_has_no_upper_bound(tmp_path: Path) -> None:
    days = [np.arange(start, start + 100) * 3 % 299 + start * 10 for start in (100, 200, 300)]
    column = column_of(days[0], tmp_path, "requests", *days[1:])
    assert (column.minimum, column.maximum) == (None, None)


def test_times_have_no_bounds(tmp_path: Path) -> None:
    column = column_of(pa.array([1, 2, 3], pa.timestamp("s")), tmp_path)
    assert (column.minimum, column.maximum, column.types) == (None, None, ("timestamp[*]",))


def said(limit: Limit) -> str:
    return f"{limit.relation} {limit.bounds[0]}{' %' if limit.percent else ''}"


def rules_of(values: Any, tmp_path: Path, name: str, *more: Any) -> list[tuple[Any, str]]:
    paths = [written(tmp_path / f"{i}.parquet", {name: each}) for i, each in enumerate((values, *more))]
    metrics = [metric for metric in contract_of(*paths).metrics if metric.metric == "invalid"]
    return [
        (metric.valid.values if metric.valid else None, f"{said(metric.limit)} {metric.severity.word}")
        for metric in metrics
    ]


def test_a_set_is_said_where_it_is_plausible(tmp_path: Path) -> None:
    three = ["new", "paid", "sent"] * 200
    assert rules_of(three, tmp_path, "status") == [(("new", "paid", "sent"), "<= 5 % error")]
    assert rules_of(three, tmp_path, "status", three, three) == [(("new", "paid", "sent"), "<= 1.1 % error")]
    assert rules_of(three, tmp_path, "abc") == [(("new", "paid", "sent"), "<= 5 % warning")]
    assert rules_of([0, 1] * 300, tmp_path, "n") == [((0, 1), "== 0 error")]
    assert rules_of([0] * 300, tmp_path, "n", [1] * 300) == []
    assert rules_of([200, 404] * 300, tmp_path, "status_code") == [((200, 404), "<= 5 % error")]


def test_rare_values_are_of_the_set_and_leave_room_for_others_like_them(tmp_path: Path) -> None:
    weather = [*["sun", "rain"] * 480, *["snow"] * 39, "hail"]
    assert rules_of(weather, tmp_path, "weather") == [(("hail", "rain", "snow", "sun"), "<= 5 % warning")]
    assert rules_of(weather, tmp_path, "status", ["sun", "rain"] * 500, weather) == [
        (("hail", "rain", "snow", "sun"), "<= 12 % error")
    ]
    assert rules_of(["USA"] * 1000, tmp_path, "abc") == [(("USA",), "<= 5 % warning")]


@pytest.mark.parametrize(
    ("name", "builds"),
    [
        ("status", [["a", "b"] * 200, ["a", "b", "c"] * 200]),
        ("status", [["a"] * 600]),
        ("status", [[f"s{i}" for i in range(30)] * 50]),
        ("city", [["Rome", "Bern"] * 200]),
        ("items", [[1, 2, 3] * 200]),
        ("station_id", [["a", "b"] * 200]),
        ("status", [["a", "b"] * 4]),
        ("status", [["2026-11-27", "2026-11-28"] * 200]),
    ],
    ids=["new", "one", "many", "open", "counts", "ids", "short", "dates"],
)
def test_no_set_is_said_where_it_is_not(name: str, builds: Sequence[Any], tmp_path: Path) -> None:
    assert rules_of(builds[0], tmp_path, name, *builds[1:]) == []


@given(st.integers(0, 10**7), st.integers(1, 50))
def test_what_was_not_seen_is_allowed_the_less_the_more_was_seen(values: int, builds: int) -> None:
    limit = limit_unseen(values, builds)
    assert 0.2 <= limit <= 10
    assert limit_unseen(values * 2 + 1, builds) <= limit


@given(st.lists(st.tuples(st.integers(0, 1000), st.just(1000)), min_size=1, max_size=5))
def test_what_was_seen_is_allowed(counts: list[tuple[int, int]]) -> None:
    limit = limit_seen(counts)
    assert limit is None or limit / 100 > max(some / rows for some, rows in counts)


def test_types_are_logical_and_hold_what_means_the_same(tmp_path: Path) -> None:
    builds = [
        {
            "i": pa.array([1, 2], pa.int32()),
            "s": ["a", "b"],
            "t": pa.array([1, 2], pa.timestamp("us")),
            "n": pa.nulls(2),
        },
        {
            "i": pa.array([1, 2], pa.int64()),
            "s": pa.array(["a", "b"], pa.large_string()),
            "t": pa.array([1, 2], pa.timestamp("ns")),
            "n": ["x", None],
        },
        {
            "i": [1.5, 2.0],
            "s": pa.array(["a", "b"]).dictionary_encode(),
            "t": pa.array([1, 2], pa.timestamp("ms")),
            "n": pa.nulls(2),
        },
    ]
    paths = [written(tmp_path / f"{i}.parquet", build) for i, build in enumerate(builds)]
    text = text_of(paths)
    assert "physicalType" not in text
    for words in ("name: i", "name: s", "name: t", 'name: "n"'):
        line = next(i for i, line in enumerate(text.splitlines()) if words in line)
        logical = text.splitlines()[line + 1].split(": ")[1]
        assert logical == {"i": "number", "s": "string", "t": "timestamp", '"n"': "string"}[words.split(": ")[1]]
    paths.append(written(tmp_path / "other.parquet", {"i": ["x"], "s": ["a"], "t": [1], "n": ["x"]}))
    assert "# builds differ in its type: int32, int64, double, string" in text_of(paths)


def test_what_is_inside_is_written(tmp_path: Path) -> None:
    values = {"a": [[{"x": 1, "y: z": ["t"]}]], "e": pa.array([[1.0, 2.0]], pa.list_(pa.float32(), 2))}
    text = text_of([written(tmp_path / "n.parquet", values)])
    assert "\n".join(line.strip() for line in text.splitlines()[12:]).startswith(
        "properties:\n- name: a # observed: no null\nlogicalType: array\nitems:\nlogicalType: object\nproperties:\n- name: x\n"
        'logicalType: integer\n- name: "y: z"\nlogicalType: array\nitems:\nlogicalType: string\n'
    )
    assert "logicalType: array\n        items:\n          logicalType: number" in text


def test_the_key_and_the_roles(tmp_path: Path) -> None:
    rows = 60
    at = pa.array([i // 6 for i in range(rows)], pa.timestamp("s"))
    columns = {"station": [f"s{i % 6}" for i in range(rows)], "at": at, "price": [float(i) for i in range(rows)]}
    path = written(tmp_path / "a.parquet", columns)
    found = contract_of(path)
    assert (found.key, found.event_ts, found.entity, found.target) == (("station", "at"), "at", None, None)
    given_ = contract_of(path, roles=Roles("price", "station", "at"))
    assert (given_.event_ts, given_.entity, given_.target) == ("at", "station", "price")
    again = written(tmp_path / "b.parquet", {**columns, "station": ["s0"] * rows})
    assert contract_of(path, again).key == ()
    ids = written(tmp_path / "c.parquet", {"total": list(range(rows)), "order_id": list(range(rows))[::-1]})
    assert contract_of(ids).key == ("order_id",)
    assert contract_of(written(tmp_path / "d.parquet", {"total": list(range(rows))})).key == ()


def test_nulls(tmp_path: Path) -> None:
    schema = pa.schema(
        [pa.field("declared", pa.int64(), nullable=False), pa.field("none", pa.int64()), pa.field("some", pa.int64())]
    )
    rows = 2000
    some = [None if i % 20 == 0 else i for i in range(rows)]
    table = pa.table([list(range(rows)), [i % 7 for i in range(rows)], some], schema=schema)
    contract = contract_of(written(tmp_path / "a.parquet", table))
    assert [column.nullable for column in contract.columns] == [False, True, True]
    assert [(m.columns, said(m.limit)) for m in contract.metrics if m.metric == "null"] == [
        (("none",), "<= 1 %"),
        (("none",), "== 0"),
        (("some",), "<= 35 %"),
        (("some",), "<= 14 %"),
    ]


def test_a_column_that_some_builds_lack_may_be_missing(tmp_path: Path) -> None:
    first = written(tmp_path / "a.parquet", {"old": [1, 2], "both": [1, 2]})
    second = written(tmp_path / "b.parquet", {"both": [1, 2], "new": [1, 2]})
    contract = contract_of(first, second)
    assert [(column.name, column.required) for column in contract.columns] == [("both", True), ("new", False)]
    assert "# column old is not in the newest build, and nothing is said of it" in text_of([first, second])


def test_uniqueness_is_proven_across_batches_and_builds(tmp_path: Path) -> None:
    rows = 150_000  # more than two batches
    ids = np.arange(rows)
    texts = pa.array([f"{i:07}" for i in range(rows)])
    columns = {
        "again_id": ids % 100_000,
        "order_id": ids,
        "text_key": texts,
        "at": pa.array(ids // 100_000, pa.timestamp("s")),
    }
    first = written(tmp_path / "a.parquet", columns)
    assert list(describe(first).keys) == [("order_id",), ("text_key",), ("again_id", "at")]
    again = written(tmp_path / "b.parquet", {**columns, "order_id": [*ids[:-1], 0]})
    assert list(describe(again).keys) == [("text_key",), ("again_id", "at")]
    assert contract_of(first, again).key == ("again_id", "at"), "short texts may be unique by chance"


@pytest.mark.parametrize(
    ("name", "values", "unique"),
    [
        ("user_id", draw().choice(10**6, 100, replace=False), False),  # once each by chance: another day has some twice
        ("user_id", draw().permutation(100), True),  # every one of a hundred
        ("user_id", draw().integers(-(2**62), 2**62, 100), True),
        ("order_id", draw().choice(10**6, 100, replace=False), True),
        ("user_id", [f"u{i}" for i in range(100)], False),
        ("user_id", [f"{i:032x}" for i in range(100)], True),
        ("price", np.arange(100), False),
    ],
)
def test_what_is_unique_by_chance_is_no_key(name: str, values: Any, unique: bool, tmp_path: Path) -> None:
    path = written(tmp_path / "a.parquet", {name: values})
    assert contract_of(path, name="orders").key == ((name,) if unique else ())
    assert ("# unique: true" in text_of([path], name="orders")) is not unique


def test_what_only_rises_is_a_counter(tmp_path: Path) -> None:
    column = column_of(np.cumsum(draw().integers(0, 9, 500)), tmp_path, "requests")
    assert (column.minimum, column.maximum) == (0, None)


def test_long_texts_are_described_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "long.parquet"
    with pq.ParquetWriter(path, pa.schema([("text", pa.string())]), compression="zstd", use_dictionary=False) as file:
        for start in range(0, 400_000, 50_000):  # 400 MB
            file.write_table(pa.table({"text": [f"{i:08}{'x' * 992}" for i in range(start, start + 50_000)]}))
    reader = IsolatedReader(800 << 20)
    try:
        found = reader.call("describe", path)
    finally:
        reader.close()
    assert (found.rows, found.columns[0].numbers.maximum) == (400_000, 1000)


@pytest.mark.parametrize("days", [[1], [1, 2, 3], [28, 29, 30]])
def test_the_day_of_a_build_goes_on_to_the_end_of_the_year(days: list[int], tmp_path: Path) -> None:
    column = column_of([days[0]] * 100, tmp_path, "day", *([day] * 100 for day in days[1:]))
    assert (column.minimum, column.maximum) == (0, 366)


@pytest.mark.parametrize(
    ("name", "rows", "key"), [("id", 70, ()), ("id", 2000, ("id",)), ("order_id", 70, ("order_id",))]
)
def test_a_few_ids_that_say_not_of_what_are_no_key(name: str, rows: int, key: tuple[str, ...], tmp_path: Path) -> None:
    # Of a study with several visits of a patient, 70 rows may well have every patient once.
    values = [f"{i * 7919 % 100_000:05}" for i in range(rows)]
    assert contract_of(written(tmp_path / "o.parquet", {name: values}), name="orders").key == key
