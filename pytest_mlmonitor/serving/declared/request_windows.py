"""Requests folded into windows: counts by outcome, and percentiles of latencies.

A percentile is the smallest latency that at least that share of the window's requests do not exceed (nearest rank): it is one that
was measured, and 1 of 20 slow requests moves the p95 of a window only from there on.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from pytest_mlmonitor.core.text.times import EPOCH
from pytest_mlmonitor.serving.declared.request_outcomes import HTTP_CODES, outcome_of
from pytest_mlmonitor.serving.declared.timed_files import Timed

SETTLED = 120
"""Windows behind the newest one from which on a window's latencies are no longer kept: a log's lines are out of order by less."""

_SKIPPED = frozenset(("time", "status", "latency_ms"))


class _Window:
    __slots__ = ("file", "last", "latencies", "line", "outcomes", "percentiles", "said")

    def __init__(self, said: Mapping[str, Any], record: Timed) -> None:
        self.said, self.file, self.line, self.last = said, record.file, record.line, record.at
        self.outcomes = {"success": 0, "failure": 0, "rejected": 0}
        self.latencies: array[float] | None = array("d")
        self.percentiles: dict[str, float] = {}

    def settle(self) -> None:
        if self.latencies is not None:
            self.percentiles = percentiles(self.latencies)
            self.latencies = None


class RequestWindows:
    """Requests by window: what the requests of one deployment, endpoint and identity in a while say together."""

    def __init__(self, seconds: float) -> None:
        """``seconds`` is how long a window is; windows begin at whole multiples of it."""
        self._length = timedelta(seconds=seconds)
        self._windows: dict[tuple[Any, ...], _Window] = {}
        self._newest = self._settled = EPOCH
        self._http = False

    def add(self, record: Timed) -> bool:
        """Count a request; return whether its outcome is known, or else it does not count."""
        values = record.values
        status = values["status"]
        outcome = outcome_of(status, http=self._http)
        if outcome is None:
            return False
        self._http = self._http or (type(status) is int and status in HTTP_CODES)
        start = EPOCH + (record.at - EPOCH) // self._length * self._length
        key = (start, *(value for name, value in values.items() if name not in _SKIPPED))
        window = self._windows.get(key)
        if window is None:
            said = {name: value for name, value in values.items() if name not in _SKIPPED}
            window = self._windows[key] = _Window(said, record)
            self._settle(start)
        window.outcomes[outcome] += 1
        window.last = max(window.last, record.at)
        latency = values.get("latency_ms")
        if latency is not None and window.latencies is not None:
            window.latencies.append(latency)
        return True

    def windows(self) -> Iterator[Timed]:
        """Yield the windows in order of time."""
        for (start, *_), window in sorted(self._windows.items(), key=lambda one: (one[0][0], one[1].file, one[1].line)):
            window.settle()
            counts = {f"{name}_count": number for name, number in window.outcomes.items()}
            values = {
                **window.said,
                **counts,
                **window.percentiles,
                "request_count": sum(window.outcomes.values()),
                "window_start": start,
                "window_end": start + self._length,
                "heartbeat_emitted_at": window.last,
            }
            yield Timed(start, window.file, values, window.line)

    def _settle(self, start: datetime) -> None:
        """Forget the latencies of windows that no further request will be of."""
        self._newest = max(self._newest, start)
        until = self._newest - SETTLED * self._length
        if until > self._settled + SETTLED * self._length:
            self._settled = until
            for (begun, *_), window in self._windows.items():
                if begun < until:
                    window.settle()


def percentiles(latencies: array[float]) -> dict[str, float]:
    """Return p50, p95 and p99 by nearest rank; nothing without any latency.

    >>> percentiles(array("d", [3, 1, 2, 100]))
    {'latency_p50_ms': 2.0, 'latency_p95_ms': 100.0, 'latency_p99_ms': 100.0}
    """
    ordered = sorted(latencies)
    if not ordered:
        return {}
    return {f"latency_p{p}_ms": ordered[math.ceil(p * len(ordered) / 100) - 1] for p in (50, 95, 99)}
