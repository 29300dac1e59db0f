"""The deleted rows of one part, a bit a row: what is read of the part passes through them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_mlmonitor.tables.source.layout import named
from pytest_mlmonitor.tables.unreadable import Unreadable

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

SPAN = 65_536
"""Rows that are marked together: what a container of a bitmap holds."""

MAX_MARKED_ROWS = 1 << 32
"""Rows of all parts with deleted rows together (512 MiB of bits)."""


class DeletedRows:
    """Marks of one part.

    Attributes:
        rows: how many rows the part stores.
    """

    def __init__(self, rows: int) -> None:
        """Mark nothing yet; made by :class:`Deletions`."""
        import numpy as np

        self.rows = rows
        self._bits = np.zeros(-(-rows // SPAN) * SPAN // 8, dtype=np.uint8)

    @property
    def count(self) -> int:
        """How many rows are deleted."""
        return int(self._marks(0, self.rows).true_count)

    def bits(self) -> bytes:
        """Return the marks, a bit a row, the lowest of a byte first."""
        return self._bits[: -(-self.rows // 8)].tobytes()

    def mark(self, place: int, bits: np.ndarray[Any, Any]) -> None:
        """Mark rows from ``place`` times ``SPAN`` on: ``bits`` are ``SPAN`` of them, the lowest bit of a byte first.

        Raises:
            IndexError: the part has not so many rows.
        """
        first = place * (SPAN // 8)
        if not 0 <= first < len(self._bits):
            raise IndexError(place * SPAN)
        self._bits[first : first + SPAN // 8] |= bits
        if (place + 1) * SPAN > self.rows and self._marks(self.rows, len(self._bits) * 8 - self.rows).true_count:
            raise IndexError(self.rows)

    def mark_rows(self, positions: np.ndarray[Any, Any]) -> None:
        """Mark rows by their positions in the part, counted from 0.

        Raises:
            IndexError: the part has not so many rows.
        """
        import numpy as np

        if not len(positions):
            return
        if positions.min() < 0 or positions.max() >= self.rows:
            raise IndexError(self.rows)
        np.bitwise_or.at(self._bits, positions >> 3, (1 << (positions & 7)).astype(np.uint8))

    def kept(self, batch: pa.RecordBatch, first: int) -> pa.RecordBatch:
        """Return the rows of a batch that are not deleted; ``first`` is the position of its first row in the part."""
        import pyarrow.compute as pc

        from pytest_mlmonitor.tables.arrays.batches import rows_where  # numpy, which the parent process does without

        marks = self._marks(first, batch.num_rows)
        return rows_where(batch, pc.invert(marks)) if marks.true_count else batch

    def _marks(self, first: int, rows: int) -> pa.BooleanArray:
        import pyarrow as pa

        return pa.BooleanArray.from_buffers(pa.bool_(), rows, [None, pa.py_buffer(self._bits)], offset=first)


class Deletions:
    """Makes the marks of the parts of one table, as many as memory holds."""

    def __init__(self) -> None:
        self._rows = 0

    def of(self, rows: int, part: str) -> DeletedRows:
        """Return room for the marks of a part of so many rows.

        Raises:
            Unreadable: there are too many.
        """
        if rows < 0:
            raise Unreadable(f"has a log that gives {named(part)} {rows:,} rows")
        self._rows += rows
        if self._rows > MAX_MARKED_ROWS:
            raise Unreadable(
                f"has more than {MAX_MARKED_ROWS:,} rows in parts with deleted rows, which are not read; compact it first"
            )
        return DeletedRows(rows)
