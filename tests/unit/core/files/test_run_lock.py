"""One run at a time in a directory, and a dead one holds nothing."""

from __future__ import annotations

import errno
import fcntl
import json
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest

from pytest_mlmonitor.core.files.run_lock import LOCK_NAME, InUse, hold

HOLDER = """
import sys, time
from pathlib import Path
from pytest_mlmonitor.core.files.run_lock import hold
lock = hold(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(60)
"""


@contextmanager
def another_process(directory: Path) -> Iterator[subprocess.Popen[str]]:
    """Hold the directory in a process of its own."""
    process = subprocess.Popen([sys.executable, "-c", HOLDER, str(directory)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def test_the_second_is_refused_and_told_by_whom_and_since_when(tmp_path: Path) -> None:
    with (
        another_process(tmp_path) as process,
        pytest.raises(InUse, match=rf"since 20\d\d-.* UTC \(process {process.pid}\)"),
    ):
        hold(tmp_path)


def test_also_in_one_process(tmp_path: Path) -> None:
    lock = hold(tmp_path)
    with pytest.raises(InUse, match=f"process {os.getpid()}"):
        hold(tmp_path)
    lock.release()
    hold(tmp_path).release()


def test_a_dead_one_is_taken_over(tmp_path: Path) -> None:
    with another_process(tmp_path) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert (tmp_path / LOCK_NAME).exists()
    lock = hold(tmp_path)
    assert json.loads((tmp_path / LOCK_NAME).read_text())["pid"] == os.getpid()
    lock.release()


def test_nothing_stays(tmp_path: Path) -> None:
    lock = hold(tmp_path)
    lock.release()
    lock.release()
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_was_forked_holds_nothing(tmp_path: Path) -> None:
    """Else one that outlives a run that was killed would hold its directory."""
    lock = hold(tmp_path)
    forking = multiprocessing.get_context("fork")
    begun = forking.Event()
    child = forking.Process(target=_sleep, args=(begun,))
    child.start()
    begun.wait()
    lock.let_go()  # as if this process had died
    try:
        hold(tmp_path).release()
    finally:
        child.kill()
        child.join()


def _sleep(begun: Event) -> None:
    begun.set()
    signal.pause()


def test_the_file_of_a_new_run_is_not_removed(tmp_path: Path) -> None:
    """Somebody removed the directory during the run, and another one began there."""
    lock = hold(tmp_path)
    (tmp_path / LOCK_NAME).unlink()
    new = hold(tmp_path)
    lock.release()
    with pytest.raises(InUse):
        hold(tmp_path)
    new.release()


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"pid": 1}', '{"pid": "x", "host": 1, "since": []}', "\0" * 9])
def test_what_it_says_is_never_trusted(tmp_path: Path, text: str) -> None:
    with another_process(tmp_path):
        (tmp_path / LOCK_NAME).write_text(text)
        with pytest.raises(InUse, match="another run writes into it now"):
            hold(tmp_path)


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda path: os.symlink("/etc/passwd", path)])
def test_only_a_file_is_a_lock(tmp_path: Path, make: object) -> None:
    make(tmp_path / LOCK_NAME)  # type: ignore[operator]
    with pytest.raises(OSError):  # noqa: PT011 (three kinds)
        hold(tmp_path)


@pytest.fixture
def no_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system that knows none."""

    def flock(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", flock)


def noted(directory: Path, **note: object) -> None:
    (directory / LOCK_NAME).write_text(json.dumps({"since": "2026-04-26 14:00:37 UTC", **note}))


@pytest.mark.usefixtures("no_locks")
def test_without_locks_a_process_that_lives_holds_it(tmp_path: Path) -> None:
    noted(tmp_path, pid=os.getppid(), host=socket.gethostname())
    with pytest.raises(InUse, match="since 2026-04-26 14:00:37 UTC"):
        hold(tmp_path)


@pytest.mark.usefixtures("no_locks")
def test_without_locks_one_that_is_dead_does_not(tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    noted(tmp_path, pid=dead.pid, host=socket.gethostname())
    hold(tmp_path).release()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("no_locks")
def test_without_locks_nobody_knows_of_another_machine(tmp_path: Path) -> None:
    noted(tmp_path, pid=1, host="another")
    with pytest.raises(InUse, match=r"process 1 on another\); if that run is dead remove .*\.mlmonitor\.lock"):
        hold(tmp_path)


def test_a_directory_that_cannot_be_written_is_not_held(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NotADirectoryError):
        hold(tmp_path / "file")
