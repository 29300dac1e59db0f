"""Wide tables pass part by part: the same verdicts, every column read once, and memory that does not grow with the columns."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import narwhals as nw
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.tables.arrays.batches import Multiple, normal_batch, normal_schema
from pytest_mlmonitor.tables.arrays.column_pairs import ColumnPair
from pytest_mlmonitor.tables.contract.row_terms import Offset
from pytest_mlmonitor.tables.contract.table import Column, TableContract
from pytest_mlmonitor.tables.plan.terms import ScanPlan
from pytest_mlmonitor.tables.profile import Statistics
from pytest_mlmonitor.tables.reader.isolated import IsolatedReader
from pytest_mlmonitor.tables.scan import column_parts as part_of
from pytest_mlmonitor.tables.scan import engine, progress
from pytest_mlmonitor.tables.scan.column_parts import Waiting, parts, used
from pytest_mlmonitor.tables.scan.scan import scan
from pytest_mlmonitor.tables.source.data_file import Footprint
from pytest_mlmonitor.tables.source.source import TableSource, source
from tests import tables

ROWS = 300


def table() -> pa.Table:
    random = np.random.default_rng(1)
    columns: dict[str, Any] = {
        "a": pa.array(np.arange(ROWS) // 2),
        "t": pa.array(np.arange(ROWS) * 60_000_000, pa.timestamp("us")),
        **{f"x{i}": pa.array(random.normal(size=ROWS), mask=random.random(ROWS) < 0.1) for i in range(5)},
        "b": pa.array(np.arange(ROWS) % 2),
        "text": pa.array([f"t{i % 7}" for i in range(ROWS)]),
        "u": pa.array((np.arange(ROWS) + (np.arange(ROWS) == 5)) * 60_000_000, pa.timestamp("us")),
        "twice": pa.array(np.arange(ROWS) // 3),
    }
    return pa.table(columns)


CONTRACT = TableContract(
    "wide",
    (
        Column("a"),
        Column("b"),
        Column("x0", nullable=True, maximum=1.0),
        Column("x3", maximum=2.0),
        Column("text", values=("t0", "t1", "t2")),
        Column("twice", unique=True),
        Column("t"),
        Column("u"),
    ),
    key=("a", "b"),
    rules=(Offset("u", "==", "t"),),
)
STATISTICS = Statistics(
    mean=("x1",), distinct=("text", "b"), extremes=("u",), summary=("x0", "x4", "a"), unique=(("b",),)
)


@pytest.mark.parametrize("columns", [1, 2, 3, 7])
def test_a_scan_in_parts_says_what_a_whole_one_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    path = tmp_path / "x.parquet"
    pq.write_table(table(), path)
    whole = scan(path, CONTRACT, STATISTICS)
    assert {failure.column for failure in whole.failures} == {"x0", "x3", "text", "u"}
    monkeypatch.setattr(part_of, "MAX_COLUMNS", columns)
    apart = scan(path, CONTRACT, STATISTICS)
    assert apart == whole
    assert list(apart.nulls) == list(whole.nulls) == table().column_names


EXACT = pa.table(
    {
        "whole": pa.array([2**53 + 1, 2, 3, None], pa.int64()),
        "a": pa.array([1, 2, 3, 4]),
        "day": pa.array([date(9999, 12, 31), date(2026, 1, 1), None, date(2026, 1, 2)]),
        "long": pa.array([Decimal("0.30"), Decimal("0.31"), Decimal(1), None], pa.decimal128(38, 2)),
        "b": pa.array([1.5, 2.5, 3.5, 4.5]),
        "real": pa.array([2.0**53, 2.0, 3.0, 4.0]),
        "digits": pa.array([Decimal(2**53), Decimal(2), Decimal("3.5"), Decimal(4)], pa.decimal128(38, 1)),
        "moment": pa.array([datetime(2026, 1, 1)] * 4, pa.timestamp("ns")),
    }
)
EXACTLY = TableContract(
    "exact",
    tuple(Column(name, nullable=True, multiple_of=0.1 if name == "long" else None) for name in EXACT.column_names),
    key=("a",),
    rules=(
        Offset("whole", "<=", "real"),
        Offset("digits", "==", "whole"),
        Offset("day", "<=", "moment", timedelta(hours=1)),
    ),
)


@pytest.mark.parametrize("small", [0, engine.SMALL_ROWS])
@pytest.mark.parametrize("columns", [1, 2, 3, 5])
def test_columns_of_two_types_are_compared_exactly_in_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, columns: int, small: int
) -> None:
    monkeypatch.setattr(engine, "SMALL_ROWS", small)
    path = tmp_path / "x.parquet"
    pq.write_table(EXACT, path)
    whole = scan(path, EXACTLY)
    assert {failure.column: failure.rows for failure in whole.failures} == {
        "long": 1,
        "whole": 1,
        "digits": 2,
        "day": 2,
    }
    monkeypatch.setattr(part_of, "MAX_COLUMNS", columns)
    assert scan(path, EXACTLY) == whole


def test_a_part_has_the_further_columns_whose_columns_it_holds() -> None:
    rows = pa.record_batch(
        {"x": [1, 2], "y": [2.0, 2.0], "z": pa.array([Decimal(7), Decimal(8)], pa.decimal128(38, 0))}
    )
    further = {"pair": ColumnPair(8, 4, Fraction(0)), "multiple": Multiple(6, 7)}
    whole = normal_batch(rows, further, (4, 8, 6))
    assert whole.schema.names == ["c4", "c8", "c6", "pair", "multiple"]
    assert whole.select(["pair", "multiple"]).to_pydict() == {"pair": [1, 0], "multiple": [0, 1]}
    schema = pa.schema([pa.field(f"n{i}", pa.int64()) for i in range(9)]).set(8, pa.field("n8", pa.float64()))
    for places, names in [((4, 8), ["c4", "c8", "pair"]), ((4,), ["c4"]), ((8,), ["c8"]), ((3,), ["c3"])]:
        part = normal_batch(rows.select([["x"], ["x", "y"]][len(places) - 1]), further, places)
        assert part.schema.names == normal_schema(schema, further, places).names == names


@pytest.mark.parametrize("columns", [1, 2, 3])
def test_parts_of_files_that_lack_or_widen_columns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    old = pa.table({"late": pa.array([1, None], pa.int8()), "a": [1, 2], "gone": [0.5, 2.5]})
    new = pa.table({"a": [2, 3, 4], "late": [2**53 + 1, 5, 6], "x": [2.0**53, 7.0, 8.0], "y": ["u", "v", "v"]})
    path = tables.spark(tmp_path / "t.parquet", old, new, old.select(["a"]))
    contract = TableContract(
        "evolved",
        (
            *(Column(name, nullable=True) for name in ("late", "gone", "y")),
            Column("a", unique=True),
            Column("x", nullable=True, maximum=7.5),
        ),
        rules=(Offset("late", "<=", "x"), Offset("gone", ">", "a")),
    )
    statistics = Statistics(mean=("gone", "x"), distinct=("y", "late"), extremes=("late", "y"), summary=("x", "gone"))
    whole = scan(path, contract, statistics)
    assert {failure.column: failure.rows for failure in whole.failures} == {"x": 2, "late": 1, "gone": 1}
    assert whole.rows == 7 and whole.nulls == {"late": 3, "a": 0, "gone": 5, "x": 4, "y": 4}
    monkeypatch.setattr(part_of, "MAX_COLUMNS", columns)
    assert scan(path, contract, statistics) == whole


def test_a_directory_holds_what_its_largest_part_holds(tmp_path: Path) -> None:
    some = pa.table({"a": range(10)})
    more = pa.table({"a": range(1000), "b": [f"text {i}" for i in range(1000)]})
    with source(tables.spark(tmp_path / "t.parquet", some, more, some)) as table:
        (part,) = (file for file in table.files if "00001" in file.name)
        with source(part) as alone:
            assert table.footprint == alone.footprint
            assert alone.footprint.group_bytes > 8000


def test_every_column_passes_once_unless_rules_need_it_beside_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[list[str] | None] = []
    batches = TableSource.batches

    def noted(self: TableSource, columns: Any = None, rows: Any = None) -> Iterator[pa.RecordBatch]:
        read.append(columns)
        return batches(self, columns, rows)

    monkeypatch.setattr(TableSource, "batches", noted)
    path = tmp_path / "x.parquet"
    pq.write_table(table(), path)
    monkeypatch.setattr(part_of, "MAX_COLUMNS", 4)
    scan(path, TableContract("wide", CONTRACT.columns[:2], key=("a", "b")))
    names = [name for columns in read for name in columns or ()]
    assert sorted(names) == sorted(table().column_names)
    assert all(columns is not None and len(columns) <= 4 for columns in read)


def test_what_an_expression_looks_at() -> None:
    a, b, m = nw.col("c1"), nw.col("c12"), nw.col("no_multiple3_7")
    plan = ScanPlan(further={"no_multiple3_7": Multiple(3, 7), "order5_9_1": ColumnPair(5, 9)})
    schema = pa.schema([(f"n{i}", pa.int64()) for i in range(20)])
    wide: Any = type("Wide", (), {"schema": schema})
    assert used((a.min() + b > 3) & ~nw.when(~nw.col("c7").is_nan()).then(nw.col("c8")).is_null(), plan, wide) == {
        1,
        7,
        8,
        12,
    }
    assert used(m != 0, plan, wide) == {3}
    assert used((nw.col("order5_9_1") > 0) & (b > 1), plan, wide) == {5, 9, 12}
    assert used(a.str.contains("col(c99)") | a.is_in([1, 2]), plan, wide) == {1}
    assert used(nw.len(), plan, wide) == set(range(20))


def test_parts_hold_no_more_than_the_bytes_of_a_row_group_allow(tmp_path: Path) -> None:
    pq.write_table(pa.table({f"x{i}": [1.0] for i in range(100)}), tmp_path / "x.parquet")
    with source(tmp_path / "x.parquet") as narrow:
        assert len(parts(narrow, [frozenset([i]) for i in range(100)])) == 1
        narrow.footprint = Footprint(10 * part_of.MAX_GROUP_BYTES)
        found = parts(narrow, [frozenset([0, 99]), *(frozenset([i]) for i in range(100))])
    assert [len(part) for part in found] == [10] * 10
    assert {0, 99} <= set(found[0])
    assert sorted(place for part in found for place in part) == list(range(100))


def test_a_sound_wide_file_is_read_in_little_memory(tmp_path: Path) -> None:
    """600 columns of 65,536 rows took 2 GiB, and 1,000 of 100,000 crashed the reader (SIGABRT)."""
    path = tmp_path / "x.parquet"
    column = pa.array(np.arange(65_536, dtype=float))
    wide = pa.table([column] * 600, names=[f"x{i}" for i in range(600)])
    pq.write_table(wide, path, use_dictionary=False, compression="none", write_statistics=False)
    contract = TableContract("wide", tuple(Column(f"x{i}", maximum=1e6) for i in range(600)))
    reader = IsolatedReader(memory_bytes=1 << 30)
    try:
        found = reader.call("scan", path, (contract,))
    finally:
        reader.close()
    assert (found.rows, found.failures) == (65_536, [])


@given(
    st.lists(st.frozensets(st.integers(0, 9), min_size=1, max_size=4), max_size=20),
    st.lists(st.sets(st.integers(0, 9), min_size=1, max_size=6), max_size=8),
)
def test_each_waits_for_the_first_part_that_has_all_of_its_columns(
    needs: list[frozenset[int]], several: list[set[int]]
) -> None:
    waiting = Waiting(enumerate(needs))
    answered: dict[int, int] = {}
    for number, part in enumerate(several):
        found = waiting.answered(tuple(sorted(part)))
        assert found == sorted(found)  # in the order given
        assert not answered.keys() & set(found)
        answered |= dict.fromkeys(found, number)
    for one, need in enumerate(needs):
        assert answered.get(one) == next((k for k, part in enumerate(several) if need <= part), None)


def test_progress_counts_the_rows_of_the_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pq.write_table(table(), tmp_path / "t.parquet")
    monkeypatch.setattr(part_of, "MAX_COLUMNS", 2)
    monkeypatch.setattr(progress, "FIRST_SECONDS", 0.0)
    monkeypatch.setattr(progress, "SECONDS", 0.0)
    heard: list[tuple[int, int]] = []
    progress.listen(lambda done, total: heard.append((done, total)))
    try:
        scan(tmp_path / "t.parquet", None)
    finally:
        progress.listen(None)
    assert len(heard) > 2  # several parts
    assert {total for _, total in heard} == {ROWS}
    assert heard == sorted(heard) and heard[-1] == (ROWS, ROWS)
