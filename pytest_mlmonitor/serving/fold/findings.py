"""What is said of windows that are folded: the findings of a fold, in words."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from msgspec import UNSET

from pytest_mlmonitor.core.files.record_files import base_name
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.names import bare, quoted
from pytest_mlmonitor.core.text.words import instant
from pytest_mlmonitor.records.compiled import compiled, parse_instant
from pytest_mlmonitor.serving.record import ServingWindowRecord
from pytest_mlmonitor.serving.window_rules import BrokenRule

_WINDOW = compiled(ServingWindowRecord)
_SECOND = timedelta(seconds=1)


def broken(rule: BrokenRule, start: datetime) -> Finding:
    """Return the finding that the window at ``start`` breaks a rule of its counts and latencies."""
    message = f"window {instant(start)}: {rule.message}"
    return Finding(Severity.ERROR, message, rule.expected, rule.actual, rule.fields, short=rule.short)


def duplicate(first: tuple[Any, str, int], second: Any, in_file: str) -> Finding | None:
    """Return the finding that ``second`` has the key of the first one, which stands at a file and line.

    Log rotation copies: an identical record in another file of the same base name is the same one, and nothing is said.
    """
    window, file, line = first
    start, end, heartbeat = (parse_instant(getattr(window, name)) for name in _WINDOW.timestamps)
    what = f"window {instant(start)} of {bare(window.endpoint_name)}"
    place = f"{file}:{line}"
    differing = [name for name in _WINDOW.names if _value(window, name) != _value(second, name)]
    if not differing:
        if file != in_file and base_name(file) == base_name(in_file):
            return None
        message = f"{what} is recorded twice, identically; it counts once (first at {place})"
        return Finding(Severity.INFO, message, "one record per window", "identical records")
    why = ""
    if heartbeat < end:
        why = "; the first was flushed before the window ended, as at a restart inside the minute"
    return Finding(
        Severity.WARNING,
        f"{what} is recorded twice with different content ({', '.join(differing[:3])}…): the first counts{why}",
        "one record per deployment_id, endpoint_name, window_start, window_end",
        f"another record at {place}",
        "deployment_id, endpoint_name, window_start, window_end",
        short=f"two records of one window differ in {differing[0]}",
    )


def _value(window: Any, name: str) -> object:
    """Return what a field says, however it is spelled."""
    value = getattr(window, name)
    if name in _WINDOW.timestamps:
        return parse_instant(value)
    return None if value is UNSET else value


def odd_times(start: datetime, end: datetime, length: timedelta) -> list[Finding]:
    """Return what is wrong with the times of a window whose length should be ``length``."""
    found = []
    seconds, expected = (end - start) / _SECOND, length / _SECOND
    if end - start != length:
        how = "ends before it starts" if seconds < 0 else "is empty" if seconds == 0 else f"is {seconds:g} s long"
        found.append(
            Finding(
                Severity.ERROR,
                f"window {instant(start)} {how} (window_end {instant(end)}): expected {expected:g} s",
                f"window_end == window_start + {expected:g} s",
                f"{seconds:g} s",
                "window_start, window_end",
            )
        )
    offset = start.timestamp() % expected
    if offset:
        found.append(
            Finding(
                Severity.ERROR,
                f"window_start {instant(start)} lies {offset:g} s off the grid of {expected:g} s windows",
                f"window_start aligned to {expected:g} s",
                f"{offset:g} s off",
                "window_start",
            )
        )
    return found


def early_heartbeat(heartbeat: datetime, start: datetime) -> Finding:
    """Return the finding that a window was emitted before it started."""
    return Finding(
        Severity.ERROR,
        f"heartbeat_emitted_at {instant(heartbeat)} lies before its window_start {instant(start)}",
        "window_start ≤ heartbeat_emitted_at",
        instant(heartbeat),
        "heartbeat_emitted_at",
    )


def overlap(endpoint: str, before_start: datetime | None, before_end: datetime, start: datetime) -> Finding:
    """Return the finding that the window at ``start`` begins before the one before it ends."""
    assert before_start is not None
    return Finding(
        Severity.ERROR,
        f"window_start {instant(start)} of {quoted(endpoint)} overlaps the window "
        f"{instant(before_start)} to {instant(before_end)}",
        "windows of one endpoint do not overlap",
        f"starts before {instant(before_end)}",
        "window_start",
    )
