"""Dictionaries inside objects and lists, as of polars' and pandas' categories, are read however many row groups there are."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pytest_mlmonitor.tables.source.source import source

WORD = pa.dictionary(pa.int32(), pa.string())
COLUMNS = {
    "object": pa.array([{"w": "a"}, {"w": "b"}, None, {"w": "a"}, {"w": None}], pa.struct([("w", WORD)])),
    "list": pa.array([["a"], ["b", "a"], None, [], ["c", None]], pa.list_(WORD)),
    "map": pa.array([[("k", "a")], [], None, [("k", "b")], [("l", None)]], pa.map_(pa.string(), WORD)),
    "deep": pa.array([[{"w": "a"}], [], None, [{"w": "b"}, None], []], pa.large_list(pa.struct([("w", WORD)]))),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_every_row_group_is_read(tmp_path: Path, name: str) -> None:
    table = pa.table({"id": range(5), "x": COLUMNS[name]})
    pq.write_table(table, tmp_path / "t.parquet", row_group_size=2)
    for columns in (None, ["x"], ["id"]):
        with source(tmp_path / "t.parquet") as opened:
            read = [row for batch in opened.batches(columns) for row in batch.to_pylist()]
        assert read == table.select(columns or ["id", "x"]).to_pylist()
