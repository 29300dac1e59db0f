"""What a mirror holds of objects: files of their size and time, with content or without, and the index that says which."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pytest_mlmonitor.core.files.atomic import write_atomically
from pytest_mlmonitor.core.mirror.object_store import StoredObject


@dataclass
class CopiedObject:
    """An object as it was when it was listed.

    Attributes:
        size: bytes.
        modified: nanoseconds since 1970.
        fetched: whether its content is in the copy.
        settled: whether it was old enough not to have been written again unseen.
        begun: whether its beginning is in the copy.
    """

    size: int
    modified: int
    fetched: bool
    settled: bool
    begun: bool = False


def make_empty(path: Path, one: StoredObject) -> None:
    """Put a file without content in the place of an object, of its size and time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with path.open("xb") as file:
        file.truncate(one.size)
    write_time(path, one)


def write_time(path: Path, one: StoredObject) -> None:
    """Give a file the time of an object."""
    if one.modified:
        os.utime(path, ns=(one.modified, one.modified))


def is_copy(path: Path, one: StoredObject) -> bool:
    """Return whether what lies there has the size and the time of the object: nobody else has written it."""
    try:
        status = os.lstat(path)
    except OSError:
        return False
    return (
        stat.S_ISREG(status.st_mode)
        and status.st_size == one.size
        and (one.modified in (0, status.st_mtime_ns) or one.modified // 10**9 == status.st_mtime_ns // 10**9)
    )


def read_index(path: Path) -> dict[str, CopiedObject]:
    """Return what is known of a mirror; nothing where that cannot be read, and everything is fetched again."""
    try:
        stored = json.loads(path.read_bytes())
        return {key: CopiedObject(*entry) for key, entry in stored.items()}
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):
        return {}


def write_index(path: Path, entries: Mapping[str, CopiedObject]) -> None:
    """Note what a mirror holds."""
    stored = {key: [one.size, one.modified, one.fetched, one.settled, one.begun] for key, one in entries.items()}
    write_atomically(path, json.dumps(stored).encode("utf-8", "surrogatepass"), as_it_is=True)
