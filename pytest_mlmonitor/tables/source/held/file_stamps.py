"""By what the reader process knows a file that it has read already."""

from __future__ import annotations

import os
import stat
import time
from pathlib import Path
from typing import NamedTuple

SETTLED_NS = 2_000_000_000
"""Two changes within a tick of the file system's clock have one time: two seconds at most (FAT)."""


class FileStamp(NamedTuple):
    """What the file system says of a file: another file, or another content, has another one."""

    path: Path
    device: int
    inode: int
    size: int
    modified: int
    changed: int


def file_stamp(path: Path) -> FileStamp | None:
    """Return the stamp of a regular file; None for anything else, and for one changed so lately that a change would go unseen."""
    try:
        found = os.lstat(path)
    except OSError:
        return None
    if not stat.S_ISREG(found.st_mode) or max(found.st_mtime_ns, found.st_ctime_ns) > time.time_ns() - SETTLED_NS:
        return None
    return FileStamp(path, found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
