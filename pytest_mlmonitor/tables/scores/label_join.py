"""Predictions of a log beside the labels that datasets hold by now: joined by entity and event time, and judged.

A log says what was predicted; what came true stands, later, in a build of the dataset. The key of every logged prediction
becomes one integer (the rank of its entity and of its time among those of the log, so that equal integers are equal keys), and
the datasets pass by in batches. The log's columns are held, 8 bytes a value; no row becomes a Python object.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pytest_mlmonitor.tables.arrays.vectors import Integers
from pytest_mlmonitor.tables.families import family_of
from pytest_mlmonitor.tables.scores.class_names import FEATURES
from pytest_mlmonitor.tables.scores.scores import LabelColumns, LogColumns, LogRows, Scores
from pytest_mlmonitor.tables.scores.tally import Tally, decoded, has_text, numbers, plain, present
from pytest_mlmonitor.tables.source.parquet import BATCH_ROWS, refusing
from pytest_mlmonitor.tables.source.source import source
from pytest_mlmonitor.tables.unreadable import Unreadable

if TYPE_CHECKING:
    import pyarrow as pa

NO_TIME = np.iinfo(np.int64).min
"""Stands for a time that is missing or finer than a microsecond: it equals none."""


def joined(path: Path, log: LogColumns | LogRows, labels: Sequence[LabelColumns], *datasets: Path) -> Scores:
    """Judge the predictions of a log by the targets of datasets.

    Args:
        path: the log.
        log: what its columns are called when it is parquet, else its rows.
        labels: names of the datasets' columns.
        datasets: the files, in the order in which they are believed: the first that has a key labels it.

    Raises:
        Unreadable: a file is no sound parquet file, or its columns cannot be joined.
    """
    entries = _entries(path, log)
    types = [entries.predicted.type]
    for where, dataset in zip(labels, datasets, strict=True):
        with _said_of(dataset), source(dataset) as table:
            present(table.schema, (where.entity, where.time, where.label))
            types.append(table.schema.field(where.label).type)
    tally = Tally(has_text(types))
    known = _labels(entries.keys, labels, datasets, tally)
    predicted, score = tally.values(entries.predicted), entries.score
    for start in range(0, len(known), BATCH_ROWS):
        rows = slice(start, start + BATCH_ROWS)
        tally.add(known[rows], predicted[rows], score[rows])
    return tally.scores()


DENSE = 4
"""Where a key has a place of its own among all pairs of the log's entities and times, if they are at most this many a row:
that spares a sort and a search of millions."""


class _Keys:
    """Keys of a log as integers, and where the same key stands in another table.

    Attributes:
        size: places there are, with one at the end for what has no key.
        inverse: the place of every row of the log.
    """

    def __init__(self, entity: pa.ChunkedArray, time: Integers) -> None:
        self._entities = entity.unique().drop_null()
        self._times = np.unique(time[time != NO_TIME])
        keys = self.of(entity, time)
        pairs = len(self._entities) * len(self._times)
        self._unique = None if pairs <= DENSE * len(keys) else np.unique(keys[keys >= 0])
        self.size = 1 + (pairs if self._unique is None else len(self._unique))
        self.inverse = self.places(keys)

    def of(self, entity: pa.Array | pa.ChunkedArray, time: Integers) -> Integers:
        """Return the integers of keys, -1 for a key that cannot be in the log."""
        import pyarrow.compute as pc

        if not len(self._times) or not len(self._entities):
            return np.full(len(time), -1, np.int64)
        code = plain(pc.fill_null(pc.index_in(entity, value_set=self._entities), -1)).astype(np.int64)
        rank = np.minimum(np.searchsorted(self._times, time), len(self._times) - 1)
        there = (code >= 0) & (time != NO_TIME) & (self._times[rank] == time)
        return np.where(there, code * len(self._times) + rank, -1)

    def places(self, keys: Integers) -> Integers:
        """Return the places of keys, -1 (the last one) for those that are not there."""
        if self._unique is None:
            return keys
        if not len(self._unique):
            return np.full(len(keys), -1, np.int64)
        place = np.minimum(np.searchsorted(self._unique, keys), len(self._unique) - 1)
        return np.where(self._unique[place] == keys, place, -1)


@dataclass(frozen=True)
class _Entries:
    keys: _Keys
    predicted: Any
    score: npt.NDArray[np.float64]


def _labels(
    keys: _Keys, labels: Sequence[LabelColumns], datasets: Sequence[Path], tally: Tally
) -> npt.NDArray[np.float64]:
    """Return the label of every prediction, NaN without one."""
    import pyarrow as pa

    found = np.full(keys.size, np.nan)
    for where, dataset in zip(labels, datasets, strict=True):
        with _said_of(dataset), source(dataset) as table:
            before = ~np.isnan(found)  # a later build knows better
            for batch in table.batches([where.entity, where.time, where.label]):
                entity = _text(batch.column(where.entity))
                place = keys.places(keys.of(entity, microseconds(batch.column(where.time))))
                hit = np.flatnonzero((place >= 0) & ~before[place])
                if len(hit):
                    value = tally.values(decoded(batch.column(where.label)).take(pa.array(hit)))
                    # backwards: of rows with one key the first one stays
                    found[place[hit][::-1]] = value[::-1]
    return found[keys.inverse]


def _entries(path: Path, log: LogColumns | LogRows) -> _Entries:
    import pyarrow as pa

    if isinstance(log, LogRows):
        time = np.asarray([NO_TIME if t is None else t for t in log.time], np.int64)
        entity = pa.chunked_array([pa.array(log.entity, pa.large_string())])
        score = np.asarray([np.nan if s is None else s for s in log.score], np.float64)
        return _Entries(_Keys(entity, time), pa.array(log.predicted), score)
    with source(path) as table:
        schema = table.schema
        key, stamp, chosen = (_member_path(schema, names) for names in (log.entity, log.time, log.predicted))
        sure = _member_path(schema, log.score, needed=False)
        outer = list(dict.fromkeys(name[0] for name in (key, stamp, chosen, sure) if name))
        present(schema, outer)
        whole = pa.Table.from_batches(table.batches(outer), pa.schema([schema.field(name) for name in outer]))
        return _Entries(
            _Keys(_text(_member(whole, key)), microseconds(_member(whole, stamp))),
            _member(whole, chosen),
            numbers(_member(whole, sure)) if sure else np.full(whole.num_rows, np.nan),
        )


def _member_path(schema: pa.Schema, names: Sequence[str], *, needed: bool = True) -> tuple[str, ...]:
    """Return where a column is: its name, or that of the features and its own among them; nothing when it is absent."""
    import pyarrow as pa

    features = schema.field(FEATURES).type if schema.names.count(FEATURES) == 1 else None
    inner = [one.name for one in features] if features is not None and pa.types.is_struct(features) else []
    for name in names:
        if name in schema.names:
            return (name,)
        if inner.count(name) == 1:
            return (FEATURES, name)
    if needed:
        raise Unreadable(f"has no column {' or '.join(names)}")
    return ()


def _member(table: pa.Table, name: tuple[str, ...]) -> pa.ChunkedArray:
    import pyarrow.compute as pc

    column = table[name[0]]
    return pc.struct_field(column, name[1]) if len(name) > 1 else column


def _text(array: pa.Array | pa.ChunkedArray) -> Any:
    """Return entities as text, however they are stored."""
    import pyarrow as pa

    return decoded(array).cast(pa.large_string())


def microseconds(array: pa.Array | pa.ChunkedArray) -> Integers:
    """Return times as microseconds since 1970 in UTC; times without a zone are UTC, text is ISO 8601.

    Raises:
        Unreadable: the column holds no times.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    array = decoded(array)
    if family_of(str(array.type)) == "text":
        try:
            array = array.cast(pa.timestamp("us", "UTC"))
        except pa.ArrowInvalid:  # a zone is missing, or it is no time at all
            array = array.cast(pa.timestamp("us"))
    if pa.types.is_date(array.type):
        array = array.cast(pa.timestamp("s"))
    if not pa.types.is_timestamp(array.type):
        raise Unreadable(f"holds {array.type} where a time is needed")
    if array.type.unit == "ns":
        ticks = array.cast(pa.int64())
        whole = pc.equal(pc.multiply(pc.divide(ticks, 1000), 1000), ticks)
        ticks = pc.if_else(whole, pc.divide(ticks, 1000), pa.scalar(None, pa.int64()))
    else:
        ticks = array.cast(pa.timestamp("us", array.type.tz)).cast(pa.int64())
    return plain(pc.fill_null(ticks, NO_TIME)).astype(np.int64, copy=False)


@contextmanager
def _said_of(dataset: Path) -> Iterator[None]:
    """Say of a dataset, by name, what is wrong with it."""
    try:
        with refusing():
            yield
    except Unreadable as error:
        raise Unreadable(f"is labelled by {dataset.name}, which {error}") from None
