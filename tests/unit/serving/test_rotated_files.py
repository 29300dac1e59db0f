"""Metrics and events that log rotation moved and compressed are read; what is not read, or no JSON lines, is said once."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.core.memory.state import State
from pytest_mlmonitor.serving.model import Deployment
from tests.unit.serving_trees import NOW, Tree, at, encoded, place, said, window


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    made = Tree(tmp_path.resolve() / "root")
    made.put(*(window(minute) for minute in range(-5, 0)))
    made.activate(-60)
    return made


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(tmp_path / "memory" / "state.db")


def both(tree: Tree, state: State) -> dict[str, Deployment]:
    """Read with and without memory, and return what both say."""
    found = tree.read(NOW, state)
    assert said(found) == said(tree.read(NOW))
    return {deployment.ref.name: deployment for deployment in found}


def move(path: Path, name: str, pack: Callable[[bytes], bytes] = bytes) -> None:
    path.with_name(name).write_bytes(pack(path.read_bytes()))
    path.unlink()


@pytest.mark.parametrize(
    ("end", "pack"),
    [
        (".jsonl.gz", gzip.compress),
        (".jsonl.1", bytes),
        (".jsonl.1.gz", gzip.compress),
        (".jsonl-20260426", bytes),
        (".jsonl-20260426.gz", gzip.compress),
    ],
)
def test_rotated_files_are_read_in_place(end: str, pack: Callable[[bytes], bytes], tree: Tree, state: State) -> None:
    for minute in range(-5, -1):
        move(tree.metrics / place(minute), Path(place(minute)).stem + end, pack)
    for events in (tree.root / "serving" / "events").rglob("*.jsonl"):
        move(events, events.stem + end, pack)
    for _ in range(2):
        (one,) = both(tree, state).values()
        assert len(one.windows) == one.history.windows == 5
        assert len(one.events) == 1
        assert not (one.misplaced or one.unreadable or one.duplicates)


@pytest.mark.parametrize(
    "name", ["2026-04-26/11/old/metrics_{}.jsonl.1", "archive/2026-04-26/11/metrics_{}.jsonl-20260427"]
)
def test_rotated_files_in_a_directory_of_their_own(name: str, tree: Tree, state: State) -> None:
    for minute in range(-5, -1):
        moved = tree.metrics / name.format(f"{at(minute):%M}")
        moved.parent.mkdir(parents=True, exist_ok=True)
        (tree.metrics / place(minute)).rename(moved)
    (one,) = both(tree, state).values()
    assert (one.history.windows, one.misplaced, one.unreadable) == (5, (), ())
    tree.put(window(-30), name="2026-04-26/11/old/metrics_59.jsonl.2")
    (finding,) = both(tree, state)["dep"].misplaced
    assert place(-30) in finding.message


def test_a_record_in_a_rotated_and_in_the_current_file_counts_once(tree: Tree, state: State) -> None:
    path = tree.metrics / place(-3)
    path.with_name(f"{path.name}.1.gz").write_bytes(gzip.compress(path.read_bytes()))
    (event,) = (tree.root / "serving" / "events").rglob("*.jsonl")
    event.with_name(f"{event.name}.1").write_bytes(event.read_bytes())
    (one,) = both(tree, state).values()
    assert (one.history.windows, len(one.events), one.duplicates) == (5, 1, ())


def test_a_rotated_record_that_says_something_else_is_a_conflict(tree: Tree, state: State) -> None:
    tree.put(window(-3, latency_p99_ms=99.0), name=f"{place(-3)}.1")
    (finding,) = both(tree, state)["dep"].duplicates
    assert finding.severity is Severity.WARNING


def test_a_rotated_record_in_the_wrong_file_is_misplaced(tree: Tree, state: State) -> None:
    tree.put(window(-30), name=f"{place(-3)}.1")
    (finding,) = both(tree, state)["dep"].misplaced
    assert place(-30) in finding.message


def test_rotation_is_no_rewriting(tree: Tree, state: State) -> None:
    path = tree.metrics / place(-1)
    both(tree, state)
    for number in range(4):  # the oldest falls off after two
        elder, oldest = path.with_name(f"{path.name}.1"), path.with_name(f"{path.name}.2.gz")
        if elder.exists():
            move(elder, oldest.name, gzip.compress)
        path.rename(elder)
        tree.put(window(-1, endpoint_name=f"/new{number}"))
        assert not any(one.rewritten for one in both(tree, state).values())


def test_a_copy_and_a_truncation_are_no_rewriting(tree: Tree, state: State) -> None:
    both(tree, state)
    path = tree.metrics / place(-1)
    path.with_name(f"{path.name}.1").write_bytes(path.read_bytes())
    path.write_bytes(b"")
    (one,) = both(tree, state).values()
    assert (one.history.windows, one.rewritten) == (5, ())


def test_a_file_that_was_rewritten_beside_a_rotated_one_is_told(tree: Tree, state: State) -> None:
    path = tree.metrics / place(-1)
    tree.put(window(-1, endpoint_name="/old"), name=f"{place(-1)}.1")
    both(tree, state)
    path.write_bytes(encoded(window(-1, request_count=7, success_count=7)) + b"\n")
    found = {one.ref.name: one for one in tree.read(NOW, state)}
    assert place(-1) in found["unattributed"].rewritten[0].message


def test_only_what_is_new_of_compressed_files_is_read(
    tree: Tree, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pytest_mlmonitor.serving.ingest import days

    opened: list[str] = []
    real = days.read_records
    monkeypatch.setattr(days, "read_records", lambda path: opened.append(path.name) or real(path))
    for minute in range(-5, 0):
        move(tree.metrics / place(minute), f"{Path(place(minute)).name}.gz", gzip.compress)
    tree.read(NOW, state)
    opened.clear()
    tree.read(NOW, state)
    assert opened == []
    with open(tree.metrics / f"{place(-2)}.gz", "ab") as file:
        file.write(gzip.compress(encoded(window(-2, endpoint_name="/b")) + b"\n"))
    (one,) = both(tree, state).values()
    assert one.history.windows == 6
    assert opened[0] == f"{Path(place(-2)).name}.gz"


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda data: data[:-5], "is cut short"),
        (lambda data: data + b"garbage", "7 bytes after its compressed data"),
        (lambda data: data[:-8] + b"\0" + data[-7:], "is damaged gzip data"),
        (lambda _: b"{}\n", "is called like a gzip file and is none"),
        (lambda _: gzip.compress(bytes(20 << 20)), "expands to more than"),
    ],
    ids=["cut", "garbage", "damaged", "plain", "bomb"],
)
def test_a_gzip_file_that_is_broken_is_told_until_it_is_whole(
    damage: Callable[[bytes], bytes], words: str, tree: Tree, state: State
) -> None:
    path = tree.metrics / f"{place(-3)}.gz"
    whole = gzip.compress(encoded(window(-3, endpoint_name="/b")) + b"\n")
    path.write_bytes(damage(whole))
    for _ in range(2):
        (finding,) = both(tree, state)["unattributed"].unreadable
        assert finding.message.startswith("metrics_57.jsonl.gz") and words in finding.message
    path.write_bytes(whole)
    found = both_ignoring_rewriting(tree, state)
    assert found["dep"].history.windows == 6
    assert not found.get("unattributed", found["dep"]).unreadable


def both_ignoring_rewriting(tree: Tree, state: State) -> dict[str, Deployment]:
    """Read with and without memory; what a file was before is known with it only."""
    found = tree.read(NOW, state)
    assert said(found, without=["rewritten"]) == said(tree.read(NOW), without=["rewritten"])
    return {deployment.ref.name: deployment for deployment in found}


def test_compressed_lines_are_put_in_order(tree: Tree, state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_mlmonitor.serving.ingest.order.MAX_UNPACKED", 1000)
    for name, minutes in (("a", range(-40, -20, 2)), ("b", range(-39, -19, 2))):
        data = b"".join(encoded(window(minute)) + b"\n" for minute in minutes)
        tree.append(f"2026-04-26/{name}.jsonl.gz", gzip.compress(data))
    one = both(tree, state)["dep"]
    assert one.history.windows == len(one.windows) == 25
    assert not one.history.times


def test_what_is_not_read_is_one_warning_a_form(tree: Tree) -> None:
    for minute in range(-9, -5):
        tree.append(f"{place(minute)}.zst", b"\x28\xb5\x2f\xfd")
    tree.append("2026-04-26/deployment_events.jsonl.bak", b"{}", "events")
    tree.append("2026-04-26/README.md", b"hello")
    found = {one.ref.name: one for one in tree.read()}
    four, one = found["unattributed"].unreadable
    assert {four.severity, one.severity} == {Severity.WARNING}
    assert four.message.startswith("4 files called like records are not read: 2026-04-26/11/metrics_51.jsonl.zst, ")
    assert one.message == "1 file called like records is not read: 2026-04-26/deployment_events.jsonl.bak"
    discovery = tree.found()
    assert {path.name for path in discovery.files if path not in discovery.claimed} == {"README.md"}


@pytest.mark.parametrize("kind", ["metrics", "events"])
def test_a_file_of_something_else_is_one_finding(kind: str, tree: Tree, state: State) -> None:
    records = [window(-3, endpoint_name=f"/{n}") for n in range(47)]
    for data, words in (
        (gzip.compress(b"".join(encoded(one) + b"\n" for one in records)), "is gzip data"),
        (json.dumps(records, indent=1).encode(), "is one JSON list of 47 values"),
        (json.dumps({"windows": records}).encode(), "is one JSON object with 47 values under 'windows'"),
        (b"".join(encoded(one) + b"\n" for one in records).decode().encode("utf-16"), "is UTF-16 text"),
    ):
        path = tree.root / "serving" / kind / "2026-04-26" / "odd.jsonl"
        path.write_bytes(data)
        os.utime(path, ns=(0, len(data)))
        for _ in range(2):
            found = both_ignoring_rewriting(tree, state)
            (finding,) = found["unattributed"].unreadable
            assert words in finding.message
            assert found["dep"].history.windows == 5


def test_files_of_something_else_that_are_alike_are_counted(tree: Tree) -> None:
    for n in range(30):
        tree.append(f"2026-04-26/{n}.jsonl", gzip.compress(b"{}"))
    (finding,) = {one.ref.name: one for one in tree.read()}["unattributed"].unreadable
    assert "29 more" in finding.message


def test_a_tree_of_what_is_not_read_alone_holds_no_record(tmp_path: Path) -> None:
    tree = Tree(tmp_path.resolve() / "root")
    tree.append(f"{place(0)}.zst", b"\x28\xb5\x2f\xfd")
    (one,) = tree.read()
    assert [finding.severity for finding in one.unreadable] == [Severity.ERROR, Severity.WARNING]
    assert "holds no record" in one.unreadable[0].message
