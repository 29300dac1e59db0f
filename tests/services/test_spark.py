"""``engine = "spark"`` on a local Spark says what the embedded engine says."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import write_deltalake

from pytest_mlmonitor.datasets.builtin import TABLE_CONTRACTS
from pytest_mlmonitor.tables.contract.row_terms import Grid, Offset, RowFilter
from pytest_mlmonitor.tables.contract.table import Column, Limit, Metric, SqlRule, TableContract
from pytest_mlmonitor.tables.profile import ParquetHead, Statistics, TableProfile
from pytest_mlmonitor.tables.scan.scan import scan
from pytest_mlmonitor.tables.scan.spark import spark_scan
from pytest_mlmonitor.tables.source.source import source
from pytest_mlmonitor.tables.unreadable import Unreadable
from tests import tables
from tests.deleted_rows import delete_in_delta, parts_of_delta

from .conftest import PLATFORM

SAMPLE = PLATFORM / "p2" / "output" / "training_dataset_20260426_130148.parquet"
BROKEN = Path(__file__).resolve().parents[3] / "shared" / "artifacts" / "broken" / "p2_parquet"
CONTRACT = TABLE_CONTRACTS["training_dataset"]
VARIANTS = (
    "blank_key",
    "column_all_null",
    "cutoff_after_obs",
    "dtype_obs_ts_zone",
    "duplicate_key",
    "feature_nan",
    "label_window_wrong",
    "negative_bikes",
    "null_key",
    "obs_ts_off_grid",
    "target_not_binary",
    "zero_rows",
)
STATISTICS = Statistics(
    distinct=("station_id",),
    mean=("target_empty_next_hour",),
    extremes=("obs_ts", "label_window_end"),
    unique=(("station_id", "obs_ts"),),
)


pytestmark = pytest.mark.slow(turn=1)  # four minutes of a processor, most of them Java's


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    """One local Spark for all; its zone is not UTC, as on most people's machines."""
    missing = [name for name, there in (("java", shutil.which("java")), ("pyspark", _pyspark())) if not there]
    if missing:
        if os.environ.get("REQUIRE_SERVICES"):
            pytest.fail(f"{missing[0]} is not installed, but REQUIRE_SERVICES is set")
        pytest.skip(f"{missing[0]} is not installed")
    from pyspark.sql import SparkSession

    builder: Any = SparkSession.builder.master("local[1]").appName("tests")
    for key, value in (
        ("spark.ui.enabled", "false"),
        ("spark.driver.bindAddress", "127.0.0.1"),
        ("spark.driver.host", "127.0.0.1"),
        ("spark.sql.session.timeZone", "America/New_York"),
        ("spark.sql.shuffle.partitions", "1"),
    ):
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    yield session
    assert session.conf.get("spark.sql.session.timeZone") == "America/New_York"  # whose session it is stays as it was
    session.stop()


def _pyspark() -> bool:
    return importlib.util.find_spec("pyspark") is not None


def head(path: Path) -> ParquetHead:
    with source(path) as table:
        return table.head


def both(
    path: Path, *contracts: TableContract, statistics: Statistics = STATISTICS
) -> tuple[TableProfile, TableProfile]:
    """Return what the embedded engine and Spark say."""
    return scan(path, contracts, statistics), spark_scan(path, head(path), contracts, statistics)


def failures(profile: TableProfile) -> set[tuple[object, ...]]:
    return {(f.column, f.what, f.expected, f.rows, f.topic, f.contract) for f in profile.failures}


def assert_equal(path: Path, *contracts: TableContract) -> TableProfile:
    ours, theirs = both(path, *contracts)
    assert theirs.rows == ours.rows
    assert failures(theirs) == failures(ours)
    assert theirs.nulls == ours.nulls
    assert {k: (d.keys, d.rows) for k, d in theirs.duplicates.items()} == {
        k: (d.keys, d.rows) for k, d in ours.duplicates.items()
    }
    assert theirs.distinct == ours.distinct
    assert theirs.extremes == ours.extremes
    assert theirs.mean == pytest.approx(ours.mean, nan_ok=True)
    assert theirs.figures == ours.figures
    return theirs


def test_the_sample_is_clean_on_both(spark: Any) -> None:
    assert assert_equal(SAMPLE, CONTRACT).failures == []


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_fault_is_the_same_fault_on_both(spark: Any, variant: str) -> None:
    if not BROKEN.is_dir():
        pytest.skip(f"the shared artifacts are not at {BROKEN}")
    (path,) = (BROKEN / variant).rglob("training_dataset_*.parquet")
    assert_equal(path, CONTRACT)


def test_samples_have_keys_and_values(spark: Any) -> None:
    if not BROKEN.is_dir():
        pytest.skip(f"the shared artifacts are not at {BROKEN}")
    (path,) = (BROKEN / "negative_bikes").rglob("training_dataset_*.parquet")
    ours, theirs = both(path, CONTRACT)
    for failure, other in zip(ours.failures, theirs.failures, strict=True):
        wanted = [(key, value) for _, key, value in failure.sample]
        assert [(key, value) for _, key, value in other.sample] == wanted
        assert {number for number, _, _ in other.sample} == {0}  # rows have no numbers there


def odd(path: Path) -> Path:
    start = datetime(2026, 3, 8, 1)
    rows = 60
    table = pa.table(
        {
            "word": pa.array([None, "", " ", "é", "a'b", "`q`"] * 10),
            "flag": pa.array([True, False, None] * 20),
            "small": pa.array([None if i % 7 == 0 else i % 5 for i in range(rows)], pa.int8()),
            "big": pa.array([2**63 - 1 - i for i in range(rows)], pa.int64()),
            "half": pa.array([0.1 * i for i in range(rows)], pa.float32()),
            "at": pa.array([start + timedelta(minutes=5 * i) for i in range(rows)], pa.timestamp("us")),
            "milli": pa.array([start + timedelta(minutes=5 * i) for i in range(rows)], pa.timestamp("ms")),
            "zoned": pa.array([start + timedelta(minutes=5 * i) for i in range(rows)], pa.timestamp("us", "UTC")),
            "day": pa.array([(start + timedelta(days=i)).date() for i in range(rows)]),
            "a.b `c`": pa.array([float(i) for i in range(rows)]),
        }
    )
    pq.write_table(table, path)
    return path


def test_types_and_names_of_every_sort(spark: Any, tmp_path: Path) -> None:
    contract = TableContract(
        "odd",
        (
            Column("word", not_blank=True, pattern="^[a-z]", min_length=2, unique=True),
            Column("flag", values=(True,)),
            Column("small", minimum=1, maximum=3),
            Column("big", maximum=2**63 - 10),
            Column("half", multiple_of=0.5, below=5.0),
            Column("at", minimum=datetime(2026, 3, 8, 2, 30), unique=True),
            Column("milli", maximum=datetime(2026, 3, 8, 2, 30)),
            Column("zoned", minimum=datetime(2026, 3, 8, 2, 30)),
            Column("day", nullable=True),
            Column("a.b `c`", above=3.0, forbidden=(7.0,)),
        ),
        key=("small", "flag"),
        metrics=(
            Metric("null", Limit("==", (0,)), ("word",)),
            Metric("duplicate", Limit("==", (0,)), ("word", "flag")),
            Metric("invalid", Limit("<", (5,), percent=True), ("small",), valid=Column("small", values=(1, 2))),
            Metric("missing", Limit("==", (0,)), ("word",), missing=("", " ")),
            Metric("rows", Limit("==", (1,))),
        ),
    )
    path = odd(tmp_path / "odd.parquet")
    statistics = Statistics(
        extremes=("at", "milli", "zoned"),
        distinct=("word", "small"),
        mean=("half",),
        summary=tuple(head(path).names),
    )
    ours, theirs = both(path, contract, statistics=statistics)
    assert failures(theirs) == failures(ours)
    assert theirs.extremes == ours.extremes and theirs.distinct == ours.distinct and theirs.nulls == ours.nulls
    assert theirs.figures == ours.figures
    assert {k: (d.keys, d.rows) for k, d in theirs.duplicates.items()} == {
        k: (d.keys, d.rows) for k, d in ours.duplicates.items()
    }
    assert set(theirs.summary) == set(ours.summary)
    for name, figures in ours.summary.items():
        found = theirs.summary[name]
        assert (found.minimum, found.maximum, found.values) == (figures.minimum, figures.maximum, figures.values), name
        assert found.mean == pytest.approx(figures.mean) and found.deviation == pytest.approx(
            figures.deviation, abs=1e-6
        )


def test_values_of_a_classified_column_are_hidden(spark: Any, tmp_path: Path) -> None:
    contract = TableContract(
        "odd", (Column("word", nullable=True, pattern="^z", unique=True, redacted=True),), extra="allow"
    )
    theirs = both(odd(tmp_path / "odd.parquet"), contract)[1]
    assert {value for f in theirs.failures for _, _, value in f.sample} == {"(redacted)"}
    assert {str(row["word"]) for row in theirs.duplicates[("word",)].sample} == {"(redacted)"}


def test_a_directory_of_parts_is_one_table(spark: Any, tmp_path: Path) -> None:
    table = pq.read_table(SAMPLE)
    (tmp_path / "parts").mkdir()
    for number in range(2):
        pq.write_table(table.slice(number * 600, 600), tmp_path / "parts" / f"part-{number}.parquet")
    assert assert_equal(tmp_path / "parts", CONTRACT).rows == table.num_rows


def test_a_query_is_not_run_and_that_is_said(spark: Any) -> None:
    contract = TableContract("t", (), extra="allow", sql=(SqlRule("mine", "SELECT 1", Limit("==", (1,))),))
    (answer,) = both(SAMPLE, contract)[1].answers.values()
    assert answer.figure is None and "embedded engine" in str(answer.error)


# Which files are the table.


ROWS = pa.table({"x": pa.array([1, 2, 3], pa.int64()), "k": ["a", "b", "b"]})


def tombstoned_delta(directory: Path) -> Path:
    tables.delta(directory, ROWS, ROWS.slice(0, 1))
    write_deltalake(str(directory), ROWS.slice(1), mode="overwrite")
    return directory


def replaced_iceberg(directory: Path) -> Path:
    made = tables.iceberg_table(directory, ROWS.schema)
    tables.append(made, ROWS)
    made.overwrite(ROWS.slice(1))
    return directory


@pytest.mark.parametrize("make", [tombstoned_delta, replaced_iceberg])
def test_files_that_a_log_has_removed_are_not_read(spark: Any, tmp_path: Path, make: Any) -> None:
    path = make(tmp_path / "table")
    assert len(list(path.rglob("*.parquet"))) > 1
    contract = TableContract("t", (Column("x", minimum=3), Column("k", unique=True)))
    assert assert_equal(path, contract).rows == 2


def test_names_of_files_are_no_patterns(spark: Any, tmp_path: Path) -> None:
    directory = tmp_path / "[ab]{c}?*"
    directory.mkdir()
    for name in ("a*.parquet", "ab.parquet", "a[b].parquet"):
        pq.write_table(ROWS, directory / name)
    assert spark_scan(directory, head(directory), (), STATISTICS).rows == 9
    assert spark_scan(directory / "a*.parquet", head(directory / "a*.parquet"), (), STATISTICS).rows == 3


def partitioned_delta(directory: Path) -> Path:
    return tables.delta(directory, ROWS, partition_by=["k"])


@pytest.mark.parametrize("make", [lambda path: tables.hive(path, ROWS, ["k"]), partitioned_delta])
def test_partition_columns_are_refused(spark: Any, tmp_path: Path, make: Any) -> None:
    path = make(tmp_path / "table")
    with pytest.raises(Unreadable, match="is partitioned by 'k', which engine = spark does not read"):
        spark_scan(path, head(path), (), STATISTICS)


def test_rows_that_spark_does_not_count_are_noticed(spark: Any, tmp_path: Path) -> None:
    pq.write_table(ROWS, tmp_path / "t.parquet")
    claimed = replace(head(tmp_path / "t.parquet"), rows=1_234)
    with pytest.raises(Unreadable, match=r"has 1,234 rows by its footers, but Spark counted 3"):
        spark_scan(tmp_path / "t.parquet", claimed, (), STATISTICS)


def test_rules_about_some_rows_are_left_to_the_embedded_engine(spark: Any, tmp_path: Path) -> None:
    pq.write_table(ROWS, tmp_path / "t.parquet")
    metric = Metric("rows", Limit("==", (0,)), rows=RowFilter("x = 1"))
    path, contract = tmp_path / "t.parquet", TableContract("t", (), extra="allow", metrics=(metric,))
    found = spark_scan(path, head(path), (contract,), STATISTICS)
    assert (found.figures, found.selections[0, 0].error) == (
        {},
        "a rule of some rows is judged by the embedded engine only",
    )
    with pytest.raises(Unreadable, match="about its newest partition, which engine = spark does not judge"):
        spark_scan(path, head(path), (replace(contract, newest=True),), STATISTICS)


def test_deleted_rows_are_refused(spark: Any, tmp_path: Path) -> None:
    path = tables.delta(tmp_path / "t", ROWS)
    delete_in_delta(path, {parts_of_delta(path)[0]: [0]})
    with pytest.raises(Unreadable, match="has deleted rows in its parts, which engine = spark does not read"):
        spark_scan(path, head(path), (), STATISTICS)


# Keys are compared exactly.

KEYS: dict[str, list[Any]] = {
    "binary": [pa.binary(), b"a", b"b", b"\xff"],
    "fixed": [pa.binary(2), b"aa", b"ab", b"\xff\xff"],
    "unsigned": [pa.uint64(), 2**64 - 1, 2**64 - 2, 0],
    "decimal": [pa.decimal128(38, 2), Decimal("1" + "0" * 30), Decimal("1" + "0" * 29 + "1"), Decimal("-0.01")],
    "duration": [pa.duration("us"), 1, 2, 3],
    "milliday": [pa.date64(), 0, 86_400_000, -86_400_000],
    "word": [pa.dictionary(pa.int32(), pa.string()), "a", "b", "c"],
}


@pytest.mark.parametrize("name", KEYS)
def test_keys_are_exact(spark: Any, tmp_path: Path, name: str) -> None:
    type_, one, two, three = KEYS[name]
    contract = TableContract("t", (Column("k", unique=True, nullable=True),), key=("k", "n"), extra="allow")
    for place, values in (("unique", [one, two, three, None, None]), ("twice", [one, two, three, two, two])):
        pq.write_table(pa.table({"k": pa.array(values, type_), "n": [0] * 5}), tmp_path / f"{place}.parquet")
        path = tmp_path / f"{place}.parquet"
        ours, theirs = both(path, contract, statistics=Statistics())
        assert theirs.duplicates == ours.duplicates
        assert (("k",) in ours.duplicates) == (place == "twice")


def test_uuids_are_refused_by_spark_itself(spark: Any, tmp_path: Path) -> None:
    ids = pa.ExtensionArray.from_storage(pa.uuid(), pa.array([bytes(16)], pa.binary(16)))
    pq.write_table(pa.table({"k": ids}), tmp_path / "t.parquet")
    with pytest.raises(Unreadable, match=r"cannot be computed by Spark: .*UUID"):
        both(tmp_path / "t.parquet")


# Numbers are exact, and nulls in keys repeat nothing.

EXACT: dict[str, tuple[pa.DataType, list[Any]]] = {
    "money": (pa.decimal128(5, 1), [Decimal("0.3"), Decimal("-0.1"), None, Decimal("9999.9")]),
    "cents": (pa.decimal128(18, 2), [Decimal("0.30"), Decimal("9999999999999999.99"), None, Decimal("-0.01")]),
    "long": (pa.decimal128(38, 10), [Decimal("0.3"), Decimal("0.3000000001"), None, Decimal("9" * 28)]),
    "unsigned": (pa.uint64(), [2**64 - 1, 0, None, 2**53 + 1]),
    "whole": (pa.int64(), [2**53 + 1, 2**53, None, -1]),
}


def test_numbers_are_compared_as_written(spark: Any, tmp_path: Path) -> None:
    table = pa.table({name: pa.array(values, type_) for name, (type_, values) in EXACT.items()})
    pq.write_table(table, tmp_path / "t.parquet")
    third = Decimal("0.3")
    rules: list[dict[str, Any]] = [
        {"maximum": third, "multiple_of": Decimal("0.1")},
        {"minimum": third, "values": (Decimal("0.30"),)},
        {"above": third, "maximum": 2**53, "forbidden": (2**64 - 1, 2**53)},
        {"below": 2**64 - 1, "multiple_of": 7, "values": (third, 0, 1, 2, 3, 2**53 + 1)},
        {"minimum": 10**30, "maximum": -(10**40), "multiple_of": 10**40},
    ]
    for rule in rules:
        contract = TableContract("t", tuple(Column(name, nullable=True, **rule) for name in EXACT))
        ours, theirs = both(
            tmp_path / "t.parquet", contract, statistics=Statistics(mean=("money",), summary=tuple(EXACT))
        )
        assert failures(theirs) == failures(ours), rule
        assert theirs.summary == ours.summary and theirs.mean == ours.mean
        shown = [[{str(value) for _, _, value in f.sample} for f in p.failures] for p in (ours, theirs)]
        assert shown[0] == shown[1]


def test_nulls_in_keys_repeat_nothing(spark: Any, tmp_path: Path) -> None:
    nan = float("nan")
    table = pa.table(
        {"x": pa.array([nan, nan, 1.0, 1.0, None, None], from_pandas=False), "k": [1, 1, None, None, 2, 2]}
    )
    pq.write_table(table, tmp_path / "t.parquet")
    for meaning in ("null", "allow"):
        metrics = tuple(Metric(m, Limit("==", (0,)), ("x",)) for m in ("null", "missing", "duplicate"))
        metrics += (Metric("duplicate", Limit("==", (0,)), ("k", "x")),)
        column = Column("x", nullable=True, unique=True, nan=meaning)
        contract = TableContract("t", (column, Column("k", nullable=True)), key=("k", "x"), metrics=metrics)
        ours, theirs = both(tmp_path / "t.parquet", contract, statistics=Statistics())
        assert theirs.figures == ours.figures
        for found in ("duplicates", "duplicates_but_nan"):
            assert {k: (d.keys, d.rows) for k, d in getattr(theirs, found).items()} == {
                k: (d.keys, d.rows) for k, d in getattr(ours, found).items()
            }


def test_decimals_that_spark_does_not_hold_are_refused_by_name(spark: Any, tmp_path: Path) -> None:
    pq.write_table(pa.table({"x": pa.array([Decimal("0.3")], pa.decimal256(50, 2))}), tmp_path / "t.parquet")
    with pytest.raises(Unreadable, match=r"decimal256\(50, 2\)|Spark"):
        both(tmp_path / "t.parquet")


def test_rules_over_rows_compare_columns_of_different_types(spark: Any, tmp_path: Path) -> None:
    table = pa.table(
        {
            "day": pa.array([date(9999, 12, 31), date(2026, 1, 1), None]),
            "at": pa.array([datetime(2026, 1, 1)] * 3, pa.timestamp("us")),
            "last": pa.array([2**63 - 1, 0, None], pa.timestamp("us")),
            "whole": pa.array([2**53 + 1, 5, None]),
            "unsigned": pa.array([2**64 - 1, 5, 1], pa.uint64()),
            "money": pa.array([Decimal(2**53), Decimal(5), Decimal(1)], pa.decimal128(20, 2)),
            "cents": pa.array([Decimal("0.30"), Decimal("0.31"), None], pa.decimal128(18, 2)),
            "share": pa.array([0.3, 0.3, float("nan")]),
        }
    )
    pq.write_table(table, tmp_path / "t.parquet")
    minute = timedelta(minutes=1)
    rules = (
        Offset("day", "<=", "at"),
        Offset("last", ">", "last", -minute),
        Offset("last", "<=", "last", minute),
        Offset("day", "==", "day", timedelta(hours=12)),
        Offset("whole", "<=", "money"),
        Offset("unsigned", "<=", "whole"),
        Offset("cents", "==", "share"),
        Grid("at", timedelta(minutes=7)),
    )
    columns = tuple(Column(name, nullable=True, nan="allow") for name in table.column_names)
    profile = assert_equal(tmp_path / "t.parquet", TableContract("t", columns, rules=rules, no_all_null=False))
    assert [(f.column, f.rows) for f in profile.failures] == [
        ("day", 1),
        ("day", 2),
        ("whole", 1),
        ("unsigned", 1),
        ("cents", 1),
    ]


def test_times_of_another_clock_are_refused_by_name(spark: Any, tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    moment = datetime(2026, 7, 1, 12)
    pq.write_table(pa.table({"a": pa.array([moment]), "b": pa.array([moment.replace(tzinfo=UTC)])}), path)
    contract = TableContract("t", (Column("a", zone="Europe/Berlin"), Column("b")), rules=(Offset("a", "<=", "b"),))
    with pytest.raises(
        Unreadable, match="compares times of a clock in Europe/Berlin, which engine = spark does not do"
    ):
        both(path, contract)


def test_classes_of_unicode_are_known_to_both(spark: Any, tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"x": ["a", "é", "7", None]}), path)
    contract = TableContract("t", (Column("x", nullable=True, pattern=r"^\p{L}$"),))
    first, second = both(path, contract)
    assert [f.rows for f in first.failures] == [f.rows for f in second.failures] == [1]
