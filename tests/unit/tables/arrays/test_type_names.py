"""Types as text: whatever a field is called, its name and its type are told apart."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pytest_mlmonitor.tables.arrays.type_names import type_name
from pytest_mlmonitor.tables.contract.physical import physical_types
from pytest_mlmonitor.tables.contract.types import nested, type_matches

NAMES = st.text(alphabet="ab `'\"<>()[]{}|,:*.é\n", max_size=6) | st.text(max_size=4)
TYPES = st.recursive(
    st.sampled_from([pa.int8(), pa.string(), pa.timestamp("us", "UTC"), pa.decimal128(9, 2)]),
    lambda inner: (
        st.lists(st.tuples(NAMES, inner), max_size=3).map(pa.struct)
        | st.tuples(
            NAMES, inner, st.sampled_from([pa.list_, pa.large_list, pa.list_view, lambda f: pa.list_(f, 2)])
        ).map(lambda drawn: drawn[2](pa.field(drawn[0], drawn[1])))
        | inner.map(lambda value: pa.map_(pa.string(), value))
    ),
    max_leaves=6,
)


@example(pa.struct([(".", pa.list_(pa.field("}", pa.int8())))]))
@example(pa.list_(pa.field("0", pa.list_(pa.field(">", pa.int8())))))
@given(type_=TYPES)
def test_names_and_types_are_told_apart(type_: pa.DataType) -> None:
    def holds(text: str, type_: pa.DataType) -> None:
        found = nested(text)
        if not pa.types.is_nested(type_):
            assert text == str(type_)
            return
        assert found is not None
        fields = [type_.field(i) for i in range(type_.num_fields)]
        if pa.types.is_map(type_):
            fields = [type_.key_field, type_.item_field]
        if pa.types.is_struct(type_):
            assert [name for name, _ in found.children] == [field.name for field in fields]
        for (_, (inner,)), field in zip(found.children, fields, strict=True):
            holds(inner, field.type)

    holds(type_name(type_), type_)
    assert type_matches(type_name(type_), (type_name(type_),))


@pytest.mark.parametrize(
    "type_", [pa.struct([("a", pa.list_(pa.int8())), ("unit price", pa.int8())]), pa.large_list(pa.string()), pa.int8()]
)
def test_plain_names_are_spelled_as_arrow_does(type_: pa.DataType) -> None:
    assert type_name(type_) == str(type_)


@pytest.mark.parametrize(
    "written", ["struct<`it's`:bigint,b:int>", "STRUCT<`it's` BIGINT, b INT>", "struct<it's: int64, b: int32>"]
)
def test_a_contract_may_name_such_fields(written: str) -> None:
    types = physical_types(written).types
    found = type_name(pa.struct([("it's", pa.int64()), ("b", pa.int32())]))
    assert type_matches(found, types)
    assert not type_matches(type_name(pa.struct([("it's", pa.string()), ("b", pa.int32())])), types)
