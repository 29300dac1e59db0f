"""A last line without its newline, a compressed file without its end: a writer that is at it, or one that died over it."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime, timedelta

from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.records.lines import Line

MAX_SILENCE = 60.0
"""Seconds since the file changed, by the clock, in which its writer is taken to be at it."""

WINDOWS = 2
"""Windows after the newest complete record of the tree; later the writer is late with it."""


def being_written(changed: float, newest: datetime | None, now: datetime, length: timedelta) -> float | None:
    """Return seconds since the file changed, None where nobody may be writing its last line any more.

    For runs by the clock only: at another time nobody is writing.

    Args:
        changed: time of change of the file, seconds since 1970.
        newest: end of the newest complete record of the tree.
        now: the evaluation time.
        length: of a window.
    """
    return None if newest is None or now - newest >= WINDOWS * length else just_changed(changed)


def just_changed(changed: float) -> float | None:
    """Return seconds since a file changed, None where that is so long ago that nobody is writing to it."""
    silence = abs(time.time() - changed)
    return silence if silence <= MAX_SILENCE else None


def unfinished(line: Line, silence: float | None) -> Line:
    """Return a line that is no object as a warning, where its writer may be at it (:func:`being_written`)."""
    if silence is None or line.refusal is None:
        return line
    return line._replace(refusal=excused(line.refusal, silence))


def excused(finding: Finding, silence: float | None) -> Finding:
    """Return what is said of the end of a file as a warning, where its writer may be at it (:func:`being_written`)."""
    if silence is None:
        return finding
    message = f"{finding.message} (its writer may be at it: the file changed {silence:.0f} s ago)"
    return replace(finding, severity=Severity.WARNING, message=message)
