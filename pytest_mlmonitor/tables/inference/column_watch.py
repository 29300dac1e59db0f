"""One column followed through the batches of a build, in memory that does not grow with its rows."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor
from typing import TYPE_CHECKING, Any

from pytest_mlmonitor.tables.arrays.list_items import unfinite_inside
from pytest_mlmonitor.tables.arrays.normal import normal
from pytest_mlmonitor.tables.arrays.type_names import type_name
from pytest_mlmonitor.tables.contract.types import nested
from pytest_mlmonitor.tables.families import NUMERIC, TEMPORAL, family_of, moment, ticks_per_second
from pytest_mlmonitor.tables.inference.description import MAX_TEXT, MAX_VALUES, TAIL, ColumnDescription, NumberFigures
from pytest_mlmonitor.tables.inference.hashes import hashes
from pytest_mlmonitor.tables.inference.shapes import shape_of
from pytest_mlmonitor.tables.plan.held_values import Held, shortest

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

MAX_SAMPLE = 4096
"""Values of a column from which its quartiles are told; every second one is let go where there are more."""

LONGEST_KEY = 100
"""A text that is longer is no key."""


class ColumnWatch:
    """Follows one column.

    Attributes:
        column: what is known of it so far.
        index: its place in the table.
        distinct_so_far: whether no value occurred twice in one batch, of columns that may be a key.
    """

    def __init__(self, index: int, field: pa.Field) -> None:
        """Begin with a column of a schema."""
        type_ = type_name(field.type)
        self.index = index
        self.column = ColumnDescription(
            field.name, type_, shape_of(field.type), family_of(type_), declared=not field.nullable
        )
        self.family = family_of(type_)
        self.is_integer = self.family == "integer"  # a floating column is no set
        self.distinct_so_far = self.family == "text" or self.family in TEMPORAL or self.is_integer
        self._held = Held(type_)
        self._values: dict[Any, int] | None = {} if self.family == "text" or self.is_integer else None
        self._spread = _Spread()
        self._low: Any = None
        self._high: Any = None

    def add(self, array: pa.Array) -> None:
        """Take one more batch."""
        import pyarrow.compute as pc

        self.column.nulls += array.null_count
        if self.family == "other":
            self.column.infinite += nested(self.column.type) is not None and unfinite_inside(array)
            return
        plain = normal(array).drop_null()
        self.distinct_so_far = self.distinct_so_far and not array.null_count
        if self.family == "text":
            lengths = pc.utf8_length(plain)
            self._extend(lengths)
            self._spread.add(lengths.to_numpy(zero_copy_only=False))
            if self.distinct_so_far and len(lengths) and self._high > LONGEST_KEY:
                self.distinct_so_far = False
        elif self.family != "boolean":
            self._numbers(plain)
        if self._values is not None:
            self._count(plain)
        if self.distinct_so_far:
            import numpy as np

            found = hashes(plain)
            self.distinct_so_far = len(np.unique(found)) == len(found)

    def described(self) -> ColumnDescription:
        """Return what was found; nothing is added any more."""
        column = self.column
        if self.family == "text":
            column.numbers = self._spread.numbers(self._low, self._high)
        elif self.family in NUMERIC:
            low, high = (None if value is None else self._number(value) for value in (self._low, self._high))
            column.numbers = self._spread.numbers(low, high)
        elif self.family == "instant" and self._low is not None:
            per_second = ticks_per_second(column.type)
            if per_second is not None:
                column.times = _outwards(self._low, self._high, per_second)
        if self._values is not None:
            shown = [(value if isinstance(value, str) else self._number(value), n) for value, n in self._values.items()]
            column.values = dict(sorted(shown))
        if not self.distinct_so_far:
            column.unique = False
        return column

    def _numbers(self, plain: pa.Array) -> None:
        import pyarrow as pa
        import pyarrow.compute as pc

        if pa.types.is_floating(plain.type):
            self.column.nan += pc.is_nan(plain).true_count
            self.column.infinite += pc.is_inf(plain).true_count
            plain = plain.filter(pc.is_finite(plain))
        self._extend(plain)
        if self.family in NUMERIC:
            self._spread.add(self._doubles(plain))

    def _doubles(self, plain: pa.Array) -> np.ndarray[Any, Any]:
        import numpy as np
        import pyarrow as pa

        values = np.asarray(plain.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False), dtype=np.float64)
        if self._held.floating or not self._held.whole:
            return values
        return (values - float(self._held.shift)) / float(self._held.per_unit)

    def _extend(self, plain: pa.Array) -> None:
        import pyarrow.compute as pc

        found = pc.min_max(plain)
        low, high = found["min"].as_py(), found["max"].as_py()
        if low is not None:
            self._low = low if self._low is None else min(self._low, low)
            self._high = high if self._high is None else max(self._high, high)

    def _count(self, plain: pa.Array) -> None:
        import pyarrow.compute as pc

        if self.family == "text" and self._high is not None and self._high > MAX_TEXT:
            self._values = None
            return
        counted = pc.value_counts(plain)
        if len(counted) > MAX_VALUES:
            self._values = None
            return
        values = self._values
        assert values is not None
        for entry in counted.to_pylist():
            values[entry["values"]] = values.get(entry["values"], 0) + entry["counts"]
        if len(values) > MAX_VALUES:
            self._values = None

    def _number(self, value: Any) -> Any:
        if self.family != "float":
            return self._held.shown(value)
        # 0.3 of single precision is 0.30000001192092896 as a double, and 0.3 to whoever wrote it.
        return float(shortest(value, self._held.type))


class _Spread:
    """The tails, the quartiles and the order of numbers that pass."""

    def __init__(self) -> None:
        import numpy as np

        self._lowest = self._highest = self._sample = np.empty(0)
        self._stride = 1
        self._seen = self._zeros = 0
        self._whole = self._rising = True
        self._last = -np.inf

    def add(self, values: np.ndarray[Any, Any]) -> None:
        import numpy as np

        if not len(values):
            return
        self._zeros += int(np.count_nonzero(values == 0))
        self._whole = self._whole and bool((values == np.rint(values)).all())
        if self._rising:
            self._rising = bool(values[0] >= self._last and (values[1:] >= values[:-1]).all())
            self._last = values[-1]
        self._lowest = -_largest(-self._lowest, -values)
        self._highest = _largest(self._highest, values)
        first = -self._seen % self._stride
        self._sample = np.concatenate([self._sample, np.asarray(values[first :: self._stride], dtype=np.float64)])
        while len(self._sample) > MAX_SAMPLE:
            self._sample = self._sample[::2]
            self._stride *= 2
        self._seen += len(values)

    def numbers(self, low: Any, high: Any) -> NumberFigures | None:
        import numpy as np

        if not self._seen or low is None:
            return None
        found = NumberFigures(self._seen, low, high, zeros=self._zeros, whole=self._whole, rising=self._rising)
        found.lowest.extend(np.sort(self._lowest).tolist())
        found.highest.extend(np.sort(self._highest).tolist())
        first, middle, third = np.quantile(self._sample, (0.25, 0.5, 0.75)).tolist()
        found.quartiles = (first, middle, third)
        return found


def _largest(kept: np.ndarray[Any, Any], values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    import numpy as np

    if len(kept) == TAIL:
        values = values[values > kept.min()]
    found = np.concatenate([kept, values])
    return found if len(found) <= TAIL else np.partition(found, -TAIL)[-TAIL:]


def _outwards(low: int, high: int, per_second: Fraction) -> Any:
    """Return ticks as times, the earlier one rounded down and the later one up to whole microseconds."""
    micro = Fraction(10**6)
    first = moment(floor(low * micro / per_second), micro)
    last = moment(ceil(high * micro / per_second), micro)
    return None if first is None or last is None else (first, last)
