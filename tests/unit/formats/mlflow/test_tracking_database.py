"""Databases that a program has open: locked, with a journal of either form, never changed by us."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from pytest_mlmonitor.formats.mlflow import tracking_database
from pytest_mlmonitor.formats.mlflow.tracking_database import NoDatabase, opened


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "it's 100%").mkdir()
    made = tmp_path / "it's 100%" / "mlflow.db"
    with closing(sqlite3.connect(made)) as connection:
        connection.execute("CREATE TABLE runs (run_uuid TEXT)")
        connection.execute("INSERT INTO runs VALUES ('first')")
        connection.commit()
    return made


def runs(path: Path) -> list[str]:
    with opened(path) as connection:
        return [name for (name,) in connection.execute("SELECT run_uuid FROM runs")]


@pytest.fixture
def writer(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        yield connection


def names(path: Path) -> set[str]:
    return {one.name for one in path.parent.iterdir()}


def test_what_a_server_has_not_brought_into_the_file_is_read(path: Path, writer: sqlite3.Connection) -> None:
    writer.execute("PRAGMA journal_mode=WAL")
    writer.execute("INSERT INTO runs VALUES ('second')")
    there = {one.name: one.read_bytes() for one in path.parent.iterdir()}
    assert "mlflow.db-wal" in there
    assert runs(path) == ["first", "second"]
    assert {one.name: one.read_bytes() for one in path.parent.iterdir()} == there


def test_a_transaction_that_was_cut_off_does_not_count(path: Path, writer: sqlite3.Connection, tmp_path: Path) -> None:
    writer.execute("PRAGMA cache_size=1")
    writer.execute("BEGIN")
    writer.executemany("INSERT INTO runs VALUES (?)", [("x" * 900,)] * 200)  # more than the cache: in the file already
    left = tmp_path / "left" / "mlflow.db"
    left.parent.mkdir()
    for suffix in ("", "-journal"):
        shutil.copyfile(f"{path}{suffix}", f"{left}{suffix}")
    assert runs(left) == ["first"]
    assert names(left) == {"mlflow.db", "mlflow.db-journal"}


def test_while_a_program_writes_the_state_before_is_read(path: Path, writer: sqlite3.Connection) -> None:
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("INSERT INTO runs VALUES ('second')")
    assert runs(path) == ["first"]


def test_a_lock_is_not_waited_for_for_ever(
    path: Path, writer: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracking_database, "WAIT_SECONDS", 0.1)
    writer.execute("BEGIN EXCLUSIVE")
    with pytest.raises(
        NoDatabase, match=r"is locked by another program for more than 0.1 s: check it when nothing writes"
    ):
        runs(path)


def test_a_question_without_end_is_given_up(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracking_database, "_LONGEST_SECONDS", 0.2)
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"
    with pytest.raises(NoDatabase, match=r"could not be read in 0.2 s"), opened(path) as connection:
        connection.execute(endless).fetchall()


def test_nothing_can_be_written(path: Path) -> None:
    with pytest.raises(NoDatabase, match="readonly"), opened(path) as connection:
        connection.execute("DELETE FROM runs")
    assert runs(path) == ["first"]


@pytest.mark.parametrize("kind", ["link", "directory", "missing"])
def test_what_is_no_regular_file_is_not_opened(path: Path, kind: str) -> None:
    other = path.with_name("other.db")
    if kind == "link":
        other.symlink_to(path)
    elif kind == "directory":
        other.mkdir()
    with pytest.raises(NoDatabase, match=r"is a link|is not a regular file|does not exist"):
        runs(other)
