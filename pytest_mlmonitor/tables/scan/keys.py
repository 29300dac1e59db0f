"""Whether keys are unique, exactly: by their order where they stand in order, by their hashes otherwise.

Strictly increasing keys prove it while the rows pass by, with one row kept: the rows form a single chain, batch after
batch. Otherwise every key is hashed to 64 bits and the hashes are sorted: different hashes are different keys, so only
keys whose hashes meet are compared themselves.
"""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

MAX_ORDERED = 3
"""Keys of more columns are hashed: there are too many orders that a file could be sorted by."""


class KeyOrder:
    """Watches whether the rows of a key stand in strictly increasing order, by any order of its columns."""

    def __init__(self, indexes: tuple[int, ...]) -> None:
        """Watch the columns ``indexes`` of normalised batches."""
        self._orders = list(permutations(indexes)) if len(indexes) <= MAX_ORDERED else []
        self._last: pa.RecordBatch | None = None

    @property
    def unbroken(self) -> bool:
        """Whether every row so far was greater than the one before it: then no key occurs twice."""
        return bool(self._orders)

    def add(self, batch: pa.RecordBatch) -> None:
        """Look at the next rows."""
        import pyarrow as pa

        if not self._orders or not batch.num_rows:
            return
        if self._last is not None:
            seam = pa.Table.from_batches([self._last, batch.slice(0, 1)]).combine_chunks().to_batches()[0]
            self._orders = [order for order in self._orders if _increasing(seam, order)]
        self._orders = [order for order in self._orders if _increasing(batch, order)]
        self._last = batch.slice(batch.num_rows - 1, 1)


def _increasing(batch: pa.RecordBatch, order: tuple[int, ...]) -> bool:
    """Return whether the rows strictly increase; a null or NaN among them is no order."""
    import pyarrow.compute as pc

    rows = batch.num_rows
    if rows <= 1:
        return not any(batch.column(i).null_count for i in order)
    risen: Any = None  # rows that are greater than the one before them by the columns so far
    tied: Any = None  # and rows that equal it in all of these
    for i in order:
        column = batch.column(i)
        if column.null_count:
            return False
        before, after = column.slice(0, rows - 1), column.slice(1)
        greater = pc.greater(after, before)
        risen = greater if tied is None else pc.or_(risen, pc.and_(tied, greater))
        if risen.true_count == rows - 1:
            return True
        equal = pc.equal(after, before)
        tied = equal if tied is None else pc.and_(tied, equal)
        if risen.true_count + tied.true_count != rows - 1:
            return False
    return False
