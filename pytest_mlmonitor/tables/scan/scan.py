"""The scan: one pass over a table that decides every rule of a contract and gathers the statistics asked for.

While rows keep the contract nothing but aggregates is kept. Only rules under suspicion are looked at again, row by row
(:mod:`pytest_mlmonitor.tables.scan.examine`); only keys that stand in no order are read a second time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import reduce
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from pytest_mlmonitor.tables.arrays.batches import normal_batch, normal_schema, possible
from pytest_mlmonitor.tables.arrays.normal import exact, name_of
from pytest_mlmonitor.tables.contract.row_terms import RowFilter
from pytest_mlmonitor.tables.contract.table import TableContract, only_newest
from pytest_mlmonitor.tables.plan.terms import Key, Term
from pytest_mlmonitor.tables.profile import NO_STATISTICS, RulePlace, SqlAnswer, Statistics, TableProfile
from pytest_mlmonitor.tables.scan import progress
from pytest_mlmonitor.tables.scan.column_parts import Waiting, is_wide, parts, used
from pytest_mlmonitor.tables.scan.engine import aggregate, repeated
from pytest_mlmonitor.tables.scan.examine import SAMPLE_ROWS, Examination
from pytest_mlmonitor.tables.scan.filters.filtered import judge_filtered
from pytest_mlmonitor.tables.scan.keys import KeyOrder
from pytest_mlmonitor.tables.scan.nested.nested_scan import NestedScan
from pytest_mlmonitor.tables.scan.outcome import Repeated, ScanOutcome
from pytest_mlmonitor.tables.scan.queries.sql_rules import answers
from pytest_mlmonitor.tables.scan.queries.table_streams import OtherTables
from pytest_mlmonitor.tables.source.partitions import types_by_column
from pytest_mlmonitor.tables.source.source import TableSource, picked, source

MAX_PENDING = 100
PENDING_BYTES = 64 * 1024**2
"""Batches, and their bytes, whose distinct values are kept apart before they are brought together."""


def scan(
    path: Path,
    contract: TableContract | Sequence[TableContract] | None,
    statistics: Statistics = NO_STATISTICS,
    names: Sequence[str] = (),
    paths: Sequence[Path] = (),
) -> TableProfile:
    """Read the table ``path`` and return its profile.

    Args:
        path: a parquet file, or a directory that holds one table.
        contract: its rules, or several contracts, decided in the same pass; None to gather statistics only. Rules on
            absent columns or on columns of another type are not evaluated: the schema is judged from
            :attr:`TableProfile.head`.
        statistics: what else to gather.
        names: other tables that SQL rules name, as they call them.
        paths: where those are.

    Raises:
        Unreadable: it is no sound table, or has no newest partition where all contracts are about that.
    """
    contracts = (contract,) if isinstance(contract, TableContract) else tuple(contract or ())

    def others() -> OtherTables:
        return OtherTables(dict(zip(names, paths, strict=True)))

    with source(path, types_by_column(contracts)) as whole:
        return _judged(whole, contracts, statistics, others, {})


def shown_again(
    path: Path,
    contracts: Sequence[TableContract],
    names: Sequence[str],
    paths: Sequence[Path],
    rows: Sequence[tuple[int, int]],
    figures: Mapping[RulePlace, SqlAnswer],
) -> TableProfile:
    """Return the scan of a few rows, which another engine found to break rules: what is shown of them.

    Numbers of rows are those among these rows.

    Args:
        path: see :func:`scan`.
        contracts: see :func:`scan`.
        names: see :func:`scan`.
        paths: see :func:`scan`.
        rows: which they are (:func:`pytest_mlmonitor.tables.source.source.picked`); enough for every rule.
        figures: what SQL rules gave over the whole table, by the positions of the contract and of the rule; others are not run.

    Raises:
        Unreadable: see :func:`scan`.
    """

    def others() -> OtherTables:
        return OtherTables(dict(zip(names, paths, strict=True)))

    with picked(path, types_by_column(contracts), rows) as some:
        return _judged(some, tuple(contracts), NO_STATISTICS, others, figures, again=True)


def _judged(
    whole: TableSource,
    contracts: Sequence[TableContract],
    statistics: Statistics,
    others: Callable[[], OtherTables],
    figures: Mapping[RulePlace, SqlAnswer],
    *,
    again: bool = False,
) -> TableProfile:
    newest = only_newest(contracts)
    table = whole.newest() if newest else whole
    contracts = tuple(with_filters(contract, newest) for contract in contracts)
    profile = _scanned(table, contracts, statistics)
    profile.head = whole.head
    rules = {
        (i, k): r
        for i, written in enumerate(contracts)
        for k, r in enumerate(written.sql)
        if r.rows is None and (not again or (i, k) in figures)
    }
    if rules:
        given = [figures.get(place) for place in rules]
        found = answers(table, list(rules.values()), contracts, others(), given)
        profile.answers.update(zip(rules, found, strict=True))
    judge_filtered(table, contracts, profile, _scanned, others, figures if again else None)
    return profile


def with_filters(contract: TableContract, newest: bool) -> TableContract:
    """Return a contract whose rules say which rows they are about; ``newest``: of a table that is the newest partition already.

    Where another contract is about all rows, only the rules that are one figure each keep to the newest partition.
    """

    def within(rows: RowFilter | None) -> RowFilter | None:
        found = replace(rows or RowFilter(), newest=not newest and (contract.newest or (rows or RowFilter()).newest))
        return None if found == RowFilter() else found

    return replace(
        contract,
        metrics=tuple(replace(metric, rows=within(metric.rows)) for metric in contract.metrics),
        sql=tuple(replace(rule, rows=within(rule.rows)) for rule in contract.sql),
    )


def _scanned(table: TableSource, contracts: Sequence[TableContract], statistics: Statistics) -> TableProfile:
    """Return the profile of an open table, without SQL rules and rules that have filters."""
    outcome = ScanOutcome(table.head, contracts, statistics)
    watch = _Watch(table, outcome)
    figures: dict[str, object] = {}
    for part, terms in watch.parts():
        schema = normal_schema(table.schema, outcome.plan.further, part)
        figures |= aggregate(watch.batches(part), schema, table.head.rows, terms)
    outcome.settle(figures | watch.close())
    suspects = outcome.suspects()
    if suspects:
        Examination(table, suspects, contracts, outcome.plan).run()
        outcome.take(suspects)
    outcome.repetitions(watch.repeated)
    NestedScan(table, outcome).run()
    return outcome.profile


class _Watch:
    """Sees every batch on its way into the engine: counts rows and nulls, follows the order of keys."""

    def __init__(self, table: TableSource, outcome: ScanOutcome) -> None:
        self.table = table
        self.plan = outcome.plan
        self.profile = outcome.profile
        self.index = outcome.index
        self._names = {i: name for name, i in outcome.index.items()}
        self.further = outcome.plan.further
        keys = (*outcome.plan.unique, *outcome.plan.counted.values())
        self._keys = list(dict.fromkeys(key.columns for key in keys))
        self._chains: dict[tuple[int, ...], KeyOrder] = {}
        self._distinct: dict[str, list[pa.Array]] = {name: [] for name in outcome.distinct}
        # The extremes of a text column are dear to an engine, and known where its distinct values are.
        schema = normal_schema(table.schema)
        texts = [self.index[name] for name in self._distinct if pa.types.is_string(schema.field(self.index[name]).type)]
        self.supplied = {f"{side}{i}": (side, i) for i in texts for side in ("min", "max")}
        self._counted: set[int] = set()
        self._cells = self._passed = 0

    def parts(self) -> Iterator[tuple[tuple[int, ...], dict[str, Term]]]:
        """Yield the columns that pass together, with the terms that they answer; together all columns and all terms."""
        waiting = {alias: term for alias, term in self.plan.terms.items() if alias not in self.supplied}
        everything = range(len(self.table.schema))
        if not is_wide(self.table):
            self._cells = len(everything) * self.table.head.rows
            yield tuple(everything), waiting
            return
        needs = {alias: used(term.expression, self.plan, self.table) for alias, term in waiting.items()}
        single = (frozenset([i]) for i in everything)
        found = parts(self.table, [*needs.values(), *map(frozenset, self._keys), *single])
        self._cells = sum(map(len, found)) * self.table.head.rows
        left = Waiting(needs.items())
        for part in found:
            yield part, {alias: waiting[alias] for alias in left.answered(part)}

    def batches(self, part: tuple[int, ...]) -> Iterator[pa.RecordBatch]:
        """Yield the normalised batches of the columns at ``part``."""
        profile, total, names = self.profile, self.table.head.rows, self.table.head.names
        places = {place: i for i, place in enumerate(part)}
        # What an earlier part counted is not counted again.
        new = {self._names[i]: places[i] for i in part if i in self._names and i not in self._counted}
        distinct = [name for name in new if name in self._distinct]
        further = possible(self.further, places)
        chains = {
            columns: KeyOrder(tuple(places[i] for i in columns))
            for columns in self._keys
            if columns not in self._chains and places.keys() >= set(columns)
        }
        self._chains |= chains
        self._counted.update(part)
        rows = 0
        for batch in self.table.batches(None if len(part) == len(names) else [names[i] for i in part]):
            plain = normal_batch(batch, further, part)
            for name, i in new.items():
                profile.nulls[name] = profile.nulls.get(name, 0) + batch.column(i).null_count
            for chain in chains.values():
                chain.add(plain)
            for name in distinct:
                seen = self._distinct[name]
                seen.append(pc.unique(plain.column(new[name])))
                if len(seen) > MAX_PENDING or sum(one.nbytes for one in seen[1:]) > PENDING_BYTES:
                    seen[:] = [pc.unique(pa.chunked_array(seen))]
            rows += batch.num_rows
            progress.report((self._passed + rows * len(part)) * total // max(1, self._cells), total)
            yield plain
        profile.rows = rows
        self._passed += rows * len(part)

    def close(self) -> dict[str, object]:
        """Count the distinct values, nulls apart, and return the terms that they answer."""
        figures: dict[str, object] = {}
        nulls = self.profile.nulls  # by part; findings follow the columns
        self.profile.nulls = {name: nulls[name] for name in self.index if name in nulls}
        for name, seen in self._distinct.items():
            values = pc.unique(pa.chunked_array(seen)) if seen else pa.nulls(0)
            self.profile.distinct[name] = len(values) - values.null_count
            for side in ("min", "max"):
                alias = f"{side}{self.index[name]}"
                if alias in self.supplied:
                    figures[alias] = pc.min_max(values)[side].as_py() if len(values) else None
        return figures

    def repeated(self, key: Key) -> Repeated:
        """Count the values of a key that occur more than once; rows in strict order need no second look."""
        if self._chains[key.columns].unbroken:
            return 0, 0, []
        names = self.table.head.names
        wanted = [names[i] for i in key.columns]
        labels = [name_of(i) for i in key.columns]

        def batches() -> Iterator[pa.RecordBatch]:
            for batch in self.table.batches(wanted):
                plain = pa.RecordBatch.from_arrays([exact(column) for column in batch.columns], names=labels)
                absent = [
                    pc.is_null(column, nan_is_null=i in key.nan_null)
                    for i, column in zip(key.columns, plain.columns, strict=True)
                ]
                some = reduce(pc.or_, absent)
                yield plain.filter(pc.invert(some)) if some.true_count else plain

        types = [exact(pa.nulls(0, self.table.schema.field(i).type)).type for i in key.columns]
        schema = pa.schema(list(zip(labels, types, strict=True)))
        return repeated(batches, schema, self.profile.rows, labels, SAMPLE_ROWS)
