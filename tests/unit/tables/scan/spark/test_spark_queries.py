"""SQL rules in Spark's words: what is written, and what is refused by name. Spark itself is asked in tests/services."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pytest_mlmonitor.tables.contract.row_terms import RowFilter
from pytest_mlmonitor.tables.contract.table import Limit, Metric, SqlRule, TableContract
from pytest_mlmonitor.tables.scan.queries.spark_queries import SparkQueries, spark_figures, spark_queries

TABLE = pa.table(
    {
        "n": pa.array([1], pa.int64()),
        "small": pa.array([1], pa.int8()),
        "x": [1.5],
        "word": ["a"],
        "seen": pa.array([datetime(2026, 1, 1)], pa.timestamp("us")),
    }
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("written") / "t.parquet"
    pq.write_table(TABLE, path)
    return path


def written(place: Path, *queries: str, rows: RowFilter | None = None) -> SparkQueries:
    rules = tuple(SqlRule(f"r{i}", query, Limit("==", (0,))) for i, query in enumerate(queries))
    metrics = (Metric("rows", Limit("==", (0,)), rows=rows),) if rows else ()
    return spark_queries(place, (TableContract("t", (), extra="allow", sql=rules, metrics=metrics),))


WORDS = {
    "n > 2": "(CAST(c0 AS BIGINT) > CAST('2' AS BIGINT))",
    "word = 'it''s'": "(CAST(c3 AS STRING) = CAST(X'69742773' AS STRING))",
    "seen < '1970-01-02'": "(CAST(c4 AS BIGINT) < 86400000000L)",
    "word IS NULL OR NOT n IN (1, 2)": "((c3 IS NULL) OR (NOT (CAST(c0 AS BIGINT) IN (CAST('1' AS BIGINT), CAST('2' AS BIGINT)))))",
}


@pytest.mark.parametrize("condition", WORDS)
def test_a_condition_in_sparks_words(place: Path, condition: str) -> None:
    found = written(place, f"SELECT count(*) FROM {{name}} WHERE {condition}")  # noqa: S608 (a test)
    query = found.queries[0, 0]
    assert (query.where, query.holds, query.aggregates) == (
        WORDS[condition],
        WORDS[condition],
        (("count(1)", "BIGINT"),),
    )


def test_arithmetic_ends_at_the_bounds_of_its_type(place: Path) -> None:
    where = written(place, "SELECT count(*) FROM {name} WHERE small + small > 1").queries[0, 0].where
    assert "BETWEEN -128BD AND 127BD" in where and "a value of type TINYINT is out of range" in where


REFUSED = {
    "SELECT count(*) FROM {name} WHERE lower(word) = 'a'": "uses lower()",
    "SELECT count(*) FROM {name} WHERE strftime(seen, '%Y') = '2026'": "uses strftime()",
    "SELECT count(*) FROM {name} a JOIN {name} b USING (n)": "uses more than the table itself",
    "SELECT count(*) FROM {name} WHERE n > (SELECT 1)": "uses another query",
    "SELECT x FROM {name} GROUP BY x": "uses floating numbers as values that are told apart",
    "SELECT count(*) FROM {name} WHERE word LIKE 'a\\%'": "uses a pattern with a backslash",
    "SELECT median(n) FROM {name}": "uses median() of BIGINT",
    "SELECT n FROM {name}": "uses a column outside its figures",
}


@pytest.mark.parametrize("query", REFUSED)
def test_what_is_not_computed_alike_is_refused_by_name(place: Path, query: str) -> None:
    (answer,) = written(place, query).refused.values()
    assert answer.figure is None and REFUSED[query] in str(answer.error)
    assert str(answer.error).endswith('set engine = "embedded"')


def test_what_the_embedded_engine_refuses_is_refused_in_its_words(place: Path) -> None:
    found = written(place, "SELECT nope FROM {name}", "DROP TABLE {name}", "SELECT 1 FROM other")
    said = [str(answer.error) for answer in found.refused.values()]
    assert said[0] == "cannot run: the table has no column 'nope'"
    assert said[1] == "is refused: not one SELECT"
    assert said[2] == "cannot run: it names the table 'other', which is no table that is known"


def test_filters(place: Path) -> None:
    good, bad, other = (RowFilter(text) for text in ("n > 1", "count(*) > 1", "upper(word) = 'A'"))
    assert written(place, rows=good).conditions == {good: "(CAST(c0 AS BIGINT) > CAST('1' AS BIGINT))"}
    assert "whose value is not that of a row" in written(place, rows=bad).bad[bad]
    assert written(place, rows=other).bad[other].startswith("uses upper(), which engine = spark does not compute")


def test_what_a_query_makes_of_its_figures_is_the_embedded_engines(place: Path) -> None:
    found = written(place, "SELECT round(100.0 * sum(CASE WHEN n > 1 THEN 1 ELSE 0 END) / count(*), 2) FROM {name}")
    query = found.queries[0, 0]
    assert [type_ for _, type_ in query.aggregates] == ["HUGEINT", "BIGINT"] and query.share
    asked = {(0, 0): ("share", query.final, [("HUGEINT", "1"), ("BIGINT", "3")])}
    assert spark_figures(place, asked, classified=False)[0, 0].figure == 33.33
