"""The chain of a family's versions: which of those before it a version is compared with (specification 2.5).

A version *qualifies* as a reference when its own rows have no error and it did not drift, or when a neighbour agrees with it. So a
single bad build is red once and never a reference, and a new level is one after two builds. What the clauses need is computed
when they need it: where all is well a version costs one comparison, with the version before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.links.drift.version_comparison import Compared, mildest

POOL = 4
"""Builds at the same place of the cycle that are compared with as one."""

SETTLED = timedelta(hours=20)
"""A version with a drift error serves only for versions built so much after it: somebody must have seen it red."""

DAY, WEEK = timedelta(days=1), timedelta(days=7)
DAILY = (timedelta(hours=20), timedelta(hours=28))
"""Median distance of builds that are called daily: they are compared by weekday, closer ones by the time of the day."""

DISTANCES = 8
"""The last so many distances say how far builds lie apart."""


@dataclass(frozen=True)
class Cycle:
    """How builds repeat: what lies at the same place of ``period``, but for ``slack``, is alike."""

    period: timedelta
    slack: timedelta

    def same(self, one: datetime, other: datetime) -> bool:
        """Return whether two moments are at the same place of the cycle."""
        if self.period == WEEK:
            return one.weekday() == other.weekday()
        apart = abs(other - one) % self.period
        return min(apart, self.period - apart) < self.slack


@dataclass(frozen=True)
class Versions:
    """A family's versions, the oldest first, and what may be asked of them by place.

    Attributes:
        built: when each was built, None where nothing says so.
        middle: the middle of a version's event times, else when it was built.
        sound: whether a version's own rows have no error.
    """

    built: Sequence[datetime | None]
    middle: Callable[[int], datetime | None]
    sound: Callable[[int], bool]


class VersionChain:
    """The versions of a family under one way to compare them.

    ``compare(place, places)`` compares a version with those at ``places`` as one; its answers are remembered here.
    """

    def __init__(
        self,
        versions: Versions,
        compare: Callable[[int, tuple[int, ...]], Compared],
        error: Callable[[int, Compared], bool] = lambda _, found: found.severity >= Severity.ERROR,
        accepted: Callable[[int, Compared], bool] = lambda *_: False,
    ) -> None:
        """``error`` says whether what was found of a version is one, ``accepted`` whether the policy accepts it."""
        self._versions = versions
        self._compare = compare
        self._error = error
        self._accepted = accepted
        self._pairs: dict[tuple[int, tuple[int, ...]], Compared] = {}
        self._judged: dict[int, Compared] = {}
        self._in_order = 1

    def judged(self, place: int) -> Compared | None:
        """Return what is found of a version against its references; None for the first one, which has none."""
        if place < 1:
            return None
        if place not in self._judged:
            self._judged[place] = self._against_candidates(place)
        return self._judged[place]

    def _against_candidates(self, place: int) -> Compared:
        if place == 1:
            return self._pair(1, 0)  # whether the only one qualifies (which reads all of it) or not
        found = []
        if self._two_agree(place):
            found.append(self._pair(place, place - 1))
            if found[0].reason is None and found[0].severity < Severity.WARNING:
                return found[0]  # no feature drifts against every candidate: the others need not be asked
        pool = self._pool(place)
        if len(pool) >= 2:
            found.append(self._against(place, tuple(pool)))
        if not found:
            newest = next((one for one in range(place - 1, -1, -1) if self._qualifies(one, place)), place - 1)
            found.append(self._pair(place, newest))
        return mildest(found)

    def _two_agree(self, place: int) -> bool:
        """Return whether the two versions before one agree, so that the newer of them serves."""
        newer, older = place - 1, place - 2
        return (
            older >= 0
            and self._agree(newer, older)
            and self._versions.sound(newer)
            and self._versions.sound(older)
            and (self._settled(newer, place) or not self._drifted(newer))
        )

    def _pool(self, place: int) -> list[int]:
        """Return the last qualifying versions at the same place of the cycle."""
        pool: list[int] = []
        for one in reversed(self._alike(place, place)):
            if len(pool) < POOL and self._qualifies(one, place):
                pool.append(one)
        return pool

    def _qualifies(self, one: int, place: int) -> bool:
        """Return whether a version may serve as a reference, as far as the versions before ``place`` say."""
        if not self._versions.sound(one):
            return False
        if one == 0:
            return True
        if not self._settled(one, place):
            return not self._drifted(one)
        if self._agree(one, one - 1) or (one + 1 < place and self._agree(one + 1, one)):
            return True
        return not self._drifted(one) or self._agrees_with_the_cycle(one, place)

    def _agrees_with_the_cycle(self, one: int, place: int) -> bool:
        alike = self._alike(one, place)
        before = [other for other in alike if other < one][-1:]
        after = [other for other in alike if other > one][:1]
        return any(self._agree(one, other) for other in before) or any(self._agree(other, one) for other in after)

    def _alike(self, one: int, place: int) -> list[int]:
        """Return the versions before ``place`` at the same place of the cycle as ``one``, without it."""
        cycle = self.cycle(place)
        moment = self._versions.middle(one) if cycle is not None else None
        if cycle is None or moment is None:
            return []
        others = [(other, self._versions.middle(other)) for other in range(place) if other != one]
        return [other for other, when in others if when is not None and cycle.same(when, moment)]

    def cycle(self, place: int) -> Cycle | None:
        """Return how the versions up to ``place`` repeat, None where they are too few or too far apart."""
        times = [when for when in self._versions.built[max(0, place - DISTANCES) : place + 1] if when is not None]
        distances = [(later - earlier).total_seconds() for earlier, later in pairwise(times)]
        if not distances:
            return None
        usual = timedelta(seconds=median(distances))
        if DAILY[0] <= usual <= DAILY[1]:
            return Cycle(WEEK, DAY)
        return Cycle(DAY, usual / 2) if timedelta(0) < usual < DAILY[0] else None

    def _settled(self, one: int, place: int) -> bool:
        """Return whether a version is so much older than another that somebody must have seen it red."""
        built, now = self._versions.built[one], self._versions.built[place]
        return built is None or now is None or now - built >= SETTLED

    def _drifted(self, one: int) -> bool:
        for earlier in range(self._in_order, one):  # in order: what a verdict hangs on goes back to the first version
            self.judged(earlier)
            self._in_order = max(self._in_order, earlier + 1)
        found = self.judged(one)
        return found is not None and self._error(one, found) and not self._accepted(one, found)

    def _agree(self, newer: int, older: int) -> bool:
        found = self._pair(newer, older)
        return found.reason is None and not self._error(newer, found)

    def _pair(self, newer: int, older: int) -> Compared:
        return self._against(newer, (older,))

    def _against(self, place: int, others: tuple[int, ...]) -> Compared:
        if (place, others) not in self._pairs:
            self._pairs[place, others] = self._compare(place, others)
        return self._pairs[place, others]
