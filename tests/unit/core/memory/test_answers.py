"""Answers are kept whole or not at all, by several runs at once, within bounds."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from threading import Thread

import pytest

from pytest_mlmonitor.core.memory import answers as module
from pytest_mlmonitor.core.memory.answers import AnswerStore
from pytest_mlmonitor.core.memory.state import State


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "memory" / "state.db"


def store(path: Path) -> AnswerStore:
    return AnswerStore(State(path))


def content(path: Path, key: str) -> bytes | None:
    found = store(path).find(key)
    return found.content if found is not None else None


def test_an_answer_is_kept(path: Path) -> None:
    kept = store(path)
    assert not kept.holds_any() and kept.find("k") is None and not path.exists()
    kept.keep("k", b"answer")
    found = store(path).find("k")
    assert found is not None and found.content == b"answer" and abs(found.written - time.time()) < 60
    assert store(path).holds_any() and content(path, "other") is None


def test_every_byte_of_an_answer_spoiled(path: Path) -> None:
    store(path).keep("k", b"answer")
    with sqlite3.connect(path) as connection:
        ((good,),) = connection.execute("SELECT content FROM answers").fetchall()
    for place in range(len(good)):
        bad = good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :]
        with sqlite3.connect(path) as connection:
            connection.execute("INSERT OR REPLACE INTO answers VALUES ('k', ?, 1, 1)", (bad,))
        spoiled = store(path)
        assert spoiled.find("k") is None and spoiled.unsound == 1
        assert store(path).find("k") is None and not store(path).holds_any()  # it is gone


def test_an_answer_to_another_question_is_none_to_this_one(path: Path) -> None:
    kept = store(path)
    kept.keep("a", b"answer to a")
    kept.keep("b", b"answer to b")
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE answers SET content = (SELECT content FROM answers WHERE key = 'a') WHERE key = 'b'")
    spoiled = store(path)
    assert spoiled.find("b") is None and spoiled.unsound == 1
    assert content(path, "a") == b"answer to a"


@pytest.mark.parametrize("written", [2**62, -1, 0, 1.5, b"\xff"])
def test_an_answer_of_another_time(path: Path, written: object) -> None:
    store(path).keep("k", b"answer")
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE answers SET written = ?", (written,))
    spoiled = store(path)
    assert spoiled.find("k") is None and spoiled.unsound == 1


@pytest.mark.parametrize("entry", [("k", b"", 1, 1), ("k", "text", 1, 1), ("k", 7, 1, 1), ("k", b"0" * 15, "x", "y")])
def test_what_is_no_answer(path: Path, entry: tuple[object, ...]) -> None:
    store(path).keep("other", b"answer")
    with sqlite3.connect(path) as connection:
        connection.execute("INSERT INTO answers VALUES (?, ?, ?, ?)", entry)
    spoiled = store(path)
    assert spoiled.find("k") is None and spoiled.unsound == 1
    assert content(path, "other") == b"answer"


def test_an_older_memory_gets_its_answers(path: Path) -> None:
    State(path).keep_fact("topic", "key", b"fact")
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE answers")
    store(path).keep("k", b"answer")
    assert content(path, "k") == b"answer" and State(path).fact("topic", "key") == b"fact"


def test_the_answers_used_longest_ago_are_forgotten(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BYTES", 250)
    now = [1_000_000_000]
    monkeypatch.setattr(module, "_now", lambda: now[0])
    for key in "abc":
        kept = store(path)
        kept.keep(key, bytes(100))
        now[0] += 2 * module._DAY
    reading = store(path)
    assert reading.find("a") is not None  # used today
    reading.close()
    kept = store(path)
    kept.keep("d", bytes(20))
    kept.close()
    assert [key for key in "abcd" if content(path, key) is not None] == ["a", "d"]


def test_answers_that_nobody_asks_for_are_forgotten(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1_000_000_000]
    monkeypatch.setattr(module, "_now", lambda: now[0])
    store(path).keep("a", b"x")
    now[0] += (module.MAX_DAYS + 1) * module._DAY
    store(path).close()  # nothing was kept: nothing is pruned
    assert content(path, "a") == b"x"
    kept = store(path)
    kept.keep("b", b"x")
    kept.close()
    assert content(path, "a") is None


def test_nothing_is_written_without_news(path: Path) -> None:
    store(path).keep("a", b"x")
    before = path.read_bytes(), path.stat().st_mtime_ns
    reading = store(path)
    assert reading.find("a") is not None
    reading.close()
    del reading
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


def test_data_are_no_answer(path: Path) -> None:
    store(path).keep("a", bytes(module.MAX_ANSWER_BYTES + 1))
    assert not path.exists()


def test_what_cannot_be_written_is_said_once_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    kept = store(tmp_path / "file" / "state.db")
    kept.keep("a", b"x")
    assert kept.unkept is not None and not kept.usable and kept.find("a") is None
    kept.close()


def test_a_full_disk_is_said(path: Path) -> None:
    state = State(path)
    kept = AnswerStore(state)
    kept.keep("a", b"x")
    with state.kept_open() as connection:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages}")
    kept.keep("b", bytes(100_000))
    assert kept.unkept is not None and "full" in kept.unkept
    assert content(path, "a") == b"x" and content(path, "b") is None


def test_damage_that_only_writing_meets_is_set_aside_once(path: Path) -> None:
    kept = store(path)
    for number in range(200):
        kept.keep(f"{number:032}", bytes(100))
    del kept
    with sqlite3.connect(path) as connection:
        (root,) = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'sqlite_autoindex_answers_1'"
        ).fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    with open(path, "r+b") as file:
        file.seek((root - 1) * size)
        file.write(bytes(size))
    damaged = store(path)
    damaged.keep("new", b"x")
    assert damaged.unkept is not None and damaged.unkept.endswith("it is set aside as state.db.damaged")
    store(path).keep("new", b"x")
    assert content(path, "new") == b"x"


def test_a_file_of_somebody_else_stays_as_it_is(path: Path) -> None:
    path.parent.mkdir()
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE answers (theirs)")
    before = path.read_bytes()
    kept = store(path)
    assert kept.find("a") is None and not kept.usable
    kept.keep("a", b"x")
    assert path.read_bytes() == before


def test_runs_at_once(path: Path) -> None:
    def run(number: int) -> None:
        kept = store(path)
        for i in range(12):
            kept.keep(f"{number}-{i}", f"{number} {i}".encode() * 50)
            assert (found := kept.find(f"{number}-{i}")) is not None and found.content.startswith(
                f"{number} {i}".encode()
            )
        kept.close()
        assert kept.unkept is None and kept.unsound == 0

    threads = [Thread(target=run, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(content(path, f"{number}-{i}") is not None for number in range(4) for i in range(12))


def test_killed_while_it_keeps(path: Path) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from pytest_mlmonitor.core.memory.answers import AnswerStore; from pytest_mlmonitor.core.memory.state import State\n"
        "store = AnswerStore(State(Path(sys.argv[1]))); i = 0\n"
        "while True:\n"
        "    store.keep(str(i), str(i).encode() * 1000); i += 1\n"
        "    print(i, flush=True)\n"
    )
    kept = 0
    for wait in (0.0, 0.02, 0.05):
        child = subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(wait)
        os.kill(child.pid, signal.SIGKILL)
        kept = max(kept, *(int(line) for line in child.communicate()[0].split()), 1)
        with sqlite3.connect(path) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        after = store(path)
        assert all(content(path, str(i)) == str(i).encode() * 1000 for i in range(kept - 1))
        assert after.unsound == 0
