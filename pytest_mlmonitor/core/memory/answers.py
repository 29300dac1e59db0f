"""Answers that cost much to find, kept in the memory between runs under a key that says all that they hang on.

An answer is kept with a digest of itself, of its key and of when it was found: one that is torn, or stands under the key of another
(a damaged index of SQLite leads there), is thrown away, and counted.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

from pytest_mlmonitor.core.memory.state import FAILURES, State, make_directory

MAX_BYTES = 64 << 20
"""Those that were used longest ago go first. Two builds of 27 columns take 36 KB."""

MAX_ANSWER_BYTES = 1 << 20
"""A larger answer is not kept: it is data, and reading that again is no slower."""

MAX_DAYS = 90
"""Answers that nobody asked for as long are forgotten."""

_DIGEST_BYTES = 16
_DAY = 86_400


class KeptAnswer(NamedTuple):
    """An answer as it was kept.

    Attributes:
        content: its bytes, whole.
        written: when it was kept, seconds since 1970.
    """

    content: bytes
    written: int


@dataclass
class Reread:
    """What was looked at in this run, and what was not, since what was asked of it is remembered.

    Attributes:
        remembered: by file or directory, when the oldest answer was found that was used of it: seconds since 1970.
        read: what was looked at, for some question at least.
    """

    remembered: dict[Path, int] = field(default_factory=dict)
    read: set[Path] = field(default_factory=set)

    def note(self, paths: Iterable[Path], written: int) -> None:
        """Note that an answer was used that was found then."""
        for path in paths:
            self.remembered[path] = min(written, self.remembered.get(path, written))

    def unread(self) -> dict[Path, int]:
        """Return what was not looked at in this run, and since when."""
        return {path: since for path, since in sorted(self.remembered.items()) if path not in self.read}


class AnswerStore:
    """The answers in the memory between runs.

    Attributes:
        seen: what was looked at, and what was not.
        unsound: how many were thrown away, since they were not what was kept.
        unkept: why answers of this run could not be kept, None while all is well.
    """

    def __init__(self, state: State) -> None:
        """Keep answers in ``state``; nothing is opened or made yet."""
        self._state = state
        self._used: set[str] = set()
        self._kept_any = False
        self.seen = Reread()
        self.unsound = 0
        self.unkept: str | None = None

    @property
    def usable(self) -> bool:
        """Whether the file can be used: after the first failure nobody waits for it again."""
        return self._state.usable and self.unkept is None

    def holds_any(self) -> bool:
        """Return whether there is any answer: whoever reads much may wait with getting ready for it."""
        with self._reading():
            if self._state.path.exists():
                with self._state.kept_open() as connection:
                    return connection.execute("SELECT 1 FROM answers LIMIT 1").fetchone() is not None
        return False

    def find(self, key: str) -> KeptAnswer | None:
        """Return the answer that was kept under ``key``, None where none is or it is not sound."""
        with self._reading():
            if not (self.usable and self._state.path.exists()):
                return None
            with self._state.kept_open() as connection:
                found = connection.execute("SELECT content, written, used FROM answers WHERE key = ?", (key,))
                row = found.fetchone()
            if row is None:
                return None
            content, written, used = row
            if isinstance(content, bytes) and isinstance(written, int):
                kept = KeptAnswer(content[_DIGEST_BYTES:], written)
                if _digest(key, kept) == content[:_DIGEST_BYTES]:
                    if isinstance(used, int) and used < _now() - _DAY:
                        self._used.add(key)
                    return kept
            self.set_aside(key)
        return None

    def keep(self, key: str, content: bytes) -> None:
        """Keep an answer under ``key``, unless it is larger than ``MAX_ANSWER_BYTES``."""
        if len(content) > MAX_ANSWER_BYTES or not self.usable:
            return
        with self._writing() as now, self._state.kept_open() as connection:
            entry = (key, _digest(key, KeptAnswer(content, now)) + content, now, now)
            connection.execute("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?)", entry)
            self._kept_any = True

    def set_aside(self, key: str) -> None:
        """Throw an answer away that is not sound."""
        self.unsound += 1
        with self._writing(), self._state.kept_open() as connection:
            connection.execute("DELETE FROM answers WHERE key = ?", (key,))

    def close(self) -> None:
        """Note which answers were used, where that was not noted today, and prune where any were kept."""
        if not self.usable or not (self._used or self._kept_any):
            return
        with self._writing() as now, self._state.kept_open() as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("UPDATE answers SET used = ? WHERE key = ?", [(now, key) for key in self._used])
            if self._kept_any:
                connection.execute("DELETE FROM answers WHERE used < ?", (now - MAX_DAYS * _DAY,))
                total = 0
                gone = []
                sizes = connection.execute("SELECT key, length(content) FROM answers ORDER BY used DESC, rowid DESC")
                for key, length in sizes:
                    total += length
                    if total > MAX_BYTES:
                        gone.append((key,))
                connection.executemany("DELETE FROM answers WHERE key = ?", gone)
            connection.execute("COMMIT")
        self._used.clear()
        self._kept_any = False

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except FAILURES as error:
            self._state.failed(error)

    @contextmanager
    def _writing(self) -> Iterator[int]:
        try:
            make_directory(self._state.path.parent)
            yield _now()
        except FAILURES as error:
            self.unkept = self._state.why(error)


def _digest(key: str, kept: KeptAnswer) -> bytes:
    of = blake2b(f"{len(key)}:{key}{kept.written}:".encode(), digest_size=_DIGEST_BYTES)
    of.update(kept.content)
    return of.digest()


def _now() -> int:
    return int(time.time())
