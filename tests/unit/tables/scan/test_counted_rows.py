"""Of shares and of counts over joins and named queries the rows at fault are shown, where they provably are these."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pytest_mlmonitor.tables.contract.table import Column, Limit, SqlRule, TableContract
from pytest_mlmonitor.tables.scan.scan import scan

ROWS = pa.table({"id": ["x", "y", "z"], "a": [1, -2, -3], "up": ["y", "q", "x"], "wide": [0, 0, 0]})
BAD = [{"id": "y", "a": -2}, {"id": "z", "a": -3}]


def shown(path: Path, query: str, *, redacted: bool = False) -> tuple[Any, list[Any] | None]:
    pq.write_table(ROWS, path / "t.parquet")
    rule = SqlRule("q", query, Limit("<", (1,)))
    contract = TableContract("t", (Column("id", redacted=redacted),), key=("id",), extra="allow", sql=(rule,))
    (answer,) = scan(path / "t.parquet", contract).answers.values()
    assert answer.error is None
    return answer.figure, [
        {**key, **judged} for _, key, judged in answer.failure.sample
    ] if answer.failure is not None else None


@pytest.mark.parametrize(
    "query",
    [
        "SELECT 100.0 * sum(CASE WHEN a < 0 THEN 1 ELSE 0 END) / count(*) FROM {name}",
        "SELECT sum(CASE WHEN a < 0 THEN 1 ELSE 0 END) * 100.0 / nullif(count(*), 0) FROM {name}",
        "SELECT round(100.0 * count(*) FILTER (WHERE a < 0) / count(*), 2) FROM {name}",
        "SELECT 100 * avg(CASE WHEN a < 0 THEN 1.0 ELSE 0 END) FROM {name}".replace("1.0", "1"),
        "SELECT CAST(count_if(a < 0) AS DOUBLE) / count(*) * 100 FROM {name}",
        "SELECT 100.0 * count_if(a < 0) / count(id) FROM {name}",
    ],
)
def test_the_rows_of_a_share(tmp_path: Path, query: str) -> None:
    figure, rows = shown(tmp_path, query)
    assert figure == pytest.approx(66.67, abs=0.01)
    assert rows == BAD


@pytest.mark.parametrize(
    "query",
    [
        "SELECT 100.0 - 100.0 * count_if(a >= 0) / count(*) FROM {name}",
        "SELECT 100.0 * count(*) / count_if(a < 0) FROM {name}",
        "SELECT 100.0 * count_if(a < 0) / count_if(a > -3) FROM {name}",
        "SELECT 100.0 * sum(a * a) / count(*) FROM {name}",
        "SELECT 100.0 * sum(CASE WHEN a < 0 THEN 2 ELSE 0 END) / count(*) FROM {name}",
        "SELECT 100.0 * (count_if(a < 0) + 1) / count(*) FROM {name}",
        "SELECT max(a) + 5 FROM {name}",
    ],
)
def test_no_rows_are_shown_where_they_may_be_others(tmp_path: Path, query: str) -> None:
    assert not shown(tmp_path, query)[1]


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("SELECT count(*) FROM {name} t JOIN {name} o ON t.up = o.id WHERE t.a > o.a", [{"id": "x", "a": 1}]),
        (
            "SELECT count(*) FROM {name} t LEFT JOIN {name} o ON t.up = o.id WHERE o.id IS NULL",
            [{"id": "y", "up": "q"}],
        ),
        ("WITH bad AS (SELECT * FROM {name} WHERE a < 0) SELECT count(*) FROM bad", BAD),
        ("WITH bad AS (SELECT * FROM {name}) SELECT count_if(a < 0) FROM bad", BAD),
        ("SELECT count(*) FROM (SELECT id, a FROM {name} WHERE a < 0)", BAD),
        ("SELECT count(*) FROM (SELECT up, count(*) AS n FROM {name} GROUP BY up HAVING count(*) > 0)", None),
    ],
)
def test_the_rows_of_a_count_over_more_than_the_table(tmp_path: Path, query: str, rows: list[Any] | None) -> None:
    figure, found = shown(tmp_path, query)
    assert found is not None and len(found) == figure
    if rows is not None:
        assert [{name: row[name] for name in expected} for row, expected in zip(found, rows, strict=True)] == rows
        assert "wide" not in found[0]


def test_values_that_are_not_shown_stay_out_of_it(tmp_path: Path) -> None:
    query = "SELECT count(*) FROM {name} t JOIN {name} o ON t.up = o.id"
    assert shown(tmp_path, query, redacted=True)[1] is None
