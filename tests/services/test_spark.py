"""``engine = "spark"`` on a local Spark says what the embedded engine says."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import write_deltalake

from pytest_mlmonitor.datasets.builtin import TABLE_CONTRACTS
from pytest_mlmonitor.tables.contract.row_terms import Grid, Offset, RowFilter
from pytest_mlmonitor.tables.contract.table import Column, Limit, Metric, TableContract
from pytest_mlmonitor.tables.moments import TimeValue
from pytest_mlmonitor.tables.profile import ParquetHead, Statistics, TableProfile
from pytest_mlmonitor.tables.reader.worker import FUNCTIONS
from pytest_mlmonitor.tables.scan.scan import scan
from pytest_mlmonitor.tables.scan.spark.spark_scan import spark_scan
from pytest_mlmonitor.tables.source.listed.table_files import EventSpan, table_files
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
        # Tables of a few rows: to compile what is computed takes ten times as long as to compute it.
        ("spark.sql.codegen.wholeStage", "false"),
        ("spark.sql.codegen.factoryMode", "NO_CODEGEN"),
        ("spark.sql.adaptive.enabled", "false"),
        ("spark.driver.extraJavaOptions", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"),
    ):
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    yield session
    assert session.conf.get("spark.sql.session.timeZone") == "America/New_York"  # whose session it is stays as it was
    session.stop()


def _pyspark() -> bool:
    return importlib.util.find_spec("pyspark") is not None


def ask(name: str, *arguments: Any) -> Any:
    """Ask the guarded reader, here in this process."""
    module, _, function = FUNCTIONS[name].partition(":")
    return getattr(import_module(f"pytest_mlmonitor.tables.{module}"), function)(*arguments)


def head(path: Path) -> ParquetHead:
    with source(path) as table:
        return table.head


def both(
    path: Path, *contracts: TableContract, statistics: Statistics = STATISTICS
) -> tuple[TableProfile, TableProfile]:
    """Return what the embedded engine and Spark say."""
    return scan(path, contracts, statistics), spark_scan(ask, path, contracts, statistics)


def failures(profile: TableProfile) -> set[tuple[object, ...]]:
    return {(f.column, f.what, f.expected, f.rows, f.topic, f.contract) for f in profile.failures}


def found(profile: TableProfile) -> dict[str, Any]:
    """Return all that a scan found, as text, but for floating figures, which differ in their last digits."""
    left_out = ("mean", "summary", "nested")
    plain = {key: value for key, value in profile.__dict__.items() if key not in left_out}
    texts = {
        key: sorted(map(repr, value.items())) if isinstance(value, dict) else repr(value)
        for key, value in plain.items()
    }
    return {**texts, "nested": {place: found(inner) for place, inner in profile.nested.items()}}


def assert_equal(path: Path, *contracts: TableContract, statistics: Statistics = STATISTICS) -> TableProfile:
    ours, theirs = both(path, *contracts, statistics=statistics)
    assert found(theirs) == found(ours)
    assert theirs.mean == pytest.approx(ours.mean, nan_ok=True)
    assert set(theirs.summary) == set(ours.summary)
    for name, figures in ours.summary.items():
        other = theirs.summary[name]
        assert (other.minimum, other.maximum, other.values) == (figures.minimum, figures.maximum, figures.values), name
        assert other.mean == pytest.approx(figures.mean, nan_ok=True)
        assert other.deviation == pytest.approx(figures.deviation, abs=1e-6, nan_ok=True)
    return theirs


def test_the_sample_is_clean_on_both(spark: Any) -> None:
    assert assert_equal(SAMPLE, CONTRACT).failures == []


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_fault_is_the_same_fault_on_both(spark: Any, variant: str) -> None:
    if not BROKEN.is_dir():
        pytest.skip(f"the shared artifacts are not at {BROKEN}")
    (path,) = (BROKEN / variant).rglob("training_dataset_*.parquet")
    assert_equal(path, CONTRACT)


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
    assert_equal(path, contract, statistics=statistics)


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
    assert spark_scan(ask, directory, (), STATISTICS).rows == 9
    assert spark_scan(ask, directory / "a*.parquet", (), STATISTICS).rows == 3


def partitioned_delta(directory: Path) -> Path:
    return tables.delta(directory, ROWS, partition_by=["k"])


@pytest.mark.parametrize("make", [lambda path: tables.hive(path, ROWS, ["k"]), partitioned_delta])
def test_partition_columns_are_columns(spark: Any, tmp_path: Path, make: Any) -> None:
    path = make(tmp_path / "table")
    theirs = assert_equal(path, TableContract("t", (Column("x", maximum=1), Column("k", values=("a",), unique=True))))
    assert [(number, value) for number, _, value in theirs.failures[0].sample] == [(2, 2), (3, 3)]


DAYS = pa.table({"n": range(1, 7), "day": ["2026-01-02"] * 3 + ["2026-01-10"] * 3})


def test_the_newest_partition_alone(spark: Any, tmp_path: Path) -> None:
    path = tables.hive(tmp_path / "table", DAYS, ["day"])
    rule = Metric("rows", Limit("==", (0,)), rows=RowFilter("n <> 5", newest=True))
    contract = TableContract(
        "t",
        (Column("n", maximum=4), Column("day", types=("date32[day]",), minimum=datetime(2026, 1, 5))),
        metrics=(rule,),
    )
    assert assert_equal(path, contract).rows == 6
    assert assert_equal(path, replace(contract, newest=True)).rows == 3


def test_rows_that_spark_does_not_count_are_noticed(spark: Any, tmp_path: Path) -> None:
    pq.write_table(ROWS, tmp_path / "t.parquet")

    def lying(name: str, *arguments: Any) -> Any:
        said = ask(name, *arguments)
        return replace(said, parts=tuple(replace(part, rows=1_234) for part in said.parts))

    with pytest.raises(Unreadable, match=r"has 1,234 rows by its footers, but Spark counted 3"):
        spark_scan(lying, tmp_path / "t.parquet", (), STATISTICS)


def test_deleted_rows_are_left_out(spark: Any, tmp_path: Path) -> None:
    path = tables.delta(tmp_path / "t", ROWS, ROWS)
    delete_in_delta(path, {parts_of_delta(path)[0]: [0]})
    theirs = assert_equal(path, TableContract("t", (Column("x", maximum=2), Column("k", unique=True))))
    assert [number for number, _, _ in theirs.failures[0].sample] == [2, 5]


def test_parts_of_several_schemas(spark: Any, tmp_path: Path) -> None:
    first = pa.table({"x": pa.array([1, 2], pa.int32()), "t": pa.array([1, 2], pa.timestamp("ms"))})
    second = pa.table({"x": [3, 4], "y": [1.5, 2.5], "t": pa.array([1, 2], pa.timestamp("us"))})
    for name, table in (("a", first), ("b", second)):
        pq.write_table(table, tmp_path / f"{name}.parquet")
    columns = (Column("x", maximum=2), Column("y", minimum=2), Column("t", maximum=datetime(1970, 1, 1, 0, 0, 0, 1500)))
    assert {f.column for f in assert_equal(tmp_path, TableContract("t", columns)).failures} == {"x", "y", "t"}


def test_a_chunk_of_a_table(spark: Any, tmp_path: Path) -> None:
    moments = [datetime(2026, 1, 1) + timedelta(hours=hour) for hour in range(48)]
    pq.write_table(pa.table({"at": moments, "n": range(48)}), tmp_path / "t.parquet", row_group_size=10)
    start = 1_767_225_600_000_000 + 30 * 3_600_000_000
    path = table_files(tmp_path, [tmp_path / "t.parquet"], EventSpan("at", start, start + 5 * 3_600_000_000, 5))
    theirs = assert_equal(path, TableContract("t", (Column("at"), Column("n", maximum=31))))
    assert [(number, value) for number, _, value in theirs.failures[0].sample] == [(3, 32), (4, 33), (5, 34)]


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


def test_what_spark_would_not_read_by_itself(spark: Any, tmp_path: Path) -> None:
    table = pa.table(
        {
            "id": pa.ExtensionArray.from_storage(pa.uuid(), pa.array([bytes(16), bytes(16), None], pa.binary(16))),
            "clock": pa.array([1, 2, None], pa.time64("ns")),
            "moment": pa.array([1_700_000_000_000_000_001, 0, None], pa.timestamp("ns")),
            "half": pa.array([0.1, float("nan"), None], pa.float16()),
        }
    )
    pq.write_table(table, tmp_path / "t.parquet")
    columns = (
        Column("id", unique=True),
        Column("clock", maximum=TimeValue("clock", 1)),
        Column("moment", maximum=TimeValue("instant", 1_700_000_000_000_000_000)),
        Column("half", minimum=0.5),
    )
    assert len(assert_equal(tmp_path / "t.parquet", TableContract("t", columns)).failures) == 8


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
    with pytest.raises(
        Unreadable, match=r"'x' of type decimal256\(50, 2\), which Spark does not hold; set engine = \"embedded\""
    ):
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
        Unreadable,
        match="columns 'a' and 'b' that compares times of a clock in Europe/Berlin, which engine = spark does not do",
    ):
        both(path, contract)


def test_classes_of_unicode_are_known_to_both(spark: Any, tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"x": ["a", "é", "7", None]}), path)
    contract = TableContract("t", (Column("x", nullable=True, pattern=r"^\p{L}$"),))
    first, second = both(path, contract)
    assert [f.rows for f in first.failures] == [f.rows for f in second.failures] == [1]
