"""Work that takes long, told to whoever listens while it is under way: nobody should wonder whether a run hangs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

FIRST_SECONDS = 1.0
"""Work that is done by then is not told of."""

SECONDS = 0.5
"""Between two words on the same work."""

Listener = Callable[[str, Path, int, int, str], None]
"""Told what is done, on which file or directory, how much of how much is done, and in which unit; equal numbers end it."""

Worked = TypeVar("Worked")

_listener: Listener | None = None


def listen(listener: Listener | None) -> Listener | None:
    """Tell ``listener`` from now on, nobody for None; return who was told until now."""
    global _listener
    before, _listener = _listener, listener
    return before


class UnderWay:
    """A piece of work, as a context; whoever does it says how far it is."""

    def __init__(self, doing: str, path: Path, total: int, unit: str = "bytes") -> None:
        """Begin.

        Args:
            doing: in a word or two, e.g. ``hashing``.
            path: the file or directory.
            total: how much there is to do.
            unit: of what, e.g. ``bytes``.
        """
        self._about = (doing, path)
        self._total, self._unit = max(total, 1), unit
        self._done = 0
        self._told = False
        self._next = time.monotonic() + FIRST_SECONDS

    def advance(self, by: int = 1) -> None:
        """Say that so much more is done."""
        self._done += by
        if _listener is not None and time.monotonic() >= self._next:
            self._next = time.monotonic() + SECONDS
            self._told = True
            # What is not at its end is never said to be: a file may have grown since it was listed.
            _listener(*self._about, min(self._done, self._total - 1), self._total, self._unit)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._told and _listener is not None:
            _listener(*self._about, self._total, self._total, self._unit)


def each(entries: Sequence[Worked], doing: str, path: Path, unit: str) -> Iterator[Worked]:
    """Yield ``entries``, each of which takes its time.

    Args:
        entries: in order.
        doing: in a word or two, what is done with each of them.
        path: where they lie.
        unit: what they are, in the plural.
    """
    with UnderWay(doing, path, len(entries), unit) as work:
        for entry in entries:
            work.advance()
            yield entry
