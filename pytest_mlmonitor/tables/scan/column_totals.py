"""Extremes and sums of single columns, by the kernels of Arrow and numpy, on batches as they pass.

Nearly all that a contract asks in the first pass is of this kind. Expressions of an engine take
five times as long for it, and without these most tables of a million rows need no DuckDB (0.3 s to import and to open).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pytest_mlmonitor.tables.plan.terms import Term

_HALF = 32
_LOWER = 2**_HALF - 1


class ColumnTotals:
    """The terms of a plan that are the extreme or the sum of one column of whole numbers or doubles.

    Attributes:
        found: the value of each so far by alias, None where there were no values. NaN is in no extreme.
    """

    def __init__(self, terms: Mapping[str, Term], schema: pa.Schema) -> None:
        """Take those of ``terms`` that are of this kind; ``schema`` is that of the normalised batches."""
        self.found: dict[str, Any] = {}
        self._columns: dict[int, dict[str, list[str]]] = {}
        for alias, term in terms.items():
            place = schema.get_field_index(term.column) if term.column is not None else -1
            if place >= 0 and schema.field(place).type in (pa.int64(), pa.float64()):
                self.found[alias] = None
                self._columns.setdefault(place, {}).setdefault(term.how, []).append(alias)

    def watched(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield the batches, having looked at each."""
        for batch in batches:
            self.add(batch)
            yield batch

    def add(self, batch: pa.RecordBatch) -> None:
        """Take the next rows."""
        for place, asked in self._columns.items():
            column = batch.column(place)
            if column.null_count == len(column):
                continue
            floating = column.type == pa.float64()
            if "sum" in asked:
                self._note(asked["sum"], pc.sum(column).as_py() if floating else _whole_sum(column))
            if len(asked) > ("sum" in asked):
                low, high = _float_extremes(column) if floating else _whole_extremes(column)
                self._note(asked.get("min", ()), low, min)
                self._note(asked.get("max", ()), high, max)

    def _note(self, aliases: Iterable[str], value: Any, chosen: Any = None) -> None:
        if chosen is not None and isinstance(value, float) and math.isnan(value):
            return
        for alias in aliases:
            total = self.found[alias]
            if total is None:
                self.found[alias] = value
            else:
                self.found[alias] = total + value if chosen is None else chosen(total, value)


def _whole_sum(column: pa.Array) -> int:
    """Return the sum of whole numbers; Arrow's own wraps around beyond 64 bits."""
    upper = pc.sum(pc.shift_right(column, pa.scalar(_HALF, pa.int64()))).as_py()
    return int((upper << _HALF) + pc.sum(pc.bit_wise_and(column, pa.scalar(_LOWER, pa.int64()))).as_py())


def _whole_extremes(column: pa.Array) -> tuple[int, int]:
    found = pc.min_max(column)
    return found["min"].as_py(), found["max"].as_py()


def _float_extremes(column: pa.Array) -> tuple[float, float]:
    """Return the extremes of doubles that are no NaN, NaN without any: numpy takes a quarter of Arrow's time."""
    import numpy as np

    if column.null_count:
        column = pc.fill_null(column, math.nan)
    # Not to_numpy(), for which pyarrow imports pandas where that is installed.
    values = np.frombuffer(column.buffers()[1], np.float64, len(column), 8 * column.offset)
    return float(np.fmin.reduce(values)), float(np.fmax.reduce(values))
