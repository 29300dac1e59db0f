"""How far a scan is, said at most a few times a second by whoever listens."""

from __future__ import annotations

import time
from collections.abc import Callable

FIRST_SECONDS = 1.0
SECONDS = 0.5

_listener: Callable[[int, int], None] | None = None
_said = 0.0


def listen(listener: Callable[[int, int], None] | None) -> None:
    """Tell ``listener`` from now on: rows done, rows in all."""
    global _listener, _said
    _listener, _said = listener, time.monotonic() + FIRST_SECONDS - SECONDS


def report(done: int, total: int) -> None:
    """Pass the word on when it is time."""
    global _said  # noqa: PLW0603
    if _listener is not None and time.monotonic() - _said >= SECONDS:
        _said = time.monotonic()
        _listener(done, total)
