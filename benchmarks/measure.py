"""Timing whole processes in turn (A B A B …), so that a machine whose speed drifts does not decide the ratio.

What is counted:

- CPU is user plus system of the process and of every descendant: ``wait4`` sums up the children that were waited for, and
  this process is a subreaper (Linux), so that children which nobody waited for come to us and are added.
- Peak memory is the largest sum of ``VmHWM`` over the processes of the tree alive at one time, looked at every 20 ms, and
  never less than the ``ru_maxrss`` that the kernel keeps for the largest of them. Pages that parent and child share count
  twice, and the peaks of several processes are added even where they were not reached together: it is an upper bound for
  a tree, and exact for one process.

This module stays small on purpose: a child inherits the resident size of the process that started it as the floor of
``ru_maxrss``, so whoever measures imports no pyarrow.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from resource import struct_rusage

EVERY = 0.02
"""Seconds between two looks at the process tree."""

PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True)
class Command:
    """A command to measure.

    Attributes:
        words: what is run.
        cwd: where; None for a new empty directory at every run.
        environment: added to ours.
        status: the exit status that means it did its work.
        forgets: files and directories that are removed before every run: what an earlier run remembered.
    """

    words: tuple[str, ...]
    cwd: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    status: int = 0
    forgets: tuple[Path, ...] = ()

    def __str__(self) -> str:
        return " ".join([*(f"{name}={value}" for name, value in self.environment.items()), *self.words])


@dataclass(frozen=True)
class Cost:
    """What one process took: CPU (user and system) and wall seconds, peak memory in MiB."""

    cpu: float
    wall: float
    peak: float


@dataclass(frozen=True)
class Pair:
    """Two commands measured in turn: the costs of every run, the n-th of A beside the n-th of B."""

    a_runs: tuple[Cost, ...]
    b_runs: tuple[Cost, ...]

    @property
    def a(self) -> Cost:
        """Medians of A."""
        return median(self.a_runs)

    @property
    def b(self) -> Cost:
        """Medians of B."""
        return median(self.b_runs)


def run(command: Command) -> Cost:
    """Run ``command`` and return its cost.

    Raises:
        RuntimeError: it ended with another exit status than the one expected.
    """
    forget(command.forgets)
    _adopt()
    with tempfile.TemporaryDirectory() as empty, tempfile.TemporaryFile() as output:
        start = time.perf_counter()
        process = subprocess.Popen(
            command.words,
            cwd=command.cwd or empty,
            env=environment(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        with _Watch(process.pid) as watch:
            _, code, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(code)
        cpu, largest = usage.ru_utime + usage.ru_stime, usage.ru_maxrss
        for left in _left_behind():
            cpu += left.ru_utime + left.ru_stime
            largest = max(largest, left.ru_maxrss)
        if process.returncode != command.status:
            output.seek(0)
            said = output.read().decode(errors="replace")[-3000:]
            raise RuntimeError(f"{command} ended with {process.returncode} and not {command.status}:\n{said}")
    return Cost(cpu, wall, max(largest, watch.peak) / 1024)


def environment(command: Command) -> dict[str, str]:
    """Return the environment of ``command``: ours and what it adds.

    Without ``PYTHONDONTWRITEBYTECODE``: with it a checkout is compiled anew in every process (half a second), an installed
    package never.
    """
    ours = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**ours, **command.environment}


def forget(paths: Sequence[Path]) -> None:
    """Remove files and directories, those that are there."""
    for path in paths:
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def pair(a: Command, b: Command, runs: int = 5, *, warm: bool = True) -> Pair:
    """Measure ``a`` and ``b`` in turn, after one warm-up of each where ``warm``."""
    if warm:
        run(a)
        run(b)
    turns = [(run(a), run(b)) for _ in range(runs)]
    return Pair(tuple(x for x, _ in turns), tuple(y for _, y in turns))


def median(costs: Sequence[Cost]) -> Cost:
    """Return the median of every figure."""
    return Cost(
        statistics.median(c.cpu for c in costs),
        statistics.median(c.wall for c in costs),
        statistics.median(c.peak for c in costs),
    )


class _Watch:
    """Looks at a process tree from a thread of its own and keeps its largest memory in KiB."""

    def __init__(self, root: int) -> None:
        self.root = root
        self.peak = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> _Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(EVERY):
            self.peak = max(self.peak, sum(_high_water(pid) for pid in _tree(self.root)))


def _tree(root: int) -> list[int]:
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        try:
            threads = os.listdir(f"/proc/{pid}/task")
        except OSError:
            continue
        for thread in threads:
            try:
                waiting += map(int, Path(f"/proc/{pid}/task/{thread}/children").read_text().split())
            except OSError:
                continue
    return found


def _high_water(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0)


def _adopt() -> None:
    """Become the parent of descendants whose own parent ends before them (Linux; nothing elsewhere)."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _left_behind() -> list[struct_rusage]:
    usages: list[struct_rusage] = []
    while True:
        try:
            _, _, usage = os.wait4(-1, 0)
        except ChildProcessError:
            return usages
        usages.append(usage)
