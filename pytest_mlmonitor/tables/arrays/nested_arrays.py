"""What lies inside Arrow arrays of objects, lists and maps, one level at a time.

Only values that are there count: a null object has no fields, a null list no items, whatever lies in the buffers below it; a slice
has what is in the slice. A level's columns are those of :func:`pytest_mlmonitor.tables.plan.nested_heads.nested_head`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import pyarrow as pa

    from pytest_mlmonitor.tables.arrays.vectors import Integers


class Unfolded(NamedTuple):
    """What lies inside an array.

    Attributes:
        columns: the fields of its objects, the items of its lists, or the keys and the values of its maps.
        rows: how many objects, items or entries there are.
        parents: in which value of the array each of them lies, ascending; None unless it was asked for.
    """

    columns: tuple[pa.Array, ...]
    rows: int
    parents: Integers | None = None

    def batch(self) -> pa.RecordBatch:
        """Return the columns as a batch, by position."""
        import pyarrow as pa

        return pa.RecordBatch.from_arrays(list(self.columns), names=[str(i) for i in range(len(self.columns))])


def inside(array: pa.Array, *, traced: bool = False) -> Unfolded:
    """Return what lies inside an array of structs, of lists of any form, or of maps.

    Args:
        array: sliced or not.
        traced: whether the parents are wanted.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    type_ = array.type
    if pa.types.is_struct(type_):
        parents = np.arange(len(array))
        if array.null_count:
            there = array.is_valid()
            parents = parents[there.to_numpy(zero_copy_only=False)]
            array = picked(array, there)
        fields = tuple(array.field(i) for i in range(type_.num_fields))
        return Unfolded(fields, len(array), parents if traced else None)
    lists = as_lists(array)
    items = lists.flatten()
    if traced:
        lengths = pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False)
        parents = np.repeat(np.arange(len(lists)), lengths)
    columns = (items.field(0), items.field(1)) if pa.types.is_map(type_) else (items,)
    return Unfolded(columns, len(items), parents if traced else None)


def picked(array: pa.Array, kept: pa.BooleanArray) -> pa.Array:
    """Return the values where ``kept``, which has no nulls, is true."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        return array.filter(kept)
    except pa.ArrowNotImplementedError:  # text and bytes of polars' kind cannot be picked, but put together
        offsets = pa.array(np.arange(len(array) + 1), pa.int64())
        return pa.LargeListArray.from_arrays(offsets, array, mask=pc.invert(kept)).flatten()


def as_lists(array: pa.Array) -> pa.Array:
    """Return maps as lists of their entries, which Arrow's functions of lists know; lists as they are."""
    import pyarrow as pa

    type_ = array.type
    if not pa.types.is_map(type_):
        return array
    return array.cast(pa.list_(pa.struct([type_.key_field, type_.item_field])))
