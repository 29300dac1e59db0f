"""Contracts that tables break in one way each, and what is said of them: the corpus of the messages of table checks."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pytest_mlmonitor.core.finding import Finding
from pytest_mlmonitor.core.judge import judge
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.kinds import Platform
from tests.unit.support import NOW, READER

INF, NAN = float("inf"), float("nan")
KEY = {"name": "order_id", "logicalType": "integer", "primaryKey": True}


@dataclass(frozen=True)
class Case:
    """One contract, and a table that breaks it.

    Attributes:
        properties: those of the contract; the key ``order_id`` is put before them.
        columns: those of the table; ``order_id`` counts the rows unless it is named.
        quality: rules of the table.
        rest: further keys of the table in the contract; ``levels`` are ``slaProperties``.
    """

    properties: list[dict[str, Any]]
    columns: Mapping[str, Any]
    quality: list[dict[str, Any]] = field(default_factory=list)
    rest: Mapping[str, Any] = field(default_factory=dict)
    levels: list[dict[str, Any]] = field(default_factory=list)

    @property
    def table(self) -> pa.Table:
        made = {name: found if isinstance(found, pa.Array) else pa.array(found) for name, found in self.columns.items()}
        rows = len(next(iter(made.values()), []))
        own = {} if "order_id" in made else {"order_id": pa.array(range(4711, 4711 + rows), pa.int64())}
        return pa.table(own | {name: values for name, values in made.items() if values is not None})

    def document(self, name: str) -> dict[str, Any]:
        made: dict[str, Any] = {"kind": "DataContract", "apiVersion": "v3.1.0", "id": name, "version": "1.0.0"}
        table = {"name": name, "properties": [KEY, *self.properties], **self.rest}
        if self.quality:
            table["quality"] = self.quality
        return made | {"status": "active", "schema": [table], "slaProperties": self.levels}


def write(cases: Mapping[str, Case], root: Path) -> None:
    """Write every case as a table and its contract."""
    for name, case in cases.items():
        pq.write_table(case.table, root / f"{name}.parquet")
        text = json.dumps(case.document(name), default=str, ensure_ascii=False)
        (root / f"{name}.odcs.yaml").write_text(text, encoding="utf-8")


def said(root: Path, **settings: Any) -> Iterator[tuple[str, str, Finding]]:
    """Yield (artifact, check, finding) of everything that is said of what lies below a root."""
    policy = Settings(**{"freshness": False, **settings})
    record = judge(Platform([root], policy, NOW, reader=READER), base=root)
    for _, result in record.results:
        if result.status == "error":
            raise AssertionError(result.reason)
        for finding in result.findings:
            yield result.ref.name, result.check, finding


def x(type_: str, required: bool = False, **rest: Any) -> dict[str, Any]:
    """Return the property ``x``; what is no key of a property is an option of its type."""
    keys = (
        "enum",
        "quality",
        "unique",
        "classification",
        "customProperties",
        "physicalType",
        "primaryKey",
        "items",
        "properties",
        "map",
        "relationships",
    )
    own = {key: value for key, value in rest.items() if key in keys}
    options = {key: value for key, value in rest.items() if key not in keys}
    made = {"name": "x", "logicalType": type_, "required": required, **own}
    return made | ({"logicalTypeOptions": options} if options else {})


def one(prop: dict[str, Any], values: Any, **rest: Any) -> Case:
    return Case([prop], {"x": values}, **rest)


def rule(metric: str, **rest: Any) -> dict[str, Any]:
    return {"metric": metric, **rest}


def sql(query: str, **rest: Any) -> dict[str, Any]:
    return {"type": "sql", "query": query, **rest}


def promised(promise: str, element: str, length: str = "24h") -> list[dict[str, Any]]:
    return [{"property": promise, "value": int(length[:-1]), "unit": length[-1], "element": element}]


def own(**words: Any) -> dict[str, Any]:
    return {"type": "custom", "engine": "mlmonitor", "implementation": words}


DAY = datetime(2026, 4, 26, 12)
LONG = "lorem ipsum dolor sit amet " * 40
HOSTILE = "a \"b\" 'c'\nd\t\x1b[31m\u202e😀"

CASES: dict[str, Case] = {
    # nulls and values that are none
    "null_number": one(x("number", True), [1.5, None, 2.5]),
    "null_integer": one(x("integer", True), [1, None, 3, None]),
    "null_text": one(x("string", True), ["a", None]),
    "null_all": one(x("number", True), pa.array([None, None], pa.float64())),
    "null_type": one(x("number", True), pa.nulls(3)),
    "null_only_row": one(x("number", True), pa.array([None], pa.float64())),
    "nan": one(x("number"), [1.0, NAN]),
    "nan_is_null": one(
        x("number", True, customProperties=[{"property": "mlmonitor.nan", "value": "null"}]), [1.0, NAN]
    ),
    "infinity": one(x("number"), [1.0, INF, -INF]),
    "no_all_null": one(
        x("number"),
        pa.array([None, None], pa.float64()),
        rest={"customProperties": [{"property": "mlmonitor.noAllNull", "value": True}]},
    ),
    # bounds
    "minimum": one(x("number", minimum=0), [1.0, -3.5]),
    "maximum": one(x("number", maximum=1), [0.5, 1.0000001]),
    "range": one(x("number", minimum=0, maximum=1), [0.5, 7.25, -1.0]),
    "range_integer": one(x("integer", minimum=0, maximum=120), [5, 130]),
    "above": one(x("number", exclusiveMinimum=0), [0.0, -0.0, 1.0]),
    "below": one(x("number", exclusiveMaximum=100), [100.0]),
    "between_strict": one(x("number", exclusiveMinimum=0, exclusiveMaximum=1), [0.0, 1.0, 0.5]),
    "negative_zero": one(x("number", enum=[{"value": 1}]), [-0.0, 1.0]),
    "huge_integer": one(x("integer", maximum=9007199254740992), [9007199254740993]),
    "big_bound": one(x("integer", maximum=1000000), [1234567]),
    "tiny": one(x("number", minimum=1e-9), [1e-12]),
    "nearly": one(x("number", maximum=0.3), [0.1 + 0.2]),
    "float_for_integer": one(x("integer"), [1.0, 2.0]),
    "decimal": one(x("number", maximum=0.3), pa.array([Decimal("0.31"), Decimal("0.30")], pa.decimal128(5, 2))),
    "multiple": one(x("number", multipleOf=0.1), [0.3, 0.35]),
    "multiple_integer": one(x("integer", multipleOf=15), [30, 31]),
    "date_minimum": one(x("date", minimum="2026-01-01"), [date(2025, 12, 31)]),
    "timestamp_maximum": one(x("timestamp", maximum="2026-04-26T00:00:00Z"), pa.array([DAY], pa.timestamp("us"))),
    "timestamp_zone": one(
        x("timestamp", maximum="2026-04-26T00:00:00Z"), pa.array([DAY], pa.timestamp("ms", tz="Europe/Berlin"))
    ),
    "timestamp_ns": one(
        x("timestamp", maximum="2026-04-26T12:00:00.000000001Z"),
        pa.array([1777204800000000002], pa.timestamp("ns")),
    ),
    "time": one(x("time", maximum="18:00"), [time(18, 30)]),
    "far_year": one(x("timestamp", maximum="2100-01-01"), pa.array([10**17], pa.timestamp("us"))),
    # sets
    "enum_text": one(x("string", enum=[{"value": "new"}, {"value": "paid"}]), ["new", "payed"]),
    "enum_one": one(x("string", enum=[{"value": "new"}]), ["old"]),
    "enum_number": one(x("integer", enum=[{"value": 0}, {"value": 1}]), [0, 2]),
    "enum_long": one(x("string", enum=[{"value": f"state_{i}"} for i in range(60)]), ["state_7", "stat_8"]),
    "enum_odd": one(x("string", enum=[{"value": "a, b"}, {"value": ""}, {"value": "c"}]), ["d"]),
    "enum_boolean": one(x("boolean", enum=[{"value": True}]), [True, False]),
    "enum_date": one(x("date", enum=[{"value": "2026-01-01"}]), [date(2026, 1, 2)]),
    # text
    "pattern": one(x("string", pattern=r"^\d{2}-[A-Z]+$"), ["12-AB", "1-ab"]),
    "pattern_long": one(x("string", pattern="^(" + "|".join(f"code{i}" for i in range(80)) + ")$"), ["x"]),
    "format_email": one(x("string", format="email"), ["a@b.org", "nobody"]),
    "format_uuid": one(x("string", format="uuid"), ["x"]),
    "format_date_time": one(x("string", format="date-time"), ["yesterday"]),
    "format_and_pattern": one(x("string", format="email", pattern="^a"), ["a@b.org", "abc"]),
    "min_length": one(x("string", minLength=3), ["ab", "abc"]),
    "min_length_one": one(x("string", minLength=1), ["", "abc"]),
    "max_length": one(x("string", maxLength=5), ["abcdef"]),
    "varchar": one(x("string", physicalType="VARCHAR(3)"), ["abcd"]),
    "text_hostile": one(x("string", maxLength=5), [HOSTILE]),
    "text_long": one(x("string", maxLength=5), [LONG]),
    "text_empty": one(x("string", pattern="."), [""]),
    "not_blank": one(x("string", customProperties=[{"property": "mlmonitor.notBlank", "value": True}]), ["a", "  "]),
    "redacted": one(x("string", classification="restricted", maxLength=2), ["secret"]),
    "redacted_enum": one(x("string", classification="restricted", enum=[{"value": "a"}]), ["b"]),
    # types
    "type_text_for_integer": one(x("integer"), ["1"]),
    "type_text_for_number": one(x("number"), ["1"]),
    "type_integer_for_text": one(x("string"), [1]),
    "type_text_for_boolean": one(x("boolean"), ["yes"]),
    "type_text_for_date": one(x("date"), ["2026-01-01"]),
    "type_text_for_timestamp": one(x("timestamp"), ["2026-01-01"]),
    "type_text_for_time": one(x("time"), ["10:00"]),
    "type_text_for_array": one(x("array", items={"logicalType": "integer"}), ["[]"]),
    "type_text_for_object": one(x("object"), ["{}"]),
    "type_list_of_text": one(x("array", items={"logicalType": "integer"}), [["a"]]),
    "type_binary": one(x("string"), [b"a"]),
    "type_struct": one(x("number"), [{"a": 1}]),
    "type_physical": one(x("integer", physicalType="bigint"), pa.array([1], pa.int32())),
    "type_decimal": one(x("number", physicalType="decimal(10,2)"), pa.array([Decimal("1.5")], pa.decimal128(5, 1))),
    "type_zone": one(x("timestamp", timezone=True), pa.array([DAY], pa.timestamp("us"))),
    "type_no_zone": one(x("timestamp", timezone=False), pa.array([DAY], pa.timestamp("us", tz="UTC"))),
    "type_unit": one(x("timestamp", physicalType="timestamp[ns]"), pa.array([DAY], pa.timestamp("us"))),
    "type_float32": one(x("number", format="f32"), [1.0]),
    "type_dictionary": one(x("integer"), pa.array(["a"]).dictionary_encode()),
    "type_duration": one(x("integer"), [timedelta(seconds=1)]),
    "type_map": one(x("map"), ["a"]),
    "type_struct_fields": one(x("object", physicalType="struct<a: int, b: string>"), [{"a": "1"}]),
    "misfit_bound": Case([{"name": "x", "physicalType": "text", "logicalTypeOptions": {"minimum": 0}}], {"x": ["a"]}),
    # columns
    "missing": Case([x("number")], {"y": [1.0]}),
    "renamed": Case([{"name": "price", "logicalType": "number"}], {"unit_price": [1.0]}),
    "renamed_among_many": Case(
        [{"name": "price", "logicalType": "number"}],
        {**{f"feature_{i}": [1] for i in range(7)}, "unit_price": [1.0]},
    ),
    "renamed_case": Case([{"name": "unit_price", "logicalType": "number"}], {"UnitPrice": [1.0]}),
    "missing_many": Case([{"name": f"f{i}", "logicalType": "number"} for i in range(4)], {"y": [1.0]}),
    "extra": Case([], {"y": [1.0]}),
    "extra_many": Case([], {f"y{i}": [1.0] for i in range(8)}),
    "extra_refused": Case(
        [], {"y": [1.0]}, rest={"customProperties": [{"property": "mlmonitor.extra", "value": "error"}]}
    ),
    "ordered": Case(
        [{"name": n, "logicalType": "number"} for n in "abc"],
        {"c": [1.0], "a": [1.0], "b": [1.0]},
        rest={"customProperties": [{"property": "mlmonitor.ordered", "value": True}]},
    ),
    "missing_hostile": Case([{"name": 'näme "x"\n', "logicalType": "number"}], {'name "x"': [1.0]}),
    "blank_name": Case(
        [{"name": "b", "physicalName": "  ", "logicalType": "number", "required": True}],
        {"  ": pa.array([None], pa.float64())},
    ),
    # keys
    "key": Case([], {"order_id": [1, 1, 2, 2, 3]}),
    "key_one": Case([], {"order_id": [1, 1, 2]}),
    "key_two": Case(
        [{"name": "line", "logicalType": "integer", "primaryKey": True}], {"order_id": [1, 1], "line": [2, 2]}
    ),
    "key_null": Case([], {"order_id": [1, None]}),
    "unique": one(x("string", unique=True), ["a", "a"]),
    "unique_long": one(x("string", unique=True), [LONG, LONG]),
    "unique_redacted": one(x("string", unique=True, classification="restricted"), ["a", "a"]),
    "many_keys": Case(
        [{"name": f"k{i}_of_a_rather_long_name", "logicalType": "string", "primaryKey": True} for i in range(5)]
        + [x("number", minimum=0)],
        {**{f"k{i}_of_a_rather_long_name": ["a value of some length"] for i in range(5)}, "x": [-1.0]},
    ),
    "long_key": Case(
        [{"name": "k", "logicalType": "string", "primaryKey": True}, x("number", minimum=0)],
        {"k": [LONG], "x": [-1.0]},
    ),
    # rows
    "min_rows": Case([], {"order_id": pa.array([], pa.int64())}),
    "min_rows_10": Case(
        [], {"order_id": [1]}, rest={"customProperties": [{"property": "mlmonitor.minRows", "value": 1000}]}
    ),
    "row_count": Case([], {"order_id": [1]}, [rule("rowCount", mustBeGreaterThan=1000)]),
    "row_count_between": Case([], {"order_id": [1, 2]}, [rule("rowCount", mustBeBetween=[1000, 2000])]),
    "row_count_none": Case([], {"order_id": [1, 2]}, [rule("rowCount", mustBe=0)]),
    # figures
    "third": one(x("number", quality=[rule("nullValues", mustBe=33.33, unit="percent")]), [1.0, None, 2.0]),
    "null_values": one(x("number", quality=[rule("nullValues", mustBe=0)]), [1.0, None, None]),
    "null_values_named": one(
        x("number", quality=[rule("nullValues", mustBeLessThan=5, unit="percent", name="rarely missing")]),
        [1.0, None, None],
    ),
    "null_values_one": one(x("number", quality=[rule("nullValues", mustBeLessThan=1)]), [1.0, None]),
    "missing_values": one(
        x("string", quality=[rule("missingValues", mustBe=0, arguments={"missingValues": ["", "N/A", None]})]),
        ["a", "N/A", "", None],
    ),
    "invalid_values": one(
        x("string", quality=[rule("invalidValues", mustBe=0, arguments={"validValues": ["a", "b"]})]), ["a", "c"]
    ),
    "invalid_pattern": one(
        x(
            "string",
            quality=[rule("invalidValues", mustBeLessOrEqualTo=10, unit="percent", arguments={"pattern": "^a"})],
        ),
        ["a", "c", "d"],
    ),
    "duplicate_values": one(x("string", quality=[rule("duplicateValues", mustBe=0)]), ["a", "a", "a", "b"]),
    "duplicate_percent": one(
        x("string", quality=[rule("duplicateValues", mustBeLessThan=1, unit="percent")]), ["a", "a", "a"]
    ),
    "duplicate_table": Case(
        [x("string"), {"name": "y", "logicalType": "string"}],
        {"x": ["a", "a"], "y": ["b", "b"]},
        [rule("duplicateValues", mustBe=0, arguments={"properties": ["x", "y"]})],
    ),
    "must_not_be": one(x("number", quality=[rule("nullValues", mustNotBe=1)]), [1.0, None]),
    "must_not_be_between": one(x("number", quality=[rule("nullValues", mustNotBeBetween=[1, 3])]), [1.0, None]),
    "at_least": one(
        x("number", quality=[rule("nullValues", mustBeGreaterOrEqualTo=50, unit="percent")]), [1.0, 2.0, None]
    ),
    "metric_of_absent": Case([x("number", quality=[rule("nullValues", mustBe=0)])], {"y": [1.0]}),
    "metric_of_list": one(x("array", quality=[rule("duplicateValues", mustBe=0)]), [[1], [1]]),
    "tiny_rate": one(
        x("integer", quality=[rule("nullValues", mustBe=0, unit="percent")]),
        pa.array([None, *range(99_999)], pa.int64()),
    ),
    "nearly_all": one(
        x("integer", quality=[rule("nullValues", mustBe=100, unit="percent")]),
        pa.array([1, *[None] * 99_999], pa.int64()),
    ),
    "equal_after_rounding": one(
        x("integer", quality=[rule("nullValues", mustBeLessThan=33.33, unit="percent")]), [1, 2, None]
    ),
    # queries
    "sql": one(
        x("number"), [-3.5, 1.0], quality=[sql("SELECT count(*) FROM {object} WHERE x < 0", mustBe=0, name="no debts")]
    ),
    "sql_nameless": one(x("number"), [-3.5], quality=[sql("SELECT count(*) FROM {object} WHERE x < 0", mustBe=0)]),
    "sql_null": one(x("number"), [None, 1.0], quality=[sql("SELECT count(*) FROM {object} WHERE x IS NULL", mustBe=0)]),
    "sql_average": one(x("number"), [1.0, 2.0], quality=[sql("SELECT avg(x) FROM {object}", mustBeGreaterThan=2)]),
    "sql_nearly": one(x("number"), [1.0, 2.0, 2.0], quality=[sql("SELECT avg(x) FROM {object}", mustBe=1.6667)]),
    "sql_boolean": one(x("number"), [1.0], quality=[sql("SELECT min(x) > 5 FROM {object}", mustBe=True)]),
    "sql_text": one(x("number"), [1.0], quality=[sql("SELECT 'abc' FROM {object}", mustBe=0)]),
    "sql_gives_null": one(x("number"), [1.0], quality=[sql("SELECT max(x) FROM {object} WHERE x > 9", mustBe=0)]),
    "sql_two": one(x("number"), [1.0, 2.0], quality=[sql("SELECT x FROM {object}", mustBe=1)]),
    "sql_unknown_column": one(x("number"), [1.0], quality=[sql("SELECT count(y) FROM {object}", mustBe=0)]),
    "sql_broken": one(x("number"), [1.0], quality=[sql("SELECT count(* FROM {object}", mustBe=0)]),
    "sql_groups": one(
        x("string"),
        ["a", "a", "b"],
        quality=[sql("SELECT x, count(*) FROM {object} GROUP BY x HAVING count(*) > 1", mustBe=0)],
    ),
    "sql_list": one(x("number"), [-1.0, -2.0], quality=[sql("SELECT * FROM {object} WHERE x < 0", mustBe=0)]),
    "sql_wide": Case(
        [{"name": f"k{i}_long_name", "logicalType": "string", "primaryKey": True} for i in range(4)] + [x("number")],
        {**{f"k{i}_long_name": ["a value of some length and more of it"] for i in range(4)}, "x": [-1.0]},
        [sql("SELECT count(*) FROM {object} WHERE x < 0", mustBe=0)],
    ),
    "sql_placeholder": one(
        x("number"), [1.0], quality=[sql("SELECT count(*) FROM {schema}.{model} WHERE x > 0", mustBe=0)]
    ),
    "sql_variable": one(x("number"), [1.0], quality=[sql("SELECT count(*) FROM ${t}", mustBe=0)]),
    # our own rules
    "grid": one(
        x("timestamp"),
        pa.array([DAY, DAY.replace(minute=7)], pa.timestamp("us")),
        quality=[own(grid={"column": "x", "minutes": 15})],
    ),
    "offset": Case(
        [{"name": n, "logicalType": "timestamp"} for n in "ab"],
        {"a": pa.array([DAY], pa.timestamp("us")), "b": pa.array([DAY], pa.timestamp("us"))},
        [own(offset={"column": "a", "relation": "==", "base": "b", "minutes": 60})],
    ),
    "offset_numbers": Case(
        [{"name": n, "logicalType": "number"} for n in "ab"],
        {"a": [3.0, None], "b": [2.0, 1.0]},
        [own(offset={"column": "a", "relation": "<=", "base": "b"})],
    ),
    "threshold": Case(
        [{"name": "label", "logicalType": "integer"}, {"name": "score", "logicalType": "number"}],
        {"label": [0, 1], "score": [0.7, 0.7]},
        [own(threshold={"column": "label", "score": "score", "cut": 0.5})],
    ),
    "point_in_time": Case(
        [{"name": n, "logicalType": "timestamp"} for n in ("cutoff", "event")],
        {"cutoff": pa.array([DAY], pa.timestamp("us")), "event": pa.array([DAY.replace(hour=9)], pa.timestamp("us"))},
        [own(pointInTime={"cutoff": "cutoff", "event": "event"})],
    ),
    "grid_of_text": one(x("string"), ["a"], quality=[own(grid={"column": "x", "minutes": 15})]),
    # promises
    "freshness": one(
        x("timestamp"), pa.array([DAY.replace(day=20)], pa.timestamp("us")), levels=promised("freshness", "freshness.x")
    ),
    "freshness_text": Case([{"name": "x"}], {"x": ["2026-01-01"]}, levels=promised("freshness", "freshness_text.x")),
    "freshness_integer": Case([{"name": "x"}], {"x": [1]}, levels=promised("freshness", "freshness_integer.x")),
    "freshness_missing": Case(
        [{"name": "x", "required": True}], {"y": [1]}, levels=promised("freshness", "freshness_missing.x")
    ),
    "freshness_null": one(
        x("timestamp"),
        pa.array([None, None], pa.timestamp("us")),
        levels=promised("freshness", "freshness_null.x", "1d"),
    ),
    "retention": one(x("date"), [date(2020, 1, 1)], levels=promised("retention", "retention.x", "1y")),
    # what nothing checks, and what cannot be used
    "left_out": Case(
        [
            x("integer", minItems=1, pattern="^a"),
            {"name": "y", "logicalType": "string", "logicalTypeOptions": {"format": "isbn", "pattern": "(?=a)b"}},
            {"name": "z", "logicalType": "array", "logicalTypeOptions": {"minItems": 1, "uniqueItems": True}},
            {"name": "w", "physicalType": "GEOGRAPHY"},
        ],
        {"x": [1], "y": ["b"], "z": [[1]], "w": ["a"]},
        [{"type": "text", "description": "prose"}, {"type": "custom", "engine": "soda", "implementation": "x"}],
        levels=[{"property": "availability", "value": "99.9%"}],
    ),
    "unusable": Case(
        [
            x("number", minimum="abc", multipleOf=0),
            {"name": "y", "logicalType": "strnig"},
            {"name": "z", "logicalType": "string", "requried": True, "enum": [{"value": 5}]},
            {"name": "w", "logicalType": "string", "logicalTypeOptions": {"pattern": "(a", "minLength": -1}},
            {
                "name": "v",
                "logicalType": "timestamp",
                "logicalTypeOptions": {"minimum": True, "defaultTimezone": "Europe/Berln"},
            },
            {
                "name": "u",
                "logicalType": "number",
                "quality": [rule("nullValues"), rule("nulValues", mustBe=0), rule("nullValues", mustBe="none")],
            },
        ],
        {"x": [1.0], "y": ["b"], "z": ["a"], "w": ["a"], "v": pa.array([DAY], pa.timestamp("us")), "u": [1.0]},
    ),
}
