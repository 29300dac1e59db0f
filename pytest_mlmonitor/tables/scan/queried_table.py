"""A table as queries read it: a stream of the columns that they look at, in types that the engine knows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pytest_mlmonitor.tables.source.source import TableSource

_DIGITS = 38


class QueriedTable:
    """A table that is read anew each time a query names it: a query may name it twice.

    Attributes:
        wanted: the columns that are read, by the engine's names and in the table's order.
        short: the error of a reading that had too little memory; the engine only tells of its message.
    """

    def __init__(self, table: TableSource, names: Sequence[str]) -> None:
        self._table, self._names = table, names
        self.wanted = list(names)
        self.short: MemoryError | None = None

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        import pyarrow as pa

        wanted = set(self.wanted)
        places = [i for i, name in enumerate(self._names) if name in wanted]
        types = [_known(pa.nulls(0, self._table.schema.types[i])).type for i in places]
        schema = pa.schema(list(zip(self.wanted, types, strict=True)))
        reader = pa.RecordBatchReader.from_batches(schema, self._batches(places, schema))
        return reader.__arrow_c_stream__(requested_schema)

    def _batches(self, places: Sequence[int], schema: Any) -> Iterator[Any]:
        import pyarrow as pa

        own = self._table.schema.names
        try:
            for batch in self._table.batches(None if len(places) == len(own) else [own[i] for i in places]):
                yield pa.RecordBatch.from_arrays([_known(column) for column in batch.columns], schema=schema)
        except MemoryError as error:
            self.short = error
            raise


def _known(array: Any) -> Any:
    """Return an array that DuckDB can read: it has no half floats, and no decimals of more than 38 digits.

    Raises:
        ArrowInvalid: a decimal has more than 38 digits: another number would not be the table's.
    """
    import pyarrow as pa

    type_ = array.type
    if pa.types.is_decimal256(type_):
        return array.cast(pa.decimal128(_DIGITS, type_.scale))
    return array.cast(pa.float64()) if type_ == pa.float16() else array
