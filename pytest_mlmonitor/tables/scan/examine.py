"""The second look: which rows break the rules under suspicion, how many, and the first few with their keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import narwhals as nw
import pyarrow as pa
import pyarrow.compute as pc

from pytest_mlmonitor.tables.arrays.batches import normal_batch, possible
from pytest_mlmonitor.tables.contract.table import TableContract
from pytest_mlmonitor.tables.plan.terms import ScanPlan, ScanRule
from pytest_mlmonitor.tables.profile import REDACTED
from pytest_mlmonitor.tables.scan.column_parts import Waiting, is_wide, parts, used
from pytest_mlmonitor.tables.shown.masked_values import MASK
from pytest_mlmonitor.tables.shown.telling_columns import telling_rows_apart
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
        plan: ScanPlan,
    ) -> None:
        """Look at ``rules`` of ``plan``; the contracts say what the key is and which values are not shown."""
        self._table = table
        self._plan = plan
        self._rules = rules
        names = table.head.names
        self._hidden = {c.name for contract in contracts for c in contract.columns if c.redacted}
        key = next((contract.key for contract in contracts if contract.key), ())
        self._names = names
        self._key = [(name, names.index(name)) for name in key if name in names]
        self._telling = [(name, names.index(name)) for name in telling_rows_apart(contracts) if name in names]

    def run(self) -> None:
        """Pass over the table once; over a wide one part by part, each with the columns of the key."""
        if not is_wide(self._table):
            self._pass(tuple(range(len(self._table.schema))), self._rules)
            return
        shown = {place for _, place in (*self._key, *self._telling)}
        needs = [
            used(rule.broken, self._plan, self._table) | shown | {rule.index, *rule.beside} for rule in self._rules
        ]
        waiting = Waiting(zip(self._rules, needs, strict=True))
        for part in parts(self._table, needs):
            self._pass(part, waiting.answered(part))

    def _pass(self, part: tuple[int, ...], rules: Sequence[ScanRule]) -> None:
        masks = {f"r{k}": rule.broken for k, rule in enumerate(rules)}
        names = self._table.head.names
        places = {place: i for i, place in enumerate(part)}
        further = possible(self._plan.further, places)
        passed = 0
        for batch in self._table.batches(None if len(part) == len(names) else [names[i] for i in part]):
            if not batch.num_rows:
                continue
            plain = normal_batch(batch, further, part)
            found = nw.from_native(pa.Table.from_batches([plain]), eager_only=True).select(**masks).to_native()
            for k, rule in enumerate(rules):
                broken = pc.fill_null(found[f"r{k}"], False).combine_chunks()
                self._note(rule, broken, batch, passed, places)
            passed += batch.num_rows

    def _note(
        self, rule: ScanRule, broken: pa.BooleanArray, batch: pa.RecordBatch, passed: int, places: Mapping[int, int]
    ) -> None:
        failure = rule.failure
        rows = broken.true_count
        failure.rows += rows
        room = SAMPLE_ROWS - len(failure.sample)
        if not rows or room <= 0:
            return
        beside = [(self._names[k], k) for k in rule.beside if (self._names[k], k) not in self._key]
        for i in pc.indices_nonzero(broken).slice(0, room).to_pylist():
            key = {name: self._value(name, batch, places[k], i) for name, k in self._key if name != failure.column}
            value = self._value(failure.column, batch, places[rule.index], i)
            others = {name: self._value(name, batch, places[k], i) for name, k in beside}
            failure.sample.append((passed + i + 1, key, {failure.column: value, **others} if others else value))
            looked_at = [*self._telling, (failure.column, rule.index), *((self._names[k], k) for k in rule.beside)]
            failure.shown.append({name: self._masked(name, batch, places[k], i) for name, k in dict(looked_at).items()})

    def _value(self, name: str, batch: pa.RecordBatch, column: int, row: int) -> object:
        return REDACTED if name in self._hidden else to_python(batch.column(column)[row])

    def _masked(self, name: str, batch: pa.RecordBatch, column: int, row: int) -> object:
        return MASK if name in self._hidden else to_python(batch.column(column)[row])
