"""The store in PostgreSQL: the same tables and the same SQL, in a schema of their own.

Transactions take turns, as they do in a file: each takes an advisory lock that ends with it. A server that is started again is
waited for; where the answer to a COMMIT was lost, the server is asked afterwards what became of it.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from pytest_mlmonitor.core.memory.patience import Patience
from pytest_mlmonitor.core.store.database import Damage, StoreUnusable, T, Transaction
from pytest_mlmonitor.core.store.postgres.damaged_rows import set_rows_aside
from pytest_mlmonitor.core.store.store_tables import MAKE_VERSION, TABLES, VERSION, bring_forward, version_of
from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.core.text.redaction import redacted

if TYPE_CHECKING:
    from pytest_mlmonitor.core.store.postgres.postgres_connection import BoundedConnection

SCHEMA = "mlmonitor"
"""Where our tables are, unless the URL has a ``search_path``: names such as ``run`` may be taken elsewhere."""

_LOCK = 0x4D4C4D53
_NAP = 0.1
_IDLE_SECONDS = 60
"""A machine that is gone without a word keeps everybody else waiting no longer than this."""

_ENCODINGS = ("UTF8", "SQL_ASCII")


class _Passing(Exception):
    """The server was lost, and may be back in a moment; nothing of what was begun happened."""


class PostgresStore:
    """The store in a database.

    Attributes:
        name: as it is shown to people; nothing of the URL is in it.
        notices: what must be said of it although it can be used.
        problem: why it could not be used, None while all is well. It is not tried again then.
    """

    def __init__(self, url: str, variable: str, patience: Patience | None = None) -> None:
        """Keep everything in a database; nothing is connected yet.

        Args:
            url: of the database, with its secrets.
            variable: that holds it.
            patience: how long to wait in all for the server, and for those who have the store; five seconds by default.
        """
        self.name = f"PostgreSQL ({variable})"
        self.notices: list[str] = []
        self.problem: str | None = None
        self._url = url
        self._patience = patience or Patience()
        self._connection: BoundedConnection | None = None
        self._secrets: tuple[str, ...] = (url,)
        self._parameters: dict[str, Any] = {}
        self._process = 0
        self._turn = threading.RLock()

    def transaction(self, work: Callable[[Transaction], T]) -> T:
        """Return what ``work`` returns; what it does with the transaction is kept, or nothing of it where it raises.

        Raises:
            StoreUnusable: it could not be done.
        """
        with self._turn:
            deadline = None
            set_aside = False
            while self.problem is None:
                try:
                    return self._done(work, deadline)
                except StoreUnusable as unusable:
                    self.problem = self._said(str(unusable))
                except _Passing as passing:
                    deadline = deadline or time.monotonic() + self._patience.left
                    if time.monotonic() > deadline:
                        self.problem = self._said_of(passing.__cause__ or passing)
                    with self._patience.waiting():
                        time.sleep(_NAP)
                except Exception as error:  # whatever the server says; and no mistake of ours may be the run's
                    self.problem = self._said_of(error)
                    if isinstance(error, Damage) and not set_aside:
                        set_aside = True
                        self._set_aside(deadline)
            self.close()
            raise StoreUnusable(self.problem)

    def _done(self, work: Callable[[Transaction], T], deadline: float | None) -> T:
        connection = self._open(deadline)
        from pytest_mlmonitor.core.store.postgres.postgres_connection import PostgresTransaction, passes

        try:
            self._begin(connection)
            transaction = PostgresTransaction(connection)
            self._make_sure(transaction)
            done = work(transaction)
            ((number,),) = transaction.run("SELECT txid_current_if_assigned()")
            self._commit(connection, number)
        except BaseException as error:
            passing = passes(error, connection)
            self._roll_back(connection)
            if passing:
                raise _Passing from error
            raise
        return done

    def _set_aside(self, deadline: float | None) -> None:
        """Take out what is damaged, so that the rest can be used; where that is not all of it the problem stays."""
        try:
            notice = self._done(set_rows_aside, deadline)
        except Exception as failed:
            self.problem = f"it is damaged ({self.problem}), and that cannot be set aside: {self._said_of(failed)}"
            return
        if notice is not None:
            self.problem = None
            self.notices.append(notice)

    def _open(self, deadline: float | None) -> BoundedConnection:
        """Return the connection, which stays open between transactions: a new one takes ten times as long as one of them."""
        try:
            from pytest_mlmonitor.core.store.postgres.postgres_connection import connected, parameters_of, passes
        except ImportError as error:
            raise StoreUnusable(f"it needs psycopg: pip install 'pytest-mlmonitor[postgres]' ({error})") from None
        if self._connection is not None and not self._connection.closed and self._process == os.getpid():
            return self._connection
        self.close()
        try:
            self._parameters = parameters_of(self._url)
        except ValueError as wrong:
            raise StoreUnusable(f"what stands in the variable is no URL of a database: {wrong}") from None
        self._secrets = (self._url, *_secrets_of(self._url, self._parameters))
        seconds = self._patience.left if deadline is None else min(self._patience.left, deadline - time.monotonic())
        try:
            with self._patience.waiting():
                self._connection = connected(self._parameters, seconds)
        except Exception as error:
            if passes(error, None):
                raise _Passing from error
            raise
        self._process = os.getpid()
        encoding = self._connection.info.parameter_status("server_encoding")
        if encoding not in _ENCODINGS:
            raise StoreUnusable(
                f"its database is encoded in {encoding}, which not every name can be written in: make one in UTF8"
            )
        return self._connection

    def _begin(self, connection: BoundedConnection) -> None:
        """Begin a transaction when all others have ended."""
        seconds = max(self._patience.left, _NAP)
        connection.silence = seconds + 1
        path = "" if self._has_path else f"SET LOCAL search_path = {SCHEMA}; "
        with self._patience.waiting():
            connection.execute(
                f"BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; {path}SET LOCAL lock_timeout = {round(seconds * 1000)}; "
                f"SET LOCAL idle_in_transaction_session_timeout = {_IDLE_SECONDS * 1000}; "
                f"SELECT pg_advisory_xact_lock({_LOCK}, hashtext(coalesce(current_schema(), '{SCHEMA}')))".encode()
            )

    @property
    def _has_path(self) -> bool:
        return "search_path" in str(self._parameters.get("options") or "")

    def _make_sure(self, transaction: Transaction) -> None:
        """Make the tables, or bring them forward; raise ``Damage`` where they are not what they were."""
        there = {
            name for (name,) in transaction.run("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
        }
        if "store_version" not in there:
            if transaction.run("SELECT 1 WHERE current_schema() IS NULL"):
                if self._has_path:
                    raise StoreUnusable("the search_path of its URL names no schema that is there")
                transaction.run(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
            transaction.run(MAKE_VERSION)
            there = set(TABLES)
        version = version_of(transaction)
        bring_forward(transaction, version)
        gone = [name for name in TABLES if name not in there] if version == VERSION else []
        if gone:
            raise Damage(f"its table {gone[0]} is gone: restore a backup")

    def _commit(self, connection: BoundedConnection, number: int | None) -> None:
        """End a transaction.

        Args:
            connection: of the transaction.
            number: of the transaction, None where it changed nothing.
        """
        from pytest_mlmonitor.core.store.postgres.postgres_connection import passes

        try:
            ended = connection.execute(b"COMMIT").statusmessage
        except Exception as error:
            if number is None or not passes(error, connection) or not self._was_kept(number):
                raise
        else:
            if ended != "COMMIT":  # a statement failed, and whoever asked for it did not listen
                raise StoreUnusable("a statement failed, so that nothing was kept")

    def _was_kept(self, number: int) -> bool:
        """Return whether a transaction happened, the answer to whose COMMIT was lost.

        Raises:
            StoreUnusable: nobody knows.
        """
        deadline = time.monotonic() + self._patience.left
        while time.monotonic() < deadline:
            state = None
            with contextlib.suppress(_Passing):
                ((state,),) = self._open(deadline).execute("SELECT txid_status(%s)", (number,)).fetchall()
            if state in ("committed", "aborted"):
                return bool(state == "committed")
            time.sleep(_NAP)
        raise StoreUnusable("the connection was lost when the run was to be kept, and whether it was is not known")

    def _roll_back(self, connection: BoundedConnection) -> None:
        """Let a transaction not have happened; a connection that is in doubt is given up."""
        if connection.closed or connection.info.transaction_status.name not in ("INTRANS", "INERROR"):
            self.close()
            return
        with contextlib.suppress(Exception):
            connection.execute(b"ROLLBACK")
            return
        self.close()

    def close(self) -> None:
        """End the connection; the next transaction makes another one."""
        connection, self._connection = self._connection, None
        # A forked child leaves what is its parent's alone.
        if connection is not None and self._process == os.getpid():
            with contextlib.suppress(Exception):
                connection.close()

    def __del__(self) -> None:
        """End the connection of a store that nobody closed."""
        if getattr(self, "_connection", None) is not None:
            self.close()

    def _said_of(self, error: BaseException) -> str:
        from pytest_mlmonitor.core.store.postgres.postgres_connection import LOCK_TIMEOUT

        if getattr(error, "sqlstate", None) == LOCK_TIMEOUT:
            return "it is locked by somebody else"
        return self._said(str(error) or type(error).__name__)

    def _said(self, text: str) -> str:
        """Return a text without secrets, in one line."""
        lines = (line.strip() for line in redacted(text, self._secrets).splitlines())
        return safe("; ".join(line for line in lines if line))


def _secrets_of(url: str, parameters: dict[str, Any]) -> Iterable[str]:
    """Yield what must never be shown: the passwords, as they are and as they are written in the URL."""
    for name in ("password", "sslpassword"):
        if parameters.get(name):
            yield str(parameters[name])
    user, _, _ = url.partition("://")[2].rpartition("@")
    if ":" in user:
        yield user.partition(":")[2]
