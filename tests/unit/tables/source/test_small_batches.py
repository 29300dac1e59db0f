"""Small files reach a plan as few batches, in the same order, and batches are as large as columns let them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pytest_mlmonitor.tables.arrays.small_batches import together
from pytest_mlmonitor.tables.scan import engine
from pytest_mlmonitor.tables.source.parquet import BATCH_ROWS, batch_rows
from pytest_mlmonitor.tables.source.source import source


def many_files(place: Path) -> Path:
    (place / "x.parquet").mkdir()
    for i in range(50):
        pq.write_table(pa.table({"a": range(10 * i, 10 * i + 10)}), place / "x.parquet" / f"{i:02}.parquet")
    return place / "x.parquet"


def many_groups(place: Path) -> Path:
    pq.write_table(pa.table({"a": range(500)}), place / "x.parquet", row_group_size=10)
    return place / "x.parquet"


@pytest.mark.parametrize("write", [many_files, many_groups])
def test_small_parts_are_one_batch(tmp_path: Path, write: Callable[[Path], Path]) -> None:
    with source(write(tmp_path)) as table:
        (batch,) = table.batches()
        assert batch.column(0).to_pylist() == list(range(500))
        assert max(one.num_rows for one in table.batches(rows=150)) <= 150
        assert len(list(table.batches(rows=150))) <= 7
        assert sum(one.num_rows for one in table.batches([])) == 500


def test_a_plan_runs_once_over_many_small_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pytest_mlmonitor.tables.contract.table import Column, TableContract
    from pytest_mlmonitor.tables.scan.scan import scan

    plans: list[int] = []
    real = engine.nw.from_native
    monkeypatch.setattr(engine.nw, "from_native", lambda *a, **k: plans.append(1) or real(*a, **k))
    assert scan(many_files(tmp_path), TableContract("x", (Column("a", forbidden=(1000,)),))).rows == 500
    assert len(plans) == 1


def test_no_batch_is_larger_than_asked_for() -> None:
    batches = [pa.record_batch({"a": pa.array(range(n), pa.int64())}) for n in (3, 0, 4, 10, 2, 2, 9, 1)]
    assert [one.num_rows for one in together(batches, 10)] == [7, 10, 4, 9, 1]
    assert list(together([], 10)) == []
    texts = [pa.record_batch({"a": pa.array(words).dictionary_encode()}) for words in (["x"], ["y", "x"], ["z"])]
    (joined,) = together(texts, 100)
    assert joined.column(0).to_pylist() == ["x", "y", "x", "z"]


@pytest.mark.parametrize(
    ("columns", "row_bytes", "rows"),
    [
        (1, 8, BATCH_ROWS),
        (27, 216, BATCH_ROWS),
        (100, 800, 20_971),
        (1000, 8000, 2097),
        (5000, 40_000, 838),
        (2, 1 << 30, 1),
    ],
)
def test_rows_of_a_batch(columns: int, row_bytes: int, rows: int) -> None:
    assert batch_rows(columns, row_bytes) == rows


def test_parts_that_are_alike_are_read_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is done to the batches of each part otherwise (of columns in another order, say) is not done to them."""
    from pytest_mlmonitor.tables.source import source as module

    singly: list[str] = []
    real = module.part_batches
    monkeypatch.setattr(module, "part_batches", lambda part, *rest: singly.append(part.part.name) or real(part, *rest))
    place = many_files(tmp_path)
    with source(place) as table:
        assert sum(batch.num_rows for batch in table.batches(["a"])) == 500
    assert not singly
    pq.write_table(pa.table({"a": pa.array([500], pa.int32())}), place / "99.parquet")
    with source(place) as table:
        assert [value for batch in table.batches() for value in batch.column(0).to_pylist()] == list(range(501))
    assert len(singly) == 51
