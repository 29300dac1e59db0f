"""Arrow types as contracts name them."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.tables.contract.types import LOGICAL, narrowed, nested, type_matches

ARROW = [
    pa.int8(), pa.int64(), pa.uint32(), pa.float16(), pa.float32(), pa.float64(), pa.bool_(), pa.string(),
    pa.large_string(), pa.string_view(), pa.binary(), pa.binary(4), pa.date32(), pa.date64(), pa.timestamp("us"),
    pa.timestamp("ns", "UTC"), pa.time32("s"), pa.time64("ns"), pa.decimal128(10, 2), pa.decimal256(50, 2),
    pa.list_(pa.int8()), pa.list_(pa.float32(), 3), pa.large_list(pa.string()), pa.struct([("a", pa.int8())]),
    pa.map_(pa.string(), pa.int8()), pa.dictionary(pa.int32(), pa.string()), pa.dictionary(pa.int8(), pa.int64()),
]  # fmt: skip


@pytest.mark.parametrize(
    ("type_", "pattern", "matches"),
    [
        ("timestamp[us]", "timestamp[us]", True),
        ("timestamp[us]", "timestamp[*]", True),
        ("timestamp[us, tz=UTC]", "timestamp[*]", True),
        ("timestamp[us]", "timestamp[*, tz=*]", False),
        ("timestamp[ns]", "timestamp[us]", False),
        ("timestampu", "timestamp[us]", False),  # the brackets are no set of characters
        ("decimal128(10, 2)", "decimal128(*)", True),
        ("dictionary<values=string, indices=int32, ordered=0>", "dictionary<values=string, *>", True),
        ("dictionary<values=int64, indices=int32, ordered=0>", "dictionary<values=string, *>", False),
        ("list<element: double>", "list<double>", True),
        ("list<element: double not null>", "list<item: double>", True),
        ("list<element: double>", "list<float|double>", True),
        ("list<element: double>", "array<double>", True),
        ("fixed_size_list<item: double>[3]", "array<double>", True),
        ("fixed_size_list<item: double>[3]", "fixed_size_list<double>[4]", False),
        ("large_list<element: double>", "list<double>", False),
        ("list<element: struct<a: double>>", "list<double>", False),
        ("list<element: null>", "array<double>", True),  # every list is empty
        ("struct<a: double>", "array<double>", False),
        ("struct<b: string, a: int64 not null>", "struct<a: int64, b: text>", True),
        ("struct<a: int64>", "struct<a: int64, b: text>", False),
        ("struct<a: int64, b: string>", "struct<a: int64>", False),
        ("struct<A: int64>", "struct<a: int64>", False),
        ("struct<a: int64, a: int64>", "struct<a: int64>", False),
        ("map<string, int64 ('m')>", "map<string, int64>", True),
        ("map<string ('k'), int64 ('v')>", "map<text, int64>", True),
        ("map<string, int64, keys_sorted>", "map<string, int64>", True),
        ("map<string, int64, keys_sorted ('entries')>", "map<string, int64>", True),
        ("map<string, int64>", "map<string, double>", False),
        (
            "map<string, list<element: struct<x: timestamp[us, tz=UTC]>>>",
            "map<text, array<struct<x: timestamp[*]>>>",
            True,
        ),
        ("struct<a: dictionary<values=string, indices=int8, ordered=0>>", "struct<a: text>", True),
        ("int32", "int*2", True),
        ("struct<a\nb: int8>", "struct<*>", True),
        ("int32?", "int32.", False),
    ],
)
def test_a_star_stands_for_any_text_and_nothing_else_is_special(type_: str, pattern: str, matches: bool) -> None:
    assert type_matches(type_, (pattern,)) is matches


def test_no_pattern_allows_every_type() -> None:
    assert type_matches("int8", ())


@given(st.text(max_size=20), st.text(max_size=20))
def test_a_pattern_without_star_matches_itself_alone(type_: str, pattern: str) -> None:
    pattern = pattern.replace("*", "")
    assert type_matches(type_, (pattern,)) is (type_ == pattern)


@pytest.mark.parametrize("type_", [t for t in ARROW if not str(t).startswith(("binary", "fixed_size_binary"))], ids=str)
def test_every_readable_type_is_of_some_logical_type(type_: pa.DataType) -> None:
    assert any(type_matches(str(type_), types) for types in LOGICAL.values())


def test_narrowing() -> None:
    assert narrowed(LOGICAL["timestamp"], ("timestamp[us]",)) == ("timestamp[us]",)
    assert narrowed(LOGICAL["integer"], ("int32", "double")) == ("int32",)
    assert narrowed(LOGICAL["string"], ("int32",)) == ()
    assert narrowed((), ("int32",)) == ("int32",)
    assert narrowed(LOGICAL["array"], ("array<int64>",)) == ("array<int64>",)
    assert narrowed(LOGICAL["object"], ("struct<a: int64>", "map<*>")) == ("struct<a: int64>", "map<*>")
    assert narrowed(("array<int8|int16|int32|int64>",), ("array<int32|int64>",)) == ("array<int32|int64>",)


TREES = st.recursive(
    st.sampled_from(
        [pa.int64(), pa.float32(), pa.string(), pa.bool_(), pa.timestamp("us", "UTC"), pa.decimal128(10, 2)]
    ),
    lambda inner: (
        st.builds(
            lambda t, n, name: pa.list_(pa.field(name, t, n)),
            inner,
            st.booleans(),
            st.sampled_from(["item", "element", "x y"]),
        )
        | st.builds(lambda t: pa.list_(t, 3), inner)
        | st.builds(pa.map_, inner, inner)
        | st.lists(st.tuples(st.sampled_from("abcd"), inner, st.booleans()), max_size=3, unique_by=lambda f: f[0]).map(
            lambda fields: pa.struct([pa.field(*field) for field in fields])
        )
    ),
    max_leaves=6,
)


@given(TREES)
def test_every_type_matches_itself_whatever_is_inside(type_: pa.DataType) -> None:
    assert type_matches(str(type_), (str(type_),))
    parts = nested(str(type_))
    assert (parts is None) == (not pa.types.is_nested(type_))


@given(TREES, TREES)
def test_two_types_match_where_their_own_parts_are_equal(one: pa.DataType, other: pa.DataType) -> None:
    assert type_matches(str(one), (str(other),)) == (shape(one) == shape(other))


def shape(type_: pa.DataType) -> object:
    """Return a type without what does not count: names of list values, nullability, the order of fields."""
    if pa.types.is_struct(type_):
        return {field.name: shape(field.type) for field in type_}
    if pa.types.is_map(type_):
        return ("map", shape(type_.key_type), shape(type_.item_type))
    if pa.types.is_nested(type_):
        return (type_.id, getattr(type_, "list_size", None), shape(type_.value_type))
    return str(type_)


@given(st.text(max_size=60) | st.text("struclipmay<>:,|'() a*not", max_size=60))
def test_any_text_is_taken_apart_or_none(text: str) -> None:
    assert type_matches(text, (text,))
    found = nested(text)
    assert found is None or found.kind
