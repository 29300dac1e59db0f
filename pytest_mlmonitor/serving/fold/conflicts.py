"""Windows of one endpoint of which there are two different records: how many in a row, and what the other records say.

The first record of a key counts (specification 1.3). One conflict is a restart inside a minute; several in a row are several
processes that serve under one deployment_id, and then the windows are looked at a second time, by the worse record of each. Where a
window has one record it is that one: several instances of which one is left are judged by what that one says.
"""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct, field

from pytest_mlmonitor.core.text.times import microseconds_of
from pytest_mlmonitor.records.compiled import compiled
from pytest_mlmonitor.serving.fold.last import LastWindows, WindowRow, row_of
from pytest_mlmonitor.serving.record import ServingWindowRecord

SEVERAL = 3
"""Keys in a row that conflict where several instances serve (specification 2.3)."""

_Window = compiled(ServingWindowRecord).struct


class ConflictingPair(Struct):
    """Two records of one key: the first counts; the other stands at a file and line."""

    first: _Window  # type: ignore[valid-type]
    second: _Window  # type: ignore[valid-type]
    file: str
    line: int
    start: datetime
    end: datetime


class Conflicts(Struct):
    """The keys of one endpoint that conflict; keys are counted as they come, from 1.

    Attributes:
        number: of keys that conflict.
        at: number of the latest of them.
        run: how many in a row end there.
        lead: how many in a row begin with the first key.
        lead_end: the last of these.
        longest: how many in a row at most.
        latest: pair of the latest run of at least :data:`SEVERAL`.
        worse: the last windows of the endpoint, by the worse record of each.
    """

    number: int = 0
    at: int = 0
    run: int = 0
    lead: int = 0
    lead_end: ConflictingPair | None = None
    longest: int = 0
    latest: ConflictingPair | None = None
    worse: LastWindows = field(default_factory=LastWindows)

    def add(self, pair: ConflictingPair, key: int) -> None:
        """Note another record of a key.

        Args:
            pair: it, and the first record.
            key: number of the key.
        """
        again = key == self.at
        if not again:
            self.number += 1
            self.run = self.run + 1 if key == self.at + 1 else 1
            self.at = key
            self.longest = max(self.longest, self.run)
        if self.run == key:
            self.lead, self.lead_end = key, pair
        if self.run >= SEVERAL:
            self.latest = pair
        current = self.worse.current
        second = row_of(pair.second, microseconds_of(pair.start), microseconds_of(pair.end))
        if current is not None and current[:2] == second[:2]:  # else it is too old to be looked at
            self.worse.current = max(current, second, key=badness)  # never their sum

    def join(self, later: Conflicts, before: int, needed: int) -> None:
        """Add those of later windows.

        Args:
            later: of the same endpoint.
            before: keys of this one.
            needed: requests that outages are judged by.
        """
        touching = self.run if self.at == before else 0
        across = touching + later.lead if later.lead else 0
        if later.latest is not None:
            self.latest = later.latest
        elif across >= SEVERAL:
            self.latest = later.lead_end
        if later.lead and self.lead == before:
            self.lead, self.lead_end = before + later.lead, later.lead_end
        self.longest = max(self.longest, later.longest, across)
        self.run = across if later.lead == later.at else later.run
        self.at = before + later.at
        self.number += later.number
        self.worse.join(later.worse, needed)


def badness(row: WindowRow) -> tuple[float, float]:
    """Return what makes one record of a window worse than another: requests or predictions lost, rejections."""
    _, _, requests, answered, rejected, _, predictions, null, non_finite, out_of_range, _ = row
    lost = (requests - answered - rejected) / requests if requests else 0.0
    unusable = min((null + non_finite + out_of_range) / predictions, 1.0) if predictions else float(answered > 0)
    return max(lost, unusable), rejected / requests if requests else 0.0
