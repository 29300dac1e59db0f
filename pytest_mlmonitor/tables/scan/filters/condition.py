"""A condition of a contract on the rows of a table, judged by the embedded engine batch by batch."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from threading import Timer
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pytest_mlmonitor.core.text.names import quoted
from pytest_mlmonitor.core.text.near import alike
from pytest_mlmonitor.core.text.words import listing
from pytest_mlmonitor.tables.scan.engine import connected
from pytest_mlmonitor.tables.scan.queries.queried_table import known_to_duckdb
from pytest_mlmonitor.tables.scan.queries.query_figures import first_line
from pytest_mlmonitor.tables.scan.queries.query_tree import ColumnNames, NoSuchName, Tree, nodes, parsed, text_of

_TABLE = "dataset"
MAX_SECONDS = 10.0
"""What a condition may take for one batch."""

_REFUSED = {
    "SUBQUERY": "another query",
    "WINDOW": "a window",
    "STAR": "*",
    "PARAMETER": "a parameter",
    "LAMBDA": "a lambda",
}
_SEVERAL_ROWS = frozenset(("unnest", "unlist"))
_CLOCK = frozenset(("current_date", "current_time", "current_timestamp", "localtime", "localtimestamp"))
_CALL = re.compile(r"(\w+)\"?\(")
_NONE = ("where_clause", "group_expressions", "having", "qualify", "sample", "modifiers")


class BadFilter(ValueError):
    """A condition that cannot be judged; the message says why, and follows "the filter"."""


class Condition:
    """One condition, ready to be asked of batches.

    Attributes:
        columns: the columns of the table that it looks at.
        expression: the condition, with the engine's names.
    """

    def __init__(self, connection: Any, text: str, names: Sequence[str], *, classified: bool = False) -> None:
        """Prepare a condition; ``classified``: whether a column has values that are not shown.

        Raises:
            BadFilter: it is no single expression over the columns ``names``.
        """
        self._connection, self._classified = connection, classified
        known = ColumnNames(names)
        tree = parsed(connection, f"SELECT ({text}\n) AS kept FROM {_TABLE}")  # noqa: S608 (its tree is looked at)
        if tree is None or not _is_one_expression(tree):
            raise BadFilter("is no single condition on the columns of a row")
        self._refuse(tree)
        own = dict(zip((name.lower() for name in known.engine), known.engine, strict=True))
        try:
            tree = known.renamed(tree)
        except NoSuchName as refusal:
            raise BadFilter(str(refusal)) from None
        used = [_column(node["column_names"]) for node in nodes(tree) if node.get("class") == "COLUMN_REF"]
        for name in used:
            if name.lower() not in own:
                if name.lower() in _CLOCK:
                    raise BadFilter(f"uses {name}, whose value is not that of a row")
                near = alike(name, names)
                meant = f": is {listing([quoted(n) for n in near], 3)} meant?" if near else ""
                raise BadFilter(f"names the column {quoted(name)}, which the table lacks{meant}")
        if not used:
            raise BadFilter("names no column")
        back = dict(zip(known.engine, known.own, strict=True))
        self._engine = list(dict.fromkeys(own[name.lower()] for name in used))
        self.columns = [back[name] for name in self._engine]
        self.expression: Tree = tree["statements"][0]["node"]["select_list"][0]
        self._query = text_of(connection, tree)

    @staticmethod
    def _refuse(tree: Tree) -> None:
        refused = _not_of_a_row()
        for node in nodes(tree["statements"][0]["node"]["select_list"]):
            if (what := _REFUSED.get(str(node.get("class")))) is not None:
                raise BadFilter(f"uses {what}; expected a condition on the columns of a row")
            name = str(node.get("function_name") or "").lower()
            of_today = name == "age" and len(node.get("arguments") or node.get("children") or ()) == 1
            if node.get("class") == "FUNCTION" and (name in refused or of_today):
                raise BadFilter(f"uses {name}(), whose value is not that of a row")

    def kept(self, batch: pa.RecordBatch) -> pa.BooleanArray:
        """Return which rows of a batch fulfil the condition: null counts as false.

        Raises:
            BadFilter: it cannot be computed, or is no truth value.
        """
        import duckdb

        arrays = [known_to_duckdb(batch.column(batch.schema.get_field_index(name))) for name in self.columns]
        try:
            self._connection.register(_TABLE, pa.table(arrays, names=self._engine))
            found = self._answered()
        except duckdb.OutOfMemoryException:  # a batch takes little: it is the condition that does
            raise BadFilter("needs more memory than the engine may use, half of reader_memory_mib") from None
        except duckdb.InterruptException:
            raise BadFilter(f"takes longer than {MAX_SECONDS:g} s for {batch.num_rows:,} rows") from None
        except (duckdb.Error, pa.ArrowException) as error:
            raise BadFilter(f"cannot be judged: {first_line(error, classified=self._classified)}") from None
        if len(found) != batch.num_rows:
            raise BadFilter(f"gives {len(found):,} values for {batch.num_rows:,} rows; expected one for each")
        if not pa.types.is_boolean(found.type):
            raise BadFilter(f"gives {found.type}; expected true or false")
        kept = pc.fill_null(found, False)
        return kept.combine_chunks() if kept.num_chunks != 1 else kept.chunk(0)

    def _answered(self) -> pa.ChunkedArray:
        """Ask the engine, and interrupt it: a contract may lie in a tree that nobody vouches for."""
        watch = Timer(MAX_SECONDS, self._connection.interrupt)
        watch.start()
        try:
            return self._connection.sql(self._query).to_arrow_table().column(0)
        finally:
            watch.cancel()


@contextmanager
def conditions(clock: str) -> Iterator[Any]:
    """Open the engine that conditions are judged in, with its clock: it reaches no file and no network."""
    with connected(_TABLE, pa.table({"nothing": pa.nulls(0)}), clock) as connection:
        yield connection


@cache  # 30 ms for each of a contract's filters
def _not_of_a_row() -> frozenset[str]:
    """Return the functions whose value is not one that a row has: of many rows, of the clock, by chance, and macros of these."""
    with conditions("UTC") as connection:
        return frozenset(_found_not_of_a_row(connection))


def _found_not_of_a_row(connection: Any) -> set[str]:
    plain = (
        "SELECT function_name FROM duckdb_functions() WHERE function_type = 'aggregate' OR stability <> 'CONSISTENT'"
    )
    found = {name for (name,) in connection.execute(plain).fetchall()} | _SEVERAL_ROWS
    macros = "SELECT function_name, lower(macro_definition) FROM duckdb_functions() WHERE function_type = 'macro'"
    made_of = {
        name: set(_CALL.findall(text)) | {word for word in _CLOCK if word in text}
        for name, text in connection.execute(macros).fetchall()
        if text is not None
    }
    while more := {name for name, parts in made_of.items() if name not in found and parts & (found | _CLOCK)}:
        found |= more
    return found


def _is_one_expression(tree: Tree) -> bool:
    node: Tree = tree["statements"][0]["node"]
    if (
        node.get("type") != "SELECT_NODE"
        or len(node.get("select_list", ())) != 1
        or node["select_list"][0].get("alias") != "kept"
    ):
        return False
    source = node.get("from_table") or {}
    plain = source.get("type") == "BASE_TABLE" and source.get("table_name") == _TABLE and not source.get("alias")
    return plain and not any(node.get(key) for key in _NONE) and not node.get("cte_map", {}).get("map")


def _column(parts: Sequence[str]) -> str:
    return parts[1] if len(parts) > 1 and parts[0].lower() == _TABLE else parts[0]
