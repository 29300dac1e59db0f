"""How the values of a column go along the rows of one version of a table; gathered in the reader process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pytest_mlmonitor.tables.arrays.comparable import comparable, floats
from pytest_mlmonitor.tables.arrays.vectors import Floats
from pytest_mlmonitor.tables.drift.overlap.event_times import event_times, kind_of
from pytest_mlmonitor.tables.source.parquet import refusing
from pytest_mlmonitor.tables.source.source import TableSource, source

EPOCHS = {"s": 1e6, "ms": 1e3, "us": 1.0, "ns": 1e-3}
"""Units of times in numbers, in microseconds."""

NEAR = 3 * 86_400 * 1e6
"""Microseconds that a time may lie from the event time of its row: that of its arrival, of its load."""

LONG = 400 * 86_400 * 1e6
"""Microseconds that the times of one table without event times may span."""

ODD = 0.001
"""Share of the rows that may be far from it."""

LONGEST = 80
"""Characters of a text that are kept."""


@dataclass(frozen=True)
class Course:
    """How the values of a column go along the rows of a table.

    Attributes:
        rows: values: neither null nor NaN.
        low, high: the smallest and the greatest; None of a text.
        distinct: how many different values there are.
        rising: share of the rows whose value is at least that of the row before, in the order of the rows or in that of the
            event time, whichever is more; 0 to 1.
        whole: whether all are whole numbers.
        epoch: the unit in which they are times near the event time of their row; None where they are not.
        text: the only value of a column of texts; None of any other column.
    """

    rows: int
    low: float | None = None
    high: float | None = None
    distinct: int = 0
    rising: float = 0.0
    whole: bool = False
    epoch: str | None = None
    text: str | None = None


def courses(path: Path, names: Sequence[str], event_ts: str | None) -> dict[str, Course]:
    """Return the courses of those columns that the table has and that are numbers, or texts of one value.

    Columns pass one after another, so that no more than two are held at a time.

    Args:
        path: a parquet file or a table directory.
        names: of the columns.
        event_ts: the column of the event time.

    Raises:
        Unreadable: it is no sound table.
    """
    found: dict[str, Course] = {}
    with source(path) as table, refusing():
        times = event_ts if kind_of(table, event_ts) is not None else None
        types = dict(zip(table.schema.names, table.schema.types, strict=True))
        for name in dict.fromkeys(names):
            how = comparable(types[name]) if name in types else None
            if how is not None and how.family == "text":
                one = _text(table, name)
            elif how is not None and how.family == "number":
                one = _numbers(table, name, times if name != times else None)
            else:
                one = None
            if one is not None:
                found[name] = one
    return found


def epoch_near(course: Course, built: float) -> str | None:
    """Return the unit in which a column holds times up to near the build of a table without event times; None where it does not.

    Args:
        course: of the column.
        built: when the table was built, seconds since 1970.
    """
    if course.low is None or course.high is None:
        return None
    for unit, microseconds in EPOCHS.items():
        first, last = course.low * microseconds, course.high * microseconds
        if abs(last - built * 1e6) <= NEAR and last - first <= LONG:
            return unit
    return None


def _text(table: TableSource, name: str) -> Course | None:
    """Return the course of a column of texts that has one value, None where it has several."""
    rows, said = 0, None
    for batch in table.batches([name]):
        for value in batch.column(0).unique().to_pylist():
            if value is not None and said not in (None, value):
                return None
            said = said if value is None else value
        rows += len(batch.column(0)) - batch.column(0).null_count
    return None if said is None else Course(rows, distinct=1, text=said[:LONGEST])


def _numbers(table: TableSource, name: str, event_ts: str | None) -> Course | None:
    parts: list[Floats] = []
    moments: list[Any] = []
    for batch in table.batches([name] if event_ts is None else [name, event_ts]):
        values = floats(batch.column(name)).to_numpy(zero_copy_only=False)
        there = np.isfinite(values)
        if event_ts is not None:
            known = event_times(batch.column(event_ts))
            there &= known.there
            moments.append(known.times[there])
        parts.append(values[there])
    values = np.concatenate(parts) if parts else np.zeros(0)
    if not len(values):
        return None
    rising, epoch = _rising(values), None
    if event_ts is not None:
        times = np.concatenate(moments)
        rising = max(rising, _rising(values[np.lexsort((values, times))]))
        epoch = _epoch(values, times)
    return Course(
        len(values),
        float(values.min()),
        float(values.max()),
        len(np.unique(values)),
        rising,
        bool((values == np.floor(values)).all()),
        epoch,
    )


def _rising(values: Floats) -> float:
    return float((np.diff(values) >= 0).mean()) if len(values) > 1 else 1.0


def _epoch(values: Floats, times: Any) -> str | None:
    for unit, microseconds in EPOCHS.items():
        if (np.abs(values * microseconds - times) > NEAR).mean() <= ODD:
            return unit
    return None
