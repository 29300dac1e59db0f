"""Opening parquet files that nobody vouches for."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pytest_mlmonitor.tables.arrays import small_batches
from pytest_mlmonitor.tables.arrays.small_batches import decoded_bytes
from pytest_mlmonitor.tables.source import parquet as module
from pytest_mlmonitor.tables.source.parquet import batches, opened
from pytest_mlmonitor.tables.source.source import columns, head, source
from pytest_mlmonitor.tables.unreadable import Unreadable
from tests.unit.support import PARQUET, SAMPLE


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "x.parquet"
    table = pa.table({"a": list(range(1000)), "b": [f"text {i}" for i in range(1000)]})
    table = table.replace_schema_metadata({"build": "b"})
    pq.write_table(table, made, row_group_size=300, write_page_checksum=True, compression="none", use_dictionary=False)
    return made


def test_the_head(path: Path) -> None:
    found = head(path)
    assert (found.names, found.types, found.rows) == (("a", "b"), ("int64", "string"), 1000)
    assert found.metadata == {b"build": b"b"}


def test_what_writers_add_is_no_metadata() -> None:
    assert set(head(SAMPLE / PARQUET).metadata) >= {b"row_count", b"build_timestamp"}
    assert not {b"ARROW:schema", b"pandas"} & set(head(SAMPLE / PARQUET).metadata)


def test_nothing_is_read_ahead(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Row groups that are read ahead stay in memory until the file is closed."""
    given: list[dict[str, object]] = []
    plain = pq.ParquetFile
    monkeypatch.setattr(pq, "ParquetFile", lambda file, **options: given.append(options) or plain(file, **options))
    with opened(path):
        assert [options["pre_buffer"] for options in given] == [False]


def test_rows_come_in_bounded_batches(path: Path) -> None:
    with opened(path) as file:
        found = [batch.num_rows for batch in batches(file, rows=128)]
    assert sum(found) == 1000
    assert max(found) <= 128


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", r"is empty \(0 bytes\)"),
        (b"PAR1", "cannot be read as parquet"),
        (b"<html>" * 9, "cannot be read as parquet"),
    ],
)
def test_what_is_no_parquet(data: bytes, words: str, path: Path) -> None:
    path.write_bytes(data)
    with pytest.raises(Unreadable, match=words):
        head(path)


def test_a_file_that_is_cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(Unreadable):
        head(path)


def test_a_flipped_byte_in_a_page_is_found_by_its_checksum(path: Path) -> None:
    data = bytearray(path.read_bytes())
    place = data.index(b"text 7") + 5
    data[place] ^= 1
    path.write_bytes(data)
    assert head(path).rows == 1000
    with pytest.raises(Unreadable, match="cannot be read as parquet"), opened(path) as file:
        list(batches(file))


def test_a_directory_pipe_or_link_is_not_opened(path: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo.parquet")
    (tmp_path / "link.parquet").symlink_to(path)
    for name, words in (("", "not a regular file"), ("fifo.parquet", "not a regular file"), ("link.parquet", "a link")):
        with pytest.raises(Unreadable, match=words), opened(tmp_path / name):
            pass


def test_of_a_row_group_no_more_is_held_than_pages_and_a_batch(tmp_path: Path) -> None:
    wide = pa.table({f"x{i}": np.random.default_rng(i).normal(size=50_000) for i in range(40)})
    pq.write_table(wide, tmp_path / "w.parquet", use_dictionary=False, compression="none", data_page_size=16_384)
    before, most = pa.total_allocated_bytes(), 0
    with opened(tmp_path / "w.parquet") as file:
        for batch in batches(file, 2000):
            most = max(most, pa.total_allocated_bytes() - before)
            assert batch.num_rows
    assert most < wide.nbytes / 2


@pytest.mark.parametrize("kind", ["text", "dictionary", "bytes", "list"])
def test_no_batch_of_long_values_is_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """A dictionary of a few long texts is small in the file, and what the footer says of it too."""
    monkeypatch.setattr(module, "BATCH_BYTES", 1 << 20)
    monkeypatch.setattr(small_batches, "BATCH_BYTES", 1 << 20)
    texts = [f"{i % 5:>5000}" for i in range(5000)]
    made = {
        "text": pa.array(texts),
        "dictionary": pa.array(texts).dictionary_encode(),
        "bytes": pa.array([text.encode() for text in texts]),
        "list": pa.array([[float(i)] * 600 for i in range(5000)]),
    }
    pq.write_table(pa.table({"n": range(5000), "x": made[kind]}), tmp_path / "x.parquet")
    with opened(tmp_path / "x.parquet") as file:
        assert file.metadata.row_group(0).total_byte_size < 1 << 20 or kind == "list"
        found = [(batch.num_rows, decoded_bytes(batch)) for batch in batches(file)]
    assert sum(rows for rows, _ in found) == 5000
    assert max(size for _, size in found) <= 1.01 * (1 << 20)
    with source(tmp_path / "x.parquet") as table:
        assert max(map(decoded_bytes, table.batches())) <= 1.01 * (1 << 20)


def test_batches_of_numbers_are_as_large_as_asked_for(path: Path) -> None:
    with opened(path) as file:
        assert [batch.num_rows for batch in batches(file, 400, ["a"])][-1] == 200


def test_columns_by_name(path: Path) -> None:
    found = columns(path, ["b", "nothing"])
    assert list(found) == ["b"]
    assert found["b"][:2] == ["text 0", "text 1"]
    assert len(found["b"]) == 1000
