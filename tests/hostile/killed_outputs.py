"""A pytest plugin for tests: a run that is killed at many points of its end, each time from the same beginning.

When the session has finished, the process is forked once a point. The child goes on and is killed when its n-th line of our code is
reached, or in the middle of its n-th write; what it leaves is kept in ``states/POINT/killed``. Another child, which nobody kills,
then does what the next run does, and leaves ``states/POINT/next``.
"""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import sys
import threading
from collections.abc import Callable, Generator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import pytest_mlmonitor

OURS = str(Path(pytest_mlmonitor.__file__).parent)
FILES = f"{OURS}/core/files/"
"""Where files are written: few lines, and those that matter most."""

STATES = Path("states")
PLACES = ("out", ".mlmonitor")
POINTS = "KILL_POINTS"


class Lines:
    """Counts lines of our code, and kills the process at one of them."""

    def __init__(self, deadly: int | None = None, below: str = OURS) -> None:
        self.count = 0
        self._deadly = deadly
        self._below = below

    def start(self) -> None:
        """Count from here on, in every thread."""
        threading.settrace(self._of_frame)
        sys.settrace(self._of_frame)

    def _of_frame(self, frame: FrameType, event: str, arg: object) -> Callable[..., Any] | None:
        ours = OURS is not None and frame.f_code.co_filename.startswith(
            self._below
        )  # at the very end there is nothing left
        return self._of_line if ours else None

    def _of_line(self, frame: FrameType, event: str, arg: object) -> Callable[..., Any]:
        if event == "line":
            self.count += 1
            if self.count == self._deadly:
                os.kill(os.getpid(), signal.SIGKILL)
        return self._of_line


class Writes:
    """Counts writes to files, and kills the process when half of one is written."""

    def __init__(self, deadly: int | None = None) -> None:
        self.count = 0
        self._deadly = deadly

    def start(self) -> None:
        """Count from here on."""
        write = os.write

        def counted(handle: int, data: bytes) -> int:
            self.count += 1
            if self.count == self._deadly:
                write(handle, data[: len(data) // 2])
                os.kill(os.getpid(), signal.SIGKILL)
            return write(handle, data)

        os.write = counted


def _restore() -> None:
    for place in PLACES:
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(STATES / "before" / place, place, symlinks=True)


def _keep(name: str) -> None:
    for place in PLACES:
        shutil.copytree(place, STATES / name / place, symlinks=True)


def _forked(log: str) -> int:
    """Fork, and return 0 in the child, whose words go to a file."""
    child = os.fork()
    if child == 0:
        handle = os.open(STATES / log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(handle, 1)
        os.dup2(handle, 2)
    return child


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish() -> Generator[None, Any, Any]:
    """Fork once a point; the parent ends when all of them are through."""
    for place in PLACES:
        shutil.copytree(place, STATES / "before" / place, symlinks=True)
    if _forked("count.log") == 0:
        lines, writes = Lines(), Writes()
        lines.start()
        writes.start()
        counts = (STATES / "counts").absolute()
        atexit.register(lambda: counts.write_text(f"{lines.count} {writes.count}"))
        return (yield)
    os.wait()
    _keep("whole")
    lines_in_all, writes_in_all = map(int, (STATES / "counts").read_text().split())
    wanted = int(os.environ[POINTS])
    deaths = [(f"line-{n}", Lines(n)) for n in sorted({1 + i * lines_in_all // wanted for i in range(wanted)})]
    deaths += [(f"write-{n}", Writes(n)) for n in range(1, writes_in_all + 1)]
    for name, death in deaths:
        _restore()
        if _forked(f"{name}.log") == 0:
            death.start()
            return (yield)
        _, status = os.wait()
        if not os.WIFSIGNALED(status):
            (STATES / f"{name}.survived").write_text(str(status))
        _keep(f"{name}/killed")
        if _forked(f"{name}.next.log") == 0:
            return (yield)
        _, status = os.wait()
        _keep(f"{name}/next")
        (STATES / name / "status").write_text(str(os.waitstatus_to_exitcode(status)))
    os._exit(0)
