"""The store in one SQLite file.

The file is made whole or not at all: one that is there and is empty, torn or without its tables is damaged, and is never taken for
a new one. A damaged file is kept beside, and what can be read of it is brought over into a new one (:mod:`.salvage`).
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

from pytest_mlmonitor.core.memory.patience import Patience
from pytest_mlmonitor.core.memory.sqlite_errors import CORRUPT, from_around, primary_code
from pytest_mlmonitor.core.store.database import Damage, StoreUnusable, T, Transaction
from pytest_mlmonitor.core.store.salvage import is_sound, set_aside
from pytest_mlmonitor.core.store.sqlite_file import SqliteTransaction, connected, create, is_ours, said_of, tables_gone
from pytest_mlmonitor.core.store.store_tables import VERSION, bring_forward, version_of
from pytest_mlmonitor.core.text.names import shown

LOOKED_THROUGH = 16 << 20
"""Bytes up to which the whole file is looked through for damage before it is used; of a larger one the small tables."""

_SMALL = ("store_version", "claim", "alert", "decision", "fact", "counted_before", "run", "suite_run")

_DAMAGED = frozenset({CORRUPT, 19, 26})
"""Result codes of SQLite: the file is malformed, breaks a constraint of ours, is no database."""


_TRIES = 5


class _Replaced(Exception):
    """The file is another one than a moment ago."""


class SqliteStore:
    """The store in a file.

    Attributes:
        path: of the file; it is made by the first transaction.
        name: as it is shown to people.
        notices: that it was damaged, and what became of it.
        problem: why it could not be used, None while all is well. It is not tried again then.
    """

    def __init__(self, path: Path, patience: Patience | None = None) -> None:
        """Keep everything in ``path``; nothing is opened or made yet.

        Args:
            path: of the file.
            patience: how long to wait for those who have it locked; five seconds in all by default.
        """
        self.path = path.resolve()
        self.name = shown(path)
        self.notices: list[str] = []
        self.problem: str | None = None
        self._patience = patience or Patience()
        self._looked_through = False
        self._connection: sqlite3.Connection | None = None
        self._file: tuple[int, ...] = ()

    def transaction(self, work: Callable[[Transaction], T]) -> T:
        """Return what ``work`` returns; what it does with the transaction is kept, or nothing of it where it raises.

        Where the file is damaged it is set aside, and ``work`` is done on what could be brought over.

        Raises:
            StoreUnusable: it could not be done.
        """
        damaged = False
        for _ in range(_TRIES):
            if self.problem is not None:
                break
            try:
                return self._done(work)
            except _Replaced:
                continue
            except StoreUnusable as unusable:
                self.problem = str(unusable)
            except Exception as error:  # whatever a damaged file leads to; and no mistake of ours may be the run's
                self.problem = said_of(error)
                if not damaged and self._is_damage(error):
                    damaged = True
                    self._set_aside(error)
        raise StoreUnusable(self.problem or "it is replaced again and again")

    def _done(self, work: Callable[[Transaction], T]) -> T:
        try:
            connection = self._open()
            with self._patience.waiting():
                connection.execute("BEGIN IMMEDIATE")
            if not self._still_there():
                raise _Replaced
            transaction = SqliteTransaction(connection)
            self._make_sure(connection, transaction)
            done = work(transaction)
            connection.execute("COMMIT")
        except BaseException:
            self.close()  # and what was begun did not happen
            raise
        return done

    def _open(self) -> sqlite3.Connection:
        """Return the connection, which stays open between transactions: to close it takes ten times as long as one of them."""
        if self._connection is None or not self._still_there():
            self.close()
            if not os.path.lexists(self.path):
                create(self.path)
            self._file = self._identity()
            self._connection = connected(self.path, self._patience)
        return self._connection

    def _still_there(self) -> bool:
        try:
            return self._identity() == self._file
        except OSError:
            return False

    def _identity(self) -> tuple[int, ...]:
        found = os.stat(self.path)
        return os.getpid(), threading.get_ident(), found.st_dev, found.st_ino

    def close(self) -> None:
        """Close the file; the next transaction opens it again."""
        connection, self._connection = self._connection, None
        # A forked child leaves what is its parent's alone.
        if connection is not None and self._file[:1] == (os.getpid(),):
            with contextlib.suppress(sqlite3.Error):
                connection.close()

    def _make_sure(self, connection: sqlite3.Connection, transaction: Transaction) -> None:
        """Bring the tables forward; raise ``Damage`` where they are not what they were."""
        version = version_of(transaction)
        if connection.execute("PRAGMA user_version").fetchone() != (version,) or not version:
            raise Damage("it says two versions of itself")
        bring_forward(transaction, version)
        if version != VERSION:
            connection.execute(f"PRAGMA user_version={VERSION}")
        gone = tables_gone(connection)
        if gone:
            raise Damage(f"its table {gone[0]} is gone")
        if not self._looked_through:
            whole = os.stat(self.path).st_size <= LOOKED_THROUGH
            for check in ["integrity_check(1)"] if whole else [f"integrity_check({table})" for table in _SMALL]:
                ((found, *_), *_) = connection.execute(f"PRAGMA {check}")
                if found != "ok":
                    raise Damage(str(found))
            self._looked_through = True

    def _is_damage(self, error: Exception) -> bool:
        """Return whether an error comes from what is in a file of ours, and not from what is around it, or from us."""
        if from_around(error) or not is_ours(self.path):
            return False
        if isinstance(error, Damage) or primary_code(error) in _DAMAGED:
            return True
        try:
            return not is_sound(self.path, self._patience)
        except (OSError, StoreUnusable):
            return False

    def _set_aside(self, error: Exception) -> None:
        try:
            notice = set_aside(self.path, error, self._patience)
        except Exception as failed:
            self.problem = f"it is damaged ({said_of(error)}) and cannot be set aside: {said_of(failed)}"
            return
        self.problem = None
        self._looked_through = False
        self.notices += [notice] if notice is not None else []
