"""What another engine is told of a table, and the rows that it points at."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pytest_mlmonitor.tables.contract.table import Column, TableContract
from pytest_mlmonitor.tables.scan.scan import scan, shown_again
from pytest_mlmonitor.tables.source.source import picked
from pytest_mlmonitor.tables.source.told.told_parts import told_parts
from tests import tables
from tests.deleted_rows import delete_in_delta, parts_of_delta

ROWS = pa.table({"x": range(6), "day": ["2026-01-02"] * 2 + ["2026-01-10"] * 4})


def test_partition_values_are_ticks_and_the_newest_is_known(tmp_path: Path) -> None:
    path = tables.hive(tmp_path / "t", ROWS, ["day"])
    told = told_parts(path, {"day": ("date32[day]",)})
    assert told.head.names == ("x", "day") and told.partitions == (1,)
    assert [(part.rows, part.values) for part in told.parts] == [(2, (20_455,)), (4, (20_463,))]
    assert told.newest == (1,)
    assert told.schemas[0].columns == (("x", "int64"), None)


def test_deleted_rows_are_bits(tmp_path: Path) -> None:
    path = tables.delta(tmp_path / "t", ROWS)
    delete_in_delta(path, {parts_of_delta(path)[0]: [0, 3]})
    (part,) = told_parts(path).parts
    assert (part.rows, part.gone, part.deleted) == (6, 2, bytes([0b1001]))


def test_only_row_groups_that_hold_a_row_are_read(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(ROWS, path, row_group_size=2)
    data = bytearray(path.read_bytes())
    start = pq.ParquetFile(path).metadata.row_group(0).column(0).data_page_offset
    data[start + 4 : start + 12] = b"\xff" * 8  # the first group is damaged
    path.write_bytes(bytes(data))
    with picked(path, None, [(0, 3), (0, 4)]) as some:
        assert some.head.rows == 2
        assert [batch.column("x").to_pylist() for batch in some.batches()] == [[3, 4]]


def test_rows_are_shown_as_the_whole_scan_shows_them(tmp_path: Path) -> None:
    pq.write_table(ROWS, tmp_path / "t.parquet")
    contract = TableContract("t", (Column("x", maximum=2), Column("day")), key=("day",))
    again = shown_again(tmp_path / "t.parquet", (contract,), (), (), [(0, 3), (0, 5)], {})
    (whole,) = scan(tmp_path / "t.parquet", contract).failures
    assert [(key, value) for _, key, value in again.failures[0].sample] == [
        (key, value) for number, key, value in whole.sample if number in (4, 6)
    ]
    assert [number for number, _, _ in again.failures[0].sample] == [1, 2]
