"""Spark and the embedded engine say the same of random tables, whatever a contract asks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pytest_mlmonitor.tables.contract.row_terms import RowFilter
from pytest_mlmonitor.tables.contract.table import Limit, Metric, SqlRule, TableContract
from pytest_mlmonitor.tables.profile import Statistics
from tests.unit.tables.scan.test_engines_agree import cases

from .test_spark import assert_equal, both, spark  # noqa: F401 (the fixture)

pytestmark = pytest.mark.slow(turn=1)  # with test_spark: one Java for all


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("agrees") / "made.parquet"


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), phases=(Phase.generate,))
@given(case=cases(), parts=st.integers(1, 3))
def test_of_columns_and_keys(
    spark: Any,  # noqa: F811
    place: Path,
    case: tuple[pa.Table, TableContract],
    parts: int,
) -> None:
    table, contract = case
    if "decimal256" in str(table.schema):
        return  # which Spark does not hold, and says so
    pq.write_table(table, place, row_group_size=parts)
    assert_equal(place, contract, statistics=Statistics(summary=tuple(table.column_names)))


CONDITIONS = (
    *("n > 2", "n + 1 <> 3", "x / n > 1", "n IS NULL OR x = 0", "NOT flag", "n IN (1, 2, NULL)", "x BETWEEN 0 AND 1"),
    *("word LIKE 'a%'", "length(word) = 2", "day < '2026-01-03'", "seen >= '2026-01-01 01:00'", "n % 2 = 1", "f = 0.1"),
    *(
        "coalesce(n, 7) > x",
        "CASE WHEN flag THEN n ELSE 0 END > 0",
        "money * 2 > 1.5",
        "money > n",
        "small * small > 20",
    ),
    *("day <= seen", "x > f", "isnan(x)", "abs(n - 2) <= 1", "word || 'b' = 'ab'", "word IS DISTINCT FROM 'a'"),
)
FIGURES = (
    "SELECT count(*) FROM {{name}} WHERE {0}",
    "SELECT round(100.0 * sum(CASE WHEN {0} THEN 1 ELSE 0 END) / count(*), 1) FROM {{name}}",
    "SELECT count(*) FILTER (WHERE {0}) FROM {{name}}",
    "SELECT * FROM {{name}} WHERE {0}",
    "SELECT word FROM {{name}} WHERE {0} GROUP BY word HAVING count(*) > 1",
    "SELECT sum(n) + count(DISTINCT word) FROM {{name}} WHERE {0}",
    "SELECT max(money) FROM {{name}} WHERE {0}",
)
COLUMNS: dict[str, tuple[pa.DataType, tuple[Any, ...]]] = {
    "n": (pa.int64(), (0, 1, 2, 3, -1, 2**53 + 1)),
    "small": (pa.int8(), (0, 3, 5, -5)),
    "x": (pa.float64(), (0.0, -0.0, 0.5, 1.5, float("nan"), float("inf"))),
    "f": (pa.float32(), (0.1, 0.5, 0.0)),
    "money": (pa.decimal128(5, 1), ("0.3", "0.8", "-0.1")),
    "word": (pa.string(), ("a", "ab", "", "é", "b")),
    "flag": (pa.bool_(), (True, False)),
    "day": (pa.date32(), (20_454, 20_455, 20_456)),
    "seen": (pa.timestamp("us"), (1_767_225_600_000_000, 1_767_229_200_000_000, 1_767_312_000_000_000)),
}


@st.composite
def tables(draw: st.DrawFn) -> pa.Table:
    rows = draw(st.integers(1, 12))
    columns = {}
    for name, (type_, values) in COLUMNS.items():
        some = draw(st.lists(st.none() | st.sampled_from(values), min_size=rows, max_size=rows))
        plain = (
            pa.array(some, pa.string())
            if name == "money"
            else pa.array(some)
            if some != [None] * rows
            else pa.nulls(rows)
        )
        columns[name] = plain.cast(type_) if name != "day" else plain.cast(pa.int32()).cast(type_)
    return pa.table(columns)


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), phases=(Phase.generate,))
@given(
    table=tables(),
    conditions=st.lists(st.sampled_from(CONDITIONS), min_size=3, max_size=3),
    form=st.sampled_from(FIGURES),
)
def test_of_sql_rules_and_filters(
    spark: Any,  # noqa: F811
    place: Path,
    table: pa.Table,
    conditions: list[str],
    form: str,
) -> None:
    pq.write_table(table, place, row_group_size=5)
    limit = Limit("==", (0,))
    rules = [SqlRule(f"r{i}", form.format(one), limit) for i, one in enumerate(conditions)]
    within = RowFilter(conditions[0])
    contract = TableContract(
        "t",
        (),
        extra="allow",
        key=("n",),
        sql=(*rules, replace(rules[1], name="some", rows=within)),
        metrics=(Metric("rows", limit, rows=within), Metric("null", limit, ("word",), rows=within)),
    )
    ours, theirs = both(place, contract, statistics=Statistics())
    assert theirs.answers.keys() == ours.answers.keys()
    for rule, found in theirs.answers.items():
        wanted = ours.answers[rule]
        if "out of range" in str(found.error).lower():  # which both say in words of their own
            assert wanted.error is not None and "range" in wanted.error.lower()
            continue
        assert (found.figure, found.error) == (wanted.figure, wanted.error)
        # of a list of groups neither engine says which come first
        ordered = [sorted(map(repr, one.failure.sample)) if one.failure else None for one in (found, wanted)]
        assert ordered[0] == ordered[1]
    assert (theirs.figures, theirs.selections, theirs.counted) == (ours.figures, ours.selections, ours.counted)
