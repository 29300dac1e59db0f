"""What a contract says inside objects, lists and maps: what is found on data, what is not checked, what is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import write_deltalake

from pytest_mlmonitor.tables.contract.table import TableContract
from pytest_mlmonitor.tables.odcs.document import read_odcs
from pytest_mlmonitor.tables.rules import row_findings, schema_findings
from pytest_mlmonitor.tables.scan.scan import scan
from tests.unit.tables.odcs.test_document import contract, problem_of, unchecked

NAN = float("nan")
PRICE = pa.struct([("price", pa.float64()), ("sku", pa.string())])


def judged(path: Path, terms: TableContract) -> list[str]:
    """Return the messages of schema and rows."""
    profile = scan(path, terms)
    found = [*schema_findings(profile, terms, path), *row_findings(profile, terms, path)]
    return [finding.message for finding in found]


def of(tmp_path: Path, terms: str, values: list[Any], type_: pa.DataType) -> list[str]:
    """Return what is found in a column ``x`` of a table with the key ``id``."""
    table = pa.table({"id": range(1, len(values) + 1), "x": pa.array(values, type_)})
    pq.write_table(table, tmp_path / "orders.parquet")
    lines = f"{{name: id, logicalType: integer, primaryKey: true}}\n{{name: x, {terms}}}"
    return judged(tmp_path / "orders.parquet", contract(lines))


CITY = "logicalType: object, properties: [{name: city, logicalType: string, required: true}]"
CITY_TYPE = pa.struct([("city", pa.string())])
ITEMS = "logicalType: array, items: {logicalType: object, properties: [%s]}"

RULES: dict[str, tuple[str, list[Any], pa.DataType, list[str]]] = {
    "a null object has no child that is missing": (CITY, [None, {"city": "Rome"}], CITY_TYPE, []),
    "a null in an object that is there": (
        CITY,
        [{"city": None}, None, {"city": "Rome"}],
        CITY_TYPE,
        [
            "x.city is null in 1 of 2 values in 1 of 3 rows: expected no nulls; first row 1 (id=1): x.city",
        ],
    ),
    "a map is no object": (
        CITY,
        [[("city", "Rome")]],
        pa.map_(pa.string(), pa.string()),
        [
            "column 'x' is a map (map<string, string>): expected an object with 'city'; entries of a map are described by "
            "logicalType: map, and map: {key: …, value: …}",
        ],
    ),
    "text is no object, but may be JSON": (
        CITY,
        ['{"city": "Rome"}'],
        pa.string(),
        ["column 'x' is text (string): expected an object or a map; where it is JSON in text, say physicalType: json"],
    ),
    "rules of lists are no rules of text that is JSON": (
        "logicalType: array, physicalType: json, logicalTypeOptions: {minItems: 3, uniqueItems: true}",
        ["[1, 2]"],
        pa.string(),
        [],
    ),
    "fields may be called anything": (
        "logicalType: object, properties: [{name: \"it's: a\", required: true}, {name: b, required: true}]",
        [{"it's: a": None, "b": 1}],
        pa.struct([("it's: a", pa.int8()), ("b", pa.int8())]),
        [
            "\"x.it's: a\" is null in 1 of 1 value in 1 of 1 row: expected no nulls; first row 1 (id=1): x.it's: a",
        ],
    ),
    "the index in the list, and values and rows": (
        ITEMS % "{name: price, logicalType: number, logicalTypeOptions: {minimum: 0}}, {name: sku}",
        [[], None, [{"price": 1.0}, None, {"price": -1.0}, {"price": -2.0}], [{"price": -3.0}]],
        pa.list_(PRICE),
        [
            "x[].price is below 0 in 3 of 4 values in 2 of 4 rows: expected at least 0; "
            "first row 3 (id=3): x[2].price = -1.0"
        ],
    ),
    "NaN among items that nothing is said of": (
        "logicalType: array",
        [[1.0, NAN], [None]],
        pa.list_(pa.float32()),
        ["x[] is NaN in 1 of 3 values in 1 of 2 rows: expected no NaN; first row 1 (id=1): x[1] = NaN"],
    ),
    "NaN that is a null is none, by the words of the list": (
        "logicalType: array, items: {logicalType: number}, customProperties: [{property: mlmonitor.nan, value: allow}]",
        [[1.0, NAN], [None]],
        pa.list_(pa.float32()),
        [],
    ),
    "lists of lists": (
        "logicalType: array, items: {logicalType: array, logicalTypeOptions: {maxItems: 1}, items: "
        "{logicalType: integer, enum: [{value: 1}]}}",
        [[[1], [1, 2]], [None, []]],
        pa.list_(pa.list_(pa.int8())),
        [
            "x[] is longer than 1 item in 1 of 4 values in 1 of 2 rows: expected at most 1 item; "
            "first row 1 (id=1): x[1] = [1, 2]",
            "x[][] is none of the allowed values in 1 of 3 values in 1 of 2 rows: expected 1; first row 1 (id=1): x[1][1] = 2",
        ],
    ),
    "maps by key": (
        "logicalType: map, map: {key: {logicalType: string, logicalTypeOptions: {minLength: 1}}, "
        "value: {logicalType: integer, required: true}}",
        [[("a", 1), ("", None)], [], None],
        pa.map_(pa.string(), pa.int64()),
        [
            "x{key} is shorter than 1 character in 1 of 2 values in 1 of 3 rows: expected at least 1 character; "
            "first row 1 (id=1): x{key} = ''",
            "x{value} is null in 1 of 2 values in 1 of 3 rows: expected no nulls; first row 1 (id=1): x{''}",
        ],
    ),
    "as many items, and different ones": (
        "logicalType: array, logicalTypeOptions: {minItems: 1, maxItems: 2, uniqueItems: true}",
        [[], None, [1, 1], [None, None], [1, 2, 3]],
        pa.large_list(pa.int64()),
        [
            "x is shorter than 1 item in 1 of 5 rows: expected at least 1 item; first row 1 (id=1): []",
            "x is longer than 2 items in 1 of 5 rows: expected at most 2 items; first row 5 (id=5): [1, 2, 3]",
            "x is a list with an item twice in 1 of 5 rows: expected no item twice in a list; first row 3 (id=3): [1, 1]",
        ],
    ),
    "objects that occur twice in a list": (
        ITEMS % "{name: price, logicalType: number}, {name: sku}" + ", logicalTypeOptions: {uniqueItems: true}",
        [[{"price": 1.0}, {"price": 1.0, "sku": "a"}], [{"price": 1.0}, {"price": 1.0}]],
        pa.list_(PRICE),
        [
            "x is a list with an item twice in 1 of 2 rows: expected no item twice in a list; "
            "first row 2 (id=2): [{'price': 1.0, 'sku': null}, {'price':"
        ],
    ),
    "fields with values, and required ones": (
        "logicalType: object, logicalTypeOptions: {minProperties: 2, required: [sku]}, properties: [{name: price}, {name: sku}]",
        [{"price": 1.0}, {"price": 1.0, "sku": "a"}, None],
        PRICE,
        [
            "x is filled in fewer than 2 properties in 1 of 3 rows: expected a value in at least 2 properties; "
            "first row 1 (id=1): price=1.0, sku=null",
            "x.sku is null in 1 of 2 values in 1 of 3 rows: expected no nulls; first row 1 (id=1): x.sku",
        ],
    ),
    "a vector": (
        "logicalType: vector, logicalTypeOptions: {dimensions: 2, elementType: float32}",
        [[1.0, 2.0], [1.0]],
        pa.list_(pa.float64()),
        [
            "column 'x[]' is double: expected float",
            "x is shorter than 2 items in 1 of 2 rows: expected at least 2 items; first row 2 (id=2): [1.0]",
        ],
    ),
    "a property that is missing, of another type, or more": (
        "logicalType: object, properties: [{name: price, logicalType: integer}, {name: city}]",
        [{"price": 1.5}],
        PRICE,
        [
            "column 'x.city' is missing; unexpected: 'x.sku'",
            "column 'x.sku' is not in the contract orders",
            "column 'x.price' is a floating-point number (double): expected an integer",
        ],
    ),
    "an optional property": (
        "logicalType: object, properties: [{name: a, customProperties: [{property: mlmonitor.optional, value: true}]}, "
        "{name: price}, {name: sku}]",
        [{"price": 1.5}],
        PRICE,
        [],
    ),
    "values that are the same anywhere": (
        ITEMS % "{name: sku, unique: true}, {name: price}",
        [[{"sku": "a"}, {"sku": None}], [{"sku": None}, {"sku": "a"}]],
        pa.list_(PRICE),
        ["1 key (x[].sku) occurs more than once: expected unique keys; e.g. x[].sku='a'"],
    ),
    "times and decimals": (
        "logicalType: array, items: {logicalType: timestamp, logicalTypeOptions: {minimum: '1970-01-01T00:00:01Z'}}",
        [[0, 1_000]],
        pa.list_(pa.int64()),
        ["column 'x[]' is an integer (int64): expected a date and time"],
    ),
    "an object in the contract that is a list in the file": (
        CITY,
        [["Rome"]],
        pa.list_(pa.string()),
        ["column 'x' is a list of text (list<element: string>): expected an object or a map"],
    ),
    "lists of no type": ("logicalType: array, items: {logicalType: integer, required: true}", [[], []], pa.list_(pa.null()), []),
    "a column of no type": (CITY, [None, None], pa.null(), []),
}  # fmt: skip


@pytest.mark.parametrize("case", RULES)
def test_a_rule_inside(tmp_path: Path, case: str) -> None:
    terms, values, type_, wanted = RULES[case]
    found = of(tmp_path, terms, values, type_)
    assert [message[: len(want)] for message, want in zip(found, wanted, strict=True)] == wanted


def test_what_is_classified_inside_is_not_shown(tmp_path: Path) -> None:
    terms = (
        "logicalType: object, logicalTypeOptions: {minProperties: 3}, properties: ["
        "{name: price, logicalType: number, logicalTypeOptions: {minimum: 9}}, "
        "{name: sku, classification: secret, logicalTypeOptions: {maxLength: 1}}]"
    )
    found = of(tmp_path, terms, [{"price": 1.0, "sku": "hidden"}], PRICE)
    assert [message.rpartition("(id=1): ")[2] for message in found] == [
        "(redacted)",
        "x.price = 1.0",
        "x.sku = (redacted)",
    ]
    assert not any("hidden" in message for message in found)


def test_figures_are_of_the_values_inside(tmp_path: Path) -> None:
    table = pa.table({"x": pa.array([[{"sku": "a"}, {"sku": None}], [{"sku": "a"}], []], pa.list_(PRICE))})
    pq.write_table(table, tmp_path / "t.parquet")
    quality = "quality: [{metric: nullValues, mustBe: 0}, {metric: duplicateValues, mustBe: 0}, {metric: rowCount, mustBe: 3}]"
    terms = contract("{name: x, " + ITEMS % f"{{name: sku, {quality}}}, {{name: price}}" + "}")
    profile = scan(tmp_path / "t.parquet", terms)
    objects = profile.nested[0, 0].nested[0, 0]
    assert (objects.rows, objects.figures) == (3, {(0, 0): 1, (0, 1): 1})
    assert profile.figures == {(0, 0): 3}  # rows are those of the table, wherever their number is limited


@pytest.mark.parametrize(
    ("terms", "line"),
    [
        (
            "logicalType: string, items: {logicalType: string}",
            "items: describes what is inside a list, which this is not: not checked",
        ),
        (
            "logicalType: array, properties: [{name: y}]",
            "properties: describes what is inside an object, which this is not: not checked",
        ),
        (
            "logicalType: object, physicalType: JSON, properties: [{name: y}]",
            "properties: what is inside JSON text is not checked, only what is inside objects, lists and maps",
        ),
        (
            "logicalType: array, physicalType: jsonb, logicalTypeOptions: {minItems: 3}",
            "logicalTypeOptions.minItems: what is inside JSON text is not checked, only what is inside objects, lists and maps",
        ),
        ("logicalType: object, physicalType: json", "physicalType: whether text is JSON is not checked"),
        (
            "logicalType: object, properties: [{name: y, primaryKey: true}]",
            "properties.y.primaryKey: a key inside a column is not checked, only that it has no nulls",
        ),
        (
            "logicalType: array, items: {quality: [{type: sql, query: SELECT 1, mustBe: 1}]}",
            "items.quality[0]: (type: sql) rules inside an object, a list or a map are not checked",
        ),
        ("logicalType: array, items: {future: 1}", "items.future: unknown key: not checked"),
        (
            "logicalType: vector, logicalTypeOptions: {elementType: bfloat16}",
            "logicalTypeOptions.elementType: 'bfloat16' is not checked",
        ),
    ],
)
def test_what_nothing_checks_inside_is_named(terms: str, line: str) -> None:
    assert unchecked(terms) == (f"schema.orders.properties.x.{line}",)


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ("logicalType: array, logicalTypeOptions: {minItems: -1}", "is -1: expected a whole number"),
        ("logicalType: array, logicalTypeOptions: {minItems: 2, maxItems: 1}", "asks for 2 to 1 of what lies inside"),
        ("logicalType: array, logicalTypeOptions: {uniqueItems: 1}", "expected true or false"),
        ("logicalType: object, logicalTypeOptions: {required: true}", "is true: expected names of properties"),
        (
            "logicalType: object, properties: [{name: y}, {name: y}]",
            "properties.y.name is 'y', as another property is",
        ),
        (
            "logicalType: array, items: {logicalType: integer, logicalTypeOptions: {minimum: abc}}",
            "items.logicalTypeOptions.minimum is 'abc': expected a number",
        ),
        (
            "logicalType: object, properties: [{name: y, customProperties: [{property: mlmonitor.role, value: target}]}]",
            "has the role target: expected it of a column of the table",
        ),
    ],
)
def test_what_is_wrong_inside_has_its_line(terms: str, message: str) -> None:
    assert message in problem_of(terms).message


# Files that others write.

ORDERS = """
kind: DataContract
apiVersion: v3.1.0
id: orders
version: 1.0.0
schema:
  - name: orders
    properties:
      - {name: id, logicalType: integer, primaryKey: true}
      - name: address
        logicalType: object
        properties: [{name: city, logicalType: string, required: true}]
      - name: items
        logicalType: array
        items:
          logicalType: object
          properties:
            - {name: price, logicalType: number, logicalTypeOptions: {minimum: 0}}
            - {name: at, logicalType: timestamp, logicalTypeOptions: {maximum: "2026-01-01T00:00:00Z"}}
            - {name: tags, logicalType: array, items: {logicalType: string, logicalTypeOptions: {pattern: "^[a-z]$"}}}
"""
QUERY = """
SELECT 1 AS id, {'city': 'Rome'} AS address,
       [{'price': 1.5::DECIMAL(9,2), 'at': TIMESTAMP '2025-05-05 00:00:00', 'tags': ['a', 'B']}] AS items
UNION ALL SELECT 2, NULL, []
UNION ALL SELECT 3, {'city': NULL}, [NULL, {'price': -1, 'at': TIMESTAMP '2026-05-05 00:00:00', 'tags': NULL}]
"""
FOUND = [
    "address.city is null in 1 of 2 values in 1 of 3 rows",
    "items[].price is below 0 in 1 of 2 values in 1 of 3 rows",
    "items[].at is after 2026-01-01 00:00:00 in 1 of 2 values in 1 of 3 rows",
    "items[].tags[] is of another form in 1 of 2 values in 1 of 3 rows",
]


def by_duckdb(path: Path) -> Path:
    duckdb.connect().execute(f"COPY ({QUERY}) TO '{path}.parquet' (FORMAT parquet)")
    return path.with_suffix(".parquet")


def by_pyarrow(path: Path) -> Path:
    table = duckdb.connect().sql(QUERY).to_arrow_table()
    pq.write_table(table, f"{path}.parquet", row_group_size=1, use_dictionary=True)
    return path.with_suffix(".parquet")


def by_deltalake(path: Path) -> Path:
    for start in range(3):
        write_deltalake(str(path), duckdb.connect().sql(QUERY).to_arrow_table().slice(start, 1), mode="append")
    return path


def in_parts(path: Path) -> Path:
    path.mkdir()
    table = duckdb.connect().sql(QUERY).to_arrow_table()
    for start in range(3):
        pq.write_table(table.slice(start, 1), path / f"part-{start}.parquet")
    return path


@pytest.mark.parametrize("write", [by_duckdb, by_pyarrow, by_deltalake, in_parts])
def test_tables_that_others_write(tmp_path: Path, write: Any) -> None:
    terms = read_odcs(ORDERS.encode(), "orders.odcs.yaml").tables[0].contract
    found = judged(write(tmp_path / "orders"), terms)
    assert [next((f for f in FOUND if message.startswith(f)), message) for message in found] == FOUND
