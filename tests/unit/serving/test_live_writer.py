"""A last line without its newline: a warning while its writer may be at it, an error otherwise."""

from __future__ import annotations

import gzip
import os
import time
import zlib
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from pytest_mlmonitor.core.adapter import Reading
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.memory.state import State
from pytest_mlmonitor.kinds import Platform
from pytest_mlmonitor.serving.adapters.p5_tree import read
from tests.unit.serving_trees import MINUTE, NOW, Tree, encoded, event, place, window

TORN = encoded(window(0))[:300]


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    made = Tree(tmp_path.resolve() / "root")
    made.put(*(window(minute) for minute in range(-5, 0)))
    made.activate(-60)
    return made


def unreadable(
    tree: Tree, now: datetime = NOW + MINUTE, state: State | None = None, *, by_clock: bool = True
) -> list[Finding]:
    """Return what a run by the clock says of lines, as if the clock said ``now``."""
    discovery = tree.found()
    (found,) = discovery.found
    platform = Platform([], tree.settings, now, by_clock=by_clock)
    platform.memory = state
    deployments = read(found.ref, Reading(platform, discovery))
    return [finding for deployment in deployments for finding in deployment.unreadable]


def test_somebody_is_writing(tree: Tree, tmp_path: Path) -> None:
    tree.append(place(0), TORN)
    state = State(tmp_path / "memory" / "state.db")
    for _ in range(2):
        (finding,) = unreadable(tree, state=state)
        assert finding.severity is Severity.WARNING
        assert "metrics_00.jsonl:1 is cut short" in finding.message
        assert "its writer may be at it: the file changed" in finding.message
    tree.append(place(0), encoded(window(0))[300:] + b"\n")
    assert not unreadable(tree, state=state)


def test_the_time_was_chosen(tree: Tree) -> None:
    tree.append(place(0), TORN)
    (finding,) = unreadable(tree, by_clock=False)
    assert finding.severity is Severity.ERROR
    (finding,) = next(one for one in tree.read(NOW + MINUTE) if one.unreadable).unreadable
    assert finding.severity is Severity.ERROR


@pytest.mark.parametrize(("after", "severity"), [(timedelta(seconds=119), "warning"), (timedelta(minutes=2), "error")])
def test_two_windows_after_the_newest_record_it_is_late(after: timedelta, severity: str, tree: Tree) -> None:
    tree.append(place(0), TORN)
    (finding,) = unreadable(tree, NOW + after)  # the newest complete one ends at NOW
    assert finding.severity.word == severity


@pytest.mark.parametrize(("ago", "severity"), [(50, "warning"), (-50, "warning"), (70, "error"), (-70, "error")])
def test_the_file_has_been_still(ago: float, severity: str, tree: Tree) -> None:
    path = tree.append(place(0), TORN)
    os.utime(path, (time.time() - ago, time.time() - ago))
    (finding,) = unreadable(tree)
    assert finding.severity.word == severity


def test_only_the_newest_file_is_being_written(tree: Tree) -> None:
    tree.append(place(-2), TORN)
    (finding,) = unreadable(tree)
    assert finding.severity is Severity.ERROR
    tree.append(f"{place(-3)}.1", TORN)
    assert {one.severity for one in unreadable(tree)} == {Severity.ERROR}


def test_a_writer_keeps_the_file_open_that_was_rotated_under_it(tree: Tree) -> None:
    tree.append(f"{place(0)}.1", TORN)
    assert [one.severity for one in unreadable(tree)] == [Severity.WARNING]
    assert [one.severity for one in unreadable(tree, NOW + 2 * MINUTE)] == [Severity.ERROR]


def flush(data: bytes) -> bytes:
    """Compress as a stream does that is not closed yet."""
    packer = zlib.compressobj(wbits=31)
    return packer.compress(data) + packer.flush(zlib.Z_SYNC_FLUSH)


@pytest.mark.parametrize(
    "pack", [lambda data: gzip.compress(data)[:-100], flush, lambda _: b""], ids=["cut", "flushed", "empty"]
)
def test_the_newest_file_is_compressed_as_it_is_written(
    pack: Callable[[bytes], bytes], tree: Tree, tmp_path: Path
) -> None:
    line = encoded(window(0)) + b"\n"
    path = tree.append(f"{place(0)}.gz", pack(line))
    state = State(tmp_path / "memory" / "state.db")
    for _ in range(2):
        (finding,) = unreadable(tree, state=state)
        assert finding.severity is Severity.WARNING
        assert "metrics_00.jsonl.gz is " in finding.message
        assert "its writer may be at it" in finding.message
    assert [one.severity for one in unreadable(tree, by_clock=False, state=state)] == [Severity.ERROR]
    assert [one.severity for one in unreadable(tree, NOW + 9 * MINUTE, state)] == [Severity.ERROR]
    path.write_bytes(gzip.compress(line))
    assert not unreadable(tree, state=state)


@pytest.mark.parametrize("kind", ["metrics", "events"])
def test_an_old_file_that_is_being_compressed_stands_beside_the_new_one(kind: str, tree: Tree) -> None:
    path = next((tree.root / "serving" / kind).rglob("*.jsonl"))
    plain = path.rename(path.with_name(f"{path.name}.1"))
    packed = path.with_name(f"{path.name}.1.gz")
    packed.write_bytes(gzip.compress(plain.read_bytes())[:-50])
    later = NOW + 500 * MINUTE  # the platform may be at rest
    assert [one.severity for one in unreadable(tree, later)] == [Severity.WARNING]
    assert [one.severity for one in unreadable(tree, later, by_clock=False)] == [Severity.ERROR]
    os.utime(packed, (time.time() - 70, time.time() - 70))
    assert [one.severity for one in unreadable(tree, later)] == [Severity.ERROR]
    os.utime(packed)
    plain.unlink()
    assert [one.severity for one in unreadable(tree, later)] == [Severity.ERROR]


def test_without_a_complete_record_nobody_is_known_to_write(tmp_path: Path) -> None:
    tree = Tree(tmp_path.resolve() / "root")
    tree.append(place(0), TORN)
    assert unreadable(tree)[0].severity is Severity.ERROR


def test_a_broken_line_that_ends_is_an_error(tree: Tree) -> None:
    tree.append(place(0), TORN + b"\n")
    (finding,) = unreadable(tree)
    assert finding.severity is Severity.ERROR


def test_events_are_written_too(tree: Tree) -> None:
    torn = encoded(event(0))[:200]
    tree.append("2026-04-26/deployment_events.jsonl", torn, "events")
    assert unreadable(tree)[0].severity is Severity.WARNING
    assert unreadable(tree, by_clock=False)[0].severity is Severity.ERROR
    assert unreadable(tree, NOW + 9 * MINUTE)[0].severity is Severity.ERROR
    tree.append("2026-04-26/deployment_events.jsonl", b"\n", "events")
    assert unreadable(tree)[0].severity is Severity.ERROR
