"""Where the table of a dataset is that a source found: a file, a directory with a log, or files that are one table."""

from __future__ import annotations

import os
from pathlib import Path

from pytest_mlmonitor.core.sources.sourced import Caught, Sourced
from pytest_mlmonitor.tables.source.hive import is_partition
from pytest_mlmonitor.tables.source.listed.table_files import table_files

TABLE_FORMATS = ("parquet", "delta", "iceberg")
"""What ``format`` of a dataset may be: the formats that tables are read of."""


def table_place(sourced: Sourced, files: tuple[Path, ...] | None = None) -> Path:
    """Return the path of a dataset's table.

    Args:
        sourced: what the source found.
        files: those of them that count, all by default.

    Returns:
        A file or directory; of several files, and of one in a ``key=value`` directory that tells no versions apart, all of them
        as one path: then such a key is a column from the first day on.
    """
    known = sourced.files if files is None else files
    if not known:
        return sourced.ref.path
    if len(known) == 1 and (known[0].is_dir() or known[0] == sourced.ref.root):
        return known[0]
    directory = common_directory(sourced, known)
    if len(known) == 1 and directory == known[0].parent:
        return known[0]
    return table_files(directory, known)


def common_directory(sourced: Sourced, files: tuple[Path, ...], date: Caught | None = None) -> Path:
    """Return the directory below which nothing tells artifacts apart: the deepest of all files, without its partitions.

    Args:
        sourced: what the source found.
        files: some of its files.
        date: what tells these files from others, None where nothing does.
    """
    common = Path(os.path.commonpath([file.parent for file in files]))
    texts = [one.text for one in (sourced.version, date, *sourced.caught.values()) if one is not None]
    told = {part for text in texts for part in text.split("/")}
    while common != sourced.ref.root and is_partition(common.name) and not _is_told(common.name, told):
        common = common.parent
    return common


def _is_told(level: str, told: set[str]) -> bool:
    """Return whether a ``key=value`` level holds what tells artifacts apart."""
    value = level.partition("=")[2]
    return any(text in (level, value) or (len(text) > 2 and text in value) for text in told)
