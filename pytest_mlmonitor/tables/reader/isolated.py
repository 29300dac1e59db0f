"""The parent's side of the reader process: one long-lived child, restarted after a crash."""

from __future__ import annotations

import math
import os
import pickle
import re
import resource
import select
import signal
import subprocess
import tempfile
import time
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from pytest_mlmonitor.core.child import start_child
from pytest_mlmonitor.tables.reader.time_limit import TimeLimit
from pytest_mlmonitor.tables.source.directories import size
from pytest_mlmonitor.tables.unreadable import MORE_MEMORY, Unreadable

MEMORY_MIB = 4096
"""Address space of the child, unless the policy says other; a scan of any length needs a few hundred MiB."""

MEMORY_KEY = "reader_memory_mib"
"""The policy's key for it."""

_SHORT_OF_MEMORY = re.compile(rb"bad_alloc|MemoryError|out of memory|cannot allocate memory", re.IGNORECASE)
"""What a process that could not allocate says on its way out."""

_UNSEEN = 384 * 1024**2
"""Address space that a child has and does not use, of libraries and stacks: one that dies with no more than that left was short of
memory, whatever it says: libraries do not look at every allocation."""

_COUNTED_ROUGHLY = 16 * 1024
"""KiB by which two readings of the memory that one process holds may differ: the kernel sums what its cores count apart."""

_LAST_WORDS = 65_536

SECONDS = 60.0
"""Processor time for one file, and as much again for every ``BYTES_PER_SECOND`` times 60 of its size."""

BYTES_PER_SECOND = 5 * 1024**2

GREETING = b"ready"
"""What the child writes once it can serve."""

_LENGTH_BYTES = 8


TICK_SECONDS = 1.0
"""How often somebody who listens hears of a call that says nothing of itself."""

_DOING = {
    "scan": "scanning",
    "describe": "describing",
    "drift": "comparing",
    "concept": "comparing",
    "told_apart": "comparing",
    "missing_keys": "joining",
    "online": "comparing",
    "join": "joining",
    "live_scores": "joining",
}
"""What a call does, in a word for people; the others read."""


class ReaderError(RuntimeError):
    """The reader process raised something that is no property of the file; carries its traceback."""


class IsolatedReader:
    """Runs the functions of :mod:`pytest_mlmonitor.tables.reader.worker` in a child process with memory and time limits.

    Attributes:
        progress: told of calls that take more than a second: what is done, the file, rows done, rows in all; seconds since it
            began and 0 where the call does not know.
    """

    def __init__(self, memory_bytes: int = MEMORY_MIB << 20, seconds: float = SECONDS) -> None:
        """Start nothing yet; the child starts with the first call.

        Args:
            memory_bytes: address space of the child.
            seconds: processor time for one call on a small file; ten times as many may pass by the clock.
        """
        self._memory_bytes = memory_bytes
        self._seconds = seconds
        self.progress: Callable[[str, Path, int, int], None] | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._words: IO[bytes] | None = None
        self._ready = False
        self._ours = 0
        self._tick: Callable[[], None] | None = None
        self._finalizer: weakref.finalize[..., Any] | None = None

    def start(self) -> None:
        """Start the child ahead of the first call."""
        self._started()

    def call(self, function: str, path: os.PathLike[str], *arguments: object, **options: object) -> Any:
        """Return what ``function`` says of the file ``path``.

        Args:
            function: one of :data:`.worker.FUNCTIONS`.
            path: the file.
            arguments: what else it takes; paths among them, and in tuples, are files to read, for which more time is allowed.
            options: passed by name; a path among them is no file to read.

        Raises:
            Unreadable: the file is not sound, or reading it crashed, hung, or needed too much memory.
            ReaderError: the function itself is wrong.
        """
        child = self._started()
        self._greeted(child)
        several = [one for each in arguments for one in (each if isinstance(each, tuple) else (each,))]
        allowed = sum(self._allowed(p) for p in (path, *several) if isinstance(p, os.PathLike))
        limit = TimeLimit(child.pid, allowed)
        data = pickle.dumps((function, (path, *arguments), options))
        try:
            assert child.stdin is not None
            child.stdin.write(len(data).to_bytes(_LENGTH_BYTES, "big") + data)
            child.stdin.flush()
            status, value = self._told(child, limit, _DOING.get(function, "reading"), Path(path))
        except TimeoutError:
            words = limit.said()
            self.close()
            raise Unreadable(words) from None
        except (EOFError, BrokenPipeError):
            raise Unreadable(self._death(child)) from None
        except BaseException:
            self.close()  # an answer that nobody took would be taken for the next one's
            raise
        if status == "memory":
            raise Unreadable(self._short_of_memory())
        if status == "unreadable":
            raise Unreadable(value)
        if status == "error":
            raise ReaderError(value)
        return value

    def close(self) -> None:
        """End the child, if there is one."""
        if self._finalizer is not None:
            self._finalizer()
        self._child = self._finalizer = None
        self._words = None
        self._ready = False

    def _told(self, child: subprocess.Popen[bytes], limit: TimeLimit, doing: str, path: Path) -> tuple[str, Any]:
        """Return the answer; until it is there, whoever listens is told how far it is, or how long it has taken."""
        tell = self.progress
        if tell is None:
            status, value = self._answer(child, limit)
            while status == "progress":
                status, value = self._answer(child, limit)
            return status, value
        began, shown = time.monotonic(), False

        def tick() -> None:
            nonlocal shown
            shown = True
            tell(doing, path, int(time.monotonic() - began), 0)

        self._tick = tick
        try:
            status, value = self._answer(child, limit)
            while status == "progress":
                self._tick, shown = None, True  # it speaks for itself
                tell(doing, path, *value)
                status, value = self._answer(child, limit)
        finally:
            self._tick = None
            if shown:
                tell(doing, path, 1, 1)
        return status, value

    def _answer(self, child: subprocess.Popen[bytes], limit: TimeLimit) -> tuple[str, Any]:
        length = int.from_bytes(self._read(child, _LENGTH_BYTES, limit), "big")
        answer: tuple[str, Any] = pickle.loads(self._read(child, length, limit))  # noqa: S301 (our own child)
        return answer

    def _allowed(self, path: os.PathLike[str]) -> float:
        return self._seconds + size(path if isinstance(path, Path) else Path(path)) / BYTES_PER_SECOND

    def _started(self) -> subprocess.Popen[bytes]:
        if self._child is None:
            worker = "pytest_mlmonitor.tables.reader.worker"
            self._words = tempfile.TemporaryFile()  # noqa: SIM115 (closed with the child)
            self._child = start_child(worker, str(self._memory_bytes), stdin=subprocess.PIPE, stderr=self._words)
            self._ours = _most_held()
            self._finalizer = weakref.finalize(self, _end, self._child, self._words)
        return self._child

    def _greeted(self, child: subprocess.Popen[bytes]) -> None:
        """Wait until the child has imported its libraries; a child that cannot is no fault of any file."""
        if self._ready:
            return
        try:
            self._read(child, len(GREETING), TimeLimit(child.pid, self._seconds))
            self._ready = True
        except (TimeoutError, EOFError):
            status = child.poll()
            self.close()
            raise ReaderError(f"the reader process did not start (status {status}); is pyarrow importable?") from None

    def _read(self, child: subprocess.Popen[bytes], length: int, limit: TimeLimit) -> bytes:
        assert child.stdout is not None
        parts: list[bytes] = []
        answers = select.poll()  # select() fails in a process with a thousand open files
        answers.register(child.stdout, select.POLLIN)
        while length:
            left = limit.left()
            if not left:
                raise TimeoutError
            if not answers.poll(math.ceil(min(left, TICK_SECONDS if self._tick is not None else left) * 1000)):
                if self._tick is not None:
                    self._tick()
                continue  # it was kept waiting: what it used is asked again
            part = os.read(child.stdout.fileno(), min(length, 1 << 20))
            if not part:
                raise EOFError
            parts.append(part)
            length -= len(part)
        return b"".join(parts)

    def _death(self, child: subprocess.Popen[bytes]) -> str:
        status, used = _ended(child, self._ours)
        words = self._last_words()
        self.close()
        if _SHORT_OF_MEMORY.search(words) or used + _UNSEEN > self._memory_bytes:
            return self._short_of_memory()
        how = f"was ended by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"
        if status == -signal.SIGKILL:  # nobody here does that to a child that works
            how += ", which is what a system does that runs out of memory"
        return f"crashed the reader: its process {how}"

    def _last_words(self) -> bytes:
        if self._words is None:
            return b""
        size = self._words.seek(0, os.SEEK_END)
        self._words.seek(max(0, size - _LAST_WORDS))
        return self._words.read()

    def _short_of_memory(self) -> str:
        return f"{MORE_MEMORY}, {self._memory_bytes >> 20:,} MiB; raise {MEMORY_KEY} in the policy"


def _ended(child: subprocess.Popen[bytes], ours: int) -> tuple[int, int]:
    """Return the status of a child that has ended or is about to, and the most memory that it is known to have held, in bytes.

    The system counts what this process had held when it started the child (``ours``, KiB) as the child's own, since a new process
    has its parent's memory until it runs its program: only what lies above that says anything.
    """
    if child.returncode is not None:
        return child.returncode, 0
    _, code, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(code)
    return child.returncode, usage.ru_maxrss << 10 if usage.ru_maxrss > ours + _COUNTED_ROUGHLY else 0


def _most_held() -> int:
    """Return the most memory that this process has held since its program began, in KiB."""
    try:
        status = Path("/proc/self/status").read_bytes()
    except OSError:  # not Linux: what the process held before its program began is in it too
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(status.partition(b"VmHWM:")[2].split()[0])


def _end(child: subprocess.Popen[bytes], words: IO[bytes]) -> None:
    child.kill()
    child.wait()
    for pipe in (child.stdin, child.stdout, words):
        if pipe is not None:
            try:
                pipe.close()
            except OSError:
                pass
