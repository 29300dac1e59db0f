"""Events of OpenLineage: a writer or a sender that is killed loses none, and what was taken is not sent for ever."""

from __future__ import annotations

import json
import multiprocessing
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from pytest_mlmonitor.commands.graph.replay_lineage import _replayed
from pytest_mlmonitor.outputs.openlineage.event_lines import RunEvents, append_new, line_of, lines_in
from pytest_mlmonitor.outputs.openlineage.taken_events import NAME, TakenEvents
from tests.services.receiver import receiving

from .test_killed_writers import Judged, in_child, judged, killed_everywhere, whole_lines

pytest.importorskip("openlineage.client.transport.http")

__all__ = ["judged"]

FILE = "openlineage-2026-04-28.ndjson"


@pytest.fixture(scope="module")
def events(judged: Judged) -> list[str]:
    record, platform = judged
    made = RunEvents(platform)
    clock = datetime(2026, 4, 28, 14, tzinfo=UTC)
    return [line_of(one) for one in [*made.of_artifacts(), *made.of_checks(record, {}, clock, complete=True)]]


def _receive(pipe: Connection) -> None:
    with receiving() as receiver:
        pipe.send(receiver.url)
        while pipe.recv():
            pipe.send([request.body for request in receiver.requests])
            receiver.requests.clear()


@contextmanager
def server() -> Iterator[tuple[str, Connection]]:
    """Yield the URL of a receiver in a process of its own, and what is asked what it received since it was last asked."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_receive, args=(theirs,))
    process.start()
    try:
        yield ours.recv(), ours
    finally:
        ours.send(None)
        process.join()


def received(pipe: Connection) -> list[str]:
    """Return the events since it was last asked; of a request that broke off a server takes nothing."""
    pipe.send(True)
    found = []
    for body in pipe.recv():
        with suppress(ValueError):
            found.append(json.dumps(json.loads(body), sort_keys=True))
    return found


def plain(lines: list[str]) -> list[str]:
    return [json.dumps(json.loads(line), sort_keys=True) for line in lines]


def test_the_file_of_events(tmp_path: Path, events: list[str]) -> None:
    expected = [json.loads(line) for line in events]

    def after(place: Path) -> None:
        found, torn = whole_lines(place / FILE)
        assert found == expected[: len(found)]
        assert torn <= 1

    def again(place: Path) -> None:
        found, torn = whole_lines(place / FILE)
        assert found == expected, "every event once"
        assert torn <= 1
        assert lines_in(place / FILE) == events

    killed_everywhere(tmp_path, lambda place: append_new(place / FILE, events), after, again)


@pytest.mark.slow(turn=0)
def test_replay(tmp_path: Path, events: list[str]) -> None:
    """Killed anywhere: the next one sends what is left, and only what nobody had time to note is sent a second time."""
    (tmp_path / "before").mkdir()
    append_new(tmp_path / "before" / FILE, events)
    with server() as (url, pipe):
        taken_before: list[str] = []

        def work(place: Path) -> None:
            _replayed(place, url, None, dry_run=False)

        def after(place: Path) -> None:
            taken_before[:] = received(pipe)
            left = plain(TakenEvents(place, url).left(events))
            assert [one for one in plain(events) if one not in left and one not in taken_before] == []

        def again(place: Path) -> None:
            taken = [*taken_before, *received(pipe)]
            assert set(taken) == set(plain(events)), "nothing is lost"
            assert len(taken) <= len(events) + len(taken_before)
            if int(place.name) % 10 == 0:  # it takes as long as all the rest
                assert in_child(lambda: work(place), None, tmp_path / "counts") == 0
                assert received(pipe) == [], "nothing is sent for ever"
            assert whole_notes(place) <= 1

        killed_everywhere(tmp_path, work, after, again)
        shutil.rmtree(tmp_path / "before")


def whole_notes(place: Path) -> int:
    """Return how many notes are torn."""
    lines = (place / NAME).read_text(encoding="ascii").splitlines()
    return sum(len(line.rpartition(" ")[2]) != 32 for line in lines)
