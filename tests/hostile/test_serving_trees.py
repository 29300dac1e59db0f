"""Serving trees as a platform in trouble, or somebody with bad intent, leaves them."""

from __future__ import annotations

import json
import os
import resource
import socket
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.core.files.opening import MAX_DOCUMENT_BYTES
from pytest_mlmonitor.core.memory.state import State
from pytest_mlmonitor.records.lines import MAX_BAD_LINES
from pytest_mlmonitor.serving.checks.links import identity_constant
from pytest_mlmonitor.serving.checks.windows import not_in_future
from pytest_mlmonitor.serving.fold.evidence import MAX_KINDS
from pytest_mlmonitor.serving.fold.fold import MAX_ENDPOINTS, MAX_IDENTITIES

from ..unit.serving_trees import NOW, Tree, at, compare, encoded, event, place, plainly, said, window
from ..unit.support import messages, platform_at, result_of


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path.resolve() / "root")


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(tmp_path / "state.db")


def findings(tree: Tree, **how: Any) -> list[Any]:
    return [
        f for d in tree.read(**how) for f in (*d.unreadable, *d.violations, *d.misplaced, *d.duplicates, *d.rewritten)
    ]


# -- a platform that lives --------------------------------------------------------------------------------------------


def test_a_tree_that_grows_while_it_is_read(tree: Tree, state: State) -> None:
    """Whatever a run saw of it, a later one says what a run without memory says."""
    tree.put(window(-60))
    stop = threading.Event()

    def write() -> None:
        for minute in range(-59, 240):
            if stop.is_set():
                return
            for endpoint in ("/a", "/b", "/c"):
                line = encoded(window(minute, endpoint_name=endpoint)) + b"\n"
                for piece in (line[:400], line[400:]):  # torn, for a moment
                    tree.append(place(minute), piece)
            tree.put(window(minute - 3, endpoint_name="/late"))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        seen = [tree.fold_of(state=state).history.windows for _ in range(12)]
    finally:
        stop.set()
        writer.join()
    assert seen == sorted(seen)
    assert said(tree.read(at(300), state)) == said(tree.read(at(300)))
    assert not [f for f in findings(tree, state=state) if "rewritten" in f.message]


def test_clocks_that_disagree(tree: Tree) -> None:
    tree.put(window(3), window(4, heartbeat_emitted_at=at(4.5).isoformat()), window(5))
    tree.activate(-1)

    def lies(now: Any) -> list[str]:
        return messages(result_of(not_in_future, tree.root, now=now, name="dep"))

    assert lies(at(6)) == []
    within, beyond = lies(at(1)), lies(at(0))
    assert len(within) == 1
    assert len(beyond) == 2
    assert result_of(not_in_future, tree.root, now=at(1), name="dep").status == "pass"
    assert result_of(not_in_future, tree.root, now=at(0), name="dep").status == "fail"
    # Exactly at the skew is within it.
    assert result_of(not_in_future, tree.root, now=at(6) - timedelta(seconds=300), name="dep").status == "pass"


def test_the_same_window_in_two_files_and_in_two_trees(tree: Tree) -> None:
    tree.put(window(0))
    tree.put(window(0), name="2026-04-26/copy.jsonl")
    other = Tree(tree.root / "second")
    other.put(window(0, service_name="other"))
    tree.activate(-1)
    platform = platform_at(tree.root)
    deployments = platform.deployments()
    assert [d.ref.name for d in deployments] == ["dep", "dep"]
    assert len({d.ref for d in deployments}) == 2
    assert [len(d.windows) for d in deployments] == [1, 1]
    assert sorted(len(d.duplicates) for d in deployments) == [0, 1]
    assert sorted(len(d.events) for d in deployments) == [0, 1]


def test_two_services_under_one_id(tree: Tree) -> None:
    tree.put(window(0), window(0, endpoint_name="/b", service_name="other"), window(1))
    finding = messages(result_of(identity_constant, tree.root, name="dep"))[0]
    assert "'other' in 1 window" in finding


def test_events_without_windows_and_windows_without_events(tree: Tree) -> None:
    tree.activate(0, deployment_id="only-events")
    tree.put(window(0, deployment_id="only-windows"))
    found = {d.ref.name: d for d in tree.read()}
    assert {name: (len(d.windows), len(d.events)) for name, d in found.items()} == {
        "only-events": (0, 1),
        "only-windows": (1, 0),
    }
    for name in ("metrics", "events"):
        lonely = Tree(tree.root.parent / name)
        (lonely.root / "serving" / name).mkdir(parents=True)
        assert "holds no record" in findings(lonely)[0].message


NAMES = [
    "a\nb",
    "\U0001f600",
    "a::b",
    "x" * 10_000,
    "a\x00b",
    "\x1b[2J",
    "../../etc/passwd",
    "<img src=x>",
    "a b",
    "::error ::x",
    "\u202e",
]


def test_names_that_are_hard_to_say(tree: Tree, state: State) -> None:
    for name in NAMES:
        tree.put(window(0, deployment_id=name, endpoint_name=name))
        tree.activate(-1, deployment_id=name)
    for _ in range(2):
        found = {d.ref.name: d for d in tree.read(state=state)}
        assert set(found) == set(NAMES)
        assert all(len(list(d.windows)) == len(d.windows) == len(d.events) == 1 for d in found.values())
    tree.put(*(window(0, deployment_id=name, endpoint_name=name) for name in NAMES))
    for finding in findings(tree, state=state):
        assert not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or 0x202A <= ord(c) <= 0x202E for c in finding.message)
        assert len(finding.message) < 1000


# -- things that are no files of lines --------------------------------------------------------------------------------


def test_what_is_no_regular_file(tree: Tree, state: State) -> None:
    tree.put(window(0))
    directory = (tree.metrics / place(0)).parent
    os.mkfifo(directory / "pipe.jsonl")
    outside = tree.root.parent / "outside.jsonl"
    outside.write_bytes(encoded(window(1, deployment_id="stolen")) + b"\n")
    (directory / "link.jsonl").symlink_to(outside)
    (directory / "loop.jsonl").symlink_to("loop.jsonl")
    (directory / "nowhere.jsonl").symlink_to("not-there")
    (directory / "device.jsonl").symlink_to("/dev/zero")
    (directory / "inside.jsonl").symlink_to(directory / "metrics_00.jsonl")  # what it names is found where it is
    (directory / "directory.jsonl").mkdir()
    (tree.metrics / "2026-04-27").symlink_to(tree.root.parent)
    listening = socket.socket(socket.AF_UNIX)
    here = os.getcwd()
    try:
        os.chdir(directory)  # the path of a socket is short
        listening.bind("socket.jsonl")
    finally:
        os.chdir(here)
    for _ in range(2):
        found = {d.ref.name: d for d in tree.read(state=state)}
        assert set(found) == {"dep", "unattributed"}
        refused = {os.path.basename(f.location or "") for f in found["unattributed"].unreadable}
        assert refused >= {"pipe.jsonl", "link.jsonl", "loop.jsonl", "nowhere.jsonl", "device.jsonl", "socket.jsonl"}
        assert "inside.jsonl" not in refused
        assert found["dep"].history.windows == 1
    listening.close()


def test_a_file_that_becomes_something_else(tree: Tree, state: State) -> None:
    tree.put(window(0), window(1))
    tree.read(NOW, state)
    path = tree.metrics / place(1)
    path.unlink()
    os.mkfifo(path)
    for _ in range(2):
        (finding,) = findings(tree, state=state)
        assert "is not a regular file" in finding.message
        assert said(tree.read(NOW, state)) == said(tree.read())
    path.unlink()
    tree.put(window(1))
    assert said(tree.read(NOW, state)) == said(tree.read())
    assert tree.fold_of(state=state).history.windows == 2


def test_a_file_that_is_too_large(tree: Tree, state: State) -> None:
    line = encoded(window(0))
    path = tree.append(place(0), line + b" " * (MAX_DOCUMENT_BYTES - len(line)))
    tree.put(window(1))
    assert tree.fold_of(state=state).history.windows == 2
    with open(path, "ab") as file:
        file.write(b" ")
    for how in ({"state": state}, {}, {"state": state, "full": True}):
        (finding,) = findings(tree, **how)
        assert "larger than" in finding.message
        assert said(tree.read(**how)) == said(tree.read())
        assert (finding.location or "").endswith(place(0))


# -- a great deal of it -----------------------------------------------------------------------------------------------


def lines_of(number: int, **changes: Any) -> bytes:
    """Return windows as one text; ``changes`` are functions of the number of the window."""
    shape = json.dumps(window(0) | dict.fromkeys(changes, "@@"))
    lines = []
    for i in range(number):
        line = shape
        for name, value in changes.items():
            line = line.replace(f'"{name}": "@@"', f'"{name}": {json.dumps(value(i))}')
        lines.append(line)
    return ("\n".join(lines) + "\n").encode()


def test_many_endpoints(tree: Tree) -> None:
    tree.append(place(0), lines_of(2000, endpoint_name=lambda i: f"/{i}"))
    history = tree.fold_of().history
    assert history.windows == 2000
    assert len(history.endpoints) == MAX_ENDPOINTS
    assert history.more_endpoints == 2000 - MAX_ENDPOINTS


def test_a_new_identity_in_each_window(tree: Tree, state: State) -> None:
    tree.append(
        place(0),
        lines_of(
            5000,
            endpoint_name=lambda i: f"/{i % 900}",
            model_version=lambda i: f"v{i}",
            window_start=_minute,
            window_end=lambda i: _minute(i + 1),
        ),
    )
    one = tree.fold_of(state=state)
    assert len(one.history.served) == MAX_IDENTITIES
    assert one.history.more_served == 5000 - MAX_IDENTITIES
    result = result_of(identity_constant, tree.root, name="dep")
    assert len(result.findings) == 1
    assert all(len(str(part)) < 1000 for part in (result.findings[0].message, result.findings[0].actual))
    assert state.path.stat().st_size < 2**22


def _minute(i: int) -> str:
    return at(i - 5000).isoformat()


def test_every_line_is_bad(tree: Tree) -> None:
    bad = [
        b"{",
        b'{"deployment_id":"dep"',
        b"null",
        encoded(window(0, request_count="1")),
        encoded(window(0, extra=1) | {"window_end": 3}),
    ]
    for minute in range(5):
        tree.append(place(minute), b"\n".join(bad[i % len(bad)] for i in range(MAX_BAD_LINES + 300)) + b"\n")
    found = tree.read()
    for one in found:
        for topic in (one.unreadable, one.violations, one.misplaced, one.duplicates):
            assert len(topic) <= MAX_KINDS + 1
    assert sum(len(d.windows) for d in found) == 0
    assert "more findings" in found[-1].unreadable[-1].message


def test_what_is_beyond_the_bad_lines_of_a_file_is_said(tree: Tree) -> None:
    tree.put(window(0))
    tree.append(place(0), b"{\n" * (MAX_BAD_LINES + 5))
    tree.put(window(0, endpoint_name="/b"))
    told = [f.message for f in findings(tree)]
    assert tree.fold_of().history.windows == 1
    assert any("more than 1,000 bad lines" in message for message in told) or "more findings" in told[-1]


def test_a_line_that_never_ends(tree: Tree) -> None:
    """A name of megabytes in a torn line is a name; nothing takes long over it."""
    for start in (
        b'{"deployment_id":"',
        b'{"deployment_id":' * 20_000,
        b'{"deployment_id":"\\',
        b"[" * 10**6,
        b'"' * 10**6,
    ):
        tree.append(place(0), start + b"a" * 10**6 + b"\n")
    assert sum(len(d.windows) for d in tree.read()) == 0


def test_a_long_name_in_a_torn_line_takes_no_memory(tmp_path: Path) -> None:
    code = "; ".join([
        "from pytest_mlmonitor.serving.fold.window_lines import salvaged_id",
        "import resource, sys",
        "line = b'{\"deployment_id\":\"' + b'a' * 20_000_000 + b'\",'",
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss",
        "salvaged_id(line)",
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)",
    ])  # fmt: skip
    grown = int(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout)
    assert grown < 200_000, f"{grown} KB"


def test_two_long_files_that_take_turns(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    """Putting windows in order must not read a file again for each of them."""
    from pytest_mlmonitor.serving.ingest import order as window_order

    opened: list[str] = []
    for name in ("read_records", "open_regular"):
        real = getattr(window_order, name)
        monkeypatch.setattr(window_order, name, lambda path, real=real: opened.append(path.name) or real(path))
    for minute in range(-100, 0):
        tree.put(window(minute), name=f"2026-04-26/{'ab'[minute % 2]}.jsonl")
    (one,) = plainly(tree).values()
    compare(tree.fold_of(), one, tree, NOW)
    assert len(opened) < 20


def test_a_million_lines_of_many_deployments_do_not_fill_the_memory(tree: Tree) -> None:
    """Scaled down: what grows with lines alone would show at a hundred thousand as well."""
    tree.append("2026-04-26/all.jsonl", lines_of(20_000, window_start=_minute, window_end=lambda i: _minute(i + 1)))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert tree.fold_of().history.windows == 20_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 400_000


def test_events_of_the_same_kinds(tree: Tree) -> None:
    name = "2026-04-26/deployment_events.jsonl"
    good = encoded(event(0))
    for line in (
        b"{",
        b"null",
        good[:-1],
        encoded(event(1, instance_id=" ")),
        encoded(event(2, completed_at="2026-04-26")),
        good,
    ):
        tree.append(name, line + b"\n", "events")
    (tree.root / "serving" / "metrics").mkdir()
    one = next(d for d in tree.read() if d.ref.name == "dep")
    assert len(one.events) == 1
    assert {f.column for f in one.violations} == {"instance_id", "completed_at"}
