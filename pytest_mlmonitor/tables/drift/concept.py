"""What numeric columns say of a target, in two tables (specification 2.5)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pytest_mlmonitor.tables.arrays.comparable import floats
from pytest_mlmonitor.tables.arrays.vectors import Counts
from pytest_mlmonitor.tables.drift.column import room
from pytest_mlmonitor.tables.drift.compare import said_of
from pytest_mlmonitor.tables.drift.feature_drift import MIN_ROWS, ConceptDrift
from pytest_mlmonitor.tables.drift.overlap.later import last_event, later_rows
from pytest_mlmonitor.tables.drift.sample import Sample
from pytest_mlmonitor.tables.drift.statistics.bins import edges_of_ten, values_of_both
from pytest_mlmonitor.tables.drift.statistics.relation import compared_relation
from pytest_mlmonitor.tables.families import NUMERIC, family_of
from pytest_mlmonitor.tables.source.parquet import refusing
from pytest_mlmonitor.tables.source.pooled import pooled
from pytest_mlmonitor.tables.source.source import TableSource, source

AT_MOST = 1 << 20
"""Rows that are looked at, taken evenly: more of them would not change a figure by a hundredth (its error is .0015)."""

_NUMBERS = NUMERIC | {"boolean"}
_NOTHING = 255
"""The bin of what is null, NaN or infinite."""

Values = npt.NDArray[np.float64]
_Codes = npt.NDArray[np.uint8]


def compare_concepts(
    current: Path,
    reference: Path | tuple[Path, ...],
    target: str,
    features: Sequence[str],
    *,
    event_ts: str | None = None,
) -> list[ConceptDrift]:
    """Return what features say of ``target`` in both tables; those that cannot be compared are left out.

    Ten bins of each feature by the reference's deciles (its values where there are at most ten); of the target its two values,
    else bins alike. Rows count where both are finite numbers.

    Args:
        current: the table judged.
        reference: the table it is compared with, or several that are read as one.
        target: a column of numbers or flags.
        features: the columns that may say something of it; those that are no numbers are left out.
        event_ts: the column of the event time: where the tables overlap, the rows after the reference's last event are compared
            (see :func:`.overlap.later.later_rows`), but all rows where these say nothing.

    Raises:
        Unreadable: one of the two is no sound table; the message says which when it is the reference.
    """
    references = reference if isinstance(reference, tuple) else (reference,)
    with ExitStack() as opened:
        with said_of(reference):  # what is wrong with it is said of it, not of the other
            theirs = opened.enter_context(pooled(references))
        mine = opened.enter_context(source(current))
        with said_of(reference):
            last = last_event(theirs, event_ts)
        later = later_rows(mine, last)
        if later is not None:
            found = _concepts(later.table, theirs, reference, target, features)
            if found:
                return [replace(one, later=later.rows) for one in found]
        return _concepts(mine, theirs, reference, target, features)


def _concepts(
    mine: TableSource,
    theirs: TableSource,
    reference: Path | tuple[Path, ...],
    target: str,
    features: Sequence[str],
) -> list[ConceptDrift]:
    names = [n for n in dict.fromkeys(features) if n != target and _numeric(n, mine) and _numeric(n, theirs)]
    if not names or not (_numeric(target, mine) and _numeric(target, theirs)):
        return []
    # The target first, and with it the first features: a small table is read once.
    sides = zip(_columns(mine, [target, *names]), _columns_of(reference, theirs, [target, *names]), strict=True)
    (_, now), (_, then) = next(sides)
    targets = _targets(then, now)
    if targets is None:
        return []
    found = []
    for (name, values), (_, before) in sides:
        counts = _counts(before, values, *targets)
        relation = None if counts is None else compared_relation(*counts)
        if relation is not None:
            found.append(ConceptDrift(name, relation.before, relation.now, relation.p))
    return found


def _numeric(name: str, table: TableSource) -> bool:
    kinds = dict(zip(table.head.names, map(family_of, table.head.types), strict=True))
    return kinds.get(name) in _NUMBERS


def _columns_of(
    reference: Path | tuple[Path, ...], table: TableSource, names: Sequence[str]
) -> Iterator[tuple[str, Values]]:
    with said_of(reference), refusing():
        yield from _columns(table, names)


def _columns(table: TableSource, names: Sequence[str]) -> Iterator[tuple[str, Values]]:
    """Yield the columns ``names`` in turn, the same rows of each, evenly taken; a few columns are held at a time."""
    step = max(1, -(-table.head.rows // AT_MOST))
    width = max(1, room(table) // max(8, 8 * (table.head.rows // step)))
    for first in range(0, len(names), width):
        parts: dict[str, list[Values]] = {name: [] for name in names[first : first + width]}
        skip = 0
        for batch in table.batches(list(parts)):
            for name, column in zip(batch.schema.names, batch.columns, strict=True):
                parts[name].append(_floats(column)[skip::step])
            skip = (skip - batch.num_rows) % step
        for name in list(parts):
            yield name, np.concatenate(parts.pop(name) or [np.zeros(0)])


def _floats(array: Any) -> Values:
    """Return a column as float64, null as NaN."""
    return floats(array).to_numpy(zero_copy_only=False)  # type: ignore[no-any-return]


def _targets(then: Values, now: Values) -> tuple[_Codes, _Codes, int] | None:
    """Return the bins of the target, of the reference and of the current table, and how many there are; None for one."""
    before, after = (Sample(np.sort(side[np.isfinite(side)])) for side in (then, now))
    if min(before.size, after.size) < MIN_ROWS:
        return None
    values = values_of_both(before, after, 2)
    edges = values[1:] if values is not None else edges_of_ten(before)
    return (_coded(then, edges), _coded(now, edges), len(edges) + 1) if edges is not None and len(edges) else None


def _counts(then: Values, now: Values, before: _Codes, after: _Codes, bins: int) -> tuple[Counts, Counts] | None:
    """Return rows by bins of a feature and of the target, each of shape (k, bins), in the reference and now."""
    there = (before != _NOTHING) & np.isfinite(then)
    if np.count_nonzero(there) < MIN_ROWS:
        return None
    edges = edges_of_ten(Sample(np.sort(then[there])))
    if edges is None:
        return None
    k = len(edges) + 1
    return _table(_coded(then, edges), before, k, bins), _table(_coded(now, edges), after, k, bins)


def _coded(values: Values, edges: Values) -> _Codes:
    codes = np.zeros(len(values), np.uint8)
    for edge in edges:  # nine comparisons of all values take a tenth of a search for each of them
        codes += values >= edge
    codes[~np.isfinite(values)] = _NOTHING
    return codes


def _table(features: _Codes, targets: _Codes, k: int, bins: int) -> Counts:
    there = (features != _NOTHING) & (targets != _NOTHING)
    cells = features[there].astype(np.int64) * bins + targets[there]
    return np.bincount(cells, minlength=k * bins).reshape(k, bins)
