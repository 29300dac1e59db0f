"""The scan: one pass over a parquet file that decides every rule of a contract and gathers the statistics asked for.

Rules are evaluated as Arrow masks, batch by batch. Nothing but counts is kept while rows pass; of rows that break a rule
the first few are kept with their key columns, so that a failure can show them without a second read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_mlmonitor.contracts.table import Column, Grid, Offset, RowRule, TableContract
from pytest_mlmonitor.scan.parquet import batches, head_of, opened, to_python
from pytest_mlmonitor.scan.profile import NO_STATISTICS, Failure, Statistics, TableProfile

if TYPE_CHECKING:
    import pyarrow as pa

SAMPLE_ROWS = 5


def scan(path: Path, contract: TableContract | None, statistics: Statistics = NO_STATISTICS) -> TableProfile:
    """Read ``path`` once and return its profile.

    Args:
        path: a parquet file.
        contract: its rules, None to gather statistics only. Rules on absent columns or on columns of another type are
            not evaluated: the schema is judged from :attr:`TableProfile.head`.
        statistics: what else to gather.

    Raises:
        Unreadable: the file is no sound parquet file.
    """
    with opened(path) as file:
        profile = TableProfile(head_of(file))
        pass_ = _Pass(profile, contract, statistics)
        for batch in batches(file):
            pass_.add(batch)
        pass_.finish()
    return profile


class _Pass:
    def __init__(self, profile: TableProfile, contract: TableContract | None, statistics: Statistics) -> None:
        self.profile = profile
        self.contract = contract
        names, types = profile.head.names, profile.head.types
        # A duplicated name cannot be told apart; its first column stands for it.
        self.index = {name: names.index(name) for name in names}
        declared = contract.columns if contract else ()
        self.columns = [c for c in declared if c.name in self.index and types[self.index[c.name]] in c.types]
        sound = {c.name for c in self.columns}
        self.rules = [r for r in (contract.rules if contract else ()) if set(_columns_of(r)) <= sound]
        self.key = contract.key if contract and set(contract.key) <= sound else ()
        self.keys: list[pa.RecordBatch] = []
        self.failures: dict[tuple[str, str], Failure] = {}
        self.statistics = statistics
        self.uniques: dict[str, list[Any]] = {n: [] for n in statistics.distinct if n in self.index}
        self.sums: dict[str, tuple[float, int]] = {}

    def add(self, batch: pa.RecordBatch) -> None:
        import pyarrow as pa
        import pyarrow.compute as pc

        if len(batch.schema.names) != len(self.profile.head.names):  # a group without fields is in no batch
            names = batch.schema.names
            self.index = {name: names.index(name) for name in names}
        for name, i in self.index.items():
            self.profile.nulls[name] = self.profile.nulls.get(name, 0) + batch.column(i).null_count
        for column in self.columns:
            array = batch.column(self.index[column.name])
            for what, expected, mask in _column_masks(column, array):
                self._count(batch, Failure(column.name, what, expected), mask, array)
        for rule in self.rules:
            what, expected, mask = _rule_mask(rule, {n: batch.column(self.index[n]) for n in _columns_of(rule)})
            topic = rule.topic if isinstance(rule, Offset) else "contract"
            failure = Failure(rule.column, what, expected, topic)
            self._count(batch, failure, mask, batch.column(self.index[rule.column]))
        if self.key:
            self.keys.append(batch.select([self.index[k] for k in self.key]))
        for name, seen in self.uniques.items():
            if not pa.types.is_nested(batch.column(self.index[name]).type):
                seen.append(pc.unique(batch.column(self.index[name])))
        for name in self.statistics.mean:
            if name in self.index and _numeric(batch.column(self.index[name])):
                array = batch.column(self.index[name])
                total, number = self.sums.get(name, (0.0, 0))
                self.sums[name] = (total + (pc.sum(array).as_py() or 0), number + len(array) - array.null_count)
        for name in self.statistics.extremes:
            if name in self.index:
                self._extremes(name, batch.column(self.index[name]))
        self.profile.rows += batch.num_rows

    def finish(self) -> None:
        import pyarrow as pa
        import pyarrow.compute as pc

        self.profile.failures = list(self.failures.values())
        for name, seen in self.uniques.items():
            if seen:
                values = pc.unique(pa.chunked_array(seen))
                self.profile.distinct[name] = len(values) - values.null_count
            elif not self.profile.rows:
                self.profile.distinct[name] = 0
        self.profile.mean = {name: total / number for name, (total, number) in self.sums.items() if number}
        if self.keys:
            table = pa.Table.from_batches(self.keys)
            counted = table.group_by(list(self.key), use_threads=False).aggregate([([], "count_all")])
            repeated = counted.filter(pc.greater(counted["count_all"], 1))
            self.profile.duplicate_keys = repeated.num_rows
            self.profile.duplicate_sample = [
                {name: to_python(repeated[name][i]) for name in self.key}
                for i in range(min(SAMPLE_ROWS, repeated.num_rows))
            ]

    def _count(self, batch: pa.RecordBatch, rule: Failure, mask: pa.Array, values: pa.Array) -> None:
        import pyarrow.compute as pc

        rows = mask.true_count
        if not rows:
            return
        failure = self.failures.setdefault((rule.column, rule.what), rule)
        failure.rows += rows
        room = SAMPLE_ROWS - len(failure.sample)
        if room > 0:
            for i in pc.indices_nonzero(mask).slice(0, room).to_pylist():
                key = {k: to_python(batch.column(self.index[k])[i]) for k in self.key if k != rule.column}
                failure.sample.append((self.profile.rows + i + 1, key, to_python(values[i])))

    def _extremes(self, name: str, array: pa.Array) -> None:
        import pyarrow as pa
        import pyarrow.compute as pc

        if not pa.types.is_timestamp(array.type):
            return
        found = pc.min_max(array)
        low, high = _utc(found["min"]), _utc(found["max"])
        if low is None or high is None:
            return
        before = self.profile.extremes.get(name, (low, high))
        self.profile.extremes[name] = (min(before[0], low), max(before[1], high))


def _utc(scalar: Any) -> datetime | None:
    """Return a timestamp scalar as aware UTC; timestamps without a zone are UTC; beyond Python's years is None."""
    import pyarrow as pa

    try:
        value = scalar.cast(pa.timestamp("us", scalar.type.tz), safe=False).as_py()
    except (pa.ArrowException, ValueError, OverflowError):
        return None
    if value is None:
        return None
    moment: datetime = value
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _numeric(array: pa.Array) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_integer(array.type) or pa.types.is_floating(array.type))


def _column_masks(column: Column, array: pa.Array) -> list[tuple[str, str, pa.Array]]:
    """Return (what is wrong, what is expected, rows it is wrong in) of every rule of ``column`` that can be broken."""
    import pyarrow as pa
    import pyarrow.compute as pc

    masks: list[tuple[str, str, pa.Array]] = []
    if not column.nullable and array.null_count:
        masks.append(("null", "no nulls", pc.is_null(array)))
    if pa.types.is_floating(array.type):
        masks.append(("NaN", "no NaN", pc.is_nan(array)))
        masks.append(("infinite", "finite numbers", pc.is_inf(array)))
    if column.minimum is not None:
        # infinity is reported as such, once
        below = pc.and_(pc.less(array, column.minimum), pc.greater(array, float("-inf")))
        masks.append((f"below {column.minimum:g}", _bounds(column), below))
    if column.maximum is not None:
        above = pc.and_(pc.greater(array, column.maximum), pc.less(array, float("inf")))
        masks.append((f"above {column.maximum:g}", _bounds(column), above))
    if column.values is not None:
        allowed = ", ".join(str(v) for v in column.values)
        inside = pc.is_in(array, pa.array(column.values, type=array.type))
        masks.append((f"not in {{{allowed}}}", f"one of {allowed}", pc.and_(pc.invert(inside), pc.is_valid(array))))
    if column.not_blank:
        masks.append(("empty or blank", "a non-blank string", pc.equal(pc.utf8_trim_whitespace(array), "")))
    return masks


def _bounds(column: Column) -> str:
    if column.minimum is None:
        return f"values ≤ {column.maximum:g}"
    if column.maximum is None:
        return f"values ≥ {column.minimum:g}"
    return f"values in {column.minimum:g}..{column.maximum:g}"


def _columns_of(rule: RowRule) -> Sequence[str]:
    if isinstance(rule, Offset):
        return (rule.column, rule.base)
    return (rule.column,) if isinstance(rule, Grid) else (rule.column, rule.score)


def _rule_mask(rule: RowRule, arrays: Mapping[str, pa.Array]) -> tuple[str, str, pa.Array]:
    import pyarrow as pa
    import pyarrow.compute as pc

    array = arrays[rule.column]
    if isinstance(rule, Offset):
        base = arrays[rule.base]
        minutes = rule.offset.total_seconds() / 60
        wanted = f"{rule.column} {rule.relation} {rule.base}" + (f" + {minutes:g} min" if minutes else "")
        if rule.offset:
            base = pc.add(base, pa.scalar(rule.offset, pa.duration(base.type.unit)))
        broken = {"==": pc.not_equal, "<=": pc.greater, ">": pc.less_equal}[rule.relation](array, base)
        target = wanted.removeprefix(f"{rule.column} {rule.relation} ")
        word = {"==": "different from", "<=": "after", ">": "not after"}[rule.relation]
        return f"{word} {target}", wanted, broken
    if isinstance(rule, Grid):
        micro = array.cast(pa.timestamp("us", array.type.tz)).cast(pa.int64())
        step = int(rule.step.total_seconds() * 1_000_000)
        whole = pc.multiply(pc.divide(micro, step), step)
        minutes = rule.step.total_seconds() / 60
        grid = f"the {minutes:g}-minute grid"
        return f"off {grid}", f"timestamps on {grid}", pc.not_equal(micro, whole)
    predicted = pc.greater_equal(arrays[rule.score], rule.cut).cast(pa.int64())
    wanted = f"{rule.column} == ({rule.score} >= {rule.cut:g})"
    return f"not ({rule.score} >= {rule.cut:g})", wanted, pc.not_equal(array.cast(pa.int64()), predicted)
