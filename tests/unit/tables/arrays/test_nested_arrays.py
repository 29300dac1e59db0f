"""What lies inside arrays: slices, nulls above values that are not there, every form of list."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from pytest_mlmonitor.tables.arrays.list_items import ItemCount, RepeatedItems, unfinite_inside
from pytest_mlmonitor.tables.arrays.nested_arrays import inside

FORMS = {
    "list": pa.list_,
    "large": pa.large_list,
    "view": pa.list_view,
    "large view": pa.large_list_view,
    "fixed": lambda type_: pa.list_(type_, 2),
}
VALUES: list[Any] = [[1, 2], None, [3, None], [4, 4], [5, 6]]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("start", "length"), [(0, 5), (1, 3), (2, 1), (1, 1), (5, 0)])
def test_a_slice_has_what_lies_in_it(form: str, start: int, length: int) -> None:
    array = pa.array(VALUES, FORMS[form](pa.int64())).slice(start, length)
    level = inside(array, traced=True)
    wanted = [(i, item) for i, value in enumerate(VALUES[start : start + length]) for item in value or ()]
    assert level.parents is not None
    assert list(zip(level.parents.tolist(), level.columns[0].to_pylist(), strict=True)) == wanted
    assert level.rows == len(wanted)
    asked = {0: array}
    rows = VALUES[start : start + length]
    assert ItemCount(0).computed(asked).to_pylist() == [None if v is None else 2 for v in rows]
    assert RepeatedItems(0, False).computed(asked).to_pylist() == [
        None if v is None else int(v == [4, 4]) for v in rows
    ]


def test_values_below_a_null_list_are_not_there() -> None:
    offsets, values = pa.array([0, 2, 4, 6], pa.int32()), pa.array(range(6))
    valid = pa.py_buffer(bytes([0b101]))
    lists = pa.Array.from_buffers(pa.list_(pa.int64()), 3, [valid, offsets.buffers()[1]], children=[values])
    fixed = pa.Array.from_buffers(pa.list_(pa.int64(), 2), 3, [valid], children=[values])
    masked = pa.MapArray.from_arrays(offsets, pa.array(list("abcdef")), values, mask=pa.array([False, True, False]))
    for array in (lists, fixed, masked):
        level = inside(array, traced=True)
        assert level.columns[-1].to_pylist() == [0, 1, 4, 5]
        assert level.parents is not None and level.parents.tolist() == [0, 0, 2, 2]
        assert inside(array.slice(1)).columns[-1].to_pylist() == [4, 5]


def test_views_may_stand_in_any_order() -> None:
    views = pa.ListViewArray.from_arrays(
        pa.array([3, 0, 1], pa.int32()),
        pa.array([2, 2, 2], pa.int32()),
        pa.array(range(6)),
        mask=pa.array([False, True, False]),
    )
    level = inside(views, traced=True)
    assert level.columns[0].to_pylist() == [3, 4, 1, 2]
    assert level.parents is not None and level.parents.tolist() == [0, 0, 2, 2]


@pytest.mark.parametrize("text", [pa.string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string())])
def test_fields_below_a_null_object_are_not_there(text: pa.DataType) -> None:
    words = pa.array(["a", "b", None, "d"]).cast(text)
    array = pa.StructArray.from_arrays([words], ["x"], mask=pa.array([False, True, False, False]))
    for start, wanted in ((0, ["a", None, "d"]), (1, [None, "d"]), (3, ["d"])):
        level = inside(array.slice(start), traced=True)
        assert level.columns[0].to_pylist() == wanted and level.rows == len(wanted)


def test_nothing_is_in_nothing() -> None:
    for type_ in (
        pa.list_(pa.int64()),
        pa.map_(pa.string(), pa.int64()),
        pa.struct([("x", pa.int64())]),
        pa.struct([]),
    ):
        level = inside(pa.nulls(0, type_), traced=True)
        assert level.rows == 0 and inside(pa.nulls(3, type_)).rows == 0
    assert inside(pa.array([{}, None, {}], pa.struct([]))).rows == 2


PAIR = pa.struct([("a", pa.int8()), ("b", pa.list_(pa.int8()))])
EQUAL = {
    "numbers": (pa.int8(), [1, 1], [1, 2]),
    "nulls": (pa.int8(), None, [None, None]),
    "zeros": (pa.float64(), [0.0, -0.0], [0.0, 1.0]),
    "NaN": (pa.float64(), [float("nan"), float("nan")], [float("nan"), None]),
    "words": (pa.dictionary(pa.int8(), pa.string()), ["a", "a"], ["a", "b"]),
    "bytes": (pa.binary(), [b"\xff", b"\xff"], [b"\xff", b""]),
    "objects": (PAIR, [{"a": 1, "b": [1]}] * 2, [{"a": 1, "b": [1]}, {"a": 1, "b": None}]),
    "null objects": (pa.struct([("a", pa.int8())]), None, [None, None, {"a": None}]),
    "lists": (pa.list_(pa.int8()), [[1, None], [1, None]], [[1], [1, None], [], [None]]),
    "null lists": (pa.list_(pa.int8()), None, [None, None, []]),
    "maps": (pa.map_(pa.string(), pa.int8()), [[("a", 1)], [("a", 1)]], [[("a", 1)], [("b", 1)], []]),
}  # fmt: skip


@pytest.mark.parametrize("kind", EQUAL)
def test_items_that_are_the_same(kind: str) -> None:
    type_, twice, once = EQUAL[kind]
    array = pa.array([twice, once, once], pa.list_(type_))
    assert RepeatedItems(0, False).computed({0: array}).to_pylist() == [None if twice is None else 1, 0, 0]


def test_nan_that_is_a_null_repeats_nothing() -> None:
    array = pa.array([[float("nan"), float("nan")], [1.0, 1.0]])
    assert RepeatedItems(0, True).computed({0: array}).to_pylist() == [0, 1]


@pytest.mark.parametrize("odd", [float("nan"), float("-inf")])
def test_what_is_no_finite_number_at_any_depth(odd: float) -> None:
    type_ = pa.list_(pa.struct([("x", pa.map_(pa.string(), pa.float32())), ("y", pa.int8())]))
    for value, found in ((odd, True), (1.0, False), (None, False)):
        assert unfinite_inside(pa.array([[None, {"x": [("k", value)], "y": 1}], None], type_)) is found


@pytest.mark.parametrize("values", [[], [[]], [None, []], [[None], []], [[[1], []], [[], []]], [[[1, 2]], [[1], [1]]]])
def test_lists_of_lists_are_told_apart_also_where_none_lies_in_them(values: list[Any]) -> None:
    array = pa.array(values, pa.list_(pa.list_(pa.int64())))
    wanted = [None if v is None else int(v in ([[], []], [[1], [1]])) for v in values]
    assert RepeatedItems(0, False).computed({0: array}).to_pylist() == wanted
