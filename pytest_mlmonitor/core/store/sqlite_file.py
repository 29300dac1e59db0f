"""The store's file: made whole or not at all, known again, and looked through for damage."""

from __future__ import annotations

import contextlib
import os
import secrets
import sqlite3
import stat
from collections.abc import Iterable
from pathlib import Path

from pytest_mlmonitor.core.memory.patience import Patience
from pytest_mlmonitor.core.memory.state import make_directory
from pytest_mlmonitor.core.store.database import Damage, Row, RowValues, StoreUnusable, storable
from pytest_mlmonitor.core.store.store_tables import MAKE_VERSION, TABLES, VERSION, bring_forward
from pytest_mlmonitor.core.text.names import safe

APPLICATION_ID = 0x4D4C4D53
"""Tells our file from every other SQLite database."""

OLDEST_SQLITE = (3, 35, 0)
"""From which on statements return what they changed (2021)."""

DIRECTORY, NAME = ".mlmonitor", "store.db"
"""Where a store is that nobody gave another place."""

_HEAD = 1 << 16


class SqliteTransaction:
    """Statements of a transaction that was begun on a connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def run(self, sql: str, values: RowValues = ()) -> list[Row]:
        """Run one statement and return its rows."""
        return self._connection.execute(sql, [storable(value) for value in values]).fetchall()

    def run_many(self, sql: str, rows: Iterable[RowValues]) -> None:
        """Run one statement once for every row of values."""
        self._connection.executemany(sql, ([storable(value) for value in row] for row in rows))


def connected(path: Path, patience: Patience) -> sqlite3.Connection:
    """Return a connection to a file of ours.

    Raises:
        StoreUnusable: there can be none.
        Damage: the file is not what it was.
        OSError, sqlite3.Error: likewise, or it cannot be opened.
    """
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        oldest = ".".join(map(str, OLDEST_SQLITE))
        raise StoreUnusable(f"it needs SQLite {oldest} or newer, and Python has {sqlite3.sqlite_version}")
    there = os.stat(path)
    if not stat.S_ISREG(there.st_mode):
        raise StoreUnusable("it is no regular file")
    if not there.st_size:
        raise Damage("it is empty")
    uri = f"{path.as_uri()}?mode=rw"  # never a new one in the place of one that is just being replaced
    connection = sqlite3.connect(uri, uri=True, timeout=patience.left, isolation_level=None, check_same_thread=False)
    try:
        with patience.waiting():
            (application,) = connection.execute("PRAGMA application_id").fetchone()
        if application != APPLICATION_ID:
            raise (
                Damage("it does not say that it is ours") if is_ours(path) else StoreUnusable("it is no store of ours")
            )
        connection.execute("PRAGMA synchronous=FULL")  # what is acknowledged outlives a power cut, too
    except BaseException:
        connection.close()
        raise
    return connection


def is_ours(path: Path) -> bool:
    """Return whether a file is a store, damaged or not: what is somebody else's is never changed."""
    try:
        if not path.is_file():
            return False
        if (path.parent.name, path.name) == (DIRECTORY, NAME):
            return True
        with open(path, "rb") as file:
            head = file.read(_HEAD)
    except OSError:
        return False
    return not head or head[68:72] == APPLICATION_ID.to_bytes(4, "big") or b"TABLE store_version" in head


def create(path: Path) -> None:
    """Make the file whole under another name, and give it its own where nobody else has made one meanwhile.

    Raises:
        OSError, sqlite3.Error: it cannot be made.
    """
    make_directory(path.parent)
    new = temporary(path)
    try:
        make(new)
        try:
            os.link(new, path)
        except FileExistsError:
            return  # a run that began beside this one
        except OSError:  # a file system without links
            if not os.path.lexists(path):
                os.rename(new, path)
    finally:
        with contextlib.suppress(OSError):
            new.unlink(missing_ok=True)


def temporary(path: Path) -> Path:
    """Return a name beside the file that nobody has."""
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}")


def make(path: Path) -> None:
    """Make a new file with our tables, in one piece.

    Raises:
        OSError, sqlite3.Error: it cannot be made.
    """
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666))
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        # WAL: one fsync a transaction, and whoever reads does not wait for who writes.
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version={VERSION}")
        connection.execute(MAKE_VERSION)
        bring_forward(SqliteTransaction(connection), 0)
        connection.execute("COMMIT")


def tables_gone(connection: sqlite3.Connection) -> list[str]:
    """Return the tables that should be there and are not."""
    there = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    return [name for name in TABLES if name not in there]


def said_of(error: BaseException) -> str:
    """Return what an error says, in one line."""
    return safe(str(error) or type(error).__name__)
