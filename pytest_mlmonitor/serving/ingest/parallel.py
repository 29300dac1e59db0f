"""Reading metrics files with every core: this process takes the first stretch, child processes take the others."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from pytest_mlmonitor.core.child import start_child
from pytest_mlmonitor.core.under_way import UnderWay
from pytest_mlmonitor.serving.fold.fold import Terms
from pytest_mlmonitor.serving.ingest.days import Task, TaskOutcome, perform

BYTES_A_PROCESS = 24 * 1024 * 1024
"""A process pays from here on: it starts in a third of a second, in which this much is read."""

MAX_PROCESSES = 8


class Job(Struct):
    """What a child process does."""

    base: str
    terms: Terms
    tasks: list[Task]


_OUTCOMES = msgspec.msgpack.Decoder(list[TaskOutcome])


def perform_all(base: Path, tasks: Sequence[Task], terms: Terms) -> dict[str, list[TaskOutcome]]:
    """Read the files of every task and return the outcomes by unit, in the order of its files.

    Args:
        base: the metrics directory.
        tasks: in order.
        terms: of the folds.
    """
    size = sum(map(_unread, tasks))
    processes = max(min(_cores(), MAX_PROCESSES, size // BYTES_A_PROCESS), 1)
    mine, *others = _shares(tasks, size, processes)
    children = [(share, _start(base, share, terms)) for share in others]
    try:
        with UnderWay("reading serving windows in", base, sum(_unread(task) for task in mine)) as work:
            outcomes = [perform(base, task, terms, work.advance) for task in mine]
            for share, child in children:
                outcomes += _collect(child) or [perform(base, task, terms) for task in share]
    except BaseException:
        for _, child in children:
            if child is not None:
                child.kill()
        raise
    found: dict[str, list[TaskOutcome]] = {}
    for outcome in outcomes:
        found.setdefault(outcome.unit, []).append(outcome)
    return found


def main() -> None:
    """Be a child: a job on standard input, its outcomes on standard output."""
    job = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Job)
    outcomes = [perform(Path(job.base), task, job.terms) for task in job.tasks]
    sys.stdout.buffer.write(msgspec.msgpack.encode(outcomes))


def _unread(task: Task) -> int:
    return sum(entry.unread for entry in task.files)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _shares(tasks: Sequence[Task], size: int, processes: int) -> list[list[Task]]:
    """Cut the tasks into consecutive shares of about the same size; a task may be cut between two of its files."""
    if processes == 1:
        return [list(tasks)]
    shares: list[list[Task]] = [[] for _ in range(processes)]
    done = 0
    for task in tasks:
        piece: Task | None = None
        at = -1
        for entry in task.files:
            share = min(done * processes // max(size, 1), processes - 1)
            if share != at:
                # What is known of the unit belongs before its first new line.
                piece = Task(task.unit, [], task.folds if piece is None else {})
                shares[share].append(piece)
                at = share
            assert piece is not None
            piece.files.append(entry)
            done += entry.unread
    return shares


def _start(base: Path, share: list[Task], terms: Terms) -> subprocess.Popen[bytes] | None:
    """Return a child that reads a share, None where it cannot be told what to do (a path that is no UTF-8) or started."""
    try:
        content = msgspec.msgpack.encode(Job(str(base), terms, share))
    except (OverflowError, UnicodeEncodeError):
        return None
    try:
        # A file, not a pipe: a full pipe would hold us up until the child has imported its libraries.
        with tempfile.TemporaryFile() as job:
            job.write(content)
            job.seek(0)
            return start_child("pytest_mlmonitor.serving.ingest.parallel", stdin=job)
    except OSError:
        return None  # no process or no room left: this one reads the share, only later


def _collect(child: subprocess.Popen[bytes] | None) -> list[TaskOutcome] | None:
    """Return what a child read, None when it died: its share is then read here."""
    if child is None:
        return None
    assert child.stdout is not None
    with child.stdout:
        data = child.stdout.read()
    if child.wait() != 0:
        return None
    try:
        return _OUTCOMES.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


if __name__ == "__main__":
    main()
