"""What lies inside columns is judged on Spark as a plain loop judges it, and as the embedded engine does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings

from pytest_mlmonitor.tables.contract.table import Column, NestedTable, TableContract
from pytest_mlmonitor.tables.profile import NO_STATISTICS, Failure, TableProfile
from pytest_mlmonitor.tables.scan.spark.spark_scan import spark_scan
from tests.nested_tables import Shape, cases, expected, terms, verdict, written

from .test_spark import ask, assert_equal, spark  # noqa: F401 (the fixture)

KINDS = ("int64", "uint32", "double", "string", "money", "bool", "time_us", "date", "bytes", "float", "cents")

pytestmark = pytest.mark.slow(turn=1)  # with test_spark: one Java for both


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("nested") / "made.parquet"


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(case=cases(KINDS))
def test_spark_agrees_with_a_plain_loop(
    spark: Any,  # noqa: F811
    place: Path,
    case: tuple[pa.Table, list[Shape], list[Any]],
) -> None:
    table, found, values = case
    if not table.num_rows:
        return  # which Spark is not asked for
    written(table, place)
    contract, wanted = terms(found), expected(found, values)
    assert verdict(spark_scan(ask, place, (contract,), NO_STATISTICS), contract) == wanted


ITEM = pa.struct([("sku.no", pa.string()), ("price", pa.float64())])
ORDERS = pa.table(
    {
        "id": pa.array([7, 8, 9], pa.int64()),
        "a.b": pa.array(
            [[{"sku.no": "A", "price": 1.0}, None], None, [{"sku.no": None, "price": -1.0}]], pa.list_(ITEM)
        ),
        "n": pa.array([[None], [], [1, 1]], pa.list_(pa.int64())),
        "labels": pa.array([[("k", [1, 1])], [], [("z", None)]], pa.map_(pa.string(), pa.list_(pa.int64()))),
    }
)
CONTRACT = TableContract(
    "orders",
    (
        Column("id"),
        Column("a.b", nullable=True, min_items=2),
        Column("labels", max_items=0),
        Column("n", unique_items=True),
    ),
    key=("id",),
    nested=(
        NestedTable(
            "a.b",
            TableContract(
                "orders",
                (Column("a.b[]"),),
                nested=(
                    NestedTable(
                        "a.b[]",
                        TableContract("orders", (Column("a.b[].sku.no"), Column("a.b[].price", minimum=0))),
                    ),
                ),
            ),
        ),
        NestedTable(
            "labels",
            TableContract(
                "orders",
                (Column("labels{key}", values=("k",)), Column("labels{value}", unique_items=True)),
                nested=(
                    NestedTable("labels{value}", TableContract("orders", (Column("labels{value}[]", minimum=2),))),
                ),
            ),
        ),
    ),
)


def failures_in(profile: TableProfile) -> Iterator[Failure]:
    """Yield what breaks rules in a table, and inside its columns at any depth."""
    yield from profile.failures
    for inner in profile.nested.values():
        yield from failures_in(inner)


def test_values_are_shown_with_their_key_and_place(spark: Any, tmp_path: Path) -> None:  # noqa: F811
    pq.write_table(ORDERS, tmp_path / "orders.parquet")
    theirs = assert_equal(tmp_path / "orders.parquet", CONTRACT, statistics=NO_STATISTICS)
    every = list(failures_in(theirs))
    assert {"a.b[0].sku.no", "labels{key}", "labels{'k'}", "labels{'k'}[1]"} < {
        path for one in every for path in one.paths
    }
    (twice,) = (f for f in theirs.nested[0, 1].failures if f.what.startswith("a list"))
    assert [(number, value) for number, _, value in twice.sample] == [(1, [1, 1])]
