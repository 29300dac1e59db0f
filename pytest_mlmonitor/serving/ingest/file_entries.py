"""Metrics files as they are listed, and how far each was read."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path

from msgspec import Struct

from pytest_mlmonitor.core.files.record_files import base_name, is_compressed


class FileEntry(Struct, array_like=True):
    """How far a file was read: its size and time of change (nanoseconds) then, and a checksum of what was read.

    Attributes:
        offset, crc: of its content, which is longer than the file where that is compressed.
        length: of its content.
        flawed: whether something was found of the file as a whole, which does not hold any more once it changes.
        unfinished: why its content is not all, where somebody may be compressing it; empty otherwise.
    """

    name: str
    size: int
    mtime: int
    offset: int = 0
    lines: int = 0
    bad: int = 0
    crc: int = 0
    length: int = 0
    flawed: bool = False
    unfinished: str = ""

    def same_as(self, now: FileEntry) -> bool:
        """Return whether the file looks as it did."""
        return self.size == now.size and self.mtime == now.mtime

    @property
    def unread(self) -> int:
        """About how many bytes are to be read."""
        return self.size * _EXPANSION if is_compressed(self.name) else max(self.size - self.offset, 0)


_EXPANSION = 20
"""Serving windows of a platform compress to a twentieth."""


class Rewritten(Struct, array_like=True):
    """A file that is not what it was: how, in words that follow its name."""

    name: str
    how: str


def unit_of(name: str) -> str:
    """Return the unit of a file: the first directory of its name, which is a day; a file in none is one with its rotated ones.

    The files of a unit follow one another in read order.
    """
    day, inside, _ = name.partition("/")
    return day if inside else base_name(name)


def listing(base: Path, names: Iterable[str]) -> dict[str, list[FileEntry]]:
    """Return the files by unit as they are now, in order.

    Args:
        base: the metrics directory.
        names: relative to it, sorted.
    """
    units: dict[str, list[FileEntry]] = {}
    prefix = f"{base}{os.sep}"
    for name in names:
        try:
            found = os.lstat(prefix + name)
        except OSError:
            continue  # it went away while we looked: a platform that lives
        size = found.st_size if stat.S_ISREG(found.st_mode) else -1
        units.setdefault(unit_of(name), []).append(FileEntry(name, size, found.st_mtime_ns))
    return units
