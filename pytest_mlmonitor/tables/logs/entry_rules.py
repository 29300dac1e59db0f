"""What cannot be right about one entry by itself: fields that are missing, shares beyond 1, a latency below 0, a time to come."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.core.text.names import quoted
from pytest_mlmonitor.core.text.times import WIDEST_ZONE
from pytest_mlmonitor.core.text.words import duration
from pytest_mlmonitor.tables.arrays.vectors import Floats, Times
from pytest_mlmonitor.tables.logs.entry_values import NO_TIME, RowFlags, is_missing, numbers
from pytest_mlmonitor.tables.logs.faults import Faults
from pytest_mlmonitor.tables.logs.form import LogForm
from pytest_mlmonitor.tables.logs.log_entries import Batch

_SECOND = 10**6
"""Microseconds of a second."""

_WIDEST = int(WIDEST_ZONE.total_seconds()) * _SECOND


class Required:
    """Fields that entries lack, counted until the whole log is known: numbers that are predicted need no confidence."""

    def __init__(self, form: LogForm) -> None:
        """Nothing is missing yet."""
        self._form = form
        self._missing: dict[str, list[np.ndarray]] = {name: [] for name in form.required}
        self._absent: dict[str, bool] = {}

    def add(self, field: str, name: str | None, values: Sequence[Any], batch: Batch) -> RowFlags:
        """Note which entries lack a field that goes by ``name``; return which have it."""
        there = np.asarray([not is_missing(value) for value in values], np.bool_)
        if not there.all():
            self._absent[field] = self._absent.get(field, True) and name is None
            self._missing[field].append(np.asarray(batch.numbers, np.int64)[~there])
        return there

    def judge(self, faults: Faults, rows: int, *, spared: Callable[[str], bool]) -> None:
        """Note what is missing; a field that no entry has may be ``spared``, and most logs have none of some."""
        for field in self._form.required:
            if not self._missing[field]:
                continue
            lines = np.concatenate(self._missing[field])
            nowhere = len(lines) == rows
            if nowhere and spared(field):
                continue
            absent, others = self._absent[field], self._form.names[field][1:]
            may = f" (or {' or '.join(others)})" if absent and others else ""
            unjudged = self._form.unjudged.get(field)
            if nowhere and absent and unjudged is not None:
                message = f"no entry has a {field}{may}: {unjudged}"
                faults.add([0], field, message, f"a {field} in every entry", severity=Severity.INFO)
                continue
            message = f"{field} is {'missing' if absent else 'empty'}: expected {field}{may} in every entry"
            faults.add(lines, field, message, f"a {field} in every entry")


def confidences(values: Sequence[Any], there: RowFlags, batch: Batch, faults: Faults) -> Floats:
    """Return confidences that are shares, NaN for others, which are noted."""
    found = numbers(values)
    sound = (found >= 0) & (found <= 1)
    _note(values, there & ~sound, batch, faults, "confidence", "confidence is {}: expected a number in 0..1", "0..1")
    return np.where(sound, found, np.nan)


def latencies(name: str, values: Sequence[Any], batch: Batch, faults: Faults) -> None:
    """Note latencies that no clock measures."""
    there = np.asarray([not is_missing(value) for value in values], np.bool_)
    found = numbers(values)
    sound = (found >= 0) & np.isfinite(found)
    _note(values, there & ~sound, batch, faults, name, f"{name} is {{}}: expected a number of at least 0", "≥ 0")


def _note(
    values: Sequence[Any], wrong: RowFlags, batch: Batch, faults: Faults, column: str, message: str, expected: str
) -> None:
    rows = np.flatnonzero(wrong)
    if len(rows):
        actual = quoted(values[rows[0]])
        faults.add(np.asarray(batch.numbers)[rows], column, message.format(actual), expected, actual)


class Clock:
    """What is wrong with times, as of an evaluation time.

    Attributes:
        now, skew: microseconds; nothing lies more than the skew ahead.
    """

    def __init__(self, now: int, skew: int) -> None:
        self.now, self.skew = now, skew

    def judge(
        self, name: str, values: Sequence[Any], found: Times, naive: RowFlags, batch: Batch, faults: Faults
    ) -> RowFlags:
        """Note times that cannot be read or have not come; return which have come."""
        known = found != NO_TIME
        unread = ~known & np.asarray([not is_missing(value) for value in values], np.bool_)
        rows = np.flatnonzero(unread)
        if len(rows):
            actual = quoted(values[rows[0]])
            message = f"{name} is {actual}: expected a time, such as 2026-04-07T08:00:00Z"
            faults.add(
                np.asarray(batch.numbers)[rows], name, message, "an ISO-8601 time", actual, severity=Severity.WARNING
            )
        ahead = known & (found > self.now + self.skew)
        local = ahead & naive & (found <= self.now + self.skew + _WIDEST)
        for which, severity in ((ahead & ~local, Severity.ERROR), (local, Severity.WARNING)):
            rows = np.flatnonzero(which)
            if not len(rows):
                continue
            seconds = (int(found[rows[0]]) - self.now) / _SECOND
            hint = "; a time without a zone is read as UTC: write the zone" if severity == Severity.WARNING else ""
            actual = quoted(str(values[rows[0]]))
            message = f"{name} is {actual}, {duration(seconds)} in the future{hint}"
            expected = "no time in the future" + (" (with its zone)" if hint else "")
            faults.add(np.asarray(batch.numbers)[rows], name, message, expected, actual, severity=severity, ahead=True)
        come: RowFlags = ~(ahead & ~local)
        return come


def is_share(value: float) -> bool:
    """Return whether a probability can be one."""
    return 0 <= value <= 1 and math.isfinite(value)
