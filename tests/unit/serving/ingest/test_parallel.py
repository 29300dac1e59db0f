"""Reading with several processes says what reading with one says, and a child that dies costs time only."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import IO, Any

import pytest

from pytest_mlmonitor.core.memory.state import State
from pytest_mlmonitor.serving.fold.fold import Terms
from pytest_mlmonitor.serving.ingest import parallel as window_parallel
from pytest_mlmonitor.serving.ingest.days import Task
from pytest_mlmonitor.serving.ingest.file_entries import FileEntry
from pytest_mlmonitor.serving.ingest.parallel import Job, perform_all
from tests.unit.serving.ingest.test_replay import Platform
from tests.unit.serving_trees import MINUTE, NOW, Tree, at, encoded, place, said, window

TERMS = Terms(NOW, MINUTE, 2.0, NOW - timedelta(minutes=30))


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path.resolve() / "root")


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Use three processes for anything; yields the children."""
    children: list[subprocess.Popen[bytes]] = []
    real = window_parallel._start

    def start(*args: Any) -> Any:
        child = real(*args)
        if child is not None:
            children.append(child)
        return child

    monkeypatch.setattr(window_parallel, "BYTES_A_PROCESS", 1)
    monkeypatch.setattr(window_parallel, "_cores", lambda: 3)
    monkeypatch.setattr(window_parallel, "_start", start)
    yield children
    assert all(child.poll() is not None for child in children)  # nobody is left behind


def serially(tree: Tree, monkeypatch: pytest.MonkeyPatch, **how: Any) -> dict[str, Any]:
    with monkeypatch.context() as alone:
        alone.setattr(window_parallel, "_cores", lambda: 1)
        return said(tree.read(**how))


@pytest.mark.parametrize("seed", range(3))
def test_the_same_as_one_process(
    seed: int, tree: Tree, started: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cuts lie inside days, late windows and duplicates on both sides of them; later runs go on with what is known."""
    platform, state = Platform(tree, random.Random(seed)), State(tmp_path / "state.db")  # noqa: S311
    for minute in range(-30, 0):
        tree.put(window(minute))
    for step in range(2):
        for _ in range(20):
            platform.act()
        now = at(step)
        parallel = said(tree.read(now, state))
        assert parallel == serially(tree, monkeypatch, now=now)
    assert len(started) >= 2


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ([window(0), window(1)], [window(1, endpoint_name="/b"), window(2)]),  # one start on both sides
        ([window(0), window(1)], [window(1), window(1, request_count=3)]),  # one key on both sides
        ([window(0), window(9)], [window(5), window(6)]),  # late ones beyond the cut
        ([window(0, window_end=place(0) and "2026-04-26T12:30:00Z")], [window(1)]),  # an overlap over the cut
        ([window(0)], [window(9)]),  # a gap over the cut
    ],
)
def test_what_meets_at_a_cut(
    first: list[Any], second: list[Any], tree: Tree, started: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    tree.put(*first, name="2026-04-26/a.jsonl")
    tree.put(*second, name="2026-04-26/b.jsonl")
    tree.append("2026-04-26/c.jsonl", b"{\n" + encoded(window(20)))
    assert said(tree.read()) == serially(tree, monkeypatch)
    assert started


@pytest.mark.parametrize(
    "code",
    [
        "import os; os.kill(os.getpid(), 9)",
        "import sys; sys.exit(1)",
        "print('no outcomes')",
        "pass",
        "import sys; sys.stdin.read(10); sys.stdout.buffer.write(b'\\x93'); sys.exit(0)",
    ],
)
def test_a_child_that_dies(code: str, tree: Tree, started: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    tree.put(*(window(minute) for minute in range(8)))
    expected = serially(tree, monkeypatch)

    def dying(module: str, *, stdin: IO[bytes]) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-c", code], stdin=stdin, stdout=subprocess.PIPE)

    monkeypatch.setattr(window_parallel, "start_child", dying)
    assert said(tree.read()) == expected
    assert len(started) == 2


def test_what_cannot_be_told_to_a_child(tmp_path: Path, started: list[Any]) -> None:
    tree = Tree(Path(os.fsdecode(bytes(tmp_path.resolve()) + b"/\xff")))
    tree.put(*(window(minute) for minute in range(4)))
    assert len(tree.fold_of().windows) == 4
    assert started == []


def test_counts_that_a_child_cannot_tell(tree: Tree, started: list[Any]) -> None:
    most = 2**63 - 1
    tree.put(*(window(i, request_count=most, success_count=most) for i in range(12)))
    assert tree.fold_of().history.judged.requests == 12 * most


@pytest.mark.parametrize("sizes", [[1] * 7, [100, 1, 1], [1, 1, 100], [0, 0, 0], [-1, 5, -1]])
def test_shares_hold_every_file_once_in_order(sizes: list[int]) -> None:
    files = [FileEntry(str(i), size, 0) for i, size in enumerate(sizes)]
    tasks = [Task("a", files[:2]), Task("b", files[2:])]
    shares = window_parallel._shares(tasks, sum(max(size, 0) for size in sizes), 3)
    shared = [entry for share in shares for task in share for entry in task.files]
    assert shared == files


def test_nothing_to_read_starts_nothing(tmp_path: Path, started: list[Any]) -> None:
    assert perform_all(tmp_path, [], TERMS) == {}
    assert started == []


def test_a_job_survives_its_way() -> None:
    import msgspec

    job = Job("/é\u2028", TERMS, [Task("2026-04-26", [FileEntry("a", 1, 2, 3, 4, 5, 2**32 - 1)])])
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(job), type=Job) == job
