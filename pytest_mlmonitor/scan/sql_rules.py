"""SQL rules of a contract: one read-only query over the table's own columns, in the embedded engine.

The query sees one table and nothing else. External access is off and the configuration locked, so it reaches no file, no
other database and no network; a statement that is no single SELECT is refused before it runs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from threading import Timer
from typing import Any

from pytest_mlmonitor.contracts.table import SqlRule
from pytest_mlmonitor.names import safe
from pytest_mlmonitor.scan.engine import SMALL_ROWS, connected
from pytest_mlmonitor.scan.profile import SqlAnswer
from pytest_mlmonitor.scan.source import Source

NAME = "{name}"
"""What a query calls the table."""

TABLE = "dataset"
MAX_SECONDS = 30.0
"""A query that takes longer is interrupted: a contract may lie in a tree that nobody vouches for."""


def answers(table: Source, rules: Sequence[SqlRule]) -> list[SqlAnswer]:
    """Run rules; never raises for what a query says.

    A small table is held for all of them, a large one is streamed anew for each time it is named.
    """
    import pyarrow as pa

    small = table.head.rows <= SMALL_ROWS
    data: Any = pa.Table.from_batches(table.batches(), table.schema) if small else _Streams(table)
    with connected(TABLE, data) as connection:
        return [_answer(connection, rule) for rule in rules]


class _Streams:
    """A table that is read anew each time a query names it: a query may name it twice."""

    def __init__(self, table: Source) -> None:
        self._table = table

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        import pyarrow as pa

        reader = pa.RecordBatchReader.from_batches(self._table.schema, self._table.batches())
        return reader.__arrow_c_stream__(requested_schema)


def _answer(connection: Any, rule: SqlRule) -> SqlAnswer:
    import duckdb

    try:
        statements = connection.extract_statements(rule.query.replace(NAME, TABLE))
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
            return SqlAnswer(rule.name, None, "is refused: not one SELECT")
        watch = Timer(MAX_SECONDS, connection.interrupt)
        watch.daemon = True
        watch.start()
        try:
            rows: list[tuple[Any, ...]] = connection.execute(statements[0]).fetchmany(2)
        finally:
            watch.cancel()
    except duckdb.Error as error:
        return SqlAnswer(rule.name, None, f"cannot run: {_first_line(error)}")
    if len(rows) != 1 or len(rows[0]) != 1:
        return SqlAnswer(rule.name, None, "gives more or less than one figure")
    try:
        figure = float(rows[0][0])
    except (TypeError, ValueError):
        return SqlAnswer(rule.name, None, f"gives {safe(str(rows[0][0])[:60])!r}, which is no number")
    return SqlAnswer(rule.name, figure) if math.isfinite(figure) else SqlAnswer(rule.name, None, f"gives {figure}")


def _first_line(error: Exception) -> str:
    return safe((str(error).strip().splitlines() or [type(error).__name__])[0][:200])
