"""Which directories are tables, and what a cache knows them by."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from pytest_mlmonitor.tables.source.directories import fingerprint, is_table_directory, size
from pytest_mlmonitor.tables.unreadable import Unreadable
from tests import tables

ROWS = pa.table({"x": [1, 2], "k": ["a", "b"]})


def test_tables_are_recognised_and_other_directories_are_not(tmp_path: Path) -> None:
    assert is_table_directory(tables.hive(tmp_path / "hive", ROWS, ["k"]))
    assert is_table_directory(tables.spark(tmp_path / "s.parquet", ROWS))
    assert is_table_directory(tables.delta(tmp_path / "delta", ROWS))
    assert is_table_directory(tables.iceberg(tmp_path / "iceberg", ROWS))
    tables.spark(tmp_path / "plain", ROWS)
    (tmp_path / "empty=partition/k=1").mkdir(parents=True)
    (tmp_path / "link.parquet").symlink_to(tmp_path / "s.parquet")
    for name in ("plain", "empty=partition", "link.parquet", "nowhere.parquet"):
        assert not is_table_directory(tmp_path / name)


def test_a_fingerprint_changes_with_names_and_bytes_only(tmp_path: Path) -> None:
    path = tables.hive(tmp_path / "t", ROWS, ["k"])
    before = fingerprint(path)
    assert fingerprint(tables.moved(path, tmp_path / "u")) == before
    part = tmp_path / "u/k=a/part-0.parquet"
    assert fingerprint(part) != before
    data = part.read_bytes()
    part.write_bytes(data[:-1] + b"x")
    assert fingerprint(tmp_path / "u") != before
    part.write_bytes(data)
    assert fingerprint(tmp_path / "u") == before
    part.rename(part.with_name("other.parquet"))
    assert fingerprint(tmp_path / "u") != before


def test_a_fingerprint_follows_no_link(tmp_path: Path) -> None:
    path = tables.spark(tmp_path / "t.parquet", ROWS)
    (path / "link").symlink_to("/etc/passwd")
    with pytest.raises(Unreadable, match="'link', which is a link"):
        fingerprint(path)


def test_the_size_of_a_directory_is_that_of_its_files(tmp_path: Path) -> None:
    path = tables.spark(tmp_path / "t.parquet", ROWS, ROWS)
    assert size(path) == sum(file.stat().st_size for file in path.iterdir())
    assert size(tmp_path / "nowhere") == 0
