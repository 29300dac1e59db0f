"""The small memory between runs: one SQLite file, never inside an artifact tree.

Where it is missing, broken, locked or somebody else's, the run reads everything again, and why it was not used is in ``problem``.
What is found is the same, but for two things that no artifact says: that a file was rewritten, and which drift was judged while its
version was the newest. A file that is not ours is never changed.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import weakref
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from pytest_mlmonitor.core.memory.patience import Patience
from pytest_mlmonitor.core.memory.sqlite_errors import BUSY, from_around, primary_code

VERSION = 1
"""Of the tables; those of another one are thrown away."""

APPLICATION_ID = 0x4D4C4D4F
"""Tells our file from every other SQLite database (the first letters of the name)."""

_TABLES = {
    "serving": "tree TEXT NOT NULL, unit TEXT NOT NULL, terms TEXT NOT NULL, content BLOB NOT NULL, PRIMARY KEY (tree, unit)",
    "facts": "topic TEXT NOT NULL, key TEXT NOT NULL, content BLOB NOT NULL, PRIMARY KEY (topic, key)",
    "answers": "key TEXT PRIMARY KEY, content BLOB NOT NULL, written INTEGER NOT NULL, used INTEGER NOT NULL",
}

_HEAD = 1 << 16

MAX_FACTS = 20_000
"""Those that were written longest ago go first."""


class _NotOurs(Exception):
    """The file is a database of something else."""


FAILURES = (sqlite3.Error, OSError, UnicodeError, _NotOurs)
"""What using the file may raise; ``UnicodeError``: its path is no UTF-8, or what SQLite says of its damage."""


class State:
    """What earlier runs left for later ones.

    Attributes:
        path: of the SQLite file.
        patience: how long to wait for runs that have it locked.
        problem: why it could not be read or written, None while all is well.
        set_aside: whether that was a damage, and the file is out of the way.
    """

    def __init__(self, path: Path, patience: Patience | None = None) -> None:
        """Remember in ``path``; nothing is opened or made yet.

        Args:
            path: of the file.
            patience: how long to wait for runs that have it locked; five seconds in all by default.
        """
        self.path = path
        self.patience = patience or Patience()
        self.problem: str | None = None
        self.set_aside = False
        self._kept: _Kept | None = None

    def units(self, tree: str, terms: str) -> dict[str, bytes]:
        """Return what is remembered of a serving tree, by unit.

        Args:
            tree: absolute path of its metrics directory.
            terms: under which it was read.
        """
        return self._found("SELECT unit, content FROM serving WHERE tree = ? AND terms = ?", tree, terms)

    def units_under_other_terms(self, tree: str, terms: str) -> dict[str, bytes]:
        """Return the rest of what is remembered of a serving tree: no more than how far its files were read is of use.

        Args:
            tree: absolute path of its metrics directory.
            terms: under which it was not read.
        """
        return self._found("SELECT unit, content FROM serving WHERE tree = ? AND terms <> ?", tree, terms)

    def _found(self, query: str, tree: str, terms: str) -> dict[str, bytes]:
        try:
            if not self.path.exists():
                return {}
            with self._opened() as connection:
                return dict(connection.execute(query, (tree, terms)).fetchall())
        except FAILURES as error:
            self.failed(error)
            return {}

    def keep_units(self, tree: str, terms: str, changed: Mapping[str, bytes], gone: Iterable[str]) -> bool:
        """Remember what was read of a serving tree; return whether it could be written.

        Args:
            tree: absolute path of its metrics directory.
            terms: under which it was read.
            changed: units read in this run.
            gone: units that are there no more.
        """
        try:
            make_directory(self.path.parent)
            with self._opened() as connection:
                connection.execute("BEGIN IMMEDIATE")
                connection.executemany(
                    "DELETE FROM serving WHERE tree = ? AND unit = ?", [(tree, unit) for unit in gone]
                )
                connection.executemany(
                    "INSERT OR REPLACE INTO serving VALUES (?, ?, ?, ?)",
                    [(tree, unit, terms, content) for unit, content in changed.items()],
                )
                connection.execute("COMMIT")
        except FAILURES as error:
            self.failed(error)
            return False
        return True

    def fact(self, topic: str, key: str) -> bytes | None:
        """Return what is remembered under a key of a topic, None where nothing is."""
        try:
            if not self.path.exists():
                return None
            with self.kept_open() as connection:
                found = connection.execute("SELECT content FROM facts WHERE topic = ? AND key = ?", (topic, key))
                row: tuple[bytes] | None = found.fetchone()
                return row[0] if row is not None else None
        except FAILURES as error:
            self.failed(error)
            return None

    def keep_fact(self, topic: str, key: str, content: bytes) -> None:
        """Remember ``content`` under a key of a topic; of more than ``MAX_FACTS`` the oldest are forgotten."""
        try:
            make_directory(self.path.parent)
            with self.kept_open() as connection:
                connection.execute("BEGIN IMMEDIATE")
                connection.execute("INSERT OR REPLACE INTO facts VALUES (?, ?, ?)", (topic, key, content))
                connection.execute("DELETE FROM facts WHERE rowid <= (SELECT max(rowid) FROM facts) - ?", (MAX_FACTS,))
                connection.execute("COMMIT")
        except FAILURES as error:
            self.failed(error)

    @property
    def usable(self) -> bool:
        """Whether the file can be used: a damaged one was set aside, and there is room for a new one."""
        return self.problem is None or self.set_aside

    def failed(self, error: Exception) -> None:
        """Note why the file could not be used (see :meth:`why`)."""
        self.problem = self.why(error)

    def why(self, error: Exception) -> str:
        """Return what an error says; a file of ours that is damaged is put aside, so that a whole one can take its place."""
        said = str(error) or type(error).__name__
        if primary_code(error) == BUSY:
            self.patience.left = 0.0
        if not from_around(error) and self._is_ours():
            self._kept = None
            aside = self.path.with_name(f"{self.path.name}.damaged")
            with contextlib.suppress(OSError):
                os.replace(self.path, aside)
                for suffix in ("-wal", "-shm"):
                    self.path.with_name(f"{self.path.name}{suffix}").unlink(missing_ok=True)
                self.set_aside = True
                return f"{said}; it is set aside as {aside.name}"
        return said

    def _is_ours(self) -> bool:
        """Return whether a file is one of ours, damaged or not: what it says of itself, or how it says what is in it."""
        try:
            with open(self.path, "rb") as file:
                head = file.read(_HEAD)
        except OSError:
            return False
        owner = APPLICATION_ID.to_bytes(4, "big")
        if head[:16] == b"SQLite format 3\0" and head[68:72] not in (owner, bytes(4)):
            return b"TABLE serving (tree " in head and b"TABLE answers (key " in head
        placed = (self.path.parent.name, self.path.name) == (".mlmonitor", "state.db")
        return head[68:72] == owner or b"TABLE serving (tree " in head or (placed and head[:16] != b"SQLite format 3\0")

    @contextlib.contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        connection = self._connected()
        try:
            yield connection
        finally:
            connection.close()

    @contextlib.contextmanager
    def kept_open(self) -> Iterator[sqlite3.Connection]:
        """Open the file for one of many statements: closing it takes 10 ms, since what was written is then brought into it.

        Raises:
            Exception: one of ``FAILURES``.
        """
        if self._kept is None or not self._kept.fits(self.path):
            self._kept = None
            self._kept = _Kept(self._connected(), self.path)
        self._kept.connection.execute(f"PRAGMA busy_timeout={int(self.patience.left * 1000)}")
        try:
            yield self._kept.connection
        except BaseException:
            self._kept = None  # closed, and what was begun with it
            raise

    def _connected(self) -> sqlite3.Connection:
        # Whoever keeps it looks to it that one thread has it at a time; the last reference may fall in another.
        connection = sqlite3.connect(
            self.path, timeout=self.patience.left, isolation_level=None, check_same_thread=False
        )
        try:
            # In this order: tables and owner are made in one piece, perhaps by a run that began beside this one.
            filled = connection.execute("SELECT count(*) FROM sqlite_master").fetchone() != (0,)
            if filled and connection.execute("PRAGMA application_id").fetchone() != (APPLICATION_ID,):
                raise _NotOurs("it is a database of something else")
            # WAL: a run that reads never waits for one that writes, and a killed run leaves the last whole state.
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
            if connection.execute("PRAGMA user_version").fetchone() != (VERSION,) or not _has_tables(connection):
                _make_tables(connection)
        except BaseException:
            connection.close()
            raise
        return connection


def _has_tables(connection: sqlite3.Connection) -> bool:
    there = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    return there >= _TABLES.keys()


def _make_tables(connection: sqlite3.Connection) -> None:
    """Make the tables in one piece, in place of those of another version: a run that begins beside this one waits for it."""
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
    if connection.execute("PRAGMA user_version").fetchone() != (VERSION,):
        for name in _TABLES:
            connection.execute(f"DROP TABLE IF EXISTS {name}")
        connection.execute(f"PRAGMA user_version={VERSION}")
    for name, columns in _TABLES.items():
        connection.execute(f"CREATE TABLE IF NOT EXISTS {name} ({columns})")
    connection.execute("COMMIT")


class _Kept:
    """A connection that stays open, for the thread that opened it and for as long as its file is there."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self.connection = connection
        self._of = self._there(path)
        weakref.finalize(self, _close, connection, os.getpid())

    def fits(self, path: Path) -> bool:
        """Return whether it may be used for ``path`` here."""
        try:
            return self._there(path) == self._of
        except OSError:
            return False

    def _there(self, path: Path) -> tuple[int, ...]:
        found = os.stat(path)
        return os.getpid(), threading.get_ident(), found.st_dev, found.st_ino


def _close(connection: sqlite3.Connection, process: int) -> None:
    if process == os.getpid():  # a forked child leaves what is its parent's alone
        connection.close()


def make_directory(directory: Path) -> None:
    """Make the directory of what is remembered and keep it out of version control.

    Raises:
        OSError: it cannot be made.
    """
    if directory.exists():
        return  # a directory of the user's own is not ours to hide
    directory.mkdir(parents=True, exist_ok=True)
    (directory / ".gitignore").write_text("*\n")
