"""SQL rules and filters in Spark's words, written by the guarded reader, which knows the embedded engine.

A query is prepared as the embedded engine prepares it, over the table without its rows: what that engine refuses is refused in its
own words. Of what is left, Spark computes conditions, groups and the figures of many rows; what a query makes of these figures (a
share, a rounded one) the embedded engine computes again, so that it is the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pytest_mlmonitor.tables.contract.row_terms import RowFilter
from pytest_mlmonitor.tables.contract.table import SqlRule, TableContract
from pytest_mlmonitor.tables.profile import RulePlace, SqlAnswer
from pytest_mlmonitor.tables.scan.engine import connected
from pytest_mlmonitor.tables.scan.filters.condition import BadFilter
from pytest_mlmonitor.tables.scan.queries.queried_table import known_to_duckdb
from pytest_mlmonitor.tables.scan.queries.query_figures import answer_of
from pytest_mlmonitor.tables.scan.queries.query_tree import ColumnNames
from pytest_mlmonitor.tables.scan.queries.spark_forms import NotOnSpark
from pytest_mlmonitor.tables.scan.queries.sql_rules import TABLE
from pytest_mlmonitor.tables.scan.queries.table_streams import OtherTables
from pytest_mlmonitor.tables.scan.queries.written_rules import FIGURES, LEFT, SparkQuery, WrittenRules
from pytest_mlmonitor.tables.scan.session_clock import session_clock
from pytest_mlmonitor.tables.source.partitions import types_by_column
from pytest_mlmonitor.tables.source.source import source


@dataclass
class SparkQueries:
    """Rules and filters of a table.

    Attributes:
        queries: by the positions of the contract and of the rule.
        refused: rules that are not run, and why.
        conditions: of filters.
        bad: filters that cannot be judged, and why; follows "the filter".
    """

    queries: dict[RulePlace, SparkQuery] = field(default_factory=dict)
    refused: dict[RulePlace, SqlAnswer] = field(default_factory=dict)
    conditions: dict[RowFilter, str] = field(default_factory=dict)
    bad: dict[RowFilter, str] = field(default_factory=dict)


def spark_queries(
    path: Path, contracts: Sequence[TableContract], names: Sequence[str] = (), paths: Sequence[Path] = ()
) -> SparkQueries:
    """Return the SQL rules and filters of ``contracts`` for Spark.

    Args:
        path: the table.
        contracts: those in force, whose rules say which rows they are about.
        names: other tables, as rules call them.
        paths: where those are.

    Raises:
        Unreadable: it is no sound table.
    """
    import duckdb
    import pyarrow as pa

    found = SparkQueries()
    with source(path, types_by_column(contracts)) as table:
        known, head = ColumnNames(table.schema.names), table.head
        try:
            empty = pa.table([known_to_duckdb(pa.nulls(0, type_)) for type_ in table.schema.types], names=known.engine)
            clock = session_clock(contracts, head)
            with (
                OtherTables(dict(zip(names, paths, strict=True))) as beside,
                connected(TABLE, empty, clock) as connection,
            ):
                for name, other in beside.opened.items():
                    connection.register(name, other)
                asking = WrittenRules(connection, known, contracts, beside, empty, head.types, clock)
                for place, rule in _rules(contracts):
                    answer = asking.answer(rule)
                    if asking.written is not None:
                        found.queries[place] = asking.written
                    else:
                        found.refused[place] = answer
                for rows in _filters(contracts):
                    try:
                        found.conditions[rows] = asking.condition(rows.condition)
                    except (BadFilter, NotOnSpark) as error:
                        said = f"uses {error}, {LEFT}" if isinstance(error, NotOnSpark) else str(error)
                        found.bad[rows] = said
        except (duckdb.Error, pa.ArrowException) as error:
            said = str(error).splitlines()[0][:200]
            found.refused |= {
                place: SqlAnswer(rule.name, None, f"cannot run: {said}") for place, rule in _rules(contracts)
            }
            found.bad |= dict.fromkeys(_filters(contracts), f"cannot be judged: {said}")
    return found


def _rules(contracts: Sequence[TableContract]) -> Iterator[tuple[RulePlace, SqlRule]]:
    for i, contract in enumerate(contracts):
        yield from (((i, k), rule) for k, rule in enumerate(contract.sql))


def _filters(contracts: Sequence[TableContract]) -> list[RowFilter]:
    named = [metric.rows for contract in contracts for metric in contract.metrics]
    named += [rule.rows for contract in contracts for rule in contract.sql]
    return [rows for rows in dict.fromkeys(named) if rows is not None and rows.condition]


def spark_figures(
    path: Path, asked: Mapping[RulePlace, tuple[str, str, Sequence[tuple[str, str | None]]]], classified: bool
) -> dict[RulePlace, SqlAnswer]:
    """Return the answers of queries of which Spark computed the figures of many rows.

    Args:
        path: the table, which is not read.
        asked: by rule its name, :attr:`SparkQuery.final`, and every figure: its type and its value as text.
        classified: whether a value may be one that is not shown.
    """
    import duckdb
    import pyarrow as pa

    del path
    found = {}
    for place, (name, final, figures) in asked.items():
        with connected("nothing", pa.table({"nothing": pa.nulls(0)})) as connection:
            columns = ", ".join(f"CAST(? AS {type_}) AS a{k}" for k, (type_, _) in enumerate(figures))
            try:
                connection.execute(f"CREATE TEMP TABLE {FIGURES} AS SELECT {columns}", [value for _, value in figures])
                rows = connection.execute(final).fetchmany(2)
                found[place] = answer_of(name, rows, classified=classified)
            except duckdb.Error as error:
                said = "a figure that the engine cannot compute" if classified else str(error).splitlines()[0][:200]
                found[place] = SqlAnswer(name, None, f"cannot run: {said}")
    return found
