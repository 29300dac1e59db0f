"""A file of many columns is read part by part, and opened once for all of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pytest_mlmonitor.tables.source import parquet
from pytest_mlmonitor.tables.source.held import file_stamps
from pytest_mlmonitor.tables.source.held.held_files import WIDE, HeldFiles
from pytest_mlmonitor.tables.unreadable import Unreadable

ROWS = 2_000


@pytest.fixture(autouse=True)
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was written a moment ago is held, too."""
    monkeypatch.setattr(file_stamps, "SETTLED_NS", 0)


def written(path: Path, first: int = 0) -> Path:
    columns = {f"c{i}": pa.array(range(first + i, first + i + ROWS), pa.int64()) for i in range(WIDE)}
    pq.write_table(pa.table(columns), path, compression="none")
    return path


def first_of(held: HeldFiles, path: Path, name: str) -> int:
    with held.opened(path) as (_, read):
        value: int = next(read([name], 10)).column(0)[0].as_py()
        return value


def test_it_is_opened_once_for_all_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, held, times = written(tmp_path / "wide.parquet"), HeldFiles(), []
    opened = parquet.opened

    def counted(*arguments: Any, **options: Any) -> Any:
        times.append(arguments)
        return opened(*arguments, **options)

    monkeypatch.setattr(parquet, "opened", counted)
    assert [first_of(held, path, f"c{i}") for i in (0, 1, 2, 3)] == [0, 1, 2, 3]
    assert len(times) == 2  # for its footer, and for its parts


def test_one_that_was_replaced_is_another_file(tmp_path: Path) -> None:
    path, held = written(tmp_path / "wide.parquet"), HeldFiles()
    assert [first_of(held, path, "c0") for _ in range(2)] == [0, 0]
    written(tmp_path / "new.parquet", 7).replace(path)
    assert [first_of(held, path, "c0") for _ in range(2)] == [7, 7]


def test_two_readers_at_once_do_not_meet(tmp_path: Path) -> None:
    path, held = written(tmp_path / "wide.parquet"), HeldFiles()
    first_of(held, path, "c0")
    with held.opened(path) as (_, read):
        one, other = read(["c1"], 500), read(["c2"], 1_000)
        sizes = [[next(batches).num_rows for batches in (one, other)] for _ in range(2)]
        assert sizes == [[500, 1_000], [500, 1_000]]


def test_a_damaged_part_is_said_of_the_file(tmp_path: Path) -> None:
    path, held = written(tmp_path / "wide.parquet"), HeldFiles()
    data = bytearray(path.read_bytes())
    data[100:20_000] = b"\xff" * 19_900
    path.write_bytes(data)
    for _ in range(2):
        with pytest.raises(Unreadable, match="cannot be read as parquet"):
            first_of(held, path, "c0")
