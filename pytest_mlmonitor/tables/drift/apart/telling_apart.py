"""Whether a column only tells rows, builds or moments apart: an id, a batch's number, a time written as a number or a text.

New rows have new ids and later times. That such a column differs from an older version is what it is for, and no drift. A name
alone decides nothing: the values must be what the name says, in the version judged and in each that it is compared with.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import numpy as np

from pytest_mlmonitor.tables.arrays.vectors import Numbers
from pytest_mlmonitor.tables.drift.column import ColumnValues, gathered
from pytest_mlmonitor.tables.inference.column_names import is_identifier, tokens
from pytest_mlmonitor.tables.source.parquet import refusing
from pytest_mlmonitor.tables.source.source import source

ROWS_IDS = "no value stands in two rows: it names them"
COUNTS_ON = "its numbers count on from version to version"
BUILDS = "every version has values of its own: it names the build"
TIMES = "it holds times, which are later in a later version"

_BUILDS = frozenset(
    {
        "batch",
        "build",
        "run",
        "job",
        "load",
        "execution",
        "partition",
        "snapshot",
        "commit",
        "release",
        "version",
        "etl",
        "dag",
    }
    | {"ingest", "ingestion", "file", "filename"}
)
_TIMES = frozenset(
    {"ts", "time", "timestamp", "datetime", "date", "at", "epoch", "unix", "event"}
    | {"created", "updated", "modified", "ingest", "ingested", "loaded", "processed"}
)
_COUNTED = frozenset({"no", "nr", "num", "number", "rownum", "lsn", "xid", "invoice", "receipt", "ticket", "voucher"})
"""Words at the end of what is counted on, though several rows may have one number: the lines of an order."""

_UNITS = (1, 10**3, 10**6, 10**9)
"""Of seconds since 1970: what epochs are counted in."""

_FIRST, _LAST = 883_612_800, 4_102_444_800
"""The years 1998 to 2100, in seconds."""

_DAY = 86_400
_ENOUGH = 100
"""Values that no two rows share by accident, where the column's name says nothing."""

_STEPS = 4.0
"""How much wider or closer the numbers of rows may lie than before."""

_MANY = 10_000
"""Texts of one column that are read as times."""


@dataclass(frozen=True)
class _Column:
    """The distinct values of a column, numbers or texts in order, and how often each occurs."""

    numbers: Numbers | None
    texts: tuple[str, ...]
    counts: tuple[int, ...] | np.ndarray[tuple[int], np.dtype[np.int64]]

    @property
    def unique(self) -> bool:
        return bool(len(self.counts)) and int(max(self.counts)) == 1


def told_apart(current: Path, references: Sequence[Path], names: Sequence[str], now: int) -> dict[str, str]:
    """Return which of the columns only tell rows, builds or moments apart, and how that shows.

    Args:
        current: the table judged.
        references: those that it is compared with.
        names: of the columns.
        now: the evaluation time, seconds since 1970: a time that lies more than a day ahead is none that passes.

    Raises:
        Unreadable: one of them is no sound table.
    """
    sides = [_columns(path, names) for path in (current, *references)]
    found = {}
    for name in names:
        columns = [side.get(name) for side in sides]
        known = [column for column in columns if column is not None]
        if len(known) < len(columns) or len({column.numbers is None for column in known}) > 1 or len(known) < 2:
            continue
        what = _what(name, known[0], known[1:], now)
        if what is not None:
            found[name] = what
    return found


def _columns(path: Path, names: Sequence[str]) -> dict[str, _Column]:
    with source(path) as table, refusing():
        found = gathered(table, names)
    return {name: column for name, values in found.items() if (column := _column(values)) is not None}


def _column(values: ColumnValues) -> _Column | None:
    if values.how is None or values.rows == values.nulls:
        return None
    if values.sample is not None:
        numbers, counts = values.sample.distinct()
        plain = numbers.dtype in (np.int64, np.float64) and bool(np.isfinite(numbers).all())
        return _Column(numbers, (), counts) if plain and values.how.family == "number" else None
    if not values.counts:
        return None
    texts = sorted(values.counts)
    return _Column(None, tuple(texts), tuple(values.counts[text] for text in texts))


def _what(name: str, now: _Column, before: Sequence[_Column], moment: int) -> str | None:
    """Return how a column tells something apart, None where it may be a feature."""
    if _passes(name, now, before, moment):
        return TIMES
    if now.numbers is not None and now.numbers.dtype != np.int64:
        return None  # nothing is counted in fractions
    unique, identifier = now.unique and all(one.unique for one in before), is_identifier(name)
    if unique and identifier:
        return ROWS_IDS
    if now.numbers is not None and all(_above(now, one) for one in before):
        counted = unique or _COUNTED & set(tokens(name)[-1:])
        alike = counted and len(now.counts) >= _ENOUGH and all(_steps_alike(now, one) for one in before)
        if identifier or alike:
            return COUNTS_ON
    if _BUILDS & set(tokens(name)) and all(_apart(now, one) for one in before):
        return BUILDS
    return None


def _above(now: _Column, before: _Column) -> bool:
    """Return whether the numbers lie above the older ones but for a tenth: rows come late."""
    return bool(_quantile(now, 0.1) > _quantile(before, 0.9))


def _quantile(column: _Column, share: float) -> int:
    assert column.numbers is not None
    ranks = np.cumsum(np.asarray(column.counts))
    return int(column.numbers[int(np.searchsorted(ranks, share * ranks[-1]))])


def _steps_alike(now: _Column, before: _Column) -> bool:
    one, other = (max(_quantile(c, 0.9) - _quantile(c, 0.1), 1) / len(c.counts) for c in (now, before))
    return 1 / _STEPS <= one / other <= _STEPS


def _apart(now: _Column, before: _Column) -> bool:
    if now.numbers is not None and before.numbers is not None:
        return not len(np.intersect1d(now.numbers, before.numbers))
    return not set(now.texts) & set(before.texts)


def _passes(name: str, now: _Column, before: Sequence[_Column], moment: int) -> bool:
    """Return whether all values are times of one form, later than those before and not in the future."""
    spans = [_span(name, column) for column in (now, *before)]
    known = [span for span in spans if span is not None]
    if len(known) < len(spans) or len({form for form, _, _ in known}) > 1:
        return False
    (_, low, high), *others = known
    return high <= moment + _DAY and all(first <= low and last <= high for _, first, last in others)


def _span(name: str, column: _Column) -> tuple[str, float, float] | None:
    """Return the form of a column's times, the first and the last of them, None where not all are times."""
    if column.numbers is None:
        moments = [_moment(text) for text in column.texts[:_MANY]]
        known = [one for one in moments if one is not None]
        return ("text", min(known), max(known)) if len(known) == len(moments) else None
    low, high = int(column.numbers[0]), int(column.numbers[-1])
    if low >= 19_980_101 and high <= 21_001_231 and column.numbers.dtype == np.int64:
        days = [_moment(str(number)) for number in column.numbers[:_MANY].tolist()]
        there = [one for one in days if one is not None]
        return ("day", min(there), max(there)) if len(there) == len(days) else None
    if not _TIMES & set(tokens(name)):
        return None
    for unit in _UNITS:
        if _FIRST * unit <= low and high <= _LAST * unit:
            return (f"epoch {unit}", low / unit, high / unit)
    return None


def _moment(text: str) -> float | None:
    """Return the seconds since 1970 of a date or time as people write it, None for anything else."""
    if not text[:4].isdigit() or len(text) < 8:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    days = (found.date() - date(1970, 1, 1)).days
    seconds = float(days * _DAY + found.hour * 3600 + found.minute * 60 + found.second)
    offset = found.utcoffset()
    seconds -= offset.total_seconds() if offset is not None else 0.0
    return seconds if _FIRST <= seconds <= _LAST else None
