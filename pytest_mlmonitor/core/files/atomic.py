"""Writing files that others read while we write: all or nothing, and never through a link."""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from pytest_mlmonitor.core.text.redaction import concealed, concealed_bytes

_TRIES = 100


@contextmanager
def atomically(path: Path, *, first: Callable[[], object] | None = None) -> Iterator[BinaryIO]:
    """Yield a new file that replaces ``path`` when the block ends: fsync, rename, fsync of the directory.

    It lies in the same directory under a hidden name. A block that raises leaves nothing of it, and an older file whole.

    Args:
        path: the file.
        first: called when the new file is on the disk, directly before the rename.

    Raises:
        OSError: the file could not be made or given its name.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = _beside(path)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if first is not None:
            first()
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):  # what went wrong first is what is said
            temporary.unlink(missing_ok=True)
        raise
    _sync_directory(path.parent)


def write_atomically(path: Path, data: bytes, *, as_it_is: bool = False) -> None:
    """Replace ``path`` by ``data``, as :func:`atomically` does, without the secrets of this process.

    Args:
        path: the file.
        data: what it is to hold.
        as_it_is: for what nobody reads but us, and must not change.

    Raises:
        OSError: nothing was written; an older file is still whole.
    """
    with atomically(path) as file:
        file.write(data if as_it_is else concealed_bytes(data))


def publish(temporary: Path, path: Path) -> None:
    """Give a finished file its name: fsync, rename, fsync of the directory.

    Raises:
        OSError: the file keeps its temporary name.
    """
    with open(temporary, "rb") as file:
        os.fsync(file.fileno())
    os.replace(temporary, path)
    _sync_directory(path.parent)


def append_lines(path: Path, lines: Iterable[str]) -> None:
    """Append each line with one locked write, without the secrets of this process; a torn last line is closed off first.

    Raises:
        OSError: a line could not be written whole; what was written of it is taken back.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    handle = os.open(path, flags, 0o666)
    try:
        for line in lines:
            fcntl.flock(handle, fcntl.LOCK_EX)
            try:
                _append(handle, concealed(line).encode("utf-8") + b"\n")
            finally:
                fcntl.flock(handle, fcntl.LOCK_UN)
        os.fsync(handle)
    finally:
        os.close(handle)


def _append(handle: int, data: bytes) -> None:
    end = os.fstat(handle).st_size
    if end and os.pread(handle, 1, end - 1) != b"\n":
        data = b"\n" + data
    try:
        written = os.write(handle, data)
        while written < len(data):  # a disk that is nearly full writes a part and says nothing
            written += os.write(handle, data[written:])
    except OSError:
        os.ftruncate(handle, end)
        raise


def _sync_directory(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _beside(path: Path) -> tuple[int, Path]:
    """Make a file of its own beside ``path``: a name that is taken, by a file or by a link, is never opened.

    The kernel applies the umask. Asking for it would set it to something else for a moment, for every thread.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    for _ in range(_TRIES):
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        try:
            handle = os.open(temporary, flags, 0o666)
        except FileExistsError:
            continue
        with suppress(OSError):  # who finds a file that is not locked knows that its writer is dead
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return handle, temporary
    raise FileExistsError(errno.EEXIST, "no free name for a temporary file", str(path))
