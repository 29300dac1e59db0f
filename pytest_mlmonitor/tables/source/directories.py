"""Which directories are tables, and what a cache knows them by. Names only, no library: the parent process asks too."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path

from pytest_mlmonitor.core.files.opening import Refused, open_regular
from pytest_mlmonitor.tables.source import delta, iceberg
from pytest_mlmonitor.tables.source.hive import MAX_DEPTH, SUFFIXES, is_partition
from pytest_mlmonitor.tables.source.layout import MAX_ENTRIES
from pytest_mlmonitor.tables.source.listed.table_files import files_meant, some_of
from pytest_mlmonitor.tables.unreadable import Unreadable

_GLANCE = 1_000
"""Partition directories looked into for a first parquet file."""


def is_table_directory(path: Path) -> bool:
    """Return whether ``path`` is a directory that is read as one table.

    A Delta or Iceberg table, partition directories (``key=value``) with a parquet file below, or any directory whose name
    ends in ``.parquet`` (Spark writes those). Links are not followed.
    """
    try:
        if not stat.S_ISDIR(os.lstat(path).st_mode):
            return False
        return path.name.endswith(".parquet") or is_delta(path) or is_iceberg(path) or _is_partitioned(path)
    except (OSError, ValueError):
        return False


def is_delta(directory: Path) -> bool:
    """Return whether a directory has a Delta log."""
    return os.path.isdir(directory / delta.LOG)


def is_iceberg(directory: Path) -> bool:
    """Return whether a directory has Iceberg metadata."""
    metadata = directory / iceberg.METADATA
    try:
        with os.scandir(metadata) as entries:
            return any(entry.name.endswith(".metadata.json") for entry in entries)
    except OSError:
        return False


def has_log(path: Path) -> bool:
    """Return whether a path is a table with a log, which says when it was written."""
    return not files_meant(path) and path.is_dir() and (is_delta(path) or is_iceberg(path))


def _is_partitioned(directory: Path) -> bool:
    stack = [(directory, 0)]
    for _ in range(_GLANCE):
        if not stack:
            return False
        here, depth = stack.pop()
        with os.scandir(here) as entries:
            for entry in entries:
                if depth and entry.name.endswith(SUFFIXES) and not entry.is_dir(follow_symlinks=False):
                    return True  # also a link or a pipe: whoever reads the table says that it is no part
                if depth < MAX_DEPTH and is_partition(entry.name):
                    if entry.is_dir(follow_symlinks=False):
                        stack.append((here / entry.name, depth + 1))
                    elif entry.is_dir():  # a link, which is not followed but said
                        return True
    return False


def size(path: Path) -> int:
    """Return the bytes of a file, or of all files of a table (the first ``MAX_ENTRIES`` of them)."""
    try:
        return sum(os.stat(file).st_size if file is path else os.lstat(file).st_size for file in files_of(path))
    except (OSError, Unreadable):
        return 0


def stamp(path: Path) -> str | None:
    """Return what tells a file that was touched from one that was not: inode, size and times, of all files below a directory.

    None where it cannot be looked at. It opens nothing: whoever wants to be sure of the bytes asks for :func:`fingerprint`.
    """
    digest = sha256(_rows_meant(path))
    try:
        directory = path.is_dir()
        for file in files_of(path):
            found = os.lstat(file)
            name = os.fsencode(file.relative_to(path)) if directory else b""
            known = (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
            digest.update(b"%d:%s%d:%d:%d:%d:%d:" % (len(name), name, *known))
    except (OSError, Unreadable):
        return None
    return digest.hexdigest()


def fingerprint(path: Path) -> str:
    """Return a digest of a file's bytes, or of names, sizes and bytes of every file below a directory.

    Raises:
        Unreadable: something there is no regular file or may not be read, or there are more than ``MAX_ENTRIES``.
    """
    digest = sha256(_rows_meant(path))  # which many processors compute in hardware
    directory = path.is_dir()
    for file in files_of(path):
        name = os.fsencode(file.relative_to(path)) if directory else b""
        try:
            with open_regular(file) as data:
                length = os.fstat(data.fileno()).st_size
                digest.update(b"%d:%s%d:" % (len(name), name, length))
                while block := data.read(1 << 20):
                    digest.update(block)
        except Refused as refusal:
            raise Unreadable(f"holds {file.name!r}, which {refusal}" if directory else str(refusal)) from None
    return digest.hexdigest()


def _rows_meant(path: Path) -> bytes:
    some = some_of(path)
    return b"" if some is None or some.span is None else repr(some.span).encode("utf-8", "backslashreplace")


def files_of(path: Path) -> Iterable[Path]:
    """Return the files of a table: those that it lists, those below a directory, or the file itself.

    Raises:
        Unreadable: see :func:`files_below`.
    """
    return files_meant(path) or (files_below(path) if path.is_dir() else [path])


def files_below(directory: Path) -> Iterator[Path]:
    """Yield everything below ``directory`` that is no directory, in a fixed order.

    Raises:
        Unreadable: a directory cannot be listed, or there are more than ``MAX_ENTRIES`` files.
    """
    seen = 0
    stack = [directory]
    while stack:
        here = stack.pop()
        try:
            with os.scandir(here) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except OSError as error:
            raise Unreadable(f"holds {here.name!r}, which cannot be listed ({error.strerror})") from None
        seen += len(entries)
        if seen > MAX_ENTRIES:
            raise Unreadable(f"holds more than {MAX_ENTRIES:,} files")
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                stack.append(here / entry.name)
            else:
                yield here / entry.name
