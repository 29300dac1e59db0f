"""The scan of what lies inside columns: the same plans as of tables, over values unfolded batch by batch.

A column's objects, items and entries are the rows of a table of its own (:class:`.NestedTable`). They are unfolded by Arrow's own
functions and judged at once, so that no more of them are held than lie in one batch. Rules under suspicion are looked at again,
with the row and the place in it of every value.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce

import pyarrow as pa
import pyarrow.compute as pc

from pytest_mlmonitor.tables.arrays.batches import normal_batch
from pytest_mlmonitor.tables.arrays.nested_arrays import Unfolded, inside
from pytest_mlmonitor.tables.arrays.normal import exact, name_of
from pytest_mlmonitor.tables.plan.terms import Key
from pytest_mlmonitor.tables.scan.column_parts import is_wide, parts
from pytest_mlmonitor.tables.scan.engine import ArrowTotals, repeated
from pytest_mlmonitor.tables.scan.examine import SAMPLE_ROWS
from pytest_mlmonitor.tables.scan.nested.nested_outcome import NestedOutcome, nested_outcomes
from pytest_mlmonitor.tables.scan.nested.nested_rows import NestedExamination, Suspects
from pytest_mlmonitor.tables.scan.outcome import Repeated, ScanOutcome
from pytest_mlmonitor.tables.source.parquet import batch_rows
from pytest_mlmonitor.tables.source.source import TableSource

MAX_BYTES = 32 * 1024**2
"""Bytes of a batch's nested columns that are unfolded at once; footers do not say how much they are when decoded."""


class NestedScan:
    """Scans what the contracts of a table say inside its columns."""

    def __init__(self, table: TableSource, outcome: ScanOutcome) -> None:
        """Prepare; what is found becomes part of the profile of ``outcome``."""
        self._table = table
        self._contracts = outcome.contracts
        self._roots = nested_outcomes(outcome.contracts, table.head, outcome.profile)

    def run(self) -> None:
        """Pass over the nested columns once, and over those with broken rules or keys again.

        Raises:
            Unreadable: damaged data.
        """
        if not self._roots:
            return
        nodes = {id(root): _Node(root) for root in self._roots}
        for part in self._parts():
            roots = [root for root in self._roots if root.index in part]
            for batch, _ in self.batches([root.index for root in roots]):
                for i, root in enumerate(roots):
                    nodes[id(root)].add(inside(batch.column(i)))
        suspects = {id(root): nodes[id(root)].settle() for root in self._roots}
        for root in self._roots:
            if any(suspects[id(root)].values()):
                self._examine(root, suspects[id(root)])
            for path in _paths(root):
                self._repetitions(path)

    def batches(self, places: Sequence[int], key: Sequence[int] = ()) -> Iterator[tuple[pa.RecordBatch, int]]:
        """Yield rows of the columns at ``places`` and behind them those of ``key``, and how many rows came before."""
        names = self._table.head.names
        wanted = [names[i] for i in dict.fromkeys((*places, *key))]
        order = [wanted.index(names[i]) for i in (*places, *key)]
        passed = 0
        for batch in self._table.batches(wanted, batch_rows(1, self._table.footprint.row_bytes)):
            step = max(1, batch.num_rows // max(1, -(-batch.nbytes // MAX_BYTES)))
            for start in range(0, batch.num_rows, step):
                some = batch.slice(start, step)
                yield some.select(order), passed + start
            passed += batch.num_rows

    def _parts(self) -> list[frozenset[int]]:
        places = frozenset(root.index for root in self._roots)
        if not is_wide(self._table):
            return [places]
        # A column of several contracts may stand in several parts; once is enough.
        waiting, found = set(places), []
        for part in parts(self._table, [frozenset([place]) for place in sorted(places)]):
            found.append(frozenset(part) & waiting)
            waiting -= found[-1]
        return [part for part in found if part]

    def _examine(self, root: NestedOutcome, suspects: Suspects) -> None:
        look = NestedExamination(root, suspects, self._contracts, self._table.head.names)
        for batch, passed in self.batches([root.index], look.key):
            look.add(batch, passed)
        for nested in root.every():
            nested.outcome.take(suspects[id(nested)])

    def _repetitions(self, path: Sequence[NestedOutcome]) -> None:
        outcome = path[-1].outcome
        if outcome.plan.unique or outcome.plan.counted:
            outcome.repetitions(lambda key: self._repeated(path, key))

    def _repeated(self, path: Sequence[NestedOutcome], key: Key) -> Repeated:
        labels = [name_of(i) for i in key.columns]

        def plain(array: pa.Array) -> pa.RecordBatch:
            level = inside(array)
            for step in path[1:]:
                level = inside(level.columns[step.index])
            return pa.RecordBatch.from_arrays([exact(level.columns[i]) for i in key.columns], names=labels)

        def batches() -> Iterator[pa.RecordBatch]:
            for batch, _ in self.batches([path[0].index]):
                found = plain(batch.column(0))
                absent = [
                    pc.is_null(column, nan_is_null=i in key.nan_null)
                    for i, column in zip(key.columns, found.columns, strict=True)
                ]
                some = reduce(pc.or_, absent)
                yield found.filter(pc.invert(some)) if some.true_count else found

        schema = plain(pa.nulls(0, self._table.schema.field(path[0].index).type)).schema
        return repeated(batches, schema, path[-1].profile.rows, labels, SAMPLE_ROWS)


def _paths(root: NestedOutcome, above: tuple[NestedOutcome, ...] = ()) -> Iterator[tuple[NestedOutcome, ...]]:
    yield (*above, root)
    for child in root.children:
        yield from _paths(child, (*above, root))


class _Node:
    """Gathers the figures of what lies inside one column."""

    def __init__(self, nested: NestedOutcome) -> None:
        self._nested = nested
        self._totals = ArrowTotals(nested.outcome.plan.terms)
        self._children = [_Node(child) for child in nested.children]

    def add(self, level: Unfolded) -> None:
        """Take what lies inside the next values of the column."""
        outcome, profile = self._nested.outcome, self._nested.profile
        profile.rows += level.rows
        if level.columns:
            plain = normal_batch(level.batch(), outcome.plan.further)
            self._totals.add(plain)
            for name, i in outcome.index.items():
                profile.nulls[name] = profile.nulls.get(name, 0) + plain.column(i).null_count
        for child in self._children:
            child.add(inside(level.columns[child._nested.index]))

    def settle(self) -> Suspects:
        """Return what is under suspicion, here and deeper."""
        outcome = self._nested.outcome
        outcome.settle(self._totals.found)
        found = {id(self._nested): outcome.suspects()}
        for child in self._children:
            found |= child.settle()
        return found
