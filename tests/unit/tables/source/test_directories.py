"""Which directories are tables, and what a cache knows them by."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pytest_mlmonitor.tables.source import hive
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


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda part, real: part.symlink_to(real), "'k=a/part.parquet', which is a link; links are not followed"),
        (lambda part, _: os.mkfifo(part), "'k=a/part.parquet', which is not a regular file"),
    ],
)
def test_a_part_that_is_none_is_refused_for_what_it_is(
    tmp_path: Path, make: Callable[[Path, Path], None], why: str
) -> None:
    """Also where it is the only one: the directory is a table all the same, and not "no table"."""
    pq.write_table(ROWS, tmp_path / "real.parquet")
    (tmp_path / "t" / "k=a").mkdir(parents=True)
    make(tmp_path / "t" / "k=a" / "part.parquet", tmp_path / "real.parquet")
    assert is_table_directory(tmp_path / "t")
    with pytest.raises(Unreadable, match=re.escape(why)):
        hive.layout(tmp_path / "t")


def test_a_partition_that_is_a_link_is_refused_for_that(tmp_path: Path) -> None:
    tables.hive(tmp_path / "real", ROWS, ["k"])
    (tmp_path / "t").mkdir()
    (tmp_path / "t" / "k=a").symlink_to(tmp_path / "real" / "k=a")
    assert is_table_directory(tmp_path / "t")
    with pytest.raises(Unreadable, match="'k=a', which is a link; links are not followed"):
        hive.layout(tmp_path / "t")
