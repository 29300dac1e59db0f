"""SQL rules of a contract: one read-only query over the table's own columns, in the embedded engine.

The query sees one table and nothing else. External access is off and the configuration locked, so it reaches no file, no
other database and no network; a statement that is no single SELECT is refused before it runs.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.tables.contract.table import SqlRule
from pytest_mlmonitor.tables.profile import SqlAnswer
from pytest_mlmonitor.tables.scan.engine import SMALL_ROWS, connected
from pytest_mlmonitor.tables.source.source import TableSource

NAME = "{name}"
"""What a query calls the table."""

TABLE = "dataset"
MAX_SECONDS = 30.0
"""What all queries of a scan may take together; the one that runs then is interrupted, and those after it are not run: a
contract may lie in a tree that nobody vouches for."""

_AGAIN = 0.1
"""Seconds between two interruptions: one that comes just before a query starts is forgotten by the engine."""


def answers(table: TableSource, rules: Sequence[SqlRule]) -> list[SqlAnswer]:
    """Run rules; never raises for what a query says.

    A small table is held for all of them, a large one is streamed anew for each time it is named.
    """
    import duckdb
    import pyarrow as pa

    small = table.head.rows <= SMALL_ROWS
    data: Any = pa.table(_Streams(table)) if small else _Streams(table)
    try:
        with connected(TABLE, data) as connection, _watched(connection) as over:
            return [_answer(connection, rule, over) for rule in rules]
    except duckdb.Error as error:  # a type that it does not know
        return [SqlAnswer(rule.name, None, f"cannot run: {_first_line(error)}") for rule in rules]


class _Streams:
    """A table that is read anew each time a query names it: a query may name it twice."""

    def __init__(self, table: TableSource) -> None:
        self._table = table

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        import pyarrow as pa

        names = self._table.schema.names
        schema = pa.schema(
            [(n, _known(pa.nulls(0, t)).type) for n, t in zip(names, self._table.schema.types, strict=True)]
        )
        batches = (
            pa.RecordBatch.from_arrays([_known(column) for column in batch.columns], schema=schema)
            for batch in self._table.batches()
        )
        reader = pa.RecordBatchReader.from_batches(schema, batches)
        return reader.__arrow_c_stream__(requested_schema)


def _known(array: Any) -> Any:
    """Return an array that DuckDB can read: it has no half floats, and no decimals of more than 38 digits."""
    import pyarrow as pa

    wide = pa.types.is_decimal256(array.type)
    return array.cast(pa.float64(), safe=False) if wide or array.type == pa.float16() else array


@contextmanager
def _watched(connection: Any) -> Iterator[Event]:
    """Interrupt what runs after ``MAX_SECONDS``; the event is set first, so that nothing starts after it."""
    over, done = Event(), Event()

    def watch() -> None:
        if done.wait(MAX_SECONDS):
            return
        over.set()
        while not done.wait(_AGAIN):
            connection.interrupt()

    thread = Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield over
    finally:
        done.set()
        thread.join()  # the connection is closed next


def _answer(connection: Any, rule: SqlRule, over: Event) -> SqlAnswer:
    import duckdb

    late = SqlAnswer(rule.name, None, f"cannot run: the SQL rules of this table took longer than {MAX_SECONDS:g} s")
    if over.is_set():
        return late
    try:
        statements = connection.extract_statements(rule.query.replace(NAME, TABLE))
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
            return SqlAnswer(rule.name, None, "is refused: not one SELECT")
        rows: list[tuple[Any, ...]] = connection.execute(statements[0]).fetchmany(2)
    except duckdb.InterruptException:
        return late
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
