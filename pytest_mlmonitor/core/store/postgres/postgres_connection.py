"""A connection to PostgreSQL that waits only so long for an answer, and says of an error whether it passes.

Imported only where a store is in PostgreSQL: psycopg is an extra.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Generator, Iterable
from concurrent.futures import Future
from functools import lru_cache
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from pytest_mlmonitor.core.store.database import Row, RowValues, storable

_SCHEME = re.compile(r"postgres(ql)?(\+\w+)?://")
_HOST = re.compile(r"/[^@]*|[A-Za-z0-9._:%-]*")
_PORT = re.compile(r"[0-9]*")

_PASSING = re.compile(
    r"refused|starting up|shutting down|not yet accepting|closed the connection|No such file|reset by peer|too many (clients|conn)"
    r"|remaining connection slots|Temporary failure"
)
"""What a server is told by that is just being started again. Only words tell it before there is a connection."""

_PASSING_STATES = frozenset({"57P01", "57P02", "57P03", "53300", "40001", "40P01", "25P03"})
"""It is stopped, crashed, not up yet, has no place left, two transactions met: https://www.postgresql.org/docs/current/errcodes-appendix.html"""

LOCK_TIMEOUT = "55P03"

_LEAST_WAIT = 0.1


class BoundedConnection(psycopg.Connection[Row]):
    """A connection whose server may be silent only for a while.

    Attributes:
        silence: seconds that a statement may take without a byte of an answer.
    """

    silence: float = 5.0

    def wait(self, gen: Any, *given: Any, **named: Any) -> Any:
        """Wait as long as the server answers.

        Raises:
            psycopg.OperationalError: it does not.
        """
        return super().wait(_while_it_answers(gen, self.silence), *given, **named)


def _while_it_answers(gen: Generator[Any, Any, Any], seconds: float) -> Generator[Any, Any, Any]:
    """Pass on what is waited for; psycopg says at least every tenth of a second whether anything came."""
    since = time.monotonic()
    ready = None
    while True:
        try:
            wanted = gen.send(ready)
        except StopIteration as ended:
            return ended.value
        ready = yield wanted
        if ready:
            since = time.monotonic()
        elif time.monotonic() - since > seconds:
            raise Silent(f"the server has not answered for {seconds:.0f} s")


class Silent(psycopg.OperationalError):
    """The server does not answer."""


def parameters_of(url: str) -> dict[str, Any]:
    """Return the parameters of a connection.

    Raises:
        ValueError: the URL is none; the message holds nothing of it.
    """
    if not _SCHEME.match(url):
        raise ValueError("expected postgresql://USER:PASSWORD@HOST/DATABASE")
    try:
        found = conninfo_to_dict(_SCHEME.sub("postgresql://", url, count=1))
    except (psycopg.Error, UnicodeError):
        found = {"host": "@"}
    # A part of a password that is not encoded ends up in one of these, and in the message of the server that is not found.
    hosts = [*str(found.get("host") or "").split(","), *str(found.get("hostaddr") or "").split(",")]
    ports = str(found.get("port") or "").split(",")
    database = str(found.get("dbname") or "")
    if (
        not (all(map(_HOST.fullmatch, hosts)) and all(map(_PORT.fullmatch, ports)))
        or "@" in database
        or "/" in database
    ):
        raise ValueError(
            "expected postgresql://USER:PASSWORD@HOST/DATABASE, with every @ : / ? # % of the password percent-encoded"
        )
    return {name: value for name, value in found.items() if value is not None}


def connected(parameters: dict[str, Any], seconds: float) -> BoundedConnection:
    """Return a connection.

    Args:
        parameters: of :func:`parameters_of`.
        seconds: how long to wait for it, names that no resolver answers for included.

    Raises:
        psycopg.Error: there is none.
    """
    seconds = max(seconds, _LEAST_WAIT)
    # libpq itself knows whole seconds, two at least, and waits for resolvers as long as they like.
    asked = {**parameters, "connect_timeout": str(max(2, round(seconds))), "client_encoding": "utf8"}
    asked.setdefault("application_name", "pytest_mlmonitor")
    future: Future[BoundedConnection] = Future()

    def connect() -> None:
        try:
            made = BoundedConnection.connect(**asked, autocommit=True)
        except Exception as error:
            if future.set_running_or_notify_cancel():
                future.set_exception(error)
            return
        if future.set_running_or_notify_cancel():
            future.set_result(made)
        else:
            made.close()

    threading.Thread(target=connect, daemon=True, name="mlmonitor-store").start()
    try:
        connection = future.result(seconds)
    except TimeoutError:
        if future.cancel():
            raise Silent(f"the server has not answered for {seconds:.0f} s") from None
        connection = future.result()
    connection.prepare_threshold = None  # a pooler between us and the server gives every transaction another session
    return connection


def passes(error: BaseException, connection: BoundedConnection | None) -> bool:
    """Return whether an error may be none in a moment: the server was stopped, or is just being started.

    Args:
        error: of the connection, or of the attempt at one.
        connection: that it came from; None where there was none yet.
    """
    if not isinstance(error, psycopg.OperationalError) or isinstance(error, Silent):
        return False
    if error.sqlstate is not None:
        return error.sqlstate in _PASSING_STATES
    return connection.closed if connection is not None else bool(_PASSING.search(str(error)))


class PostgresTransaction:
    """Statements of a transaction that was begun on a connection."""

    def __init__(self, connection: BoundedConnection) -> None:
        self._connection = connection

    def run(self, sql: str, values: RowValues = ()) -> list[Row]:
        """Run one statement and return its rows."""
        cursor = self._connection.execute(_of_psycopg(sql), [_value(value) for value in values])
        return cursor.fetchall() if cursor.description is not None else []

    def run_many(self, sql: str, rows: Iterable[RowValues]) -> None:
        """Run one statement once for every row of values."""
        with self._connection.cursor() as cursor:
            cursor.executemany(_of_psycopg(sql), ([_value(value) for value in row] for row in rows))
        # Behind a pipeline of statements the server does not notice that a transaction is idle (seen with 15.18).
        self._connection.execute(b"SELECT 1")


@lru_cache(maxsize=256)
def _of_psycopg(sql: str) -> bytes:
    return sql.replace("%", "%%").replace("?", "%s").encode()


def _value(value: object) -> object:
    return storable(int(value) if isinstance(value, bool) else value)
