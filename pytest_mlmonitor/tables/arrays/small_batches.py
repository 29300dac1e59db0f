"""Batches of few rows, as small files have them, brought together: each costs what looks at it as much as one of many rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

BATCH_BYTES = 32 * 1024**2
"""What a batch takes at most: 65,536 rows of 600 columns took 2 GiB, and of texts of 10,000 characters 640 MiB."""

FEW_BYTES = 1 << 20
"""A batch that is surely no larger is not measured: that takes as long as five of its columns."""


def decoded_bytes(batch: pa.RecordBatch, dictionaries: Sequence[int] | None = None) -> int:
    """Return what the columns of a batch take, dictionaries decoded, as rules look at them.

    Args:
        batch: the batch.
        dictionaries: positions of its columns that are some, where they are known.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    found: int = batch.nbytes
    for column in map(batch.column, dictionaries_in(batch.schema) if dictionaries is None else dictionaries):
        values = column.dictionary
        if len(column) * values.nbytes > BATCH_BYTES and (
            pa.types.is_string(values.type)
            or pa.types.is_large_string(values.type)
            or pa.types.is_binary(values.type)
            or pa.types.is_large_binary(values.type)
        ):
            lengths = pc.binary_length(values).cast(pa.int64())
            found += pc.sum(lengths.take(column.indices)).as_py() or 0
    return found


def dictionaries_in(schema: pa.Schema) -> list[int]:
    """Return the positions of the columns that are dictionaries."""
    import pyarrow as pa

    return [i for i, type_ in enumerate(schema.types) if pa.types.is_dictionary(type_)]


def together(several: Iterable[pa.RecordBatch], rows: int) -> Iterator[pa.RecordBatch]:
    """Yield small batches, of small files, as fewer of at most ``rows``.

    Each batch costs a plan 5 ms, however few rows it has: 1,000 files of 100 rows took four times as long.
    """
    waiting: list[pa.RecordBatch] = []
    number = size = 0
    dictionaries: list[int] | None = None
    for batch in several:
        if dictionaries is None:  # all batches have the columns of the first
            dictionaries = dictionaries_in(batch.schema)
        taken = batch.get_total_buffer_size()  # of a slice more than it takes
        if dictionaries or taken > FEW_BYTES:
            taken = decoded_bytes(batch, dictionaries)
        if waiting and (number + batch.num_rows > rows or size + taken > BATCH_BYTES):
            yield _joined(waiting)
            waiting, number, size = [], 0, 0
        waiting.append(batch)
        number += batch.num_rows
        size += taken
        if 2 * number > rows or 2 * size > BATCH_BYTES:  # hardly another one fits
            yield _joined(waiting)
            waiting, number, size = [], 0, 0
    if waiting:
        yield _joined(waiting)


def _joined(several: list[pa.RecordBatch]) -> pa.RecordBatch:
    import pyarrow as pa

    if len(several) == 1:
        return several[0]
    if not several[0].num_columns:  # rows without columns: Arrow would forget how many
        rows = sum(batch.num_rows for batch in several)
        return pa.RecordBatch.from_struct_array(pa.array([{}] * rows, pa.struct([])))
    return pa.concat_batches(several)
