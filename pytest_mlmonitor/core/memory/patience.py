"""How long a run waits for files that others have locked: so long in all, however many files and however often it asks."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

SECONDS = 5.0

_TURN = 1.0
"""Others write for a moment, too: only a wait of more seconds than this uses the patience up."""


class Patience:
    """What is left of it; the memory and the store of a run share one.

    Attributes:
        left: seconds.
    """

    def __init__(self, seconds: float = SECONDS) -> None:
        """Have patience for so many seconds."""
        self.left = seconds

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Take the time that the block waits from what is left."""
        since = time.monotonic()
        try:
            yield
        finally:
            waited = time.monotonic() - since
            if waited > _TURN:
                self.left = max(self.left - waited, 0.0)
