"""SQL rules over large tables: only the columns that a query looks at are read, and its answer is the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pytest_mlmonitor.tables.contract.table import Column, Limit, SqlRule, TableContract
from pytest_mlmonitor.tables.profile import SqlAnswer
from pytest_mlmonitor.tables.scan.queries import table_streams
from pytest_mlmonitor.tables.scan.scan import scan
from pytest_mlmonitor.tables.source.source import TableSource

TABLE = pa.table(
    {
        "id": [f"r{i}" for i in range(40)],
        "a": [i % 7 - 1 for i in range(40)],
        "B": [i / 3 for i in range(40)],
        "s": [{"a": i, "z": i % 2} for i in range(40)],
        "x y": list(range(40)),
    }
)
ALL = tuple(TABLE.column_names)

QUERIES: dict[str, tuple[str, ...]] = {
    "SELECT count(*) FROM {name}": ("id",),
    "SELECT count(*) FROM {name} WHERE a < 0": ("id", "a"),
    "SELECT count(*) FROM {name} WHERE b > 3 AND A = 1": ("id", "a", "B"),
    "SELECT id FROM {name} WHERE b > 12": ("id", "B"),
    'SELECT count(*) FROM {name} t WHERE t."x y" > 3': ("id", "x y"),
    "SELECT count(*) FROM {name} WHERE s.z = 1": ("id", "s"),
    "SELECT sum(CASE WHEN a BETWEEN 1 AND 2 THEN 1 ELSE 0 END) FROM {name}": ("id", "a"),
    "SELECT max(n) FROM (SELECT count(*) AS n FROM {name} GROUP BY a)": ALL,
    "SELECT count(t) FROM {name} t": ALL,
    "SELECT sum(#2) FROM {name}": ALL,
    "SELECT count(*) FROM (SELECT DISTINCT * FROM {name})": ALL,
    "SELECT count(*) FROM {name} p NATURAL JOIN {name} q": ALL,
    "SELECT count(COLUMNS('a|B')) FROM {name}": ALL,
    "WITH w AS (SELECT a FROM {name}) SELECT count(*) FROM w": ALL,
    "SELECT count(*) FROM {name} WHERE B > (SELECT avg(a) FROM {name})": ALL,
    "SELECT count(*) FROM {name} WHERE nope = 1": ALL,
}


@pytest.mark.parametrize("query", QUERIES)
def test_only_what_a_query_looks_at_is_read(query: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pq.write_table(TABLE, tmp_path / "t.parquet")
    whole = _answer(tmp_path, query)
    read: list[tuple[str, ...]] = []
    real = TableSource.batches

    def batches(self: TableSource, columns: Any = None, rows: Any = None) -> Any:
        read.append(tuple(self.schema.names if columns is None else columns))
        return real(self, columns, rows)

    monkeypatch.setattr(table_streams, "SMALL_ROWS", 0)
    monkeypatch.setattr(TableSource, "batches", batches)
    assert _answer(tmp_path, query) == whole
    assert set(read[-1]) == set(QUERIES[query]) or whole.figure is None


def test_a_table_that_is_too_large_to_be_held_is_streamed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pytest_mlmonitor.tables.scan import engine

    pq.write_table(TABLE, tmp_path / "t.parquet")
    query = "SELECT count(*) FROM {name} WHERE a < 0"
    whole = _answer(tmp_path, query)
    monkeypatch.setattr(engine, "HELD_BYTES", 100)
    assert _answer(tmp_path, query) == whole
    assert (whole.figure, whole.error) == (6, None)


def test_too_little_memory_is_nothing_against_a_rule(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pq.write_table(TABLE, tmp_path / "t.parquet")
    monkeypatch.setattr(table_streams, "SMALL_ROWS", 0)
    real = table_streams.QueriedTable._batches

    def short(self: Any, places: Any, schema: Any) -> Any:
        self._table.batches = lambda names: _short()
        return real(self, places, schema)

    monkeypatch.setattr(table_streams.QueriedTable, "_batches", short)
    with pytest.raises(MemoryError):
        _answer(tmp_path, "SELECT count(*) FROM {name} WHERE a < 0")


def _short() -> Any:
    raise pa.ArrowMemoryError("malloc of size 1 failed")
    yield


def _answer(place: Path, query: str) -> SqlAnswer:
    rule = SqlRule("q", query, Limit("==", (0,)))
    contract = TableContract("t", (Column("id"),), key=("id",), sql=(rule,), extra="allow")
    (answer,) = scan(place / "t.parquet", contract).answers.values()
    return answer
