"""The features of the newest entries as a table: what is held against the data that a model learnt from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pytest_mlmonitor.tables.arrays.vectors import Times
from pytest_mlmonitor.tables.logs.entry_values import NO_TIME, RowFlags, alone, members
from pytest_mlmonitor.tables.logs.form import LOGGED_AT
from pytest_mlmonitor.tables.logs.log_entries import ABSENT, MAX_FIELDS, Batch, names_of

if TYPE_CHECKING:
    import pyarrow as pa

SPAN = 7 * 86_400 * 10**6
"""A whole week, so that the weekdays of a window are those of the training data; microseconds."""

MOST_ROWS = 500_000
"""Of more rows a part is kept, which chance chooses with a fixed seed: memory stays bounded, and figures hardly move."""


class FeatureWindow:
    """Features of the last seven days of a log, batch after batch; of all entries where they have no time.

    Attributes:
        nested: the field that holds features, None where none does.
    """

    def __init__(self, nested: Sequence[str], apart: frozenset[str], *, alone: bool = False) -> None:
        """Know the names of fields.

        Args:
            nested: of those that hold features.
            apart: of those that are no features.
            alone: whether all others are none either.
        """
        self.nested: str | None = None
        self._nested, self._apart, self._alone = nested, apart, alone
        self._chunks: list[tuple[Times, pa.Table]] = []
        self._rows = 0
        self._share = 1.0
        self._chance = np.random.default_rng(0)
        self._latest = NO_TIME

    def add(self, batch: Batch, times: Times, there: RowFlags) -> None:
        """Take a batch in: of the entries that are ``there``, not of those whose time has not come."""
        import pyarrow as pa

        columns = self._columns(batch)
        if not columns or not there.any():
            return
        latest = int(times[there].max())
        self._latest = max(self._latest, latest)
        keep = there & ((times > self._latest - SPAN) if self._latest != NO_TIME else True)
        if self._share < 1:
            keep &= self._chance.random(len(keep)) < self._share
        if not keep.any():
            return
        made = pa.table({name: _typed(values) for name, values in columns.items()})
        chunk = made if keep.all() else made.filter(pa.array(keep))
        self._chunks.append((times[keep], chunk))
        self._rows += chunk.num_rows
        if self._rows > MOST_ROWS:
            self._thin()

    def write(self, path: Path) -> tuple[tuple[str, ...], int]:
        """Write the table; return the names of the features and its rows."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        self._drop()
        if not self._rows:
            return (), 0
        names = list(dict.fromkeys(name for _, chunk in self._chunks for name in chunk.column_names))[:MAX_FIELDS]
        parts: dict[str, Any] = {}
        for name in names:
            column = _unified(
                [chunk[name] if name in chunk.column_names else None for _, chunk in self._chunks],
                [chunk.num_rows for _, chunk in self._chunks],
            )
            if column is not None:
                parts[name] = column
        features = tuple(parts)
        if features and self._latest != NO_TIME:
            parts[LOGGED_AT] = pa.array(np.concatenate([times for times, _ in self._chunks])).cast(pa.timestamp("us"))
        if features:
            pq.write_table(pa.table(parts), path, compression="lz4")
        return features, self._rows if features else 0

    def _columns(self, batch: Batch) -> dict[str, list[Any]]:
        found: dict[str, list[Any]] = {}
        if not self._alone:
            found = {name: values for name, values in batch.columns.items() if name not in self._apart}
        for field in self._nested:
            values = batch.columns.get(field)
            if values is None:
                continue
            inner = [one if isinstance(one, dict) else {} for one in alone(list(map(members, values)))]
            names = names_of(inner)
            if names:
                self.nested = self.nested or field
                found.pop(field, None)
                found |= {name: [one.get(name, ABSENT) for one in inner] for name in names}
        return found

    def _drop(self) -> None:
        import pyarrow as pa

        if self._latest == NO_TIME:
            return
        kept = []
        for times, chunk in self._chunks:
            keep = times > self._latest - SPAN
            if keep.all():
                kept.append((times, chunk))
            elif keep.any():
                kept.append((times[keep], chunk.filter(pa.array(keep))))
        self._chunks, self._rows = kept, sum(len(times) for times, _ in kept)

    def _thin(self) -> None:
        import pyarrow as pa

        self._drop()
        while self._rows > MOST_ROWS:
            self._share /= 2
            halved = []
            for times, chunk in self._chunks:
                keep = self._chance.random(len(times)) < 1 / 2
                halved.append((times[keep], chunk.filter(pa.array(keep))))
            self._chunks, self._rows = halved, sum(len(times) for times, _ in halved)


def _typed(values: Sequence[Any]) -> Any:
    """Return values as one Arrow array: numbers, truth values or text, whichever they all are; text where they are several."""
    import pyarrow as pa

    types = set(map(type, values)) - {type(None), type(ABSENT)}
    if type(ABSENT) in set(map(type, values)):
        values = [None if value is ABSENT else value for value in values]
    if not types:
        return pa.nulls(len(values))
    if types <= {int, float}:
        try:
            return pa.array(values, pa.float64(), from_pandas=True)
        except (pa.ArrowInvalid, OverflowError):
            return pa.array([None if value is None else _float(value) for value in values], pa.float64())
    if types == {bool}:
        return pa.array(values, pa.bool_())
    if types <= {int, float, bool, str}:
        return pa.array([None if value is None else str(value) for value in values], pa.large_string())
    return pa.nulls(len(values))  # objects, lists and times are no features that could be compared


def _float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _unified(chunks: Sequence[Any], rows: Sequence[int]) -> Any | None:
    """Return the chunks of a column as one, None where they hold nothing."""
    import pyarrow as pa
    import pyarrow.compute as pc

    types = {chunk.type for chunk in chunks if chunk is not None and not pa.types.is_null(chunk.type)}
    if not types:
        return None
    type_ = types.pop() if len(types) == 1 else pa.large_string()
    parts = []
    for chunk, length in zip(chunks, rows, strict=True):
        if chunk is None or pa.types.is_null(chunk.type):
            parts.append(pa.nulls(length, type_))
        else:
            parts += [pc.cast(part, type_) for part in chunk.chunks]
    return pa.chunked_array(parts, type_)
