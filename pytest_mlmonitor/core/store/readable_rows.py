"""The rows of a damaged file: as many as can be read, and whether they are what was put there."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

from pytest_mlmonitor.core.memory.sqlite_errors import CORRUPT, primary_code
from pytest_mlmonitor.core.store.store_tables import MARKED, TABLES, mark_of

_MOST_ROWS = 2**33
_QUESTIONS = 2000
"""Asked of one damaged table at most: rows are looked for in ever smaller pieces of it."""


def columns_of(connection: sqlite3.Connection, table: str) -> list[str]:
    """Return the types of a table's columns, in order."""
    return [str(row[2]) for row in connection.execute(f"PRAGMA table_info({table})")]


def readable(connection: sqlite3.Connection, table: str) -> tuple[list[tuple[Any, ...]], bool]:
    """Return the rows of a table that can be read, and whether that is all of them."""
    rows: dict[int, tuple[Any, ...]] = {}
    left = _QUESTIONS
    whole = True
    pieces = [(0, _last_row(connection, table))]
    while pieces and left:
        low, high = pieces.pop()
        left -= 1
        try:
            query = f"SELECT rowid, * FROM {table} WHERE rowid BETWEEN ? AND ? ORDER BY rowid"  # noqa: S608
            for number, *values in connection.execute(query, (low, high)):
                rows[number] = tuple(values)
                low = max(low, number + 1)
        except (sqlite3.Error, UnicodeError, MemoryError) as error:
            whole = False
            if primary_code(error) not in (0, CORRUPT):
                break  # there is no such table, or no database
            if low < high:
                middle = (low + high) // 2
                pieces += [(middle + 1, high), (low, middle)]
    return list(rows.values()), whole and not pieces


def _last_row(connection: sqlite3.Connection, table: str) -> int:
    try:
        return int(connection.execute(f"SELECT COALESCE(MAX(rowid), 0) FROM {table}").fetchone()[0])  # noqa: S608
    except sqlite3.Error:
        return _MOST_ROWS


def sound(row: tuple[Any, ...], columns: list[str], table: str) -> tuple[Any, ...] | None:
    """Return a row as it was put there, None where a value has another type than its column, or a marked one has changed."""
    if len(row) != len(columns):
        return None
    values: list[Any] = []
    for value, column in zip(row, columns, strict=True):
        if column == "TEXT" and isinstance(value, bytes):
            try:
                values.append(value.decode("utf-8"))
            except UnicodeDecodeError:
                return None
        elif (column == "BIGINT" and isinstance(value, int)) or (
            column == "DOUBLE PRECISION" and isinstance(value, int | float)
        ):
            values.append(value)
        else:
            return None
    if table in MARKED and values[-1] != mark_of(values[:-1]):
        return None
    return tuple(values)


def unsound(connection: sqlite3.Connection) -> Iterator[str]:
    """Yield what is wrong with a file, the whole of which is looked at."""
    for (said,) in connection.execute("PRAGMA integrity_check(1)"):
        if said != "ok":
            yield str(said)
    said = connection.execute("SELECT max(version) FROM store_version").fetchone()
    if connection.execute("PRAGMA user_version").fetchone() != said:
        yield "it says two versions of itself"
    types = {table: columns_of(connection, table) for table in TABLES}
    connection.text_factory = bytes
    for table, columns in types.items():
        rows = connection.execute(f"SELECT * FROM {table}")  # noqa: S608
        if not columns or any(sound(row, columns, table) is None for row in rows):
            yield f"a row of {table} is not what was put there"
