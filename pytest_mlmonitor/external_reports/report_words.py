"""What reports are called in findings, and what is said of one that does not agree with itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.names import bare
from pytest_mlmonitor.core.text.words import count, instant, within
from pytest_mlmonitor.records.numbers import is_number

_LIMITS = ("thresholds", "thresholds_used", "limits")


def titled(what: str, subject: str | None, at: datetime | None) -> str:
    """Return what a report is called: which, of what, when."""
    of = f" of {subject}" if subject is not None else ""
    return f"{what}{of} ({instant(at.replace(microsecond=0)) if at is not None else 'of no known time'})"


def counted(items: Sequence[object], noun: str) -> str:
    """Return how many there are, in words."""
    return count(len(items), noun)


def limits_said(data: Mapping[str, Any]) -> str:
    """Return the limits that a report names, in brackets; nothing where it names none."""
    for key in _LIMITS:
        value = data.get(key)
        if isinstance(value, Mapping):
            said = [f"{bare(name, 40)} {limit:g}" for name, limit in value.items() if is_number(limit)]
            if said:
                return f" ({within(said, 120)})"
    return ""


def contradiction(message: str, expected: str, actual: str, column: str, location: str) -> Finding:
    """Return the error of a report that does not agree with itself."""
    return Finding(Severity.ERROR, f"the report contradicts itself: {message}", expected, actual, column, location)
