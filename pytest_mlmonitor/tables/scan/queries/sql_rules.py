"""SQL rules of a contract: one read-only query over the table and those beside it that it names, in the embedded engine.

The query sees these tables and nothing else. External access is off and the configuration locked, so it reaches no file, no
other database and no network; a statement that is no single SELECT is refused before it runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from threading import Event, Thread
from typing import Any

from pytest_mlmonitor.core.text.names import quoted
from pytest_mlmonitor.tables.contract.prose.phrases import limit_in_words
from pytest_mlmonitor.tables.contract.table import SqlRule, TableContract
from pytest_mlmonitor.tables.profile import REDACTED, Failure, SqlAnswer
from pytest_mlmonitor.tables.scan.engine import connected, memory_limit
from pytest_mlmonitor.tables.scan.examine import SAMPLE_ROWS
from pytest_mlmonitor.tables.scan.queries.counted_rows import listing, of_share
from pytest_mlmonitor.tables.scan.queries.queried_table import QueriedTable, raise_if_short
from pytest_mlmonitor.tables.scan.queries.query_figures import answer_of, first_line, refusal_of, too_many
from pytest_mlmonitor.tables.scan.queries.query_tree import (
    NUMBERED,
    ROW,
    ColumnNames,
    NoSuchName,
    Tree,
    columns_in,
    columns_listed,
    condition,
    lists_rows,
    nodes,
    parsed,
    rows_query,
    text_of,
    unlimited,
)
from pytest_mlmonitor.tables.scan.queries.table_streams import NoSuchTable, OtherTables, held, of_table, with_tables
from pytest_mlmonitor.tables.scan.session_clock import session_clock
from pytest_mlmonitor.tables.shown.masked_values import MASK
from pytest_mlmonitor.tables.source.parquet import to_python
from pytest_mlmonitor.tables.source.source import TableSource

NAME = "{name}"
"""What a query calls the table."""

TABLE = "dataset"
MAX_SECONDS = 30.0
"""What all queries of a scan may take together; the one that runs then is interrupted, and those after it are not run: a
contract may lie in a tree that nobody vouches for."""

_LOOKED_AT = 3
"""Columns that a query looks at, shown of every failing row beside its key."""

_AGAIN = 0.1
"""Seconds between two interruptions: one that comes just before a query starts is forgotten by the engine."""


def answers(
    table: TableSource,
    rules: Sequence[SqlRule],
    contracts: Sequence[TableContract] = (),
    others: OtherTables | None = None,
    given: Sequence[SqlAnswer | None] = (),
) -> list[SqlAnswer]:
    """Run rules; never raises for what a query says.

    A small table is held for all of them, of a large one the columns that a rule looks at are streamed anew for each time that it
    names the table.

    Args:
        table: the table.
        rules: what to run.
        contracts: those in force: they say what the key is and which values are not shown.
        others: tables that the rules may name beside it.
        given: by rule, its figure where it is known: only the rows at fault are looked for then.

    Raises:
        MemoryError: the table could not be read in the memory that there is.
    """
    import duckdb
    import pyarrow as pa

    names = ColumnNames(table.schema.names)
    try:
        data = held(table, names.engine)
        with (
            others or OtherTables() as beside,
            connected(TABLE, data, session_clock(contracts, table.head)) as connection,
            _watched(connection) as over,
        ):
            for name, other in beside.opened.items():
                connection.register(name, other)
            asking = Asking(connection, over, names, contracts, beside, data)
            return [asking.answer(rule, known) for rule, known in zip(rules, given or [None] * len(rules), strict=True)]
    except MemoryError:
        raise
    except (duckdb.Error, pa.ArrowException) as error:  # a type that it does not know
        classified = any(column.redacted for contract in contracts for column in contract.columns)
        said = first_line(error, classified=classified)
        return [SqlAnswer(rule.name, None, f"cannot run: {said}") for rule in rules]


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


class Asking:
    """Asks a connection one rule after another."""

    def __init__(
        self,
        connection: Any,
        over: Event,
        names: ColumnNames,
        contracts: Sequence[TableContract],
        beside: OtherTables,
        data: Any,
    ) -> None:
        """Ask ``connection``, which knows the table as ``data``."""
        self.connection, self.over, self.names, self.beside, self.data = connection, over, names, beside, data
        self.key = next((contract.key for contract in contracts if contract.key), ())
        self.hidden = {column.name for contract in contracts for column in contract.columns if column.redacted}

    @cached_property
    def aggregates(self) -> set[str]:
        """The functions that make one figure of many rows."""
        functions = "SELECT function_name FROM duckdb_functions() WHERE function_type = 'aggregate'"
        return {name for (name,) in self.connection.execute(functions).fetchall()}

    def _classified(self, tree: Tree | None) -> bool:
        """Return whether a query may say a value that is not shown: of tables beside this one only their own contracts say."""
        named = {node.get("table_name") for node in nodes(tree)}
        return bool(self.hidden) or any(tree is None or name in named for name in self.beside.opened)

    def answer(self, rule: SqlRule, known: SqlAnswer | None = None) -> SqlAnswer:
        """Return the figure of a rule, unless it is known, and the first rows that it counts where they are too many."""
        import duckdb

        late = SqlAnswer(rule.name, None, f"cannot run: the SQL rules of this table took longer than {MAX_SECONDS:g} s")
        if self.over.is_set():
            return late
        tree: Tree | None = None
        try:
            query, tree = self._query(rule)
            if isinstance(self.data, QueriedTable) and self.data.narrow(tree, self.key):
                self.connection.register(TABLE, self.data)
            answer = known or self.figure(rule, query, tree)
            if answer.figure is None or rule.limit.holds(answer.figure) or tree is None or not too_many(rule, answer):
                return answer
            return replace(answer, failure=self._shown_rows(rule, answer, tree))
        except NoSuchTable as refusal:
            why = self.beside.refused.get(str(refusal).lower()) or "which is no table that is known"
            said = f"cannot run: it names the table {quoted(str(refusal))}, {why}"
            unknown = None if str(refusal).lower() in self.beside.refused else str(refusal)
            return SqlAnswer(rule.name, None, said, unknown=unknown)
        except NoSuchName as refusal:
            return SqlAnswer(rule.name, None, f"cannot run: it {refusal}")
        except duckdb.InterruptException:
            return late
        except duckdb.Error as error:
            raise_if_short((self.data, *self.beside.opened.values()))
            if isinstance(error, duckdb.OutOfMemoryException):
                may = f"{memory_limit() >> 20:,} MiB, half of reader_memory_mib"
                said = f"it needs more memory than the engine may use, {may}; raise that in the policy"
                return SqlAnswer(rule.name, None, f"cannot run: {said}")
            said = refusal_of(error, self.names, classified=self._classified(tree))
            return SqlAnswer(rule.name, None, f"cannot run: {said}")

    def _query(self, rule: SqlRule) -> tuple[str, Tree | None]:
        """Return what is run, and its tree; a query that lists failing rows becomes one that counts them."""
        query = rule.query.replace(NAME, TABLE)
        tree = parsed(self.connection, query)
        if self.names.apart and tree is None:
            self.connection.extract_statements(query)  # says what is wrong with it
            raise NoSuchName("cannot be taken apart, and some columns of the table differ in case only")
        written = tree
        if tree is not None:
            tree = with_tables(tree, {TABLE: TABLE, **self.beside.names})
        if self.names.apart and tree is not None:
            tree = self.names.renamed(tree)
        if tree is not None and tree is not written:
            query = text_of(self.connection, tree)
        none = rule.limit.relation == "==" and rule.limit.bounds == (0,)
        if tree is not None and lists_rows(tree, self.aggregates) and (none or columns_listed(tree) > 1):
            tree = unlimited(tree)
            return f"SELECT count(*) FROM ({text_of(self.connection, tree)}) AS listed", tree  # noqa: S608 (a SELECT)
        return query, tree

    def figure(self, rule: SqlRule, query: str, tree: Tree | None) -> SqlAnswer:
        """Return the one figure that a query gives, or why it gives none."""
        import duckdb

        statements = self.connection.extract_statements(query)
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
            return SqlAnswer(rule.name, None, "is refused: not one SELECT")
        asked = self.connection.execute(statements[0])
        kinds = [str(column[1]) for column in asked.description]
        if len(kinds) == 1 and "TIME ZONE" in kinds[0]:  # which DuckDB gives to Python by another library only
            return SqlAnswer(rule.name, None, f"gives a {kinds[0].lower()}, which is no number")
        rows: list[tuple[Any, ...]] = asked.fetchmany(2)
        return answer_of(rule.name, rows, classified=self._classified(tree))

    def _shown_rows(self, rule: SqlRule, answer: SqlAnswer, tree: Tree) -> Failure | None:
        """Return the rows at fault, None where the engine cannot show them: the figure stands all the same."""
        import duckdb

        try:
            return self._rows(rule, answer, tree)
        except duckdb.Error:
            return None

    def _rows(self, rule: SqlRule, answer: SqlAnswer, tree: Tree) -> Failure | None:
        """Return the first rows that a query counts, with their keys and what it looks at; None where it counts none."""
        own = of_table(tree, TABLE)
        counts = condition(tree, self.aggregates) if own else None
        holds = counts or (of_share(tree, self.aggregates) if own else None)
        failure = Failure(rule.name, "counted by the rule", limit_in_words(rule.limit), "sql", int(answer.figure or 0))
        if holds is None:
            return self._listed(failure, tree)
        there = dict(zip(self.names.engine, self.names.own, strict=True))
        lower = {engine.lower(): engine for engine in there}
        looked_at = [lower[name.lower()] for name in columns_in(holds) if name.lower() in lower]
        key = [engine for engine, own in there.items() if own in self.key]
        wanted = list(dict.fromkeys([*key, *looked_at[:_LOOKED_AT]]))
        row = ROW
        while row in lower:
            row += "_"
        self.connection.execute(
            f"CREATE OR REPLACE TEMP VIEW {NUMBERED} AS SELECT *, row_number() OVER () AS {row} FROM {TABLE}"  # noqa: S608
        )
        columns = ", ".join('"' + name.replace('"', '""') + '"' for name in [row, *wanted])
        template = parsed(self.connection, f"SELECT {columns} FROM {NUMBERED} ORDER BY {row} LIMIT {SAMPLE_ROWS}")  # noqa: S608
        if template is None:
            return None
        query = text_of(self.connection, rows_query(template, tree, holds))
        found = self.connection.sql(query).to_arrow_table()
        every = parsed(self.connection, f"SELECT count(*) FROM {NUMBERED}") if counts is None else None  # noqa: S608
        if every is not None:  # the figure is a share, and says not of how many
            ((failure.rows,),) = self.connection.execute(
                text_of(self.connection, rows_query(every, tree, holds))
            ).fetchall()
        for i in range(found.num_rows):
            known = {there[name]: to_python(found.column(k)[i]) for k, name in enumerate(wanted, 1)}
            values = {name: REDACTED if name in self.hidden else value for name, value in known.items()}
            judged = {there[name]: values[there[name]] for name in looked_at[:_LOOKED_AT]}
            by_key = {name: value for name, value in values.items() if name not in judged}
            failure.sample.append((int(found.column(0)[i].as_py()), by_key, judged))
            failure.shown.append({n: MASK if n in self.hidden else value for n, value in known.items()})
        return failure

    def _listed(self, failure: Failure, tree: Tree) -> Failure | None:
        """Return what a query lists itself, groups for example; nothing where a value in it may be one that is not shown."""
        if self.hidden or any(of_table(tree, name) for name in self.beside.opened):
            return None
        shown: Tree | None = tree
        if not lists_rows(tree, self.aggregates):
            template = parsed(self.connection, f"SELECT * FROM {TABLE} LIMIT {SAMPLE_ROWS}")  # noqa: S608
            shown = listing(tree, template, self.aggregates) if template is not None else None
        if shown is None:
            return None
        query = f"SELECT * FROM ({text_of(self.connection, shown)}) AS listed LIMIT {SAMPLE_ROWS}"  # noqa: S608 (a SELECT)
        found = self.connection.sql(query).to_arrow_table()
        wanted = range(found.num_columns) if shown is tree else self._named(tree, found.column_names)
        for i in range(found.num_rows):
            values = {self.names.shown(found.column_names[k]): to_python(found.column(k)[i]) for k in wanted}
            failure.sample.append((0, values, {}))
        return failure

    def _named(self, tree: Tree, there: Sequence[str]) -> list[int]:
        """Return which columns of a join are shown: those of the key and those that the query names, the first few of each."""
        key = {name.lower() for name in self.key}
        said = {name.lower() for name in columns_in(tree)}
        first = [k for k, name in enumerate(there) if name.lower() in key]
        second = [k for k, name in enumerate(there) if name.lower() in said and k not in first]
        return [*first, *second[:_LOOKED_AT]] or list(range(min(len(there), _LOOKED_AT)))
