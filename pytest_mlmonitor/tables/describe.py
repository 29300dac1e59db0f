"""What a table holds, column by column: the figures from which ``mlmonitor infer-contract`` writes a contract.

The figures are those that the scan compares with (:mod:`.normal`), so that a contract written from them holds on the very
table it was written from: numbers exactly and as short as they are named, times to the microsecond and rounded outwards.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from itertools import product
from math import ceil, floor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_mlmonitor.tables.arrays.normal import name_of, normal
from pytest_mlmonitor.tables.families import NUMERIC, TEMPORAL, family_of, moment, ticks_per_second
from pytest_mlmonitor.tables.plan.held_values import Held, shortest
from pytest_mlmonitor.tables.source.source import TableSource, source

if TYPE_CHECKING:
    import pyarrow as pa

MAX_VALUES = 20
"""Distinct values that are kept; a column with more is no enumeration."""

MAX_TEXT = 100
"""Longest text that may be a member of an enumeration."""

MAX_KEY_ROWS = 20_000_000
"""Keys are not looked for in longer tables: all their values would have to be held."""

MAX_PAIRS = 40
"""Pairs of columns that are tried as a key."""


@dataclass
class ColumnDescription:
    """One column.

    Attributes:
        name, type: as in the file; the type as Arrow spells it.
        nulls, nan, infinite: how many values are.
        minimum, maximum: of its finite values: numbers, or UTC times; None for text and where there are none.
        values: its distinct values, sorted, where they are few; None otherwise.
        lengths: shortest and longest text, in characters.
        unique: whether no value occurs twice; None where that was not looked at.
    """

    name: str
    type: str
    nulls: int = 0
    nan: int = 0
    infinite: int = 0
    minimum: int | float | Decimal | datetime | None = None
    maximum: int | float | Decimal | datetime | None = None
    values: tuple[int | str, ...] | None = None
    lengths: tuple[int, int] | None = None
    unique: bool | None = None


@dataclass
class TableDescription:
    """A table.

    Attributes:
        rows: how many.
        columns: in the order of the file; a name may occur twice.
        key: columns that together are unique: one, or one and a timestamp; empty where none was found.
        sought: whether a key was looked for.
    """

    rows: int
    columns: list[ColumnDescription] = field(default_factory=list)
    key: tuple[str, ...] = ()
    sought: bool = True


def describe(path: Path) -> TableDescription:
    """Read the table ``path`` and describe it.

    Raises:
        Unreadable: it is no sound table.
    """
    with source(path) as table:
        watches = [_Watch(i, n, t) for i, (n, t) in enumerate(zip(table.head.names, table.head.types, strict=True))]
        rows = 0
        for batch in table.batches():
            for watch in watches:
                i = (
                    watch.index
                    if len(batch.columns) == len(watches)
                    else batch.schema.get_field_index(watch.column.name)
                )
                if i >= 0:  # a group without fields is in no batch
                    watch.add(batch.column(i))
            rows += batch.num_rows
        described = TableDescription(rows, [watch.described() for watch in watches], sought=rows <= MAX_KEY_ROWS)
        if described.sought and rows > 1:
            described.key = _Keys(table, described, watches).found()
    return described


class _Watch:
    """Follows one column through the batches."""

    def __init__(self, index: int, name: str, type_: str) -> None:
        self.index = index
        self.column = ColumnDescription(name, type_)
        self.family = family_of(type_)
        self.held = Held(type_)
        self.is_integer = self.family == "integer"  # a floating column is no enumeration
        self.values: set[Any] | None = set() if self.family == "text" or self.is_integer else None
        self.low: Any = None
        self.high: Any = None
        self.distinct_so_far = self.family == "text" or self.family in TEMPORAL or self.is_integer

    def add(self, array: pa.Array) -> None:
        import pyarrow.compute as pc

        self.column.nulls += array.null_count
        if self.family == "other":
            return
        plain = normal(array).drop_null()
        self.distinct_so_far = self.distinct_so_far and not array.null_count
        if self.family == "text":
            lengths = pc.min_max(pc.utf8_length(plain))
            self._extend(lengths["min"].as_py(), lengths["max"].as_py())
        elif self.family != "boolean":
            self._numbers(plain)
        if self.values is not None or self.distinct_so_far:
            unique = pc.unique(plain)
            self.distinct_so_far = self.distinct_so_far and len(unique) == len(plain)
            if self.values is not None:
                self.values.update(unique.slice(0, MAX_VALUES + 1).to_pylist())
                if len(self.values) > MAX_VALUES or any(len(v) > MAX_TEXT for v in self.values if isinstance(v, str)):
                    self.values = None

    def _numbers(self, plain: pa.Array) -> None:
        import pyarrow as pa
        import pyarrow.compute as pc

        if pa.types.is_floating(plain.type):
            self.column.nan += pc.is_nan(plain).true_count
            self.column.infinite += pc.is_inf(plain).true_count
            plain = plain.filter(pc.is_finite(plain))
        found = pc.min_max(plain)
        self._extend(found["min"].as_py(), found["max"].as_py())

    def _extend(self, low: Any, high: Any) -> None:
        if low is not None:
            self.low = low if self.low is None else min(self.low, low)
            self.high = high if self.high is None else max(self.high, high)

    def described(self) -> ColumnDescription:
        column = self.column
        if self.family == "text" and self.low is not None:
            column.lengths = (self.low, self.high)
        elif self.family in NUMERIC and self.low is not None:
            column.minimum, column.maximum = self._number(self.low), self._number(self.high)
        elif self.family == "instant" and self.low is not None:
            per_second = ticks_per_second(column.type)
            if per_second is not None:
                column.minimum, column.maximum = _outwards(self.low, self.high, per_second)
        if self.values:
            column.values = tuple(sorted(v if isinstance(v, str) else self._number(v) for v in self.values))
        column.unique = self.distinct_so_far
        return column

    def _number(self, value: Any) -> Any:
        if self.family != "float":
            return self.held.shown(value)
        # 0.3 of single precision is 0.30000001192092896 as a double, and 0.3 to whoever wrote it.
        return float(shortest(value, self.held.type))


def _outwards(low: int, high: int, per_second: Fraction) -> tuple[datetime | None, datetime | None]:
    """Return ticks as times, the earlier one rounded down and the later one up to whole microseconds."""
    micro = Fraction(10**6)
    return (
        moment(floor(low * micro / per_second), micro),
        moment(ceil(high * micro / per_second), micro),
    )


class _Keys:
    """Looks for the columns that tell rows apart."""

    def __init__(self, table: TableSource, described: TableDescription, watches: Sequence[_Watch]) -> None:
        self.table, self.described = table, described
        names = [column.name for column in described.columns]
        once = [w for w in watches if names.count(w.column.name) == 1 and w.column.name]
        whole = [w for w in once if not w.column.nulls]
        self.single = [w for w in whole if w.distinct_so_far]
        self.entities = [w for w in whole if w.family == "text" or w.is_integer]
        self.times = [w for w in whole if w.family == "instant"]

    def found(self) -> tuple[str, ...]:
        for watch in self.single:
            watch.column.unique = self._unique((watch.column.name,))
        unique = next((w.column.name for w in self.single if w.column.unique), None)
        if unique is not None:
            return (unique,)
        pairs = [(e.column.name, t.column.name) for e, t in product(self.entities, self.times)]
        return next((pair for pair in pairs[:MAX_PAIRS] if self._unique(pair)), ())

    def _unique(self, names: tuple[str, ...]) -> bool:
        import pyarrow as pa
        import pyarrow.compute as pc

        kept: list[pa.RecordBatch] = []
        for batch in self._batches(names):
            if _groups(pa.table(batch)) < batch.num_rows:
                return False
            kept.append(batch)
        if not kept:
            return True
        table = pa.Table.from_batches(kept)
        if len(names) == 1:
            return bool(pc.count_distinct(table.column(0), mode="all").as_py() == table.num_rows)
        return bool(_groups(table) == table.num_rows)

    def _batches(self, names: tuple[str, ...]) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa

        for batch in self.table.batches(names):
            order = [batch.schema.names.index(name) for name in names]
            arrays = [normal(batch.column(i)) for i in order]
            yield pa.RecordBatch.from_arrays(arrays, names=[name_of(i) for i in range(len(arrays))])


def _groups(table: pa.Table) -> int:
    grouped = table.group_by(table.column_names, use_threads=False).aggregate([])
    return int(grouped.num_rows)
