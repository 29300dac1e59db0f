"""The second look: which rows break the rules under suspicion, how many, and the first few with their keys."""

from __future__ import annotations

from collections.abc import Sequence

import narwhals as nw
import pyarrow as pa
import pyarrow.compute as pc

from pytest_mlmonitor.tables.arrays.batches import Further, normal_batch
from pytest_mlmonitor.tables.contract.table import TableContract
from pytest_mlmonitor.tables.plan.terms import ScanRule
from pytest_mlmonitor.tables.profile import REDACTED
from pytest_mlmonitor.tables.source.parquet import to_python
from pytest_mlmonitor.tables.source.source import TableSource

SAMPLE_ROWS = 10


class Examination:
    """Evaluates rules row by row, and notes in their failures how many rows break them, and which."""

    def __init__(
        self,
        table: TableSource,
        rules: list[ScanRule],
        contracts: Sequence[TableContract],
        further: Further,
    ) -> None:
        """Look at ``rules``, of a plan that asks for ``further`` columns.

        The contracts say what the key is and which values are not shown.
        """
        self._table = table
        self._further = further
        self._rules = rules
        names = table.head.names
        self._hidden = {c.name for contract in contracts for c in contract.columns if c.redacted}
        key = next((contract.key for contract in contracts if contract.key), ())
        self._key = [(name, names.index(name)) for name in key if name in names]

    def run(self) -> None:
        """Pass over the table once."""
        masks = {f"r{k}": rule.broken for k, rule in enumerate(self._rules)}
        passed = 0
        for batch in self._table.batches():
            if not batch.num_rows:
                continue
            frame = nw.from_native(pa.Table.from_batches([normal_batch(batch, self._further)]), eager_only=True)
            found = frame.select(**masks).to_native()
            for k, rule in enumerate(self._rules):
                self._note(rule, pc.fill_null(found[f"r{k}"], False).combine_chunks(), batch, passed)
            passed += batch.num_rows

    def _note(self, rule: ScanRule, broken: pa.BooleanArray, batch: pa.RecordBatch, passed: int) -> None:
        failure = rule.failure
        rows = broken.true_count
        failure.rows += rows
        room = SAMPLE_ROWS - len(failure.sample)
        if not rows or room <= 0:
            return
        for i in pc.indices_nonzero(broken).slice(0, room).to_pylist():
            key = {name: self._value(name, batch, k, i) for name, k in self._key if name != failure.column}
            failure.sample.append((passed + i + 1, key, self._value(failure.column, batch, rule.index, i)))

    def _value(self, name: str, batch: pa.RecordBatch, column: int, row: int) -> object:
        return REDACTED if name in self._hidden else to_python(batch.column(column)[row])
