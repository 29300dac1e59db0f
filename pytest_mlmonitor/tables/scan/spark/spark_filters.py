"""SQL rules, and rules about some rows only, on Spark."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from pytest_mlmonitor.tables.arrays.normal import name_of
from pytest_mlmonitor.tables.contract.prose.phrases import limit_in_words
from pytest_mlmonitor.tables.contract.row_terms import RowFilter
from pytest_mlmonitor.tables.contract.table import Metric, SqlRule, TableContract
from pytest_mlmonitor.tables.profile import (
    NO_STATISTICS,
    Failure,
    ParquetHead,
    RulePlace,
    SelectedRows,
    SqlAnswer,
    TableProfile,
)
from pytest_mlmonitor.tables.scan.examine import SAMPLE_ROWS
from pytest_mlmonitor.tables.scan.filters.condition import BadFilter
from pytest_mlmonitor.tables.scan.filters.filtered import OfSomeRows
from pytest_mlmonitor.tables.scan.queries.query_figures import too_many
from pytest_mlmonitor.tables.scan.queries.spark_queries import SparkQueries
from pytest_mlmonitor.tables.scan.queries.written_rules import SparkQuery
from pytest_mlmonitor.tables.scan.spark.broken_rows import BrokenRows
from pytest_mlmonitor.tables.scan.spark.spark_table import PART, PLACE, ROW, SparkTable, first_places
from pytest_mlmonitor.tables.unreadable import NoNewest

FrameScanned = Callable[[Any, ParquetHead, Sequence[TableContract], Any, BrokenRows], TableProfile]


class SparkRules:
    """Judges the SQL rules of a table, and its rules about some rows."""

    def __init__(
        self,
        ask: Callable[..., Any],
        path: Path,
        contracts: Sequence[TableContract],
        broken: BrokenRows,
        scanned: FrameScanned,
    ) -> None:
        """Prepare.

        Args:
            ask: asks the guarded reader.
            path: the table.
            contracts: those in force, whose rules say which rows they are about.
            broken: takes the places of rows that break rules.
            scanned: scans a frame by contracts.
        """
        self._ask, self._path, self._contracts, self._broken, self._scanned = ask, path, contracts, broken, scanned
        self._metrics: dict[RulePlace, Metric] = {
            (i, k): metric
            for i, one in enumerate(contracts)
            for k, metric in enumerate(one.metrics)
            if metric.rows is not None
        }
        self._sql: dict[RulePlace, SqlRule] = {
            (i, k): rule for i, one in enumerate(contracts) for k, rule in enumerate(one.sql)
        }

    def judge(self, table: SparkTable, profile: TableProfile, beside: tuple[Any, ...]) -> None:
        """Add to ``profile`` what they find; ``beside`` are the names and paths of the tables that SQL rules may name."""
        if not self._sql and not self._metrics:
            return
        known: SparkQueries = self._ask("spark_queries", self._path, tuple(self._contracts), *beside)
        named = [metric.rows for metric in self._metrics.values()] + [rule.rows for rule in self._sql.values()]
        for rows in dict.fromkeys(named):
            metrics = {place: one for place, one in self._metrics.items() if one.rows == rows}
            rules = {place: one for place, one in self._sql.items() if one.rows == rows}
            try:
                if rows in known.bad:
                    raise BadFilter(known.bad[rows])
                some, selection = self._some(table, rows, known)
            except (BadFilter, NoNewest) as error:
                why = f"the filter {error}" if isinstance(error, BadFilter) else f"the table {error}"
                profile.selections |= dict.fromkeys(metrics, SelectedRows(error=why))
                for place, rule in rules.items():
                    profile.answers[place] = SqlAnswer(rule.name, None, f"cannot run: {why}")
                continue
            newest = rows is not None and rows.newest
            if metrics and selection is not None:
                self._judge_metrics(metrics, some, table.head, selection, profile, newest=newest)
            found = self._answers(table.session, rules, some, known, newest=newest)
            profile.answers |= {place: replace(one, selection=selection) for place, one in found.items()}

    def _some(self, table: SparkTable, rows: RowFilter | None, known: SparkQueries) -> tuple[Any, SelectedRows | None]:
        """Return the rows that rules are about, and how many they are; of all rows nothing is said."""
        from pyspark.sql import functions as F  # noqa: N812

        if rows is None:
            return table.frame, None
        within = table.newest() if rows.newest else table
        if not rows.condition:
            return within.frame, SelectedRows(within.head.rows, within.head.rows)
        with exactly(table.session):
            some = within.frame.filter(F.expr(known.conditions[rows]))
            return some, SelectedRows(some.count(), within.head.rows)

    def _judge_metrics(
        self,
        metrics: dict[RulePlace, Metric],
        some: Any,
        head: ParquetHead,
        selection: SelectedRows,
        profile: TableProfile,
        *,
        newest: bool,
    ) -> None:
        from pyspark.sql import functions as F  # noqa: N812

        profile.selections |= dict.fromkeys(metrics, selection)
        profile.figures |= {place: selection.rows for place, metric in metrics.items() if metric.metric == "rows"}
        asked = OfSomeRows(metrics, self._contracts)
        if not asked.columns:
            return
        places = [i for i, name in enumerate(head.names) if name in asked.columns]
        narrow = replace(
            head,
            names=tuple(head.names[i] for i in places),
            types=tuple(head.types[i] for i in places),
            rows=selection.rows,
        )
        frame = some.select(*(F.col(name_of(i)).alias(name_of(k)) for k, i in enumerate(places)), ROW, PART, PLACE)
        own = BrokenRows(self._broken.told)
        asked.taken(self._scanned(frame, narrow, asked.contracts, NO_STATISTICS, own), profile)
        self._broken.take(own, newest=newest)
        if newest:
            self._broken.newest_metrics.update(metrics)

    def _answers(
        self, session: Any, rules: dict[RulePlace, SqlRule], some: Any, known: SparkQueries, *, newest: bool
    ) -> dict[RulePlace, SqlAnswer]:
        from pyspark.sql import functions as F  # noqa: N812

        found = {place: known.refused[place] for place in rules if place in known.refused}
        asked, counted = {}, {}
        with exactly(session):
            for place, rule in rules.items():
                query = known.queries.get(place)
                if query is None:
                    continue
                kept = some.filter(F.expr(query.where))
                if query.final:
                    asked[place] = (rule.name, query.final, _figures(kept, query))
                else:
                    counted[place] = SqlAnswer(rule.name, _listed(kept, query).count())
            classified = any(column.redacted for contract in self._contracts for column in contract.columns)
            if asked:
                counted |= self._ask("spark_figures", self._path, asked, classified)
            for place, answer in counted.items():
                found[place] = self._with_rows(place, rules[place], answer, known.queries[place], some, newest=newest)
        return found

    def _with_rows(
        self, place: RulePlace, rule: SqlRule, answer: SqlAnswer, query: SparkQuery, some: Any, *, newest: bool
    ) -> SqlAnswer:
        """Return an answer with the rows at fault, where there are too many of them."""
        from pyspark.sql import functions as F  # noqa: N812

        if answer.figure is None or rule.limit.holds(answer.figure) or not too_many(rule, answer):
            return answer
        failure = Failure(rule.name, "counted by the rule", limit_in_words(rule.limit), "sql", int(answer.figure))
        if not query.final:
            if query.shown and not any(one.redacted for contract in self._contracts for one in contract.columns):
                rows = _listed(some.filter(F.expr(query.where)), query).limit(SAMPLE_ROWS).collect()
                failure.sample = [(0, {name: row[f"k{at}"] for name, at in query.shown}, {}) for row in rows]
            return replace(answer, failure=failure)
        at_fault = some.filter(F.expr(query.where if query.holds is None else query.holds))
        if query.holds is not None and query.share:
            failure.rows = at_fault.count()
        self._broken.note(first_places(at_fault, SAMPLE_ROWS), newest=newest)
        self._broken.figures[place] = answer
        if newest:
            self._broken.newest_sql.add(place)
        return replace(answer, failure=failure)


@contextmanager
def exactly(session: Any) -> Iterator[None]:
    """Let Spark end what does not fit its type, as the embedded engine does, and not go on with something else."""
    key = "spark.sql.ansi.enabled"
    before = session.conf.get(key)
    session.conf.set(key, "true")
    try:
        yield
    finally:
        session.conf.set(key, before)


def _figures(kept: Any, query: SparkQuery) -> list[tuple[str, str | None]]:
    """Return the figures of a query as texts, with their types."""
    from pyspark.sql import functions as F  # noqa: N812

    (row,) = kept.agg(*(F.expr(text).alias(f"a{k}") for k, (text, _) in enumerate(query.aggregates))).collect()
    values = [row[f"a{k}"] for k in range(len(query.aggregates))]
    return [
        (type_, None if value is None else _text(value))
        for value, (_, type_) in zip(values, query.aggregates, strict=True)
    ]


def _text(value: Any) -> str:
    return repr(value) if isinstance(value, float) else str(value)


def _listed(kept: Any, query: SparkQuery) -> Any:
    """Return the groups, or the different rows, that a query lists, by what they are told apart."""
    from pyspark.sql import functions as F  # noqa: N812

    keys = [F.expr(text).alias(f"k{at}") for at, text in enumerate(query.keys)]
    if query.having is None:
        return kept.select(*keys).distinct()
    return kept.groupBy(*keys).agg(F.expr(query.having).alias("kept")).filter("kept")
