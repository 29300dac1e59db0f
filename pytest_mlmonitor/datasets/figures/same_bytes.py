"""Whether two versions of a dataset are one delivery."""

from __future__ import annotations

from pathlib import Path

from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.tables.reader.client import TableReader
from pytest_mlmonitor.tables.source.listed.table_files import files_meant


def same_bytes(dataset: Dataset, other: Dataset, context: Context) -> bool:
    """Return whether the files of two datasets hold the same; none is read where their sizes differ, or both are one."""
    mine, theirs = (files_meant(one.file) or (one.file,) for one in (dataset, other))
    if set(mine) & set(theirs) or len(mine) != len(theirs) or not all(map(Path.is_file, (*mine, *theirs))):
        return False  # chunks of one table, a table with a log
    try:
        if sorted(file.stat().st_size for file in mine) != sorted(file.stat().st_size for file in theirs):
            return False
        digest = context.view(TableReader).fingerprint
        return sorted(map(digest, mine)) == sorted(map(digest, theirs))
    except OSError:
        return False
