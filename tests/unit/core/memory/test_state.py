"""The memory between runs: whatever happens to it, a run says the same, and nothing that is not ours is touched."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pytest_mlmonitor.core.memory import state as states
from pytest_mlmonitor.core.memory.patience import Patience
from pytest_mlmonitor.core.memory.state import State
from pytest_mlmonitor.serving.ingest import tree as window_tree
from tests.unit.serving_trees import NOW, Tree, at, place, said, window


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "memory" / "state.db"


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    tree = Tree(tmp_path.resolve() / "root")
    tree.put(*(window(minute) for minute in (-1440, -2, -1, 0)))
    return tree


def remembers(state: State, tree: Tree) -> bool:
    """Return whether a second run finds what the first one left, having asserted that both say what a forgetful one says."""
    for _ in range(2):
        assert said(tree.read(NOW, state)) == said(tree.read())
    return bool(State(state.path).units(str(tree.metrics), _terms(tree)))


def _terms(tree: Tree) -> str:
    from pytest_mlmonitor.serving.history import terms_of

    return window_tree._key(terms_of(tree.settings.serving, NOW))


def test_units_are_kept_by_tree_and_terms(path: Path) -> None:
    state = State(path)
    assert state.units("t", "x") == {}
    assert not path.parent.exists()  # reading makes nothing
    assert state.keep_units("t", "x", {"a": b"1", "b": b"2"}, [])
    assert state.keep_units("u", "x", {"a": b"3"}, [])
    assert State(path).units("t", "x") == {"a": b"1", "b": b"2"}
    assert state.units("t", "y") == {}
    assert state.keep_units("t", "x", {"b": b"4"}, ["a", "never there"])
    assert state.units("t", "x") == {"b": b"4"}
    assert state.units("u", "x") == {"a": b"3"}


def test_a_directory_that_is_made_is_kept_out_of_version_control(path: Path) -> None:
    State(path).keep_units("t", "x", {}, [])
    assert (path.parent / ".gitignore").read_text() == "*\n"


def test_a_directory_of_the_users_own_is_not_hidden(tmp_path: Path) -> None:
    State(tmp_path / "state.db").keep_units("t", "x", {}, [])
    assert not (tmp_path / ".gitignore").exists()


def test_it_remembers(path: Path, tree: Tree) -> None:
    assert remembers(State(path), tree)


def nothing(path: Path) -> None:
    pass


def text(path: Path) -> None:
    path.write_text("my notes\n" * 200)


def a_directory(path: Path) -> None:
    path.mkdir()


def a_link_to_nowhere(path: Path) -> None:
    path.symlink_to(path.parent / "nowhere" / "x")


def a_pipe(path: Path) -> None:
    os.mkfifo(path)


def another_database(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE serving (mine TEXT)")
        connection.execute("INSERT INTO serving VALUES ('precious')")
    connection.close()


def torn(path: Path) -> None:
    ours(path)
    path.write_bytes(path.read_bytes()[:5000])


def spoiled(path: Path) -> None:
    ours(path)
    data = bytearray(path.read_bytes())
    data[4096:4196] = os.urandom(100)
    path.write_bytes(bytes(data))


def ours(path: Path) -> None:
    State(path).keep_units("t", "x", {f"2026-04-{day:02}": bytes(3000) for day in range(1, 20)}, [])
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def of_another_version(path: Path) -> None:
    ours(path)
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE serving")
        connection.execute("CREATE TABLE serving (something TEXT)")
        connection.execute("PRAGMA user_version = 99")
    connection.close()


def empty(path: Path) -> None:
    path.touch()


SPOILS: tuple[tuple[Callable[[Path], None], bool | None], ...] = (
    (nothing, True),
    (empty, True),
    (ours, True),
    (of_another_version, True),
    (torn, None),
    (spoiled, None),
    (text, False),
    (a_directory, False),
    (a_link_to_nowhere, False),
    (another_database, False),
)


@pytest.mark.parametrize(("spoil", "works"), SPOILS, ids=lambda value: getattr(value, "__name__", ""))
def test_whatever_stands_in_its_place(
    spoil: Callable[[Path], None], works: bool | None, path: Path, tree: Tree
) -> None:
    path.parent.mkdir()
    spoil(path)
    before = path.read_bytes() if path.is_file() else None
    state = State(path)
    worked = remembers(state, tree)
    if works is not None:
        assert worked == works
        assert (state.problem is None) == works
    if works is False and before is not None:
        assert path.read_bytes() == before  # not ours: not touched


def test_one_of_ours_that_is_damaged_is_set_aside_once(path: Path, tree: Tree) -> None:
    path.parent.mkdir()
    torn(path)
    before = path.read_bytes()
    state = State(path)
    state.fact("topic", "key")
    assert state.problem is not None and state.problem.endswith("it is set aside as state.db.damaged")
    assert path.with_name("state.db.damaged").read_bytes() == before
    assert remembers(State(path), tree)  # the next run has a whole one
    assert path.with_name("state.db.damaged").read_bytes() == before


def test_damage_that_sqlite_names_in_no_utf_8(path: Path) -> None:
    state = State(path)
    state.keep_fact("topic", "key", b"fact")
    del state
    content = path.read_bytes()
    assert b"tablefactsfacts" in content
    path.write_bytes(
        content.replace(b"tablefactsfacts", b"table\xe8actsfacts").replace(b"CREATE TABLE f", b"CREATE \xffABLE f")
    )
    damaged = State(path)
    assert damaged.fact("topic", "key") is None
    assert damaged.problem is not None and damaged.problem.endswith("it is set aside as state.db.damaged")
    State(path).keep_fact("topic", "key", b"fact")
    assert State(path).fact("topic", "key") == b"fact"


@pytest.mark.parametrize(
    "content", [b"", b"garbage", b"\x80", b"\xc1", b"\x93\x01\x02\x03", msgspec.msgpack.encode({"now": 1})]
)
def test_content_that_is_no_unit(content: bytes, path: Path, tree: Tree) -> None:
    state = State(path)
    tree.read(NOW, state)
    state.keep_units(
        str(tree.metrics), _terms(tree), {"2026-04-26": content, "2026-04-25": content, "new": content}, []
    )
    assert remembers(state, tree)


def test_every_byte_of_a_unit_spoiled(path: Path, tree: Tree) -> None:
    """The file is ours, but a bit may turn: that is no crash, and never a unit of another shape."""
    state = State(path)
    tree.read(NOW, state)
    units = state.units(str(tree.metrics), _terms(tree))
    expected = said(tree.read())
    chance = random.Random(1)  # noqa: S311
    for _ in range(20):
        spoiled = {}
        for name, content in units.items():
            data = bytearray(content)
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
            spoiled[name] = bytes(data)
        state.keep_units(str(tree.metrics), _terms(tree), spoiled, [])
        assert said(tree.read(NOW, state)) == expected


@pytest.fixture
def unprivileged() -> Iterator[Path]:
    """A directory that everybody may look into, for a test that is not run as root."""
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o777)  # noqa: S103
        root = os.geteuid() == 0
        try:
            if root:
                os.seteuid(65534)
            yield Path(directory).resolve()
        finally:
            if root:
                os.seteuid(0)
            for path in Path(directory).rglob("closed*"):
                path.chmod(0o700)


@pytest.mark.parametrize("mode", [0o500, 0o000, 0o600])
@pytest.mark.parametrize("name", ["state.db", "deeper/state.db"])
def test_a_directory_that_may_not_be_written(mode: int, name: str, unprivileged: Path) -> None:
    tree = Tree(unprivileged / "root")
    tree.put(window(0))
    closed = unprivileged / "closed"
    closed.mkdir(mode=mode)
    state = State(closed / name)
    for _ in range(2):
        assert said(tree.read(NOW, state)) == said(tree.read())
    assert state.problem is not None


@pytest.mark.parametrize("mode", [0o400, 0o000])
def test_a_file_that_may_not_be_written(mode: int, unprivileged: Path) -> None:
    tree = Tree(unprivileged / "root")
    tree.put(window(0))
    state = State(unprivileged / "state.db")
    tree.read(NOW, state)
    state.path.chmod(mode)
    tree.put(window(1))
    for _ in range(2):
        assert said(tree.read(at(1), state)) == said(tree.read(at(1)))


def test_a_file_of_the_tree_that_may_not_be_read(unprivileged: Path) -> None:
    tree, state = Tree(unprivileged / "root"), State(unprivileged / "state.db")
    tree.put(window(0))
    (tree.metrics / place(0)).chmod(0)
    for _ in range(2):
        found = tree.read(NOW, state)
        assert "cannot be read" in found[0].unreadable[0].message
        assert said(found) == said(tree.read())
    (tree.metrics / place(0)).chmod(0o600)
    assert len(tree.fold_of(state=state).windows) == 1


def test_a_parent_that_is_a_file(tmp_path: Path, tree: Tree) -> None:
    (tmp_path / "file").touch()
    assert not remembers(State(tmp_path / "file" / "state.db"), tree)


def test_a_path_that_is_no_text(tmp_path: Path, tree: Tree) -> None:
    state = State(Path(os.fsdecode(bytes(tmp_path) + b"/\xff/state.db")))
    for _ in range(2):
        assert said(tree.read(NOW, state)) == said(tree.read())


def test_locked_by_somebody(path: Path, tree: Tree) -> None:
    state = State(path)
    state.patience = Patience(0.05)
    assert remembers(state, tree)
    tree.put(window(1))
    for mode in ("IMMEDIATE", "EXCLUSIVE"):
        other = sqlite3.connect(path, isolation_level=None)
        other.execute(f"BEGIN {mode}")
        assert said(tree.read(NOW, state)) == said(tree.read())
        assert state.problem is not None
        other.execute("ROLLBACK")
        other.close()
    assert remembers(State(path), tree)


def test_runs_at_once(path: Path, tree: Tree) -> None:
    """Each unit is whole, whoever wrote it last."""
    expected = said(tree.read())
    wrong: list[object] = []

    def run() -> None:
        for _ in range(5):
            found = said(tree.read(NOW, State(path)))
            wrong.extend([found] if found != expected else [])

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert remembers(State(path), tree)


def test_an_older_run_that_ends_later(path: Path, tree: Tree) -> None:
    """What it writes is older than what is there: the next run reads a little more, and says the same."""
    state = State(path)
    tree.read(NOW, state)
    older = state.units(str(tree.metrics), _terms(tree))
    tree.put(window(1), window(-5))
    tree.read(NOW, state)
    state.keep_units(str(tree.metrics), _terms(tree), older, [])
    assert remembers(state, tree)


KILLED = """
import sys
from pathlib import Path
from pytest_mlmonitor.core.memory.patience import Patience
from pytest_mlmonitor.core.memory.state import State
state, tree, terms = State(Path(sys.argv[1])), sys.argv[2], sys.argv[3]
units = state.units(tree, terms)
print("ready", flush=True)
while True:
    state.keep_units(tree, terms, {name: content for name, content in units.items()}, ["gone"])
    state.keep_units(tree, terms, {f"more-{i}": bytes(20_000) for i in range(30)}, [])
"""


def test_killed_while_it_writes(path: Path, tree: Tree) -> None:
    state = State(path)
    tree.read(NOW, state)
    kept = state.units(str(tree.metrics), _terms(tree))
    chance = random.Random(2)  # noqa: S311
    for _ in range(4):
        command = [sys.executable, "-c", KILLED, str(path), str(tree.metrics), _terms(tree)]
        child = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert child.stdout is not None and child.stdout.readline() == b"ready\n"
        time.sleep(chance.uniform(0, 0.03))
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        found = state.units(str(tree.metrics), _terms(tree))
        assert {name: found.get(name) for name in kept} == kept
        assert len(found) in (len(kept), len(kept) + 30)  # all of a write or nothing
        tree.put(window(chance.randrange(1, 60)))
        assert said(tree.read(at(5), state)) == said(tree.read(at(5)))
        kept = state.units(str(tree.metrics), _terms(tree))


def test_what_is_gone_is_forgotten(path: Path, tree: Tree) -> None:
    state = State(path)
    tree.read(NOW, state)
    assert set(state.units(str(tree.metrics), _terms(tree))) == {"2026-04-25", "2026-04-26"}
    for file in (tree.metrics / "2026-04-25").rglob("*.jsonl"):
        file.unlink()
    tree.read(NOW, state)
    assert set(state.units(str(tree.metrics), _terms(tree))) == {"2026-04-26"}


def test_nothing_is_written_without_news(path: Path, tree: Tree) -> None:
    state = State(path)
    tree.read(NOW, state)
    before = {entry.name: entry.stat().st_mtime_ns for entry in path.parent.iterdir()}
    tree.read(at(1), state)
    assert {entry.name: entry.stat().st_mtime_ns for entry in path.parent.iterdir()} == before


# -- facts --------------------------------------------------------------------------------------------------------------


def test_facts_are_kept_by_topic_and_key(path: Path) -> None:
    state = State(path)
    assert state.fact("t", "a") is None
    assert not path.exists()  # reading makes nothing
    state.keep_fact("t", "a", b"1")
    state.keep_fact("u", "a", b"2")
    assert (State(path).fact("t", "a"), State(path).fact("u", "a"), state.fact("t", "b")) == (b"1", b"2", None)
    state.keep_fact("t", "a", b"3")
    assert state.fact("t", "a") == b"3"
    assert state.problem is None


def test_the_facts_written_longest_ago_are_forgotten(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(states, "MAX_FACTS", 3)
    state = State(path)
    for number in range(5):
        state.keep_fact("t", str(number), b"")
    assert [state.fact("t", str(number)) is not None for number in range(5)] == [False, False, True, True, True]


def test_facts_in_a_file_that_is_not_ours_are_none_and_it_stays_as_it_is(path: Path) -> None:
    path.parent.mkdir(parents=True)
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE facts (topic TEXT, key TEXT, content BLOB)")
        other.execute("INSERT INTO facts VALUES ('t', 'a', 'theirs')")
    other.close()
    before, state = path.read_bytes(), State(path)
    state.keep_fact("t", "a", b"1")
    assert state.fact("t", "a") is None and state.problem is not None
    assert path.read_bytes() == before


def test_many_facts_are_kept_through_one_connection(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening and closing the file for each of them took 30 ms a comparison, more than the comparison."""
    opened: list[object] = []
    connect = sqlite3.connect

    def counted(*words: Any, **options: Any) -> sqlite3.Connection:
        opened.append(words)
        return connect(*words, **options)

    monkeypatch.setattr(states.sqlite3, "connect", counted)
    state = State(path)
    for number in range(20):
        state.keep_fact("topic", str(number), b"%d" % number)
        assert state.fact("topic", str(number)) == b"%d" % number
    assert len(opened) == 1
    assert State(path).fact("topic", "19") == b"19"  # others see it while the first run goes on


def test_facts_outlive_the_file_that_they_were_kept_in(path: Path) -> None:
    state = State(path)
    state.keep_fact("topic", "a", b"1")
    for left in path.parent.iterdir():
        left.unlink()
    assert state.fact("topic", "a") is None
    state.keep_fact("topic", "a", b"2")
    assert State(path).fact("topic", "a") == b"2"
    assert state.problem is None


def test_a_fact_that_cannot_be_kept_leaves_nothing_begun(path: Path) -> None:
    state = State(path)
    state.patience = Patience(0.05)
    state.keep_fact("topic", "a", b"1")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    state.keep_fact("topic", "a", b"2")
    assert state.problem is not None
    other.execute("ROLLBACK")
    other.close()
    state.keep_fact("topic", "b", b"3")
    assert (state.fact("topic", "a"), state.fact("topic", "b")) == (b"1", b"3")


def test_facts_are_for_every_thread(path: Path) -> None:
    state = State(path)
    state.keep_fact("topic", "a", b"1")
    found: list[bytes | None] = []
    thread = threading.Thread(target=lambda: found.append(state.fact("topic", "a")))
    thread.start()
    thread.join()
    assert found == [b"1"]
    assert state.fact("topic", "a") == b"1"


@pytest.mark.parametrize("how", ["owner", "magic", "first page", "a column is gone"])
def test_a_file_of_ours_that_no_longer_says_so_is_set_aside_and_rebuilt(tmp_path: Path, how: str) -> None:
    path = tmp_path / ".mlmonitor" / "state.db"
    state = State(path)
    state.keep_fact("topic", "a", b"1")
    del state
    data = bytearray(path.read_bytes())
    if how == "owner":
        data[68:72] = b"what"
    elif how == "magic":
        data[0] = 0
    elif how == "first page":
        data[:4096] = bytes(4096)
    else:
        data[data.index(b"content BLOB")] = ord("k")
        while b"content BLOB" in data:
            data[data.index(b"content BLOB")] = ord("k")
    path.write_bytes(data)
    again = State(path)
    assert again.fact("topic", "a") is None
    assert "set aside as state.db.damaged" in (again.problem or "")
    assert path.with_name("state.db.damaged").read_bytes() == bytes(data)
    again.keep_fact("topic", "a", b"2")
    assert State(path).fact("topic", "a") == b"2"


def test_who_has_waited_in_vain_for_the_memory_waits_no_more(path: Path) -> None:
    State(path).keep_fact("topic", "a", b"1")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    state = State(path, Patience(0.05))
    state.keep_fact("topic", "b", b"1")
    assert state.patience.left == 0
    assert "locked" in (state.problem or "")
    other.execute("ROLLBACK")
    other.close()
