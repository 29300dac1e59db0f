"""Files that were read a moment ago are not opened again, and what they held is what they hold."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pytest_mlmonitor.tables.source import parquet
from pytest_mlmonitor.tables.source import source as tables
from pytest_mlmonitor.tables.source.held.file_stamps import SETTLED_NS, file_stamp
from pytest_mlmonitor.tables.source.held.held_files import HeldFiles
from pytest_mlmonitor.tables.source.source import head, source
from pytest_mlmonitor.tables.unreadable import Unreadable

TABLE = pa.table(
    {
        "x": pa.array([1.5, None, 3.0]),
        "word": pa.array(["a", "b", None]).dictionary_encode(),
        "text": ["long", "longer", ""],
        "list": [[1], None, [2, 3]],
    }
)


@pytest.fixture(autouse=True)
def forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "HELD", HeldFiles())


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Return which files were opened."""
    found: list[Path] = []
    real = parquet.opened

    def counting(path: Path, *rest: object) -> object:
        found.append(path)
        return real(path, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(parquet, "opened", counting)
    return found


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the clock be so far on that files written just now are settled."""
    now = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: now() + 2 * SETTLED_NS)


def rows(path: Path, names: Sequence[str] | None = None, most: int | None = None) -> list[dict[str, object]]:
    def read() -> Iterator[pa.RecordBatch]:
        with source(path) as table:
            yield from table.batches(names, most)

    return [row for batch in read() for row in batch.to_pylist()]


@pytest.mark.usefixtures("later")
@pytest.mark.parametrize("names", [None, ["text", "x"], ["list", "absent", "x"], ["word"], [], ["absent"]])
def test_columns_are_the_same_from_memory(tmp_path: Path, opened: list[Path], names: list[str] | None) -> None:
    pq.write_table(TABLE, tmp_path / "t.parquet", row_group_size=2)
    first = rows(tmp_path / "t.parquet", names)
    assert [rows(tmp_path / "t.parquet", names, most) for most in (None, 1, 2, 100)] == [first] * 4
    with source(tmp_path / "t.parquet") as table:
        for batch in table.batches(names):
            assert batch.schema.names == [
                name for name in (TABLE.column_names if names is None else names) if name in batch.schema.names
            ]
    if names not in ([], ["absent"]):
        assert len(opened) == 1
        assert first == TABLE.select([n for n in names or TABLE.column_names if n in TABLE.column_names]).to_pylist()


@pytest.mark.usefixtures("later")
def test_dictionaries_inside_lists_are_read_from_every_row_group(tmp_path: Path) -> None:
    """Arrow does not bring them together: such columns are not held."""
    words = pa.list_(pa.dictionary(pa.int32(), pa.string()))
    table = pa.table({"words": pa.array([["a"], ["b", "c"], None, ["d"]], words), "x": [1, 2, 3, 4]})
    pq.write_table(table, tmp_path / "t.parquet", row_group_size=2)
    assert [rows(tmp_path / "t.parquet") for _ in range(3)] == [table.to_pylist()] * 3


@pytest.mark.usefixtures("later")
def test_what_is_not_held_yet_is_read(tmp_path: Path, opened: list[Path]) -> None:
    pq.write_table(TABLE, tmp_path / "t.parquet")
    assert rows(tmp_path / "t.parquet", ["x"]) == TABLE.select(["x"]).to_pylist()
    assert rows(tmp_path / "t.parquet") == TABLE.to_pylist()
    assert rows(tmp_path / "t.parquet", ["text"]) == TABLE.select(["text"]).to_pylist()
    assert len(opened) == 2


@pytest.mark.usefixtures("later")
@pytest.mark.parametrize("how", ["in place", "another file"])
def test_a_file_that_was_changed_is_read_anew(tmp_path: Path, how: str) -> None:
    """Also where size and time of modification are the same: the time of the change of its status cannot be set."""
    path, other = tmp_path / "t.parquet", tmp_path / "other"
    pq.write_table(pa.table({"x": [1, 2, 3]}), path)
    pq.write_table(pa.table({"x": [4, 5, 6]}), other)
    assert rows(path) == [{"x": 1}, {"x": 2}, {"x": 3}]
    before = os.stat(path)
    assert before.st_size == other.stat().st_size
    if how == "in place":
        path.write_bytes(other.read_bytes())
    else:
        other.replace(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert rows(path) == [{"x": 4}, {"x": 5}, {"x": 6}]


@pytest.mark.usefixtures("later")
def test_a_file_that_is_replaced_while_it_is_open_is_said_to_be(tmp_path: Path) -> None:
    path, other = tmp_path / "t.parquet", tmp_path / "other"
    pq.write_table(TABLE, path)
    pq.write_table(TABLE.slice(1), other)
    rows(path, ["x"])
    with source(path) as table:
        other.replace(path)
        with pytest.raises(Unreadable, match="was replaced while the table was read"):
            list(table.batches(["text"]))


def test_a_file_written_just_now_is_opened_each_time(tmp_path: Path, opened: list[Path]) -> None:
    pq.write_table(TABLE, tmp_path / "t.parquet")
    assert rows(tmp_path / "t.parquet") == rows(tmp_path / "t.parquet") == TABLE.to_pylist()
    assert len(opened) == 2


@pytest.mark.usefixtures("later")
def test_files_of_a_directory_are_looked_at_once(tmp_path: Path, opened: list[Path]) -> None:
    (tmp_path / "t").mkdir()
    for i in range(20):
        pq.write_table(pa.table({"x": [i]}), tmp_path / "t" / f"{i:02}.parquet")
    assert head(tmp_path / "t").rows == 20
    assert rows(tmp_path / "t") == [{"x": i} for i in range(20)]
    # Each for its footer, and for its rows; the first one also to see of what unit its times are.
    assert len(opened) == 2 * 20 + 2


@pytest.mark.usefixtures("later")
def test_no_more_is_held_than_may_be(tmp_path: Path, opened: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [tmp_path / f"{i}.parquet" for i in range(10)]
    for i, path in enumerate(paths):
        pq.write_table(pa.table({"x": [float(i)] * 1000, "y": [0.0] * 1000}), path)
    for held in (HeldFiles(most=3 * 17_000), HeldFiles(fields=6)):
        monkeypatch.setattr(tables, "HELD", held)
        for path in paths:
            rows(path)
        opened.clear()
        assert [rows(path)[0]["x"] for path in paths[-3:]] == [7.0, 8.0, 9.0]
        assert not opened
        assert rows(paths[0])[0]["x"] == 0.0
        assert opened == [paths[0]]


@pytest.mark.usefixtures("later")
def test_links_have_no_stamp(tmp_path: Path) -> None:
    pq.write_table(TABLE, tmp_path / "t.parquet")
    (tmp_path / "link.parquet").symlink_to(tmp_path / "t.parquet")
    assert file_stamp(tmp_path / "t.parquet") is not None
    assert file_stamp(tmp_path / "link.parquet") is None
    assert file_stamp(tmp_path / "absent.parquet") is None
