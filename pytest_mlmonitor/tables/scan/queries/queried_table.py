"""A table as queries read it: a stream of the columns that they look at, in types that the engine knows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from pytest_mlmonitor.tables.scan.queries.query_tree import Tree, nodes
from pytest_mlmonitor.tables.source.source import TableSource

_DIGITS = 38

_KNOWN = frozenset(
    ("BETWEEN", "CASE", "CAST", "COLUMN_REF", "COMPARISON", "CONJUNCTION", "CONSTANT", "FUNCTION", "OPERATOR", "WINDOW")
)
"""Expressions that look at the columns that they name and at no others: no ``*``, no ``#1``, no query inside."""


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

    def narrow(self, tree: Tree | None, key: Sequence[str]) -> bool:
        """Leave out what a query does not look at and is no part of ``key``; return whether it can be left out.

        Columns of one name cannot be read apart.
        """
        own = self._table.schema.names
        if len(set(own)) < len(own):
            return False
        needed = set(columns_needed(tree, self._names))
        self.wanted = [name for name, of in zip(self._names, own, strict=True) if name in needed or of in key]
        return True

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        import pyarrow as pa

        wanted = set(self.wanted)
        places = [i for i, name in enumerate(self._names) if name in wanted]
        types = [known_to_duckdb(pa.nulls(0, self._table.schema.types[i])).type for i in places]
        schema = pa.schema(list(zip(self.wanted, types, strict=True)))
        reader = pa.RecordBatchReader.from_batches(schema, self._batches(places, schema))
        return reader.__arrow_c_stream__(requested_schema)

    def _batches(self, places: Sequence[int], schema: Any) -> Iterator[Any]:
        import pyarrow as pa

        own = self._table.schema.names
        try:
            for batch in self._table.batches(None if len(places) == len(own) else [own[i] for i in places]):
                yield pa.RecordBatch.from_arrays([known_to_duckdb(column) for column in batch.columns], schema=schema)
        except MemoryError as error:
            self.short = error
            raise


def raise_if_short(tables: Iterable[object]) -> None:
    """Raise the error of the first of some tables that could not be read in the memory that there is."""
    for one in tables:
        if isinstance(one, QueriedTable) and one.short is not None:
            raise one.short from None


def known_to_duckdb(array: Any) -> Any:
    """Return an array that DuckDB can read: it has no half floats, and no decimals of more than 38 digits.

    Raises:
        ArrowInvalid: a decimal has more than 38 digits: another number would not be the table's.
    """
    import pyarrow as pa

    type_ = array.type
    if pa.types.is_decimal256(type_):
        return array.cast(pa.decimal128(_DIGITS, type_.scale))
    return array.cast(pa.float64()) if type_ == pa.float16() else array


def columns_needed(tree: Tree | None, names: Sequence[str]) -> list[str]:
    """Return those columns of a table that a query over it looks at, in their order; all of them where it does not say.

    Args:
        tree: of the query (see :func:`.query_tree.parsed`).
        names: the columns, as the engine knows them.
    """
    node: Tree = tree["statements"][0]["node"] if tree is not None else {}
    source = node.get("from_table") or {}
    if source.get("type") != "BASE_TABLE" or source.get("column_name_alias") or node.get("cte_map", {}).get("map"):
        return list(names)
    there = {name.lower(): name for name in names}
    found: set[str] = set()
    for one in nodes(tree):
        class_ = one.get("class")
        if class_ is not None and class_ not in _KNOWN:
            return list(names)
        if class_ == "COLUMN_REF":
            named = {there[part.lower()] for part in map(str, one["column_names"]) if part.lower() in there}
            if not named:  # the row itself, or nothing that the table has
                return list(names)
            found |= named
    return [name for name in names if name in found] or list(names[:1])
