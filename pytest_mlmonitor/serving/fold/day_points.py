"""What a fold remembers of the last day for a picture of it: a few numbers for every ten minutes, packed.

A point holds the windows that start within its ten minutes, of all endpoints. Counts are added up. Of latencies the highest is
kept: percentiles of several windows have no common percentile, a mean would hide the minute that broke a limit, and only the
maximum is the same in whatever pieces the windows are read. Windows without requests say nothing of latencies, and of several
records of one window the first counts, as everywhere in a fold.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from msgspec import Struct

from pytest_mlmonitor.core.text.times import EPOCH

STEP = timedelta(minutes=10)
"""How long a point is; points begin at whole multiples of it, so that those of two stretches of time fit together."""

POINTS = 144
"""Points of a day: the last one holds the evaluation time."""

DAY = POINTS * STEP

NOT_SAID = -1
"""Stands for rejections and latencies that no window of a point says."""

_ROW = struct.Struct("<iIIIff")
_MOST = 2**32 - 2
_NO_COUNT = 2**32 - 1
_SLOWEST = 3.4e38


class DayPoint(NamedTuple):
    """Ten minutes.

    Attributes:
        slot: which ten minutes since 1970.
        requests, failed: of the windows that start then; more than 4 billion are kept as so many.
        rejected: likewise; None where no window says it.
        p95, p99: highest of the windows that have requests, milliseconds (single precision); None where none says it.
    """

    slot: int
    requests: int
    failed: int
    rejected: int | None
    p95: float | None
    p99: float | None


class DayPoints(Struct, array_like=True):
    """The points of one deployment, in order of time: whole ones packed, and the one that is being filled.

    Attributes:
        rows: whole ones, 24 bytes each.
        slot: which ten minutes since 1970 are being filled; None while there are none.
        requests, failed, rejected, p95, p99: of these.
    """

    rows: bytes = b""
    slot: int | None = None
    requests: int = 0
    failed: int = 0
    rejected: int = NOT_SAID
    p95: float = NOT_SAID
    p99: float = NOT_SAID

    def add(self, window: Any, slot: int, requests: int) -> None:
        """Add a window that starts no earlier than the last one.

        Args:
            window: the record.
            slot: ten minutes in which it starts.
            requests: of it.
        """
        if slot != self.slot:
            self._begin(slot)
        self.requests += requests
        self.failed += window.failure_count
        rejected = window.rejected_count
        self.rejected = rejected if self.rejected < 0 else self.rejected + rejected
        if requests:
            p95, p99 = window.latency_p95_ms, window.latency_p99_ms
            if p95 > self.p95:  # noqa: PLR1730 (max() costs three times as much)
                self.p95 = p95
            if p99 > self.p99:  # noqa: PLR1730
                self.p99 = p99

    def add_declared(self, window: Any, slot: int, requests: int) -> None:
        """Add a window of a declared source, without what it does not say; otherwise as :meth:`add`."""
        if slot != self.slot:
            self._begin(slot)
        self.requests += requests
        self.failed += window.failure_count
        if "rejected_count" not in window.absent:
            self.rejected = max(self.rejected, 0) + window.rejected_count
        if requests and "latency_p95_ms" not in window.absent:
            self.p95 = max(self.p95, window.latency_p95_ms)
        if requests and "latency_p99_ms" not in window.absent:
            self.p99 = max(self.p99, window.latency_p99_ms)

    def joined(self, later: DayPoints) -> DayPoints:
        """Return these points with those of a later stretch of time; the two may share ten minutes."""
        if self.slot is None or later.slot is None:
            return later if self.slot is None else self
        first = _ROW.unpack_from(later.rows) if later.rows else None
        if (later.slot if first is None else first[0]) != self.slot:
            return _with_rows(later, self.packed() + later.rows)
        if first is None:
            return DayPoints(self.rows, *_both(self._current(), later._current()))
        shared = _pack(*_both(self._current(), _unpacked(*first)))
        return _with_rows(later, self.rows + shared + later.rows[_ROW.size :])

    def packed(self) -> bytes:
        """Return all points, also the one that is being filled, as :func:`points_of` reads them."""
        return self.rows if self.slot is None else self.rows + _pack(*self._current())

    def at(self, now: datetime) -> bytes:
        """Return the points of the day that ends at an evaluation time, packed."""
        packed, last = self.packed(), slot_of(now)
        slots = [slot for slot, *_ in _ROW.iter_unpack(packed)]
        kept = [at for at, slot in enumerate(slots) if last - POINTS < slot <= last]
        return packed[kept[0] * _ROW.size : (kept[-1] + 1) * _ROW.size] if kept else b""

    def outlived(self, now: datetime) -> DayPoints | None:
        """Return what is left at an evaluation time or later: None when all are too old.

        Single points are left until there are as many as a day has: what was read of yesterday would be stored anew every ten
        minutes else.
        """
        oldest = slot_of(now) - POINTS + 1
        if self.slot is None or self.slot < oldest:
            return None
        old = sum(slot < oldest for slot, *_ in _ROW.iter_unpack(self.rows))
        return self if old < POINTS else _with_rows(self, self.rows[old * _ROW.size :])

    def _begin(self, slot: int) -> None:
        self.rows = self.packed()
        self.slot, self.requests, self.failed = slot, 0, 0
        self.rejected = self.p95 = self.p99 = NOT_SAID

    def _current(self) -> _Current:
        assert self.slot is not None
        return self.slot, self.requests, self.failed, self.rejected, self.p95, self.p99


_Current = tuple[int, int, int, int, float, float]


def slot_of(moment: datetime) -> int:
    """Return which ten minutes since 1970 a moment lies in."""
    return (moment - EPOCH) // STEP


def points_of(packed: bytes) -> Iterator[DayPoint]:
    """Yield points that were packed, in order of time."""
    for slot, requests, failed, rejected, p95, p99 in _ROW.iter_unpack(packed):
        known = None if rejected == _NO_COUNT else rejected
        yield DayPoint(slot, requests, failed, known, None if p95 < 0 else p95, None if p99 < 0 else p99)


def _pack(slot: int, requests: int, failed: int, rejected: int, p95: float, p99: float) -> bytes:
    known = _NO_COUNT if rejected < 0 else min(rejected, _MOST)
    return _ROW.pack(slot, min(requests, _MOST), min(failed, _MOST), known, min(p95, _SLOWEST), min(p99, _SLOWEST))


def _unpacked(slot: int, requests: int, failed: int, rejected: int, p95: float, p99: float) -> _Current:
    return slot, requests, failed, NOT_SAID if rejected == _NO_COUNT else rejected, p95, p99


def _both(one: _Current, other: _Current) -> _Current:
    slot, requests, failed, rejected, p95, p99 = one
    known = max(rejected, other[3]) if min(rejected, other[3]) < 0 else rejected + other[3]
    return slot, requests + other[1], failed + other[2], known, max(p95, other[4]), max(p99, other[5])


def _with_rows(points: DayPoints, rows: bytes) -> DayPoints:
    return DayPoints(rows, *points._current())
