"""Rows of one version of a table, taken evenly, in which the calendar is looked for; gathered in the reader process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pytest_mlmonitor.tables.arrays.batches import rows_where
from pytest_mlmonitor.tables.arrays.comparable import comparable, floats
from pytest_mlmonitor.tables.arrays.vectors import Floats
from pytest_mlmonitor.tables.drift.overlap.event_times import event_times, kind_of
from pytest_mlmonitor.tables.source.parquet import refusing
from pytest_mlmonitor.tables.source.source import source

Texts = tuple[str | None, ...]

LONGEST = 80
"""Characters of a text that are looked at: more of it only takes room."""


@dataclass(frozen=True)
class Taken:
    """Some rows of a table; those without an event time are left out.

    Attributes:
        times: event times, microseconds since 1970, UTC.
        columns: the values of columns that can be compared: numbers, NaN for null, or texts.
    """

    times: npt.NDArray[np.int64]
    columns: dict[str, Floats | Texts]


def taken(path: Path, column: str, features: Sequence[str], rows: int) -> Taken | None:
    """Return about ``rows`` rows of a table with event times, None where it has none.

    One row is taken of each of as many stretches of equal length, at a place that chance chooses with a fixed seed: every
    24th row of an hourly table would be of one hour.

    Args:
        path: a parquet file or a table directory.
        column: the column of the event time.
        features: the columns wanted; those that the table lacks, or that are lists and the like, are left out.
        rows: how many rows are wanted.

    Raises:
        Unreadable: it is no sound table.
    """
    with source(path) as table, refusing():
        if kind_of(table, column) is None:
            return None
        types = dict(zip(table.schema.names, table.schema.types, strict=True))
        wanted = [name for name in dict.fromkeys(features) if name in types and comparable(types[name]) is not None]
        places = _places(table.head.rows, rows)
        times: list[Any] = []
        parts: dict[str, list[Any]] = {name: [] for name in wanted}
        start = 0
        for batch in table.batches([column, *(name for name in wanted if name != column)]):
            here = places[np.searchsorted(places, start) : np.searchsorted(places, start + batch.num_rows)] - start
            start += batch.num_rows
            if not len(here):
                continue
            some = rows_where(batch, _flags(here, batch.num_rows))
            found = event_times(some.column(column))
            times.append(found.times[found.there])
            for name in wanted:
                parts[name].append(_values(some.column(name), found.there))
    return Taken(_joined(times, np.int64), {name: _column(parts[name]) for name in wanted})


def _places(total: int, rows: int) -> npt.NDArray[np.int64]:
    if total <= rows:
        return np.arange(total)
    edges = np.arange(rows + 1) * total // rows
    return edges[:-1] + (np.random.default_rng(total).random(rows) * np.diff(edges)).astype(np.int64)


def _flags(places: npt.NDArray[np.int64], rows: int) -> Any:
    import pyarrow as pa

    flags = np.zeros(rows, np.bool_)
    flags[places] = True
    return pa.array(flags)


def _values(array: Any, there: npt.NDArray[np.bool_]) -> Floats | list[str | None]:
    """Return the values of rows as numbers (times of day in seconds), or as texts."""
    import pyarrow as pa

    how = comparable(array.type)
    assert how is not None
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if how.family == "text":
        texts = array.to_pylist()
        return [
            None if text is None else text[:LONGEST] for text, is_there in zip(texts, there, strict=True) if is_there
        ]
    if pa.types.is_date32(array.type) or pa.types.is_time32(array.type):
        array = array.cast(pa.int32())
    elif how.family != "number":
        array = array.cast(pa.int64())
    found: Floats = floats(array).to_numpy(zero_copy_only=False)[there]
    return found / how.ticks if how.family == "clock" else found


def _joined(parts: Sequence[Any], dtype: Any) -> Any:
    return np.concatenate(parts) if parts else np.zeros(0, dtype)


def _column(parts: Sequence[Any]) -> Floats | Texts:
    if parts and isinstance(parts[0], list):
        return tuple(text for part in parts for text in part)
    found: Floats = _joined(parts, np.float64)
    return found
