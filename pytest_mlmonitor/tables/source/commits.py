"""When a table with a log was last written: what the newest commit that changed its data says of itself.

Only text is read, below the table's own directory. Commits that change no row (compaction, properties, clean-up) make no old table
new; where only such are left in the log the newest of them is all that is known.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.files.opening import Refused, open_regular, read_bytes
from pytest_mlmonitor.core.text.names import quoted
from pytest_mlmonitor.core.text.times import EPOCH
from pytest_mlmonitor.tables.source import delta, iceberg
from pytest_mlmonitor.tables.source.directories import is_delta, is_iceberg
from pytest_mlmonitor.tables.source.layout import MAX_LOG_BYTES, inside
from pytest_mlmonitor.tables.unreadable import Unreadable


def committed(directory: Path) -> datetime | None:
    """Return when the data of the table in ``directory`` were last changed, UTC; None without a log, or where it does not say.

    Raises:
        Unreadable: the log is damaged.
    """
    if not directory.is_dir() or directory.is_symlink():
        return None
    directory = directory.resolve()
    if is_delta(directory):
        return _newest(_delta_commits(directory))
    return _newest(_iceberg_snapshots(directory)) if is_iceberg(directory) else None


def _newest(commits: Iterator[tuple[datetime | None, bool]]) -> datetime | None:
    """Return the moment of the first of (moment, whether data changed) that changed data, else the first moment."""
    last: datetime | None = None
    for moment, changed in commits:
        last = last or moment
        if changed and moment is not None:
            return moment
    return last


def _delta_commits(directory: Path) -> Iterator[tuple[datetime | None, bool]]:
    """Yield the commits of a Delta log, the newest first."""
    log, left = directory / delta.LOG, MAX_LOG_BYTES
    for name in reversed([name for name in delta.log_names(log) if delta.is_commit(name)]):
        try:
            with open_regular(log / name) as lines:
                left -= os.fstat(lines.fileno()).st_size
                if left < 0:
                    return
                yield _delta_commit(lines, name)
        except Refused as refusal:
            raise Unreadable(f"holds {quoted(f'{delta.LOG}/{name}')}, which {refusal}") from None


def _delta_commit(lines: Any, name: str) -> tuple[datetime | None, bool]:
    said: datetime | None = None
    files: list[datetime] = []
    changed = False
    for action in delta.actions(lines, name):
        info = _mapping(action.get("commitInfo"))
        said = said or _moment(info.get("inCommitTimestamp")) or _moment(info.get("timestamp"))
        for kind, key in (("add", "modificationTime"), ("remove", "deletionTimestamp")):
            if (file := _mapping(action.get(kind))) and file.get("dataChange", True) is not False:
                changed = True
                files += filter(None, [_moment(file.get(key))])
    # The protocol asks for no commitInfo; without it the files of the commit say when they were written.
    return said or max(files, default=None), changed


def _iceberg_snapshots(directory: Path) -> Iterator[tuple[datetime | None, bool]]:
    """Yield the current snapshot of an Iceberg table and those that it was made of, the newest first."""
    path = iceberg.newest_metadata(directory)
    try:
        metadata = _mapping(json.loads(read_bytes(inside(directory, f"{iceberg.METADATA}/{path.name}"))))
    except Refused as refusal:
        raise Unreadable(f"holds {iceberg.METADATA}/{path.name}, which {refusal}") from None
    except (ValueError, RecursionError):
        raise Unreadable(f"holds {iceberg.METADATA}/{path.name}, which is not JSON") from None
    listed = metadata.get("snapshots")
    known = {_key(s.get("snapshot-id")): s for s in listed if isinstance(s, dict)} if isinstance(listed, list) else {}
    snapshot = known.pop(_key(metadata.get("current-snapshot-id")), None)
    while snapshot is not None:
        operation = _mapping(snapshot.get("summary")).get("operation")
        yield _moment(snapshot.get("timestamp-ms")), operation != "replace"
        snapshot = known.pop(_key(snapshot.get("parent-snapshot-id")), None)  # once each: a ring has an end


def _key(number: object) -> str:
    return str(number)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _moment(milliseconds: object) -> datetime | None:
    """Return milliseconds since 1970 as UTC, None for anything else."""
    if isinstance(milliseconds, bool) or not isinstance(milliseconds, int) or milliseconds <= 0:
        return None
    try:
        return EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError:
        return None
