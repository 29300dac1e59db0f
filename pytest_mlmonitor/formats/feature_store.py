"""The registry of a feature store in SQLite (``feature_registry.db``): feature views, and what became of their materializations.

The tables and columns are those that P3's own code makes. Its times are SQLite's ``CURRENT_TIMESTAMP``: UTC, without saying so.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pytest_mlmonitor.core.text.times import parse_timestamp
from pytest_mlmonitor.formats.mlflow.tracking_database import NoDatabase, opened, said_of_database

MAX_ROWS = 100_000
"""Of materializations the newest so many are read."""

_COLUMNS = {
    "feature_views": ("name", "version"),
    "materializations": ("name", "version", "run_id", "status", "storage_path", "created_at"),
}


@dataclass(frozen=True)
class Materialization:
    """One run that wrote a feature view.

    Attributes:
        name: of the feature view.
        version: of it, as written.
        run_id: of the run, empty where it has none.
        status: in lower case: ``success``, ``failed``, ….
        storage_path: where it was written, as the program saw it.
        created_at: as written.
        at: the moment of that, UTC; None where it is no time.
    """

    name: str
    version: str
    run_id: str
    status: str
    storage_path: str
    created_at: str
    at: datetime | None


@dataclass(frozen=True)
class StoreRegistry:
    """What a registry says.

    Attributes:
        views: name and version of every feature view that is registered.
        materializations: in the order in which they were recorded.
        missing: columns that are not there, as ``table.column``.
    """

    views: tuple[tuple[str, str], ...]
    materializations: tuple[Materialization, ...]
    missing: tuple[str, ...]


def read_registry(path: Path) -> StoreRegistry | None:
    """Read a registry; None for a database of something else.

    Raises:
        NoDatabase: it cannot be read; the message follows its name.
    """
    with opened(path) as connection:
        try:
            there = {
                table: {name for (name,) in connection.execute("SELECT name FROM pragma_table_info(?)", (table,))}
                for table in _COLUMNS
            }
            if not any(there.values()):
                return None
            missing = tuple(
                f"{table}.{name}" for table, names in _COLUMNS.items() for name in names if name not in there[table]
            )
            views = _rows(connection, "feature_views", there["feature_views"])
            runs = _rows(connection, "materializations", there["materializations"])
        except sqlite3.Error as error:
            raise NoDatabase(said_of_database(error)) from None
    return StoreRegistry(
        tuple((name, version) for name, version in views if name),
        tuple(
            Materialization(name, version, run_id, status.strip().lower(), place, created, _moment(created))
            for name, version, run_id, status, place, created in reversed(runs)
            if name
        ),
        missing,
    )


def _rows(connection: sqlite3.Connection, table: str, there: set[str]) -> list[tuple[str, ...]]:
    """Return the rows of a table, the last recorded first; empty text for what is NULL or not there."""
    if not there:
        return []
    names = ", ".join(f'"{name}"' if name in there else f"'' AS \"{name}\"" for name in _COLUMNS[table])
    # Only names of ours stand in the statement.
    found = connection.execute(f'SELECT {names} FROM "{table}" ORDER BY rowid DESC LIMIT {MAX_ROWS}')  # noqa: S608
    return [tuple("" if value is None else str(value) for value in row) for row in found]


def _moment(text: str) -> datetime | None:
    try:
        return parse_timestamp(text.strip(), naive_is_utc=True)
    except ValueError:
        return None
