"""What tells a table that is as it was from one that is not: what the file system says, and some or all of its bytes.

It is taken here, by the process that decides, and not by the one that reads: a file that is replaced while it is read must not be
known by what it was before. Only bytes are read; nothing is parsed but the length of a parquet footer.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import BinaryIO, Literal

from pytest_mlmonitor.core.files.opening import Refused, open_regular
from pytest_mlmonitor.tables.source.directories import fingerprint
from pytest_mlmonitor.tables.source.layout import MAX_FILES
from pytest_mlmonitor.tables.source.listed.table_files import files_meant
from pytest_mlmonitor.tables.unreadable import Unreadable

Verify = Literal["stat", "digest"]

BLOCK_BYTES = 4096
"""A page of most disks and of memory."""

BLOCKS = 16
"""Looked at in one file: at its start, its quarters, and the rest at places that hang on its footer and size."""

LEAST_BLOCKS = 2
"""Looked at in each file of a directory, however many there are."""

MAX_FOOTER_BYTES = 1 << 20
"""The last bytes of a larger footer are looked at."""

_WHOLE_BYTES = 2 * BLOCKS * BLOCK_BYTES
"""A smaller file is looked at whole."""

_TAIL = 8
_MAGIC = b"PAR1"

FINE_NS = 50_000_000
"""Two changes within the tick of a clock have one time: a file changed so lately is not known by it (Linux: up to 10 ms)."""

COARSE_NS = 2_000_000_000
"""The same where times are whole seconds (FAT counts two at once)."""


@dataclass(frozen=True)
class FileState:
    """What the file system says of a table's files.

    Attributes:
        stamp: a digest of the names, device, inode, size and times of all of them.
        names: a digest of the names alone, those of directories among them.
        files: path, size, device and inode of each.
        settled: whether none was changed so lately that another change would go unseen.
    """

    stamp: str
    names: str
    files: tuple[tuple[Path, int, int, int], ...]
    settled: bool


def file_state(path: Path) -> FileState | None:
    """Return what the file system says of a file, or of everything below a directory; None where that is not all.

    A link or a pipe is not followed, so that what is behind it would not be seen.
    """
    now = time.time_ns()
    digest, names = blake2b(digest_size=16), blake2b(digest_size=16)
    files: list[tuple[Path, int, int, int]] = []
    settled = True
    try:
        for name, file, found in _below(path):
            mode, times = found.st_mode, (found.st_mtime_ns, found.st_ctime_ns)
            digest.update(b"%d:%s%d:%d:%d:" % (len(name), name, mode, found.st_dev, found.st_ino))
            names.update(b"%d:%s%d:" % (len(name), name, stat.S_IFMT(mode)))
            if stat.S_ISDIR(mode):
                continue  # what changes in it is seen in what it holds
            if not stat.S_ISREG(mode):
                return None
            digest.update(b"%d:%d:%d:" % (found.st_size, *times))
            files.append((file, found.st_size, found.st_dev, found.st_ino))
            coarse = all(moment % 1_000_000_000 == 0 for moment in times)
            settled = settled and max(times) < now - (COARSE_NS if coarse else FINE_NS)
    except (OSError, ValueError, _TooMany):
        return None
    return FileState(digest.hexdigest(), names.hexdigest(), tuple(files), settled)


def identity(path: Path, state: FileState, verify: Verify) -> str | None:
    """Return what a table is known by: its state and a digest of some bytes, or a digest of all bytes; None where it cannot be.

    Args:
        path: the file or directory.
        state: what the file system says of it.
        verify: whether all bytes are read: then neither times nor places count, only names and bytes.
    """
    try:
        return f"{state.names}{fingerprint(path)}" if verify == "digest" else f"{state.stamp}{sampled(state)}"
    except (OSError, Refused, Unreadable):
        return None


def sampled(state: FileState) -> str:
    """Return a digest of the footers and of some blocks of files.

    Raises:
        Refused: a file may not be opened.
        OSError: a file cannot be read, or is another one by now.
    """
    digest = blake2b(digest_size=16)
    blocks = max(LEAST_BLOCKS, BLOCKS // max(1, len(state.files)))
    for path, size, device, inode in state.files:
        with open_regular(path) as file:
            found = os.fstat(file.fileno())
            if (found.st_size, found.st_dev, found.st_ino) != (size, device, inode):
                raise OSError("it was replaced")
            for part in _parts(file, size, blocks):
                digest.update(part)
    return digest.hexdigest()


def _parts(file: BinaryIO, size: int, blocks: int) -> Iterator[bytes]:
    handle = file.fileno()
    if size <= _WHOLE_BYTES:
        yield os.pread(handle, size, 0)
        return
    tail = os.pread(handle, _TAIL, size - _TAIL)
    is_parquet = tail[4:] == _MAGIC
    footer = min(int.from_bytes(tail[:4], "little") + _TAIL, size, MAX_FOOTER_BYTES) if is_parquet else BLOCK_BYTES
    end = os.pread(handle, footer, size - footer)
    yield end
    last = size - BLOCK_BYTES
    places = [0, *(size * quarter // 4 for quarter in (1, 2, 3))][: max(1, blocks // 2)]
    seed = blake2b(end, digest_size=16).digest()
    for number in range(blocks - len(places)):
        drawn = blake2b(seed, digest_size=8, salt=number.to_bytes(8, "little")).digest()
        places.append(int.from_bytes(drawn, "little") % last)
    for place in places:
        yield os.pread(handle, BLOCK_BYTES, place)


class _TooMany(Exception):
    """There is more below the directory than is read as one table."""


def _below(path: Path) -> Iterator[tuple[bytes, Path, os.stat_result]]:
    """Yield the name, path and state of a file, of files that are listed, or of everything below a directory in a fixed order."""
    if listed := files_meant(path):
        for file in listed:
            yield os.fsencode(file.relative_to(path)), file, os.lstat(file)
        return
    first = os.lstat(path)
    yield b"", path, first
    stack = [(path, b"")] if stat.S_ISDIR(first.st_mode) else []
    seen = 0
    while stack:
        here, above = stack.pop()
        with os.scandir(here) as found:
            entries = sorted(found, key=lambda entry: entry.name)
        seen += len(entries)
        if seen > MAX_FILES:
            raise _TooMany
        for entry in entries:
            one, name = here / entry.name, above + b"/" + os.fsencode(entry.name)
            state = os.lstat(one)
            yield name, one, state
            if stat.S_ISDIR(state.st_mode):
                stack.append((one, name))
