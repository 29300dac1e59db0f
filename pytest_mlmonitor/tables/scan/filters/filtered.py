"""Rules that are about some rows only: each group of rows is read as a table of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pytest_mlmonitor.tables.arrays.batches import rows_where
from pytest_mlmonitor.tables.contract.row_terms import RowFilter
from pytest_mlmonitor.tables.contract.table import Metric, TableContract
from pytest_mlmonitor.tables.profile import NO_STATISTICS, Failure, SelectedRows, SqlAnswer, Statistics, TableProfile
from pytest_mlmonitor.tables.scan.filters.condition import BadFilter, Condition, conditions
from pytest_mlmonitor.tables.scan.queries.sql_rules import answers
from pytest_mlmonitor.tables.scan.queries.table_streams import OtherTables
from pytest_mlmonitor.tables.scan.session_clock import session_clock
from pytest_mlmonitor.tables.source.source import TableSource
from pytest_mlmonitor.tables.unreadable import NoNewest

Scanned = Callable[[TableSource, Sequence[TableContract], Statistics], TableProfile]


def judge_filtered(
    table: TableSource,
    contracts: Sequence[TableContract],
    profile: TableProfile,
    scanned: Scanned,
    others: Callable[[], OtherTables],
    figures: Mapping[tuple[int, int], SqlAnswer] | None = None,
) -> None:
    """Add to ``profile`` what the rules of some rows find.

    Args:
        table: whose rows they are.
        contracts: those in force.
        profile: of the whole table.
        scanned: scans a table by contracts.
        others: gives the tables that SQL rules may name beside it.
        figures: what SQL rules gave, where that is known: then the rows at fault are looked for, and other SQL rules are not run.
    """
    named = [metric.rows for contract in contracts for metric in contract.metrics]
    named += [rule.rows for contract in contracts for rule in contract.sql]
    groups = [rows for rows in dict.fromkeys(named) if rows is not None]
    if not groups:
        return
    with conditions(session_clock(contracts, table.head)) as connection:
        for rows in groups:
            _Group(rows, contracts, profile, figures).judge(table, connection, scanned, others)


class _Group:
    """The rules that are about the same rows."""

    def __init__(
        self,
        rows: RowFilter,
        contracts: Sequence[TableContract],
        profile: TableProfile,
        figures: Mapping[tuple[int, int], SqlAnswer] | None,
    ) -> None:
        self.rows, self.contracts, self.profile = rows, contracts, profile
        self.metrics = {(i, k): m for i, c in enumerate(contracts) for k, m in enumerate(c.metrics) if m.rows == rows}
        sql = {(i, k): r for i, c in enumerate(contracts) for k, r in enumerate(c.sql) if r.rows == rows}
        self.sql = {place: rule for place, rule in sql.items() if figures is None or place in figures}
        self.given = [None if figures is None else figures[place] for place in self.sql]

    def judge(self, table: TableSource, connection: Any, scanned: Scanned, others: Callable[[], OtherTables]) -> None:
        """Read the rows and judge them; a filter that cannot be judged is said of each rule."""
        try:
            within = table.newest() if self.rows.newest else table
            condition = self._condition(connection, within.schema.names) if self.rows.condition else None
            some = _Some(within, condition)
            selection = SelectedRows(some.count(), within.head.rows)
            self._metrics(some, scanned, selection)
            self._sql(some, selection, others)
        except (BadFilter, NoNewest) as error:
            why = f"the filter {error}" if isinstance(error, BadFilter) else f"the table {error}"
            self.profile.selections |= dict.fromkeys(self.metrics, SelectedRows(error=why))
            for place, rule in self.sql.items():
                self.profile.answers[place] = SqlAnswer(rule.name, None, f"cannot run: {why}")

    def _condition(self, connection: Any, names: Sequence[str]) -> Condition:
        classified = any(column.redacted for contract in self.contracts for column in contract.columns)
        return Condition(connection, self.rows.condition, names, classified=classified)

    def _metrics(self, some: _Some, scanned: Scanned, selection: SelectedRows) -> None:
        self.profile.selections |= dict.fromkeys(self.metrics, selection)
        for place, metric in self.metrics.items():
            if metric.metric == "rows":
                self.profile.figures[place] = selection.rows
        asked = OfSomeRows(self.metrics, self.contracts)
        if asked.columns:
            counted = asked.taken(scanned(some.narrowed(asked.columns), asked.contracts, NO_STATISTICS), self.profile)
            some.renumber(counted)

    def _sql(self, some: _Some, selection: SelectedRows, others: Callable[[], OtherTables]) -> None:
        if not self.sql:
            return
        found = answers(some.source(), list(self.sql.values()), self.contracts, others(), self.given)
        for place, answer in zip(self.sql, found, strict=True):
            self.profile.answers[place] = replace(answer, selection=selection)
        some.renumber([answer.failure for answer in found if answer.failure is not None])


class OfSomeRows:
    """What metrics of some rows ask of a table that holds these rows and no others.

    Attributes:
        columns: those that are looked at; none where nothing is asked but how many rows there are.
        contracts: the metrics alone, of each contract.
    """

    def __init__(self, metrics: Mapping[tuple[int, int], Metric], contracts: Sequence[TableContract]) -> None:
        """Ask for ``metrics``, by the positions of the contract and of the metric."""
        wanted = {name for metric in metrics.values() for name in metric.columns}
        key = next((c.key for c in contracts if c.key), ())
        self.columns: set[str] = wanted | set(key) if wanted else set()
        self._numbers = [[at for at in metrics if at[0] == place] for place in range(len(contracts))]
        self.contracts = [
            replace(_bare(contract), metrics=tuple(replace(metrics[at], rows=None) for at in there))
            for contract, there in zip(contracts, self._numbers, strict=True)
        ]

    def taken(self, found: TableProfile, profile: TableProfile) -> list[Failure]:
        """Add what a scan by ``contracts`` found to the profile of the whole table; return the rows that metrics counted."""
        counted = []
        for number, there in enumerate(self._numbers):
            for k, at in enumerate(there):
                if (figure := found.figures.get((number, k))) is not None:
                    profile.figures[at] = figure
                if (failure := found.counted.get((number, k))) is not None:
                    profile.counted[at] = failure
                    counted.append(failure)
        return counted


def _bare(contract: TableContract) -> TableContract:
    """Return a contract without rules of its own: what its columns say of NaN, and which values are not shown."""
    columns = tuple(
        replace(
            type(c)(c.name),
            nullable=True,
            required=False,
            nan=c.nan,
            redacted=c.redacted,
            zone=c.zone,
            severity=c.severity,
        )
        for c in contract.columns
    )
    return TableContract(contract.name, columns, key=contract.key, extra="allow", no_all_null=False, min_rows=0)


class _Some:
    """The rows of a table that fulfil a condition."""

    def __init__(self, table: TableSource, condition: Condition | None) -> None:
        self.table, self.condition = table, condition

    def count(self) -> int:
        if self.condition is None:
            return self.table.head.rows
        return sum(int(kept.true_count) for kept in self._kept())

    def source(self) -> TableSource:
        """Return the rows as a table."""
        return self.narrowed(None)

    def narrowed(self, names: set[str] | None) -> TableSource:
        """Return the rows as a table with some columns only."""
        whole = self.table
        places = [i for i, name in enumerate(whole.head.names) if names is None or name in names]
        head = replace(
            whole.head,
            names=tuple(whole.head.names[i] for i in places),
            types=tuple(whole.head.types[i] for i in places),
        )
        schema = pa.schema([whole.schema.field(i) for i in places])

        def read(asked: Sequence[str] | None, rows: int) -> Iterator[pa.RecordBatch]:
            if asked is None and names is None:
                wanted = None
            else:
                wanted = [n for n in dict.fromkeys(head.names if asked is None else asked) if n in head.names]
            yield from self._batches(wanted, rows)

        return TableSource(head, schema, whole.files, read, whole.footprint)

    def _batches(self, wanted: list[str] | None, rows: int) -> Iterator[pa.RecordBatch]:
        if self.condition is None:
            yield from self.table.batches(wanted, rows)
            return
        read = None if wanted is None else list(dict.fromkeys([*wanted, *self.condition.columns]))
        for batch in self.table.batches(read, rows):
            kept = self.condition.kept(batch)
            yield rows_where(batch if wanted is None else batch.select(wanted), kept)

    def _kept(self) -> Iterator[pa.BooleanArray]:
        assert self.condition is not None
        for batch in self.table.batches(self.condition.columns):
            yield self.condition.kept(batch)

    def renumber(self, failures: Sequence[Failure]) -> None:
        """Give the rows of samples their numbers in the table: they have those among the rows that are kept."""
        wanted = sorted({number for failure in failures for number, _, _ in failure.sample if number})
        if self.condition is None or not wanted:
            return
        places: dict[int, int] = {}
        passed = counted = 0
        for kept in self._kept():
            here = [number for number in wanted if counted < number <= counted + kept.true_count]
            if here:
                positions = pc.indices_nonzero(kept)
                places |= {number: passed + positions[number - counted - 1].as_py() + 1 for number in here}
            counted += kept.true_count
            passed += len(kept)
        for failure in failures:
            failure.sample = [(_in_table(places, number), key, value) for number, key, value in failure.sample]


def _in_table(places: Mapping[int, int], number: int) -> int:
    return places.get(number, 0)
