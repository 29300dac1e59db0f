"""The reader's answers of tables that nobody touched since: they are remembered between runs, and the tables not read again.

An answer is known by the question, by what it hangs on beside the tables (:mod:`.ingredients`), and by every table that was read
for it (:mod:`.identity`). Only whole answers are kept: what refused, crashed, took too long or needed too much memory is asked
again, and so is what hangs on the clock.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.tables.contract.table import TableContract
from pytest_mlmonitor.tables.profile import TableProfile
from pytest_mlmonitor.tables.reader.identity import FileState, Verify, file_state, identity
from pytest_mlmonitor.tables.reader.ingredients import ingredients
from pytest_mlmonitor.tables.reader.volatile_sql import is_volatile
from pytest_mlmonitor.tables.reader.written_values import NoWrittenForm, read, written
from pytest_mlmonitor.tables.source.listed.table_files import TableFiles

SQL_SECONDS = 20.0
"""SQL that took longer may have been interrupted (after 30 s): what it showed may not be all."""


@dataclass(frozen=True)
class _Known:
    path: Path
    state: FileState
    identity: str


class RememberedAnswers:
    """What earlier runs asked the reader, and what it said."""

    def __init__(self, platform: Artifacts) -> None:
        """Look nothing up yet; without a ``state`` nothing is remembered."""
        self._store, self._full = platform.answers, platform.full
        self._verify: Verify = platform.settings.state_verify
        self._known: dict[Path, _Known | None] = {}
        self._texts: dict[int, tuple[object, str]] = {}

    @property
    def likely(self) -> bool:
        """Whether the reader may not be needed at all."""
        return self._store is not None and not self._full and self._store.holds_any()

    def answer(self, function: str, arguments: Sequence[Any], ask: Callable[[], Any]) -> Any:
        """Return what an earlier run was told, else what ``ask`` says, which is remembered where it may be.

        Args:
            function: what is asked.
            arguments: of what, in the order of the call; every path among them, and in tuples, is a table that is read.
            ask: asks the reader.
        """
        tables = list(_paths(arguments))
        key = self._key(function, arguments, tables) if self._store is not None and self._store.usable else None
        if self._store is None:
            return ask()
        seen = self._store.seen
        if key is None:
            seen.read.update(tables)
            return ask()
        kept = self._store.find(key) if not self._full else None
        if kept is not None:
            try:
                found = read(kept.content)
            except ValueError:
                self._store.set_aside(key)
            else:
                seen.note(tables, kept.written)
                return found
        seen.read.update(tables)
        began = time.monotonic()
        found = ask()
        if self._is_whole(found, time.monotonic() - began) and all(map(self._as_it_was, tables)):
            try:
                self._store.keep(key, written(found).encode("ascii"))
            except NoWrittenForm:
                pass  # a value of the table that has no form of its own here: read again each time
        return found

    def known(self, function: str, arguments: Sequence[Any]) -> Any | None:
        """Return what was remembered, None where nothing is; nobody is asked, and no run counts it."""
        if self._store is None or not self._store.usable:
            return None
        key = self._key(function, arguments, list(_paths(arguments)))
        kept = self._store.find(key) if key is not None else None
        try:
            return read(kept.content) if kept is not None else None
        except ValueError:
            return None  # whoever asks sets it aside

    def _key(self, function: str, arguments: Sequence[Any], tables: Sequence[Path]) -> str | None:
        """Return what the answer is known by, None where it is not to be remembered."""
        known = [self._identified(path) for path in tables]
        if any(one is None for one in known) or is_volatile(_contracts(arguments)):
            return None
        try:
            asked = [self._text(one) for one in arguments]
        except NoWrittenForm:
            return None
        parts = [ingredients(), function, self._verify, *(one.identity for one in known if one is not None), *asked]
        text = "\0".join(f"{len(part)}:{part}" for part in parts)
        return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()

    def _text(self, argument: Any) -> str:
        """Return an argument as text; contracts are the same objects in every question."""
        if not isinstance(argument, tuple):
            return written(self._place(argument), key=True)
        texts = []
        for one in map(self._place, argument):
            known = self._texts.get(id(one)) if isinstance(one, TableContract) else None
            if known is None:
                known = (one, written(one, key=True))
                if isinstance(one, TableContract):
                    self._texts[id(one)] = known  # held, so that nothing else gets its id
            texts.append(known[1])
        return f"({','.join(texts)})"

    def _place(self, argument: Any) -> Any:
        """Return an argument; of a path known by its bytes the name: a CI job finds the same table in another directory."""
        if not isinstance(argument, Path):
            return argument
        place = Path(argument.name) if self._verify == "digest" else Path(argument)
        span = argument.span if isinstance(argument, TableFiles) else None
        return place if span is None else (place, span)

    def _identified(self, path: Path) -> _Known | None:
        if path not in self._known:
            state = file_state(path)
            found = identity(path, state, self._verify) if state is not None else None
            self._known[path] = _Known(path, state, found) if state is not None and found is not None else None
        return self._known[path]

    def _as_it_was(self, path: Path) -> bool:
        """Return whether a table is what its identity was taken of, and would be seen to change."""
        known, now = self._known[path], file_state(path)
        return known is not None and known.state.settled and now is not None and now.stamp == known.state.stamp

    @staticmethod
    def _is_whole(answer: Any, seconds: float) -> bool:
        if not isinstance(answer, TableProfile) or not answer.answers:
            return True
        return seconds < SQL_SECONDS and all(one.error is None for one in answer.answers.values())


def _paths(arguments: Sequence[Any]) -> Iterator[Path]:
    for one in arguments:
        for each in one if isinstance(one, tuple) else (one,):
            if isinstance(each, Path):
                yield each


def _contracts(arguments: Sequence[Any]) -> Iterator[TableContract]:
    for one in arguments:
        for each in one if isinstance(one, tuple) else (one,):
            if isinstance(each, TableContract):
                yield each
