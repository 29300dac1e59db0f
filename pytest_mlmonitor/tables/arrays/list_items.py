"""Columns computed of lists, maps and objects: how many things lie in each, and whether a list has an item twice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from pytest_mlmonitor.tables.arrays.nested_arrays import as_lists, inside
from pytest_mlmonitor.tables.arrays.normal import exact, normal

if TYPE_CHECKING:
    import pyarrow as pa

    from pytest_mlmonitor.tables.arrays.vectors import Integers


class ItemCount(NamedTuple):
    """Asks how many items a list has, entries a map, fields that hold a value an object; the column by position."""

    column: int

    @property
    def places(self) -> tuple[int]:
        """The column that it looks at."""
        return (self.column,)

    def computed(self, columns: Mapping[int, pa.Array]) -> pa.Array:
        """Return the numbers as int64, null where the value is null."""
        import pyarrow as pa
        import pyarrow.compute as pc

        array = columns[self.column]
        if not pa.types.is_struct(array.type):
            return pc.list_value_length(as_lists(array)).cast(pa.int64())
        total = pc.if_else(array.is_valid(), pa.scalar(0, pa.int64()), pa.scalar(None, pa.int64()))
        for i in range(array.type.num_fields):
            total = pc.add(total, array.field(i).is_valid().cast(pa.int64()))
        return total


class RepeatedItems(NamedTuple):
    """Asks, as 1 or 0, whether a list has an item twice. Nulls repeat nothing; NaN neither, where it is a null.

    Attributes:
        column: the column of lists, by position.
        nan_null: whether NaN stands for null.
    """

    column: int
    nan_null: bool

    @property
    def places(self) -> tuple[int]:
        """The column that it looks at."""
        return (self.column,)

    def computed(self, columns: Mapping[int, pa.Array]) -> pa.Array:
        """Return the answers as int64, null where the list is null."""
        import numpy as np
        import pyarrow as pa

        array = columns[self.column]
        (items,), _, parents = inside(array, traced=True)
        found = np.zeros(len(array), np.int64)
        assert parents is not None
        there, same = _there(items, self.nan_null), _codes(items)
        parents, same = parents[there], same[there]
        order = np.lexsort((same, parents))
        parents, same = parents[order], same[order]
        found[parents[1:][(parents[1:] == parents[:-1]) & (same[1:] == same[:-1])]] = 1
        return pa.array(found, mask=array.is_null().to_numpy(zero_copy_only=False))


def unfinite_inside(array: pa.Array) -> bool:
    """Return whether NaN or an infinity lies inside objects, lists or maps, at any depth."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_nested(array.type) and not pa.types.is_union(array.type):
        return any(map(unfinite_inside, inside(array).columns))
    return pa.types.is_floating(array.type) and pc.all(pc.is_finite(normal(array))).as_py() is False


def _there(items: pa.Array, nan_null: bool) -> Integers:
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(items.type):
        items = items.dictionary_decode()
    absent = pc.is_null(items, nan_is_null=nan_null and pa.types.is_floating(items.type))
    return np.flatnonzero(~absent.to_numpy(zero_copy_only=False))


def _codes(array: pa.Array) -> Integers:
    """Return a number for every value, the same for equal ones, -1 for null; an object equals one whose fields are equal."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    type_ = array.type
    if pa.types.is_struct(type_):
        fields, rows, parents = inside(array, traced=True)
        codes = np.full(len(array), -1)
        if rows:
            together = np.stack([*map(_codes, fields), np.zeros(rows, np.int64)], axis=1)
            codes[parents] = np.unique(together, axis=0, return_inverse=True)[1].reshape(-1)
        return codes
    if not pa.types.is_nested(type_):
        numbers = exact(array).dictionary_encode().indices
        found: Integers = pc.fill_null(numbers, -1).to_numpy(zero_copy_only=False).astype(np.int64)
        return found
    entries, _, parents = inside(array, traced=True)
    assert parents is not None
    values = np.stack(list(map(_codes, entries)), axis=1)
    ends = np.searchsorted(parents, np.arange(len(array)), side="right").tolist()
    known: dict[bytes, int] = {}
    starts = [0, *ends][: len(ends)]
    codes = np.array(
        [known.setdefault(values[a:b].tobytes(), len(known)) for a, b in zip(starts, ends, strict=True)], np.int64
    )
    codes[array.is_null().to_numpy(zero_copy_only=False)] = -1
    return codes
