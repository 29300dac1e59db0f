"""When runs are due: at once, then every interval, a little later for each watcher than for the others."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass

JITTER = 0.1
"""Share of the interval by which the ticks of a watcher are moved, at most."""


@dataclass(frozen=True)
class Tick:
    """A moment at which a run is due.

    Attributes:
        number: 0 for the first.
        at: moment, in seconds of the clock that the schedule began by.
        missed: how many ticks before it went by while a run was going on.
    """

    number: int
    at: float
    missed: int = 0


@dataclass(frozen=True)
class TickSchedule:
    """Ticks of one watcher: the first at ``begin``, the others every ``interval`` from ``begin + jitter`` on.

    Only the second comes later than an interval after the one before: all others are exactly as far apart as asked for.

    Attributes:
        begin: in seconds of a clock that never goes back.
        interval: in seconds, above 0.
        jitter: in seconds.
    """

    begin: float
    interval: float
    jitter: float = 0.0

    @property
    def first(self) -> Tick:
        """The first tick."""
        return Tick(0, self.begin)

    def after(self, done: Tick, now: float) -> Tick:
        """Return the next tick after one that is done: those that went by until now are missed, and not made up for."""
        since = (now - self.begin - self.jitter) / self.interval
        number = max(done.number + 1, math.ceil(since))
        return Tick(number, self.begin + self.jitter + number * self.interval, number - done.number - 1)


def jitter_of(seed: str, interval: float) -> float:
    """Return by how much the ticks of one watcher are moved, in seconds: at least 0, below a tenth of the interval.

    Args:
        seed: what tells this watcher from others; the same one always gives the same.
        interval: in seconds.

    >>> 0 <= jitter_of("host:/project:17", 600.0) < 60, jitter_of("a", 600.0) == jitter_of("a", 600.0)
    (True, True)
    """
    digest = hashlib.sha256(seed.encode("utf-8", "surrogateescape")).digest()
    return JITTER * interval * (int.from_bytes(digest[:6], "big") / 2**48)
