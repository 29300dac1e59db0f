"""Where a plan runs: on Arrow batches one by one, or on DuckDB over the stream of them.

DuckDB computes a large table several times faster; a small one is done before DuckDB is imported. Both get the same
normalised batches and the same expressions. DuckDB sees a stream of Arrow batches and nothing else: external access is
off, so no query reaches a file or the network.
"""

from __future__ import annotations

import math
import resource
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import narwhals as nw
import pyarrow as pa

from pytest_mlmonitor.tables.plan.terms import Term
from pytest_mlmonitor.tables.scan.column_totals import ColumnTotals
from pytest_mlmonitor.tables.scan.session_clock import UTC_CLOCK

if TYPE_CHECKING:
    import duckdb

SMALL_ROWS = 131_072
FEW_TERMS = 32
"""Terms that Arrow computes of a small table as quickly as DuckDB; of a larger one as many fewer."""

HELD_BYTES = 64 * 1024**2
"""What a small table may take that is held as a whole; one of long texts passes as a large one does."""

STREAM = "data"
_COMBINE: dict[str, Callable[[Any, Any], Any]] = {"sum": lambda a, b: a + b, "min": min, "max": max}


class EngineError(RuntimeError):
    """The engine could not compute a plan: our fault, never the file's."""


def aggregate(
    batches: Iterable[pa.RecordBatch], schema: pa.Schema, rows: int, terms: Mapping[str, Term]
) -> dict[str, Any]:
    """Return the value of every term over the normalised ``batches``; None where there were no values.

    Args:
        batches: consumed to the end, also without terms.
        schema: of the batches.
        rows: how many there will be; decides the engine.
        terms: aggregates by alias.

    Raises:
        EngineError: the engine refused the plan. What the batches' own iterator raises passes through.
    """
    totals = ColumnTotals(terms, schema)
    passing = totals.watched(batches)
    others = {alias: term for alias, term in terms.items() if alias not in totals.found}
    # DuckDB has no decimals of more than 38 digits.
    small = rows <= SMALL_ROWS or rows * len(others) <= FEW_TERMS * SMALL_ROWS
    if small or any(pa.types.is_decimal256(type_) for type_ in schema.types):
        found = _on_arrow(passing, others)
    else:
        found = _on_duckdb(passing, schema, others)
    found |= totals.found
    return {alias: found[alias] for alias in terms}


def _on_arrow(batches: Iterable[pa.RecordBatch], terms: Mapping[str, Term]) -> dict[str, Any]:
    totals = ArrowTotals(terms)
    for batch in batches:
        totals.add(batch)
    return totals.found


class ArrowTotals:
    """Aggregates computed by Arrow over normalised batches that come one by one.

    Attributes:
        found: the value of every term so far by alias, None where there were no values.
    """

    def __init__(self, terms: Mapping[str, Term]) -> None:
        """Start with nothing."""
        self._how = {alias: term.how for alias, term in terms.items()}
        self._expressions = {alias: term.expression for alias, term in terms.items()}
        self.found: dict[str, Any] = dict.fromkeys(terms)

    def add(self, batch: pa.RecordBatch) -> None:
        """Take the next rows.

        Raises:
            EngineError: Arrow refused the plan.
        """
        if not self._how or not batch.num_rows:
            return
        try:
            frame = nw.from_native(pa.Table.from_batches([batch]), eager_only=True).select(**self._expressions)
            found = frame.to_native().to_pylist()[0]
        except (pa.ArrowException, nw.exceptions.NarwhalsError) as error:
            raise EngineError(f"Arrow: {error}") from error
        for alias, value in found.items():
            how, total = self._how[alias], self.found[alias]
            if value is not None and (
                how == "sum" or not (isinstance(value, float) and math.isnan(value))
            ):  # engines' extremes leave NaN out, or do not
                self.found[alias] = value if total is None else _COMBINE[how](total, value)


def _on_duckdb(batches: Iterable[pa.RecordBatch], schema: pa.Schema, terms: Mapping[str, Term]) -> dict[str, Any]:
    with streamed(batches, schema) as connection:
        frame = nw.from_native(connection.table(STREAM))
        table = frame.select(**{alias: term.expression for alias, term in terms.items()}).collect("pyarrow")
        found: dict[str, Any] = table.to_native().to_pylist()[0]
    return {alias: int(v) if v is not None and _integral(v) else v for alias, v in found.items()}


def _integral(value: Any) -> bool:
    return not isinstance(value, float | str) and value == int(value)  # sums of integers are 128 bits wide


@contextmanager
def streamed(
    batches: Iterable[pa.RecordBatch], schema: pa.Schema, name: str = STREAM
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a DuckDB that holds one table, ``name``: the batches, readable once.

    Raises:
        EngineError: DuckDB refused what was asked of it inside the block. An error of the batches' iterator passes through.
    """
    with several_streams({name: (batches, schema)}) as connection:
        yield connection


@contextmanager
def several_streams(
    tables: Mapping[str, tuple[Iterable[pa.RecordBatch], pa.Schema]],
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a DuckDB that holds some tables by name: their batches and schemas, each readable once.

    Raises:
        EngineError: DuckDB refused what was asked of it inside the block. An error of the batches' iterators passes through.
    """
    import duckdb

    raised: list[BaseException] = []

    def watched(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        try:
            yield from batches
        except GeneratorExit:  # DuckDB has had enough of them: what it says counts
            raise
        except BaseException as error:
            raised.append(error)  # DuckDB would report its message only
            raise

    readers = {
        name: pa.RecordBatchReader.from_batches(schema, watched(batches)) for name, (batches, schema) in tables.items()
    }
    first, *others = readers
    try:
        with connected(first, readers[first]) as connection:
            for name in others:
                connection.register(name, readers[name])
            yield connection
    except duckdb.Error as error:
        if raised:
            raise raised[0] from None
        if isinstance(error, duckdb.OutOfMemoryException):
            raise MemoryError from None
        raise EngineError(f"DuckDB: {error}") from error


@contextmanager
def connected(
    name: str, data: pa.RecordBatchReader | pa.Table, clock: str = UTC_CLOCK
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a DuckDB that holds one table and reaches nothing else: no file, no network, no other setting.

    ``clock`` is the one that times without a zone are of (:func:`.session_clock.session_clock`), whichever the machine has.
    """
    import duckdb

    connection = duckdb.connect(config={"threads": "1", "memory_limit": f"{memory_limit()}B"})
    try:
        own = f"TimeZone = '{clock}'"
        for setting in (own, "temp_directory = ''", "enable_external_access = false", "lock_configuration = true"):
            connection.execute(f"SET {setting}")
        connection.register(name, data)
        yield connection
    finally:
        connection.close()


def memory_limit() -> int:
    """Return how many bytes DuckDB may use: half of what the process may, for the rest reads the table."""
    most, _ = resource.getrlimit(resource.RLIMIT_AS)
    return (4 << 30 if most == resource.RLIM_INFINITY else most) // 2


def collected(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> pa.Table | None:
    """Return batches as one table, None where they take more than ``HELD_BYTES``."""
    several, size = [], 0
    for batch in batches:
        several.append(batch)
        size += batch.nbytes
        if size > HELD_BYTES:
            return None
    return pa.Table.from_batches(several, schema=schema)


def repeated(
    batches: Callable[[], Iterable[pa.RecordBatch]], schema: pa.Schema, rows: int, names: list[str], limit: int
) -> tuple[int, int, list[dict[str, Any]]]:
    """Count the values of the columns ``names`` that occur more than once.

    Args:
        batches: makes the normalised batches anew, without nulls.
        schema: of the batches.
        rows: how many there are.
        names: the engine's names of the columns.
        limit: how many of them to return.

    Returns:
        Number of distinct values, number of rows beyond the first of each, and the first few values in order.
    """
    table = collected((batch.select(names) for batch in batches()), _of(schema, names)) if rows <= SMALL_ROWS else None
    if table is not None:
        return grouped(nw.from_native(table).lazy(), names, limit)
    meeting = _meeting(batches, schema, rows, names)
    if meeting is None:
        return 0, 0, []
    with streamed(batches(), schema) as connection:
        # Only the few keys whose hashes meet are compared themselves.
        connection.register("meeting", pa.table({"h": meeting}))
        keys = ", ".join(names)
        frame = connection.sql(f"SELECT {keys} FROM {STREAM} SEMI JOIN meeting ON hash({keys}) = h")  # noqa: S608 (our names)
        return grouped(nw.from_native(frame), names, limit)


def _of(schema: pa.Schema, names: list[str]) -> pa.Schema:
    return pa.schema([schema.field(name) for name in names])


def grouped(frame: nw.LazyFrame[Any], names: list[str], limit: int) -> tuple[int, int, list[dict[str, Any]]]:
    """Count repetitions (see :func:`repeated`) by grouping the rows."""
    groups = frame.group_by(names).agg(nw.len().alias("times")).filter(nw.col("times") > 1).collect("pyarrow")
    if not len(groups):
        return 0, 0, []
    keys, total = len(groups), int(groups["times"].sum())
    first = groups.sort(names).head(limit).select(names).to_native().to_pylist()
    return keys, total - keys, first


MAX_HASHES = 64 * 1024 * 1024
"""Hashes held at once (512 MiB); a longer table is passed over several times, each time for a share of the hashes."""


def _meeting(
    batches: Callable[[], Iterable[pa.RecordBatch]], schema: pa.Schema, rows: int, names: list[str]
) -> Any | None:
    """Return the hashes that more than one row has, None when there are none."""
    import numpy as np

    passes = -(-rows // MAX_HASHES)
    found = []
    keys = ", ".join(names)
    for share in range(passes):
        with streamed(batches(), schema) as connection:
            where = f" WHERE h % {passes} = {share}" if passes > 1 else ""
            query = f"SELECT h FROM (SELECT hash({keys}) AS h FROM {STREAM}){where}"  # noqa: S608 (our names)
            hashes = connection.sql(query).fetchnumpy()["h"]
        hashes.sort()
        found.append(np.unique(hashes[1:][hashes[1:] == hashes[:-1]]))
    together = np.concatenate(found)
    return together if len(together) else None
