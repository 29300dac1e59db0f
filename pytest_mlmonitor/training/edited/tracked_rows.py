"""A run of MLflow's SQLite database that says something else: rows of a copy in memory, whose bytes are the file."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.editing import EditedFiles, Editing
from pytest_mlmonitor.formats.mlflow.tracking_database import NoDatabase, opened
from pytest_mlmonitor.training.edited.said_fields import METRIC, changed_fields
from pytest_mlmonitor.training.edited.tracked_files import INPUT, TIMES, milliseconds, moved_by, other_source
from pytest_mlmonitor.training.model import TrainingRun

_JOURNALS = ("-wal", "-shm", "-journal")
_MS = timedelta(milliseconds=1)


def edited_tracked_rows(run: TrainingRun, editing: Editing) -> EditedFiles:
    """Return the database in which a run is another; a journal beside it goes, for what it holds is in the file now.

    Raises:
        NotChecked: it cannot be read, or lacks the rows.
    """
    changed, path = changed_fields(run, editing), run.ref.path
    if not changed:
        return {}
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as copy:
        try:
            with opened(path) as connection:
                connection.backup(copy)
            _change(copy, run, changed)
        except (NoDatabase, sqlite3.Error) as error:
            raise NotChecked(f"{path.name} {error}") from None
        files: dict[Path, bytes | None] = {path: copy.serialize()}
    journals = (path.with_name(path.name + suffix) for suffix in _JOURNALS)
    return files | dict.fromkeys(one for one in journals if one.exists())


def _change(copy: sqlite3.Connection, run: TrainingRun, changed: Mapping[str, Any]) -> None:
    for name, value in changed.items():
        if name.startswith(METRIC):
            _put_metric(copy, run, name.removeprefix(METRIC), value)
    moved = moved_by(run, changed) // _MS
    for name in [one for one in TIMES if one in changed]:
        # Only names of ours stand in the statement.
        copy.execute(
            f"UPDATE runs SET {TIMES[name]} = ? WHERE run_uuid = ?",  # noqa: S608
            (milliseconds(changed[name]), run.run_id),
        )
    for table in _there(copy, "metrics", "latest_metrics") if moved else ():
        copy.execute(f'UPDATE "{table}" SET timestamp = timestamp + ? WHERE run_uuid = ?', (moved, run.run_id))  # noqa: S608
    if any(name.startswith(INPUT) for name in changed):
        _put_input(copy, run, changed)


def _put_metric(copy: sqlite3.Connection, run: TrainingRun, name: str, value: float) -> None:
    written = (0.0, 1) if math.isnan(value) else (value, 0)
    found = 0
    for table in _there(copy, "latest_metrics", "metrics"):
        latest = f'(SELECT max(step) FROM "{table}" WHERE run_uuid = ? AND key = ?)'  # noqa: S608
        done = copy.execute(
            f'UPDATE OR REPLACE "{table}" SET value = ?, is_nan = ? WHERE run_uuid = ? AND key = ? AND step = {latest}',  # noqa: S608
            (*written, run.run_id, name, run.run_id, name),
        )
        found += done.rowcount
    if not found:
        raise NotChecked(f"the database holds no {name} of the run")


def _put_input(copy: sqlite3.Connection, run: TrainingRun, changed: Mapping[str, Any]) -> None:
    """Let the run name no dataset, or one that is beside the one that other runs may name too."""
    of_run = "destination_type = 'RUN' AND destination_id = ?"
    if changed.get("dataset_digest") is None and changed.get("dataset_path") is None:
        copy.execute(f"DELETE FROM inputs WHERE {of_run}", (run.run_id,))  # noqa: S608
        return
    cursor = copy.execute(
        f"SELECT * FROM datasets WHERE dataset_uuid IN (SELECT source_id FROM inputs WHERE {of_run})",  # noqa: S608
        (run.run_id,),
    )
    names = [column[0] for column in cursor.description]
    for row in cursor.fetchall():
        said = dict(zip(names, row, strict=True))
        known = said["dataset_uuid"]
        said |= {
            "dataset_uuid": known[::-1],
            "digest": changed.get("dataset_digest") or said["digest"],
            "dataset_source": other_source(said["dataset_source"], run, changed),
        }
        marks = ", ".join("?" * len(names))
        copy.execute(f"INSERT INTO datasets VALUES ({marks})", tuple(said.values()))  # noqa: S608
        copy.execute(
            f"UPDATE inputs SET source_id = ? WHERE source_id = ? AND {of_run}",  # noqa: S608
            (said["dataset_uuid"], known, run.run_id),
        )


def _there(copy: sqlite3.Connection, *tables: str) -> list[str]:
    found = {name for (name,) in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    return [table for table in tables if table in found]
