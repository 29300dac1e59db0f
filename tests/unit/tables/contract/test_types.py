"""Arrow types as contracts name them."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.tables.contract.types import LOGICAL, UnknownType, narrowed, physical_types, type_matches

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
        ("list<element: double>", "list<*: double>", True),
        ("list<element: struct<a: double>>", "list<*: double>", False),
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


@pytest.mark.parametrize("type_", ARROW, ids=str)
def test_every_arrow_type_is_its_own_physical_type(type_: pa.DataType) -> None:
    types, longest, rest = physical_types(str(type_))
    assert type_matches(str(type_), types)
    assert (longest, rest) == (None, None)


@pytest.mark.parametrize("type_", [t for t in ARROW if not str(t).startswith(("binary", "fixed_size_binary"))], ids=str)
def test_every_readable_type_is_of_some_logical_type(type_: pa.DataType) -> None:
    assert any(type_matches(str(type_), types) for types in LOGICAL.values())


@pytest.mark.parametrize(
    ("text", "good", "bad"),
    [
        ("VARCHAR(10)", "string", "int32"),
        ("character varying (10)", "string", "double"),
        ("BIGINT", "int64", "int32"),
        ("INT", "int32", "double"),
        ("INTEGER", "int64", "string"),
        ("DECIMAL(10,2)", "decimal128(10, 2)", "decimal128(12, 2)"),
        ("decimal( 10 )", "decimal128(10, 0)", "decimal128(10, 2)"),
        ("NUMBER(38,0)", "int64", "double"),
        ("DOUBLE PRECISION", "double", "float"),
        ("float32", "float", "double"),
        ("FLOAT", "double", "int32"),
        ("TIMESTAMP", "timestamp[us, tz=UTC]", "date32[day]"),
        ("timestamp_ntz", "timestamp[us]", "timestamp[us, tz=UTC]"),
        ("TIMESTAMP WITH TIME ZONE", "timestamp[us, tz=UTC]", "timestamp[us]"),
        ("DATE", "date32[day]", "timestamp[us]"),
        ("boolean", "bool", "int8"),
        ("ARRAY<STRING>", "list<element: string>", "string"),
        ("MAP<STRING, INT>", "map<string, int32>", "struct<a: int32>"),
        ("UUID", "extension<arrow.uuid>", "int64"),
        ("int8", "int8", "int64"),
        ("INT8", "int64", "int32"),
        ("blob", "large_binary", "string"),
    ],
)
def test_physical_types_of_many_dialects(text: str, good: str, bad: str) -> None:
    types, _, _ = physical_types(text)
    assert type_matches(good, types)
    assert not type_matches(bad, types)


def test_a_length_is_a_bound_and_a_precision_is_named() -> None:
    assert physical_types("VARCHAR(10)")[1:] == (10, None)
    assert physical_types("VARCHAR(MAX)")[1:] == (None, None)
    assert physical_types("TIMESTAMP(6)")[1:] == (None, "(6)")


@pytest.mark.parametrize("text", ["GEOGRAPHY", "", "(", "DECIMAL(x)", "a" * 5000, "VARCHAR(10", "😀", "int32\n;"])
def test_unknown_physical_types_say_so(text: str) -> None:
    with pytest.raises(UnknownType):
        physical_types(text)


def test_narrowing() -> None:
    assert narrowed(LOGICAL["timestamp"], ("timestamp[us]",)) == ("timestamp[us]",)
    assert narrowed(LOGICAL["integer"], ("int32", "double")) == ("int32",)
    assert narrowed(LOGICAL["string"], ("int32",)) == ()
    assert narrowed((), ("int32",)) == ("int32",)
