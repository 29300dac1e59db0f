"""MLflow's SQLite database, opened for reading only: nothing is written beside it, and no question waits for ever.

What is read goes by the columns that are there, whichever version of MLflow made them. A file that a program writes at the
moment is read between two of its transactions; what stands in a journal beside it is read in a copy elsewhere.
"""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from pytest_mlmonitor.core.files.opening import Refused, open_regular

MAGIC = b"SQLite format 3\x00"
_WAL = 2
_VERSIONS = slice(18, 20)

WAIT_SECONDS = 5.0
"""For a program that has it locked."""

_LONGEST_SECONDS = 60.0
"""Of all questions together: a view in the place of a table could go on for ever."""

_MAX_COPY = 1 << 30
_STEPS = 20_000
"""Of SQLite's machine between two looks at the clock."""

_MAX_VALUE = 4 * 1024 * 1024


FAILURES = (sqlite3.Error, UnicodeError)
"""What reading a file may raise; ``UnicodeError``: SQLite quotes damaged names in what it says of them."""


class NoDatabase(Exception):
    """The file is no SQLite database, or cannot be read; the message follows its name."""


def begins_like_one(path: Path) -> bool:
    """Return whether a regular file begins as SQLite databases do."""
    try:
        with open_regular(path) as file:
            return file.read(len(MAGIC)) == MAGIC
    except (Refused, OSError):
        return False


@contextlib.contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a database for reading.

    Raises:
        NoDatabase: it is none, or not to be had.
    """
    in_wal_mode = _WAL in _head(path)[_VERSIONS]
    with tempfile.TemporaryDirectory(prefix="mlmonitor-") as elsewhere:
        # Without its -wal a file in that mode is whole, and SQLite would make one beside it.
        journal = _beside(path, "-wal") if in_wal_mode else None
        if journal is not None:
            connection = _connected(_copied(path, journal, Path(elsewhere)), "rw")
        else:
            connection = _connected(path, "ro&immutable=1" if in_wal_mode else "ro")
        try:
            if not in_wal_mode and (journal := _beside(path, "-journal")) is not None and _waits_for(connection):
                connection.close()
                connection = _connected(_copied(path, journal, Path(elsewhere)), "rw")
            _bound(connection)
            yield connection
        except FAILURES as error:
            raise NoDatabase(said_of_database(error)) from None
        finally:
            connection.close()


def _waits_for(connection: sqlite3.Connection) -> bool:
    """Return whether a transaction that was cut off must be taken back before anything can be read."""
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError as error:
        return (getattr(error, "sqlite_errorcode", 0) & 0xFF) in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN)
    return False


def _bound(connection: sqlite3.Connection) -> None:
    until = time.monotonic() + _LONGEST_SECONDS
    connection.set_progress_handler(lambda: int(time.monotonic() > until), _STEPS)
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MAX_VALUE)
    connection.text_factory = _text
    for statement in ("query_only=ON", "trusted_schema=OFF", "cell_size_check=ON", "mmap_size=0", "cache_size=-16384"):
        connection.execute(f"PRAGMA {statement}")


def _text(content: bytes) -> str:
    return content.decode("utf-8", "replace")


def _head(path: Path) -> bytes:
    try:
        with open_regular(path) as file:
            head = file.read(100)
    except (Refused, OSError) as error:
        raise NoDatabase(str(error)) from None
    if not head:
        raise NoDatabase("is empty: no database was written there, or it was lost")
    if not head.startswith(MAGIC):
        raise NoDatabase("is no SQLite database")
    if len(head) < 100:
        raise NoDatabase(f"is cut short: it holds {len(head)} bytes")
    return head


def _beside(path: Path, suffix: str) -> Path | None:
    """Return a journal that is not empty."""
    journal = path.with_name(path.name + suffix)
    try:
        with open_regular(journal) as file:
            return journal if file.read(1) else None
    except (Refused, OSError):
        return None


def _connected(path: Path, mode: str) -> sqlite3.Connection:
    try:
        return sqlite3.connect(
            f"file:{quote(str(path))}?mode={mode}", uri=True, timeout=WAIT_SECONDS, isolation_level=None
        )
    except sqlite3.Error as error:
        raise NoDatabase(said_of_database(error)) from None


def _copied(path: Path, journal: Path, elsewhere: Path) -> Path:
    """Return a copy of a database and its journal that belong together.

    Raises:
        NoDatabase: it is too large, or somebody writes it all the time.
    """
    for _ in range(3):
        try:
            before = [(one.stat().st_size, one.stat().st_mtime_ns) for one in (path, journal)]
            if sum(size for size, _ in before) > _MAX_COPY:
                raise NoDatabase(
                    f"has a journal ({journal.name}), and is larger than the {_MAX_COPY:,} bytes that are copied to read it: "
                    "check it when nothing has it open"
                )
            for one in (path, journal):
                with open_regular(one) as file, open(elsewhere / one.name, "wb") as copy:
                    shutil.copyfileobj(file, copy)
            if before == [(one.stat().st_size, one.stat().st_mtime_ns) for one in (path, journal)]:
                return elsewhere / path.name
        except (Refused, OSError) as error:
            raise NoDatabase(f"cannot be read ({error})") from None
        time.sleep(0.2)
    raise NoDatabase(f"is being written (its journal {journal.name} changes): check it when nothing has it open")


def said_of_database(error: Exception) -> str:
    """Return what an error says of a database, in words that follow its name."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return f"is locked by another program for more than {WAIT_SECONDS:g} s: check it when nothing writes it"
    if code == sqlite3.SQLITE_INTERRUPT:
        return f"could not be read in {_LONGEST_SECONDS:g} s"
    return f"cannot be read as an SQLite database: {error}"
