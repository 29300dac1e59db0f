"""The second look at what lies inside a column: which values break a rule, in which rows, and where in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import narwhals as nw
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pytest_mlmonitor.core.text.names import quoted
from pytest_mlmonitor.tables.arrays.batches import normal_batch
from pytest_mlmonitor.tables.arrays.nested_arrays import Unfolded, inside
from pytest_mlmonitor.tables.arrays.vectors import Integers
from pytest_mlmonitor.tables.contract.table import TableContract
from pytest_mlmonitor.tables.plan.terms import ScanRule
from pytest_mlmonitor.tables.profile import REDACTED
from pytest_mlmonitor.tables.scan.examine import SAMPLE_ROWS
from pytest_mlmonitor.tables.scan.nested.nested_outcome import NestedOutcome
from pytest_mlmonitor.tables.source.parquet import to_python

Suspects = dict[int, list[ScanRule]]
"""Rules under suspicion by the id of their :class:`.NestedOutcome`."""


class _Trace(NamedTuple):
    """Where the values of a level lie.

    Attributes:
        nested: whose level it is.
        level: its values.
        rows: the row of each in the batch, ascending.
        above: the level around it, None for one inside a column of the table.
    """

    nested: NestedOutcome
    level: Unfolded
    rows: Integers
    above: _Trace | None

    def path(self, column: int, place: int) -> str:
        """Return what one value is called: ``items[2].price``, and of a map by its key unless that is not shown."""
        names, own = self.nested.profile.head.names, self.nested.column
        suffix = names[column].removeprefix(own)
        if names == (f"{own}[]",):
            parents = self._parents
            suffix = f"[{place - int(np.searchsorted(parents, parents[place]))}]"
        elif names[0] == f"{own}{{key}}" and column and not self.nested.terms.redacted(names[:1]):
            suffix = f"{{{quoted(to_python(self.level.columns[0][place]), 40)}}}"
        around = own if self.above is None else self.above.path(self.nested.index, int(self._parents[place]))
        return around + suffix

    @property
    def _parents(self) -> Integers:
        assert self.level.parents is not None
        return self.level.parents


class NestedExamination:
    """Evaluates rules on the values inside one column, and notes in their failures how many break them, and which.

    Attributes:
        key: positions of the table's key columns, which are shown beside a value.
    """

    def __init__(
        self, root: NestedOutcome, suspects: Suspects, contracts: Sequence[TableContract], names: Sequence[str]
    ) -> None:
        """Look at ``suspects`` inside the column of ``root``; the contracts say what the key of the table ``names`` is."""
        self._root = root
        self._suspects = suspects
        self._hidden = {c.name for contract in contracts for c in contract.columns if c.redacted}
        self._names = [name for name in next((c.key for c in contracts if c.key), ()) if name in names]
        self.key = [list(names).index(name) for name in self._names]
        self._batch: pa.RecordBatch | None = None
        self._passed = 0

    def add(self, batch: pa.RecordBatch, passed: int) -> None:
        """Look at the next rows, behind ``passed`` others: the column, and those of the key."""
        self._batch, self._passed = batch, passed
        level = inside(batch.column(0), traced=True)
        assert level.parents is not None
        self._look(_Trace(self._root, level, level.parents, None))

    def _look(self, trace: _Trace) -> None:
        rules = self._suspects[id(trace.nested)]
        if rules and trace.level.rows:
            plain = normal_batch(trace.level.batch(), trace.nested.outcome.plan.further)
            masks = {f"r{k}": rule.broken for k, rule in enumerate(rules)}
            found = nw.from_native(pa.Table.from_batches([plain]), eager_only=True).select(**masks).to_native()
            for k, rule in enumerate(rules):
                self._note(rule, pc.fill_null(found[f"r{k}"], False).combine_chunks(), trace)
        for child in trace.nested.children:
            if any(self._suspects[id(one)] for one in child.every()):
                level = inside(trace.level.columns[child.index], traced=True)
                assert level.parents is not None
                self._look(_Trace(child, level, trace.rows[level.parents], trace))

    def _note(self, rule: ScanRule, broken: pa.BooleanArray, trace: _Trace) -> None:
        failure, places = rule.failure, pc.indices_nonzero(broken).to_numpy()
        if not len(places):
            return
        failure.rows += len(places)
        failure.in_rows += len(np.unique(trace.rows[places]))
        hidden = trace.nested.terms.redacted([failure.column])
        for place in places[: max(0, SAMPLE_ROWS - len(failure.sample))].tolist():
            row = int(trace.rows[place])
            value = REDACTED if hidden else to_python(trace.level.columns[rule.index][place])
            failure.sample.append((self._passed + row + 1, self._keyed(row), value))
            failure.paths.append(trace.path(rule.index, place))

    def _keyed(self, row: int) -> dict[str, object]:
        assert self._batch is not None
        columns = zip(self._names, self._batch.columns[1:], strict=True)
        return {name: REDACTED if name in self._hidden else to_python(column[row]) for name, column in columns}
