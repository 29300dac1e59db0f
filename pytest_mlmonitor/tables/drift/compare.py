"""Drift of one table against a reference, feature by feature (specification 2.5).

Numeric features by the exact Kolmogorov-Smirnov distance, numeric and categorical ones by the population stability index,
each with the probability that chance gives as much. Columns pass one after another, so that no more than a few are held at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np

from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.tables.arrays.comparable import Comparable
from pytest_mlmonitor.tables.drift import column as columns
from pytest_mlmonitor.tables.drift.cache import ReferenceCache, cache_of
from pytest_mlmonitor.tables.drift.column import ColumnValues
from pytest_mlmonitor.tables.drift.compared import compared
from pytest_mlmonitor.tables.drift.feature_drift import MIN_ROWS, FeatureDrift, FeatureKind
from pytest_mlmonitor.tables.drift.overlap.later import last_event, later_rows
from pytest_mlmonitor.tables.drift.sample import Sample
from pytest_mlmonitor.tables.source.data_file import FileColumns
from pytest_mlmonitor.tables.source.parquet import refusing
from pytest_mlmonitor.tables.source.pooled import pooled
from pytest_mlmonitor.tables.source.source import TableSource, source
from pytest_mlmonitor.tables.unreadable import Unreadable


def compare(
    current: Path,
    reference: Path | tuple[Path, ...],
    features: Sequence[tuple[str, FeatureKind]],
    *,
    event_ts: str | None = None,
    extra: bool = False,
    cache: Path | None = None,
    rehash: bool = False,
) -> list[FeatureDrift]:
    """Return how far each feature of ``current`` moved from ``reference``.

    Integers of both sides are compared as they are; an integer with a float as float64, where integers beyond 2**53 are
    rounded. Timestamps and dates of different units are compared in the finer one. Infinities take part; null and NaN do not.

    Args:
        current: the table judged: a parquet file or a table directory.
        reference: the table it is compared with, or several that are read as one.
        features: column names with their kind, in the order wanted.
        event_ts: the column of the event time: where the tables overlap, the rows after the reference's last event are compared
            (see :func:`.overlap.later.later_rows`), and of a feature that has too few values there all rows.
        extra: also compute the Wasserstein and the Jensen-Shannon distance.
        cache: directory for what was gathered of references, outside every artifact root; none is kept without it.
        rehash: whether a reference is known by all of its bytes, also where its times say that nothing touched it.

    Raises:
        Unreadable: one of the two is no sound table; the message says which when it is the reference.
    """
    names = list(dict.fromkeys(name for name, _ in features))
    references = reference if isinstance(reference, tuple) else (reference,)
    with said_of(reference):
        cached = cache_of(cache, references, rehash=rehash)
    with ExitStack() as opened:
        with said_of(reference):  # what is wrong with it is said of it, not of the other
            theirs = opened.enter_context(pooled(references))
        mine = opened.enter_context(source(current))
        with said_of(reference):
            last = last_event(theirs, event_ts, cached)
        later = later_rows(mine, last)
        others = _Side(theirs, names, cached)

        def against(table: TableSource, some: Sequence[tuple[str, FeatureKind]]) -> Iterator[FeatureDrift]:
            ours = _Side(table, [name for name, _ in some])
            for feature, kind in some:
                column = ours.column(feature)
                with said_of(reference):
                    other = others.column(feature)
                yield compared(feature, kind, column, other, extra=extra)
                del column, other  # before the next ones are gathered

        found = list(against(mine if later is None else later.table, features))
        if later is not None:
            found = [replace(one, later=later.rows) for one in found]
            few = [one.reason is not None and one.current_rows < MIN_ROWS for one in found]
            whole = against(mine, [feature for feature, is_few in zip(features, few, strict=True) if is_few])
            found = [next(whole) if is_few else one for one, is_few in zip(found, few, strict=True)]
    if cached is not None:
        cached.prune()
    return found


def compare_numbers(
    feature: str, current: Sequence[float], reference: Sequence[float], *, extra: bool = False
) -> FeatureDrift:
    """Return how far numbers that are in no table (of logs) moved from ``reference``; none of them is NaN."""
    return compared(feature, "numeric", _numbers(current), _numbers(reference), extra=extra)


def compare_classes(
    feature: str, current: Mapping[str, int], reference: Mapping[str, int], *, extra: bool = False
) -> FeatureDrift:
    """Return how far the shares of classes moved from ``reference``; both are rows by class."""
    return compared(feature, "categorical", _classes(current), _classes(reference), extra=extra)


@contextmanager
def said_of(reference: Path | tuple[Path, ...]) -> Iterator[None]:
    """Say of the reference what is wrong with it: the message is of the table judged."""
    try:
        yield
    except Unreadable as error:
        name = " and ".join(one.name for one in (reference if isinstance(reference, tuple) else (reference,)))
        raise Unreadable(f"has a reference, {safe(name)}, that {error}") from None


class _Side:
    """The columns of one table, a few at a time and each asked for in turn."""

    def __init__(self, table: TableSource, names: Sequence[str], cache: ReferenceCache | None = None) -> None:
        self._table = table
        self._names = list(names)
        self._places = {name: i for i, name in enumerate(self._names)}
        self._columns = FileColumns(table.schema)
        self._cache = cache
        self._held: dict[str, ColumnValues] = {}

    def column(self, name: str) -> ColumnValues | None:
        """Return a column, None when the table has none of that name."""
        if name not in self._columns:
            return None
        if name not in self._held:
            cached = self._cache.load(name) if self._cache is not None else None
            if cached is not None:
                return cached
            self._gather(name)
        return self._held[name]

    def _gather(self, first: str) -> None:
        self._held.clear()  # features come in order: what was held before is done with
        places = range(self._places[first] + 1, len(self._names))
        later = (name for name in map(self._names.__getitem__, places) if not self._is_cached(name))
        with refusing():
            some = [first, *islice(later, columns.width(self._table) - 1)]
            self._held = columns.gathered(self._table, some, self._columns)
        if self._cache is not None:
            for name, column in self._held.items():
                self._cache.store(name, column)

    def _is_cached(self, name: str) -> bool:
        return self._cache is not None and self._cache.has(name)


def _numbers(values: Sequence[float]) -> ColumnValues:
    ordered = np.sort(np.asarray(values, np.float64)) + 0.0  # -0.0 and 0.0 are one value
    return ColumnValues(Comparable("number"), "number", len(ordered), 0, Sample(ordered))


def _classes(counts: Mapping[str, int]) -> ColumnValues:
    return ColumnValues(Comparable("text"), "text", sum(counts.values()), 0, None, dict(counts))
