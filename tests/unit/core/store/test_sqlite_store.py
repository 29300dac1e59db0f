"""The store's file: nothing that was acknowledged is lost, whatever happens to the process or to the file."""

from __future__ import annotations

import multiprocessing
import os
import random
import resource
import signal
import sqlite3
import time
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pytest_mlmonitor.core.memory.patience import Patience
from pytest_mlmonitor.core.store import counters, sqlite_store, store_tables
from pytest_mlmonitor.core.store.claims import claim
from pytest_mlmonitor.core.store.counters import Counted
from pytest_mlmonitor.core.store.database import StoreUnusable, Transaction
from pytest_mlmonitor.core.store.run_history import KeptArtifact, KeptResult, PastRun, keep_run, past_runs
from pytest_mlmonitor.core.store.sqlite_store import SqliteStore

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
MODEL = ("bike", "production")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / ".mlmonitor" / "store.db"


def test_marks_do_not_hang_on_the_unicode_version_of_python() -> None:
    assert store_tables.mark_of(["caf\u00e9", 1]) == zlib.crc32(b"['caf\\xe9', 1]")


def count(period: int, number: int = 1) -> Callable[[Transaction], None]:
    return lambda transaction: counters.count(transaction, "c", {Counted(MODEL, "tree", period): number}, 20_000)


def total(store: SqliteStore) -> int:
    return store.transaction(lambda transaction: counters.totals(transaction, "c")).get(MODEL, 0)


def fill(path: Path, runs: int = 4) -> None:
    """Make a store of some pages: runs, counters and a claim."""
    store = SqliteStore(path)
    artifacts = [KeptArtifact("dataset", f"data/{i}.parquet", f"bike {i}") for i in range(40)]
    results = [KeptResult(one, f"check {i}", "fail", "error", "STALE") for one in artifacts for i in range(5)]
    for hour in range(runs):
        now = NOON + timedelta(hours=hour)
        run = PastRun(now, now, 1.0, "test", 1, True, False, {"fail": 200})
        verdicts = dict.fromkeys(artifacts, "failed" if hour % 2 else "ok")
        store.transaction(lambda transaction, run=run, verdicts=verdicts: keep_run(transaction, run, verdicts, results))
    for period in range(300):
        store.transaction(count(period))
    store.transaction(lambda transaction: claim(transaction, "retrain/bike", NOON))
    store.close()


def names(path: Path) -> set[str]:
    return {one.name for one in path.parent.iterdir()}


def test_it_is_made_whole_and_leaves_nothing_else_behind(path: Path) -> None:
    store = SqliteStore(path)
    assert not path.parent.exists(), "nothing is made before it is needed"
    assert total(store) == 0
    store.close()
    assert names(path) == {".gitignore", "store.db"}


def test_what_raises_did_not_happen(path: Path) -> None:
    store = SqliteStore(path)

    def interrupted(transaction: Transaction) -> None:
        count(1)(transaction)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.transaction(interrupted)
    assert total(store) == 0


def test_who_has_waited_in_vain_waits_no_more(path: Path) -> None:
    total(SqliteStore(path))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    store = SqliteStore(path, Patience(0.05))
    for _ in range(2):
        with pytest.raises(StoreUnusable, match="locked"):
            store.transaction(count(1))
    other.execute("ROLLBACK")
    other.close()
    with pytest.raises(StoreUnusable, match="locked"):
        store.transaction(count(1))
    assert total(SqliteStore(path)) == 0


def test_a_place_where_no_file_can_be(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnusable):
        total(SqliteStore(tmp_path / "file" / "store.db"))
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(StoreUnusable, match="no regular file"):
        total(SqliteStore(tmp_path / "pipe"))


@pytest.mark.parametrize("content", [b"my notes\n" * 2000, b"SQLite format 3\0 I am none"])
def test_somebody_elses_file_is_never_changed(tmp_path: Path, content: bytes) -> None:
    theirs = tmp_path / "theirs.db"
    theirs.write_bytes(content)
    with pytest.raises(StoreUnusable):
        total(SqliteStore(theirs))
    assert theirs.read_bytes() == content
    assert [one.name for one in tmp_path.iterdir()] == ["theirs.db"]


def test_an_sqlite_that_is_too_old_is_said(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 34, 1))
    with pytest.raises(StoreUnusable, match=r"3\.35\.0 or newer"):
        total(SqliteStore(path))


# Versions.


def test_an_older_store_is_brought_forward_and_a_newer_one_left_alone(path: Path) -> None:
    fill(path)
    with pytest.MonkeyPatch.context() as newer:
        further = ("ALTER TABLE run ADD COLUMN branch TEXT NOT NULL DEFAULT 'main'", "CREATE TABLE extra (x BIGINT)")
        newer.setattr(store_tables, "MIGRATIONS", (*store_tables.MIGRATIONS, further))
        newer.setattr(store_tables, "VERSION", len(store_tables.MIGRATIONS))
        newer.setattr(sqlite_store, "VERSION", len(store_tables.MIGRATIONS))
        store = SqliteStore(path)
        assert len(store.transaction(past_runs)) == 4
        assert store.transaction(lambda transaction: transaction.run("SELECT DISTINCT branch FROM run")) == [("main",)]
        assert total(store) == 300
        store.close()
        assert not store.notices
    before = path.read_bytes()
    with pytest.raises(StoreUnusable, match="newer pytest_mlmonitor"):
        total(SqliteStore(path))
    assert path.read_bytes() == before


def test_a_step_that_fails_leaves_the_old_version(path: Path) -> None:
    fill(path)
    with pytest.MonkeyPatch.context() as newer:
        broken = ("CREATE TABLE extra (x BIGINT)", "CREATE TABLE run (x BIGINT)")
        newer.setattr(store_tables, "MIGRATIONS", (*store_tables.MIGRATIONS, broken))
        newer.setattr(store_tables, "VERSION", len(store_tables.MIGRATIONS))
        newer.setattr(sqlite_store, "VERSION", len(store_tables.MIGRATIONS))
        with pytest.raises(StoreUnusable, match="already exists"):
            total(SqliteStore(path))
    assert total(SqliteStore(path)) == 300


# Kills.


@pytest.mark.slow(turn=2)
def test_a_hundred_kills_lose_nothing_acknowledged(path: Path) -> None:
    acknowledged = 0
    drawn = random.Random(13)  # noqa: S311
    for _ in range(100):
        receive, send = os.pipe()
        child = os.fork()
        if child == 0:  # pragma: no cover (killed)
            try:
                store = SqliteStore(path)
                for period in range(acknowledged, acknowledged + 1000):
                    store.transaction(count(period))
                    os.write(send, b".")
            finally:
                os._exit(1)
        os.close(send)
        wanted = drawn.randrange(0, 4)
        got = len(os.read(receive, 1)) if wanted else 0
        while 0 < got < wanted:
            got += len(os.read(receive, 1))
        time.sleep(drawn.random() / 200)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        while more := os.read(receive, 4096):
            got += len(more)
        os.close(receive)
        store = SqliteStore(path)
        found = total(store)
        assert not store.notices
        assert acknowledged + got <= found <= acknowledged + got + 1
        store.close()
        acknowledged = found
    assert acknowledged > 50


def test_a_full_disk_loses_nothing_and_is_said(path: Path) -> None:
    fill(path)
    child = os.fork()
    if child == 0:  # pragma: no cover (another process)
        code = 1
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size // 2, resource.RLIM_INFINITY))
            store = SqliteStore(path)
            rows = {Counted(MODEL, "tree", period): 1 for period in range(50_000)}
            store.transaction(lambda transaction: counters.count(transaction, "c", rows, 20_000))
        except StoreUnusable:
            code = 0
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    store = SqliteStore(path)
    assert total(store) == 300
    assert not store.notices


# Damage.


def test_a_mistake_of_ours_is_no_damage(path: Path) -> None:
    fill(path)
    store = SqliteStore(path)
    with pytest.raises(StoreUnusable, match="no such column"):
        store.transaction(lambda transaction: transaction.run("SELECT nowhere FROM run"))
    store.close()
    assert total(SqliteStore(path)) == 300
    assert not list(path.parent.glob("*.damaged-*"))


def page(number: int) -> slice:
    return slice(4096 * number, 4096 * (number + 1))


@pytest.mark.parametrize("how", ["first page", "magic", "owner", "version", "truncated", "a table is gone", "empty"])
def test_a_damaged_file_is_kept_and_brought_over(path: Path, how: str) -> None:
    fill(path)
    data = bytearray(path.read_bytes())
    if how == "first page":
        data[page(0)] = bytes(4096)
    elif how == "magic":
        data[0] = 0
    elif how == "owner":
        data[68:72] = b"what"
    elif how == "version":
        data[60:64] = b"\0\0\0\7"
    elif how == "truncated":
        del data[len(data) // 2 :]
    elif how == "empty":
        data.clear()
    else:
        with sqlite3.connect(path) as connection:
            connection.execute("DROP TABLE result")
        connection.close()
        data = bytearray(path.read_bytes())
    path.write_bytes(data)
    store = SqliteStore(path)
    found = total(store)
    (notice,) = store.notices
    (kept,) = [one for one in path.parent.glob("store.db.damaged-*") if not one.name.endswith(("-wal", "-journal"))]
    assert kept.read_bytes() == bytes(data)
    assert kept.name in notice
    if how not in ("truncated", "empty"):
        assert found == 300
        assert "4 runs" in notice
    if how in ("truncated", "a table is gone"):
        assert "what is missing is of: " in notice
    store.transaction(count(1000))
    store.close()
    again = SqliteStore(path)
    assert total(again) == found + 1
    assert not again.notices
    again.close()
    assert names(path) == {".gitignore", ".store.db.lock", "store.db", kept.name}


def _count_once(path: Path, period: int, notices: object) -> None:
    store = SqliteStore(path, Patience(60))
    store.transaction(count(period))
    notices.put(len(store.notices))  # type: ignore[attr-defined]


def test_runs_that_find_the_damage_at_once_bring_it_over_once(path: Path) -> None:
    fill(path)
    with open(path, "r+b") as file:
        file.write(bytes(100))
    context = multiprocessing.get_context("spawn")
    notices = context.Queue()
    processes = [context.Process(target=_count_once, args=(path, 1000 + i, notices)) for i in range(6)]
    for process in processes:
        process.start()
    told = [notices.get(timeout=120) for _ in processes]
    for process in processes:
        process.join()
    assert (total(SqliteStore(path)), sum(told)) == (306, 1)
    assert len(list(path.parent.glob("store.db.damaged-*"))) == 1


def test_what_cannot_be_read_is_the_least(path: Path) -> None:
    """One page of many: all rows of the others are there."""
    fill(path)
    data = bytearray(path.read_bytes())
    with sqlite3.connect(path) as connection:
        (rows,) = connection.execute("SELECT count(*) FROM result").fetchone()
    connection.close()
    leaf = next(i for i in range(len(data) // 4096) if data[4096 * i] == 0x0D and b"STALE" in data[page(i)])
    data[page(leaf)] = os.urandom(4096)
    path.write_bytes(data)
    store = SqliteStore(path)
    assert total(store) == 300
    (left,) = store.transaction(lambda transaction: transaction.run("SELECT count(*) FROM result"))[0]
    assert rows / 2 < left < rows
    assert "what is missing is of: result" in store.notices[0]


@pytest.mark.parametrize("seed", range(6))
def test_any_damage_is_survived(tmp_path: Path, seed: int) -> None:
    fill(tmp_path / "store.db", 2)
    whole = (tmp_path / "store.db").read_bytes()
    drawn = random.Random(seed)  # noqa: S311
    for attempt in range(25):
        data = bytearray(whole)
        at = drawn.randrange(len(data))
        length = drawn.choice([1, 1, 1, 40, 4096])
        data[at : at + length] = drawn.randbytes(len(data[at : at + length]))
        path = tmp_path / str(attempt) / ".mlmonitor" / "store.db"
        path.parent.mkdir(parents=True)
        path.write_bytes(data)
        store = SqliteStore(path)
        store.transaction(count(1000))
        assert total(store) >= 1
        store.close()
        kept = list(path.parent.glob("store.db.damaged-*"))
        assert len(kept) == len(store.notices) <= 1
        assert all(one.read_bytes() == data for one in kept)
