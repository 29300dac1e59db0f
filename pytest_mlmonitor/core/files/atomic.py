"""Writing files that others read while we write: all or nothing, and never through a link."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path


def write_atomically(path: Path, data: bytes) -> None:
    """Replace ``path`` by ``data``: temporary file in the same directory, fsync, rename, fsync of the directory.

    Raises:
        OSError: nothing was written; an older file is still whole.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o666 & ~_umask())  # mkstemp makes files that only we may read
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    _sync_directory(path.parent)


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
    """Append each line with one locked write; a torn last line of an earlier run is closed off first.

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
                _append(handle, line.encode("utf-8") + b"\n")
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


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
