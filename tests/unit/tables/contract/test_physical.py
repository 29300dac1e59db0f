"""Physical types as authors and catalogs write them."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.tables.contract.physical import UnknownType, physical_types
from pytest_mlmonitor.tables.contract.types import LOGICAL, type_matches
from tests.unit.tables.contract.test_types import ARROW


@pytest.mark.parametrize("type_", ARROW, ids=str)
def test_every_arrow_type_is_its_own_physical_type(type_: pa.DataType) -> None:
    found = physical_types(str(type_))
    assert type_matches(str(type_), found.types)
    assert (found.longest, found.unused) == (None, ())


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
        ("string", "large_string", "int8"),
        ("varchar[50]", "string", "list<item: string>"),
        ("text[]", "list<element: string>", "string"),
        ("bpchar", "string", "bool"),
        ("character varying(20)", "large_string", "bool"),
        ("timestamp(3)", "timestamp[ms]", "int64"),
        ("timestamp(3) with time zone", "timestamp[ms, tz=UTC]", "timestamp[ms]"),
        ("timestamp without time zone", "timestamp[us]", "timestamp[us, tz=UTC]"),
        ("datetime64[ns]", "timestamp[ns]", "date32[day]"),
        ("datetime64[ns, UTC]", "timestamp[ns, tz=UTC]", "string"),
        ("datetime64", "timestamp[us]", "string"),
        ("datetime2(7)", "timestamp[us]", "timestamp[us, tz=UTC]"),
        ("datetimeoffset(7)", "timestamp[us, tz=UTC]", "timestamp[us]"),
        ("xml", "string", "int8"),
        ("int4", "int32", "int64"),
        ("float8", "double", "float"),
        ("STRING(MAX)", "string", "int8"),
        ("FLOAT64", "double", "float"),
        ("BIGNUMERIC", "decimal256(76, 38)", "double"),
        ("NUMBER", "int64", "string"),
        ("NUMBER(10,2)", "decimal128(10, 2)", "int64"),
        ("TIMESTAMP_LTZ(9)", "timestamp[ns, tz=UTC]", "timestamp[ns]"),
        ("nvarchar(max)", "string", "bool"),
        ("uniqueidentifier", "string", "bool"),
        ("money", "decimal128(19, 4)", "string"),
        ("tinyint", "uint8", "int32"),
        ("tinyint(1)", "bool", "string"),
        ("int(11) unsigned", "uint32", "int32"),
        ("mediumint(8) unsigned zerofill", "uint32", "int32"),
        ("serial", "int32", "int64"),
        ("timetz", "time64[us]", "string"),
        ("INTERVAL DAY(2) TO SECOND(6)", "duration[us]", "int64"),
        ("interval", "string", "int64"),
        ("HUGEINT", "decimal128(38, 0)", "string"),
        ("UBIGINT", "uint64", "int64"),
        ("TIMESTAMP_NS", "timestamp[ns]", "int64"),
        ("Nullable(Int64)", "int64", "int32"),
        ("LowCardinality(String)", "dictionary<values=string, indices=int8, ordered=0>", "int8"),
        ("LowCardinality(Nullable(String))", "string", "int8"),
        ("DateTime64(3, 'UTC')", "timestamp[ms, tz=UTC]", "date32[day]"),
        ("Decimal64(4)", "decimal128(18, 4)", "decimal128(18, 2)"),
        ("Enum8('a' = 1, 'b' = 2)", "string", "int8"),
        ("FixedString(16)", "string", "int8"),
        ("Array(Nullable(Int64))", "list<element: int64>", "list<element: string>"),
        ("_int4", "list<element: int32>", "int32"),
        ("integer ARRAY[4]", "list<element: int32>", "int32"),
        ("INTEGER[][]", "list<element: list<element: int32>>", "list<element: int32>"),
        ("DecimalType(10,2)", "decimal128(10, 2)", "double"),
        ("LongType()", "int64", "int32"),
        ("numeric(10, 2) NOT NULL DEFAULT 0", "decimal128(10, 2)", "double"),
        ("BIGINT NOT NULL COMMENT 'the id (of it)'", "int64", "string"),
        ("map<string,bigint>", "map<string, int64 ('m')>", "map<string, string>"),
        ("struct<a:bigint>", "struct<a: int64>", "struct<a: string>"),
        ("STRUCT<a: BIGINT NOT NULL>", "struct<a: int64>", "struct<b: int64>"),
        (
            "array<struct<a:decimal(10,2),b:array<string>>>",
            "list<element: struct<a: decimal128(10, 2), b: list<element: string>>>",
            "list<element: struct<a: decimal128(10, 3), b: list<element: string>>>",
        ),
        (
            "ARRAY<STRUCT<a INT64, b STRING>>",
            "list<element: struct<a: int64, b: string>>",
            "list<element: struct<a: int64>>",
        ),
        ("ROW(a BIGINT, b DOUBLE PRECISION)", "struct<a: int64, b: double>", "struct<a: int64, b: float>"),
        ("struct<`a b`:string,c:int COMMENT 'x: y, z'>", "struct<a b: string, c: int32>", "struct<a b: string>"),
        ("Map(String, Array(UInt8))", "map<string, list<element: uint8>>", "map<string, list<element: int8>>"),
        ("Tuple(Int64, String)", "struct<1: int64, 2: string>", "string"),
        ("VECTOR(FLOAT, 256)", "fixed_size_list<item: float>[256]", "float"),
        ("list<element: int64>", "list<item: int64>", "large_list<item: int64>"),
        ("set('a','b')", "string", "int64"),
        ("set<text>", "list<item: string>", "string"),
        ("struct[2]", "struct<a: int64, b: string>", "list<item: struct<a: int64>>"),
        ("list[i64]", "list<item: int64>", "list<item: string>"),
        ("list[Optional[str]]", "list<item: string>", "string"),
        ("array[f32, 3]", "fixed_size_list<item: float>[3]", "fixed_size_list<item: double>[3]"),
        ("dict[str, int]", "map<string, int64>", "map<int64, string>"),
        ("MAP(VARCHAR, BOOLEAN)[]", "list<item: map<string, bool>>", "map<string, bool>"),
        ("map<>", "map<string, bool>", "string"),
        ("int64[pyarrow]", "int64", "list<item: int64>"),
        ("list<item: int64>[pyarrow]", "list<element: int64>", "list<element: list<element: int64>>"),
        ("timestamp[ns, tz=UTC][pyarrow]", "timestamp[ns, tz=UTC]", "timestamp[ns]"),
        ("pl.List(pl.Int64)", "list<item: int64>", "list<item: int32>"),
        ("np.int64", "int64", "int32"),
        ("Decimal(precision=10, scale=2)", "decimal128(10, 2)", "decimal128(10, 3)"),
        ("fixed[16]", "fixed_size_binary[16]", "list<item: decimal128(10, 2)>"),
        (
            "struct<1: a: required long, 2: b: optional list<string>>",
            "struct<a: int64, b: list<element: string>>",
            "struct<a: int64>",
        ),
        ("struct<a: null>", "struct<a: null>", "struct<b: null>"),
        ("INT32 (DATE)", "date32[day]", "int32"),
        ("BYTE_ARRAY (UTF8)", "string", "int32"),
        ("INT96", "timestamp[ns]", "int64"),
        ("real", "double", "int32"),
        ("unsigned int", "uint32", "int32"),
        ("double unsigned", "double", "int32"),
        ("repeated string", "list<element: string>", "string"),
        ("repeated message", "list<element: struct<a: int64>>", "struct<a: int64>"),
        ("CHAR(10) CCSID 1208", "string", "int32"),
        (
            "map<string, map<string, list<element: int32> ('value')> ('mm')>",
            "map<string, map<string, list<element: int32> ('value')> ('mm')>",
            "map<string, map<string, list<element: int64> ('value')> ('mm')>",
        ),
    ],
)
def test_physical_types_of_many_dialects(text: str, good: str, bad: str) -> None:
    types = physical_types(text).types
    assert type_matches(good, types)
    assert not type_matches(bad, types)


def test_a_length_is_a_bound_and_a_precision_is_named() -> None:
    def more(text: str) -> tuple[int | None, tuple[str, ...]]:
        found = physical_types(text)
        return found.longest, found.unused

    assert more("VARCHAR(10)") == more("varchar[10]") == more("VARCHAR2(10 CHAR)") == (10, ())
    assert more("VARCHAR(MAX)") == (None, ())
    assert more("varchar[2147483647]") == (2147483647, ())
    assert more("TIMESTAMP(6)") == (None, ("(6)",))
    assert more("BIGINT NOT NULL") == (None, ("NOT NULL",))
    assert more("array<varchar(10)>") == (None, ("the length of texts inside it",))
    assert more("array<geography>") == (None, ("the type 'geography' inside it",))


@pytest.mark.parametrize("text", ["GEOGRAPHY", "", "(", "DECIMAL(x)", "a" * 5000, "VARCHAR(10", "😀", "int32\n;"])
def test_unknown_physical_types_say_so(text: str) -> None:
    with pytest.raises(UnknownType):
        physical_types(text)


SPELLINGS = ["hive", "spark", "bigquery", "trino", "duckdb", "clickhouse", "arrow"]
SIMPLE_TYPES = {
    # Arrow, and how each dialect calls it
    "int64": ("bigint", "BIGINT", "INT64", "BIGINT", "BIGINT", "Int64", "int64"),
    "int32": ("int", "INT", "INT64", "INTEGER", "INTEGER", "Int32", "int32"),
    "double": ("double", "DOUBLE", "FLOAT64", "DOUBLE PRECISION", "DOUBLE", "Float64", "double"),
    "string": ("string", "STRING", "STRING(MAX)", "VARCHAR", "VARCHAR", "LowCardinality(String)", "string"),
    "bool": ("boolean", "BOOLEAN", "BOOL", "BOOLEAN", "BOOLEAN", "Bool", "bool"),
    "date32[day]": ("date", "DATE", "DATE", "DATE", "DATE", "Date32", "date32[day]"),
    "decimal128(10, 2)": ("decimal(10,2)", "DECIMAL(10, 2)", "NUMERIC(10,2)", "DECIMAL(10,2)", "DECIMAL(10,2)",
                          "Decimal(10, 2)", "decimal128(10, 2)"),
}  # fmt: skip


class Tree:
    """A type in the form of which every dialect is written."""

    def __init__(self, kind: str, name: str = "", parts: tuple[tuple[str, Tree], ...] = ()) -> None:
        self.kind, self.name, self.parts = kind, name, parts

    def __repr__(self) -> str:
        return self.written("spark")

    def arrow(self) -> pa.DataType:
        inside = [part.arrow() for _, part in self.parts]
        if self.kind == "list":
            return pa.list_(pa.field("element", inside[0]))
        if self.kind == "map":
            return pa.map_(pa.string(), inside[0])
        if self.kind == "struct":
            return pa.struct(list(zip((name for name, _ in self.parts), inside, strict=True)))
        return {"decimal128(10, 2)": pa.decimal128(10, 2), "date32[day]": pa.date32()}.get(
            self.name
        ) or pa.type_for_alias(self.name)

    def written(self, spelling: str) -> str:
        at = SPELLINGS.index(spelling)
        if self.kind == "simple":
            return SIMPLE_TYPES[self.name][at]
        inside = [(name, part.written(spelling)) for name, part in self.parts]
        if self.kind == "list":
            form = ("array<{}>", "ARRAY<{}>", "ARRAY<{}>", "ARRAY({})", "{}[]", "Array({})", "list<item: {}>")[at]
            return form.format(inside[0][1])
        if self.kind == "map":
            key = SIMPLE_TYPES["string"][at]
            form = (
                "map<{},{}>",
                "MAP<{}, {}>",
                "MAP<{}, {}>",
                "MAP({}, {})",
                "MAP({}, {})",
                "Map({}, {})",
                "map<{}, {}>",
            )[at]
            return form.format(key, inside[0][1])
        form, field = (
            ("struct<{}>", "{}:{}"), ("STRUCT<{}>", "{}: {} NOT NULL"), ("STRUCT<{}>", "{} {}"), ("ROW({})", "{} {}"),
            ("STRUCT({})", "{} {}"), ("Tuple({})", "{} {}"), ("struct<{}>", "{}: {} not null"),
        )[at]  # fmt: skip
        return form.format((", " if at else ",").join(field.format(name, type_) for name, type_ in inside))


TREES = st.recursive(
    st.sampled_from(sorted(SIMPLE_TYPES)).map(lambda name: Tree("simple", name)),
    lambda inner: (
        st.builds(lambda part: Tree("list", parts=(("", part),)), inner)
        | st.builds(lambda part: Tree("map", parts=(("", part),)), inner)
        | st.lists(
            st.tuples(st.sampled_from(["a", "b_c", "d1"]), inner), min_size=1, max_size=3, unique_by=lambda f: f[0]
        ).map(lambda parts: Tree("struct", parts=tuple(parts)))
    ),
    max_leaves=8,
)


@given(TREES, st.sampled_from(SPELLINGS))
def test_a_type_is_the_same_however_it_is_spelled(tree: Tree, spelling: str) -> None:
    there = str(tree.arrow())
    if spelling == "bigquery":  # which has one integer
        there = there.replace("int32", "int64")
    found = physical_types(tree.written(spelling))
    assert type_matches(there, found.types)
    assert found.unused in ((), ("NOT NULL inside it",))
    wrong = (
        there.replace("int64", "uint8").replace("int32", "uint8").replace("double", "uint8").replace("string", "uint8")
    )
    wrong = wrong.replace("bool", "uint8").replace("date32[day]", "uint8").replace("decimal128(10, 2)", "uint8")
    assert not type_matches(wrong, found.types)


@given(st.text(max_size=40) | st.text("arystucmp<>()[]:, `'\"_0", max_size=40))
def test_any_text_is_a_type_or_an_unknown_one(text: str) -> None:
    try:
        assert all(map(str, physical_types(text).types))
    except UnknownType:
        pass


@pytest.mark.parametrize(
    "text", ["array<" * 200, "array<" * 200 + "int" + ">" * 200, "(" * 5000, "struct<a:" * 3000, "[]" * 3000]
)
def test_what_is_nested_without_end_is_unknown_inside_and_soon_said(text: str) -> None:
    try:
        assert len(str(physical_types(text).types)) < 10_000
    except UnknownType:
        pass


@pytest.mark.parametrize("text", ["object", "array<object>", "ANY"])
def test_what_may_be_anything_allows_everything(text: str) -> None:
    types = physical_types(text).types
    for there in ("int64", "string", "struct<a: int64>"):
        assert type_matches(f"list<element: {there}>" if text.startswith("array") else there, types)


def test_every_logical_type_has_a_physical_one() -> None:
    for name, types in LOGICAL.items():
        if name not in ("number", "integer", "vector", "object"):
            assert physical_types(name).types == types
