"""Names by which serving trees are recognised."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

from pytest_mlmonitor.core.text.times import DAY


def is_tree(path: Path, directories: Collection[str]) -> bool:
    """Return whether a directory with these sub-directories is a serving tree: ``metrics`` or ``events`` with days in them."""
    parts = [name for name in ("metrics", "events") if name in directories]
    if not parts:
        return False
    return path.name == "serving" or any(_has_day(path / part) for part in parts)


def _has_day(directory: Path) -> bool:
    try:
        with os.scandir(directory) as entries:
            return any(DAY.fullmatch(e.name) and e.is_dir(follow_symlinks=False) for e in entries)
    except OSError:
        return False
