"""A damaged file of the store: kept as it is under another name, and what can be read of it brought over into a new one."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from pytest_mlmonitor.core.memory.patience import Patience
from pytest_mlmonitor.core.memory.sqlite_errors import from_around
from pytest_mlmonitor.core.store.claims import CLAIMS_LOST
from pytest_mlmonitor.core.store.database import Damage
from pytest_mlmonitor.core.store.readable_rows import columns_of, readable, sound, unsound
from pytest_mlmonitor.core.store.sqlite_file import connected, make, said_of, temporary
from pytest_mlmonitor.core.store.store_tables import TABLES
from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.core.text.words import count

_BESIDE = ("-wal", "-shm", "-journal")
"""Files of SQLite's beside its database."""

_WORDS = {"run": "run", "result": "result", "counted": "counter reading", "claim": "claim", "alert": "alert"}
_NAP = 0.05
_PAGE_SIZE = 16
_PAGES = slice(28, 32)
_FREE_PAGES = slice(32, 40)


@dataclass
class Salvaged:
    """What could be read of a damaged file.

    Attributes:
        rows: how many, by table.
        torn: tables of which something could not be read.
    """

    rows: dict[str, int] = field(default_factory=dict)
    torn: list[str] = field(default_factory=list)


def set_aside(path: Path, error: Exception, patience: Patience) -> str | None:
    """Keep a damaged file under another name, and put a new one with what can be read of it in its place.

    Args:
        path: of the file.
        error: by which the damage was noticed.
        patience: how long to wait for a run that does the same.

    Returns:
        What became of it; None where another run has done it.

    Raises:
        OSError, sqlite3.Error: it cannot be done; the damaged file is where it was.
    """
    new = temporary(path)
    try:
        with _alone(path, patience), _locked(path):
            if is_sound(path, patience):
                return None
            aside = _keep_aside(path)
            found = _bring_over(aside, new)
            # An empty page in its place looks like a table without rows.
            if "claim" in found.torn or "claim" not in found.rows:
                _remember_loss(new)
            for suffix in _BESIDE:
                path.with_name(f"{path.name}{suffix}").unlink(missing_ok=True)
            os.replace(new, path)
    finally:
        with contextlib.suppress(OSError):
            new.unlink(missing_ok=True)
    kept = ", ".join(count(number, _WORDS[table]) for table, number in found.rows.items() if table in _WORDS)
    lost = f"; what is missing is of: {', '.join(found.torn)}" if found.torn else ""
    return (
        f"was damaged ({said_of(error)}): it is kept as {safe(aside.name)}, and a new one was begun with what could be read of "
        f"it: {kept or 'nothing'}{lost}"
    )


def is_sound(path: Path, patience: Patience) -> bool:
    """Return whether a file, the whole of which is looked at, is what was put there; one that is locked is in use, and sound."""
    try:
        with contextlib.closing(connected(path, patience)) as connection:
            return not any(unsound(connection))
    except (sqlite3.Error, UnicodeError, Damage, MemoryError) as error:
        return from_around(error)


def _remember_loss(new: Path) -> None:
    """Note that claims may be lost: what may have been claimed is not granted again in silence."""
    with contextlib.closing(sqlite3.connect(new, isolation_level=None)) as connection:
        now = time.time_ns() // 1000
        connection.execute("INSERT INTO fact VALUES (?, ?) ON CONFLICT DO NOTHING", (CLAIMS_LOST, now))


@contextlib.contextmanager
def _alone(path: Path, patience: Patience) -> Iterator[None]:
    """Let one process at a time set a file aside."""
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    handle = os.open(path.with_name(f".{path.name}.lock"), flags, 0o666)
    try:
        with patience.waiting():
            deadline = time.monotonic() + patience.left
            while True:
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(_NAP)
        yield
    finally:
        os.close(handle)


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Keep others from writing into a damaged file that is being replaced, where the damage lets it be locked."""
    if not path.stat().st_size:
        yield
        return
    with contextlib.closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as connection:
        with contextlib.suppress(sqlite3.Error, UnicodeError):
            connection.execute("BEGIN IMMEDIATE")
        yield


def _keep_aside(path: Path) -> Path:
    """Copy a damaged file, and what belongs to it, to a name of its own beside it, and return that.

    Raises:
        OSError: it cannot be kept.
    """
    stamp = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    aside = path.with_name(f"{path.name}.damaged-{stamp}")
    number = 1
    while aside.exists():
        number += 1
        aside = path.with_name(f"{path.name}.damaged-{stamp}-{number}")
    _copy(path, aside)
    return aside


def _copy(path: Path, to: Path) -> None:
    for suffix in ("", "-wal", "-journal"):
        source = path.with_name(f"{path.name}{suffix}")
        copied = to.with_name(f"{to.name}{suffix}")
        try:
            if suffix and not source.stat().st_size:
                continue
            shutil.copyfile(source, copied, follow_symlinks=False)
        except FileNotFoundError:
            if not suffix:
                raise
            continue  # there is none, or whoever had the damaged file open has just closed it
        handle = os.open(copied, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _bring_over(damaged: Path, new: Path) -> Salvaged:
    """Make a new file and bring over what can be read of a damaged one.

    Args:
        damaged: is not changed.
        new: does not exist.

    Raises:
        OSError, sqlite3.Error: the new file cannot be made.
    """
    make(new)
    with tempfile.TemporaryDirectory(prefix=".salvage-", dir=new.parent) as directory:
        work = Path(directory) / "work"
        _copy(damaged, work)
        found = _moved(work, new)
        if not found.rows and work.stat().st_size:  # its first page, which says where everything is, is gone
            _copy(damaged, work)
            _lend_first_page(work, new)
            found = _moved(work, new)
    return found


def _lend_first_page(damaged: Path, whole: Path) -> None:
    """Put the first page of a whole file in the place of a damaged one: in ours each table begins at the same page."""
    for suffix in ("-wal", "-journal"):
        damaged.with_name(f"{damaged.name}{suffix}").unlink(missing_ok=True)
    with open(whole, "rb") as file:
        size = int.from_bytes(file.read(_PAGE_SIZE + 2)[_PAGE_SIZE:], "big")
        file.seek(0)
        page = bytearray(file.read(size))
    page[_PAGES] = (damaged.stat().st_size // size).to_bytes(4, "big")
    page[_FREE_PAGES] = bytes(8)
    with open(damaged, "r+b") as file:
        file.write(page)


def _moved(damaged: Path, new: Path) -> Salvaged:
    found = Salvaged()
    with contextlib.closing(sqlite3.connect(new, isolation_level=None)) as target:
        target.execute("BEGIN IMMEDIATE")
        with contextlib.closing(sqlite3.connect(damaged, isolation_level=None)) as source:
            source.text_factory = bytes
            with contextlib.suppress(sqlite3.Error):
                # A damaged description of one table does not hide the others.
                source.execute("PRAGMA writable_schema=ON")
            for table in TABLES:
                columns = columns_of(target, table)
                rows, whole = readable(source, table)
                good = [row for row in (sound(row, columns, table) for row in rows) if row is not None]
                marks = ", ".join("?" * len(columns))
                target.executemany(f"INSERT INTO {table} VALUES ({marks}) ON CONFLICT DO NOTHING", good)  # noqa: S608 (ours)
                if good:
                    found.rows[table] = len(good)
                if not whole or len(good) < len(rows):
                    found.torn.append(table)
        # Runs are numbered on from the last one: what speaks of later ones would be taken for theirs.
        for table in ("verdict", "result"):
            target.execute(f"DELETE FROM {table} WHERE first_run > (SELECT COALESCE(MAX(id), 0) FROM run)")  # noqa: S608
        target.execute("COMMIT")
    return found
