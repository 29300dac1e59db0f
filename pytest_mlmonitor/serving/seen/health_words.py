"""What the detail of a health result means, for somebody who has not read what it is made of."""

from __future__ import annotations

import re
from collections.abc import Callable

from pytest_mlmonitor.core.text.words import duration

_COMPARED = re.compile(r"^(\w+)[ =]([\d.]+)(?:min|ms|%|) > ([\d.]+)")

_WORDS: dict[str, Callable[[float, str, str], str]] = {
    "staleness": lambda value, _, limit: f"no window for {_minutes(value)}, allowed {_minutes(float(limit))}",
    "max_gap": lambda value, _, limit: f"a gap of {_minutes(value)} between windows, allowed {_minutes(float(limit))}",
    "missing_windows": lambda value, _, limit: f"{value:,.0f} windows are missing, allowed {limit}",
    "p95": lambda _, said, limit: f"p95 latency is {said} ms, allowed {limit} ms",
    "p99": lambda _, said, limit: f"p99 latency is {said} ms, allowed {limit} ms",
    "failure_rate": lambda _, said, limit: f"{said} % of requests failed, allowed {limit} %",
    "rejection_rate": lambda _, said, limit: f"{said} % of requests were rejected, allowed {limit} %",
}


def health_in_words(detail: str) -> str | None:
    """Return a detail in words; None where it is none of those that compare a value with its limit.

    >>> health_in_words("staleness 38.7min > 10.0min")
    'no window for 38 min 42 s, allowed 10 min'
    >>> health_in_words("failure_rate=8.0% > 5.0%")
    '8.0 % of requests failed, allowed 5.0 %'
    """
    if detail.startswith("request_count == 0"):
        return "no request in any window"
    found = _COMPARED.match(detail)
    if found is None or found[1] not in _WORDS:
        return None
    return _WORDS[found[1]](float(found[2]), found[2], found[3])


def _minutes(value: float) -> str:
    return duration(round(value * 60))
