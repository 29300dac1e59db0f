"""Tables as queries see them: small ones held, large ones read anew each time that a query names them."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

from pytest_mlmonitor.core.text.names import bare
from pytest_mlmonitor.tables.scan.engine import SMALL_ROWS
from pytest_mlmonitor.tables.scan.queries.query_tree import ColumnNames, Tree, nodes
from pytest_mlmonitor.tables.source.source import TableSource, source
from pytest_mlmonitor.tables.unreadable import Unreadable

_DIGITS = 38


class NoSuchTable(ValueError):
    """The query names a table that there is not; the message is its name."""


class OtherTables:
    """Tables that queries may name beside the one that they are about.

    Attributes:
        opened: what the engine reads, by the names that it knows them by.
        names: those names by what people call the tables, in lower case.
        refused: why a table cannot be read, likewise.
    """

    def __init__(self, tables: Mapping[str, Path] | None = None) -> None:
        """Open nothing yet."""
        self._tables = dict(tables or {})
        self._open = ExitStack()
        self.opened: dict[str, Any] = {}
        self.names: dict[str, str] = {}
        self.refused: dict[str, str] = {}

    def __enter__(self) -> Self:
        for number, (name, path) in enumerate(self._tables.items()):
            try:
                table = self._open.enter_context(source(path))
                self.opened[f"other{number}"] = held(table, ColumnNames(table.schema.names).engine)
                self.names[name.lower()] = f"other{number}"
            except Unreadable as error:
                self.refused[name.lower()] = f"and {bare(path.name)} {error}"
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()


def held(table: TableSource, names: Sequence[str]) -> Any:
    """Return a table for the engine under other names of its columns."""
    import pyarrow as pa

    streams = _Streams(table, names)
    return pa.table(streams) if table.head.rows <= SMALL_ROWS else streams


class _Streams:
    """A table that is read anew each time a query names it: a query may name it twice."""

    def __init__(self, table: TableSource, names: Sequence[str]) -> None:
        self._table, self._names = table, names

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        import pyarrow as pa

        types = [known_to_duckdb(pa.nulls(0, type_)).type for type_ in self._table.schema.types]
        schema = pa.schema(list(zip(self._names, types, strict=True)))
        batches = (
            pa.RecordBatch.from_arrays([known_to_duckdb(column) for column in batch.columns], schema=schema)
            for batch in self._table.batches()
        )
        reader = pa.RecordBatchReader.from_batches(schema, batches)
        return reader.__arrow_c_stream__(requested_schema)


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


def with_tables(tree: Tree, engine: Mapping[str, str]) -> Tree:
    """Return a query with the engine's names of the tables that it names; what it calls them itself stays.

    Args:
        tree: the query.
        engine: the engine's names by those that people write, in lower case.

    Raises:
        NoSuchTable: it names another table.
    """
    made = copy.deepcopy(tree)
    found_nodes = list(nodes(made))
    named = {entry["key"].lower() for node in found_nodes for entry in (node.get("cte_map") or {}).get("map", ())}
    changed = False
    for node in found_nodes:
        if node.get("type") != "BASE_TABLE":
            continue
        written = ".".join(node[key] for key in ("catalog_name", "schema_name", "table_name") if node.get(key))
        if written.lower() in named:
            continue
        found = engine.get(written.lower())
        if found is None:
            raise NoSuchTable(written)
        if found != written:
            changed = True
            node |= {
                "catalog_name": "",
                "schema_name": "",
                "table_name": found,
                "alias": node.get("alias") or node["table_name"],
            }
            if "qualified_name" in node:  # which counts in DuckDB 2
                node["qualified_name"] = {"path": [found]}
    return made if changed else tree


def of_table(tree: Tree, name: str) -> bool:
    """Return whether a query is over a table of the engine, or joins it, not only asks it inside a condition."""
    source = tree["statements"][0]["node"].get("from_table") or {}
    return any(node.get("table_name") == name for node in nodes(source, without=("SUBQUERY",)))
