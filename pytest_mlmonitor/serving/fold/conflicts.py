"""Windows of one endpoint of which there are two different records: how many in a row, and what the other records say.

The first record of a key counts (specification 1.3). One conflict is a restart inside a minute; several in a row are several
processes that serve under one deployment_id, and then the worse of the two records is looked at too.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec import Struct, field

from pytest_mlmonitor.core.text.times import microseconds_of
from pytest_mlmonitor.records.compiled import compiled
from pytest_mlmonitor.serving.fold.last import LastWindows
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
        worse: the worse record of each pair.
        worst: how bad the latest of them is.
    """

    number: int = 0
    at: int = 0
    run: int = 0
    lead: int = 0
    lead_end: ConflictingPair | None = None
    longest: int = 0
    latest: ConflictingPair | None = None
    worse: LastWindows = field(default_factory=LastWindows)
    worst: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def add(self, pair: ConflictingPair, key: int, needed: int | None) -> None:
        """Note another record of a key.

        Args:
            pair: it, and the first record.
            key: number of the key.
            needed: requests that outages are judged by; None where the window is too old for that.
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
        if needed is None:
            return
        worse = max(pair.first, pair.second, key=badness)
        found = badness(worse)
        if again and found <= self.worst:
            return
        start, end = microseconds_of(pair.start), microseconds_of(pair.end)
        if again:  # a third record: never their sum
            self.worse.take_back(start)
        self.worse.add(worse, start, end, needed)
        self.worst = found

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
        self.worst = later.worst


def badness(window: Any) -> tuple[float, float, float]:
    """Return what makes one record of a window worse than another: requests or predictions lost, rejections, slowness."""
    requests, answered, rejected = window.request_count, window.success_count, window.rejected_count
    predictions = window.prediction_count
    bad = window.prediction_null_count + window.prediction_non_finite_count + window.prediction_out_of_range_count
    lost = (requests - answered - rejected) / requests if requests else 0.0
    unusable = min(bad / predictions, 1.0) if predictions else float(answered > 0)
    return max(lost, unusable), rejected / requests if requests else 0.0, float(window.latency_p99_ms)
