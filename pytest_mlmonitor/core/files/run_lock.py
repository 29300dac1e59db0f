"""One run at a time in a directory: a locked file, which the kernel frees when its process dies, however it dies."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import re
import socket
import stat
import weakref
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

LOCK_NAME = ".mlmonitor.lock"
"""There while a run writes into a directory, and after one that was killed; the next run takes it over."""

_IN_USE = re.compile(r": another run (?:has been writing into it since|writes into it now)")
_TRIES = 20
_LONGEST_NOTE = 1000
_NO_LOCKS = frozenset({errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EBADF, errno.EINVAL})
"""What file systems without locks say: some network shares and object stores."""

_held: weakref.WeakSet[RunLock] = weakref.WeakSet()


class InUse(Exception):
    """Another run writes into the directory; the message says since when, and which process of which machine."""


class RunLock:
    """A directory that is held; :meth:`release` gives it back."""

    def __init__(self, path: Path, handle: int) -> None:
        self.path = path
        self._handle = handle
        _held.add(self)

    def release(self) -> None:
        """Take the file away and let go; the directory may be gone by then."""
        if self._handle >= 0:
            with suppress(OSError):
                if _is(self._handle, self.path):
                    self.path.unlink()
            self.let_go()

    def let_go(self) -> None:
        """Close the file alone: in a process that was forked the lock is its parent's."""
        handle, self._handle = self._handle, -1
        if handle >= 0:
            os.close(handle)


def hold(directory: Path) -> RunLock:
    """Lock ``directory`` for this process.

    The lock is the kernel's (flock), so a run that was killed holds nothing, and over NFS the server keeps it. Where a file
    system knows no locks, a process that lives on this machine holds the directory, and one of another machine until its file
    is removed.

    Raises:
        InUse: another run holds it.
        OSError: the file of the lock could not be made.
    """
    path = directory / LOCK_NAME
    for _ in range(_TRIES):
        handle = _opened(path)
        try:
            note = _note(handle)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise InUse(_words(note)) from None
            except OSError as error:
                if error.errno not in _NO_LOCKS:
                    raise
                if _lives(note):
                    raise InUse(f"{_words(note)}; if that run is dead remove {path}") from None
            if _is(handle, path):
                _write_note(handle)
                lock = RunLock(path, handle)
                handle = -1
                return lock
        finally:  # its holder took it away between our opening and our locking: there may be a new one
            if handle >= 0:
                os.close(handle)
    raise OSError(errno.EBUSY, "runs begin and end here all the time", str(path))


def says_in_use(text: str) -> bool:
    """Return whether a line says that a run was refused for :class:`InUse`: who runs pytest in a child sees no exception.

    >>> says_in_use("ERROR: mlmonitor: out: another run writes into it now; wait for its end")
    True
    """
    return _IN_USE.search(text) is not None


def _opened(path: Path) -> int:
    flags = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | flags, 0o666)
    except PermissionError:  # left by another user: it can be locked all the same
        handle = os.open(path, os.O_RDONLY | flags)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, "is not a regular file", str(path))
    return handle


def _is(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), os.lstat(path))
    except FileNotFoundError:
        return False


def _write_note(handle: int) -> None:
    now = datetime.now(UTC)
    note = {"pid": os.getpid(), "host": socket.gethostname(), "since": f"{now:%Y-%m-%d %H:%M:%S} UTC"}
    with suppress(OSError):  # a full disk, or the file of another user: the lock holds without it
        os.ftruncate(handle, 0)
        os.pwrite(handle, json.dumps(note).encode("ascii"), 0)
    with suppress(OSError):
        os.utime(handle)  # it was there before


def _note(handle: int) -> dict[str, object]:
    try:
        note = json.loads(os.pread(handle, _LONGEST_NOTE, 0))
    except (OSError, ValueError, RecursionError):
        return {}
    return note if isinstance(note, dict) else {}


def _words(note: dict[str, object]) -> str:
    since, pid, host = note.get("since"), note.get("pid"), note.get("host")
    if not (
        isinstance(since, str) and isinstance(host, str) and type(pid) is int and since.isascii() and host.isascii()
    ):
        return "another run writes into it now"
    where = "" if host == socket.gethostname() else f" on {host}"
    return f"another run has been writing into it since {since} (process {pid}{where})"


def _lives(note: dict[str, object]) -> bool:
    """Return whether whoever wrote a note may be alive, where the kernel cannot be asked."""
    pid = note.get("pid")
    if type(pid) is not int or pid <= 0:
        return False
    if note.get("host") != socket.gethostname():
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return pid != os.getpid()


def _forked() -> None:
    for lock in list(_held):
        lock.let_go()


os.register_at_fork(after_in_child=_forked)
