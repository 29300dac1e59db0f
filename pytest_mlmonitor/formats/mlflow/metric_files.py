"""Files of one metric: a line for each time that it was logged; the last value counts."""

from __future__ import annotations

import os
from pathlib import Path

from pytest_mlmonitor.core.files.opening import Refused, open_regular
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.names import quoted, safe, shown

_MAX_WHOLE = 8 * 1024 * 1024
_TAIL = 1024 * 1024
"""Bytes at the end of a larger file that are read: steps are logged in order."""

_EXPECTED = "lines of a time in milliseconds, a value and a step"


def last_value(path: Path, name: str) -> tuple[float | None, str, Finding | None]:
    """Return the value of the latest step, where it stands, and what is wrong with the file.

    Of values of one step and millisecond MLflow shows the greatest, whichever was logged last.
    """
    try:
        content, before = _read(path)
    except (Refused, OSError) as error:
        words = f"metrics.{safe(name)} {safe(str(error))}"
        return None, shown(path), Finding(Severity.ERROR, words, _EXPECTED, None, f"metrics.{safe(name)}", shown(path))
    best: tuple[int, int, float] | None = None
    at = 0
    problem: Finding | None = None
    lines = content.split(b"\n")
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        parts = line.split()
        try:
            moment, value = int(parts[0]), float(parts[1])
            step = int(parts[2]) if len(parts) > 2 else 0
        except (ValueError, IndexError):
            torn = number == len(lines)
            what = "is cut short" if torn else "is none of a metric"
            place = f"{shown(path)}:{number}" if not before else shown(path)
            words = f"metrics.{safe(name)}: line {quoted(line.decode('utf-8', 'replace'), 60)} {what}"
            problem = Finding(Severity.ERROR, words, _EXPECTED, None, f"metrics.{safe(name)}", place)
            continue
        if best is None or (step, moment, value) > best:
            best, at = (step, moment, value), number
    if best is None:
        words = f"metrics.{safe(name)}: the file holds no value"
        return (
            None,
            shown(path),
            problem or Finding(Severity.ERROR, words, _EXPECTED, None, f"metrics.{safe(name)}", shown(path)),
        )
    return best[2], f"{shown(path)}:{at}" if not before else shown(path), problem


def _read(path: Path) -> tuple[bytes, bool]:
    """Return the content of a file, or whole lines at its end, and whether something stands before them."""
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size <= _MAX_WHOLE:
            return file.read(_MAX_WHOLE + 1), False
        file.seek(size - _TAIL)
        return file.read(_TAIL).partition(b"\n")[2], True
