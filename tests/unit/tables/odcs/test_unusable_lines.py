"""One line of a contract that cannot be used is named with its place, and hides no other line."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.tables.contract.data_contract import DataContract, Problem
from pytest_mlmonitor.tables.odcs.document import read_odcs
from pytest_mlmonitor.tables.odcs.form.known_keys import near_key

HEAD = "kind: DataContract\napiVersion: v3.2.0\nid: t\nversion: 1.0.0\n"
TABLE = """\
schema:
  - name: t
    properties:
      - {name: a, logicalType: integer, required: true, logicalTypeOptions: {minimum: 1, maximum: 9}}
      - {name: b, logicalType: string, enum: [x, y], quality: [{metric: nullValues, mustBe: 0}]}
      - {name: at, logicalType: timestamp}
"""
RULES = "    quality: [{metric: rowCount, mustBeGreaterThan: 5}]\n"
LEVELS = "slaProperties:\n  - {property: freshness, value: 1, unit: d, element: t.at}\n"


def read(text: str) -> DataContract:
    return read_odcs((HEAD + text).encode(), "t.odcs.yaml")


SOUND = read(TABLE + RULES + LEVELS)


def wrong_lines(found: DataContract) -> list[Problem]:
    return [problem for problem in found.problems if problem.severity is Severity.ERROR]


LINES = [
    # what is added, and which line of it is wrong
    ("      - {name: c, logicalType: float}\n", "logicalType"),
    ("      - {name: c, required: perhaps}\n", "required"),
    ("      - {name: c, required: [true]}\n", "required"),
    ("      - {name: c, logicalTypeOptions: 5}\n", "logicalTypeOptions"),
    ("      - {name: c, logicalType: number, logicalTypeOptions: {minimum: abc}}\n", "minimum"),
    ("      - {name: c, logicalType: number, logicalTypeOptions: {minimum: 3, maximum: 2}}\n", "logicalTypeOptions"),
    ("      - {name: c, logicalType: string, logicalTypeOptions: {minLength: 3, maxLength: 2}}\n", "logicalTypeOptions"),
    ("      - {name: c, logicalType: string, logicalTypeOptions: {pattern: 5.5, minLength: x}}\n", "minLength"),
    ("      - {name: c, logicalType: string, logicalTypeOptions: {pattern: [a]}}\n", "pattern"),
    ("      - {name: c, logicalType: integer, enum: [1, b]}\n", "enum"),
    ("      - {name: c, enum: 5}\n", "enum"),
    ("      - {name: c, logicalType: string, logicalTypeOptions: {pattern: '('}}\n", "pattern"),
    ("      - {name: c, quality: [{metric: invalidValues, arguments: {pattern: '[a'}, mustBe: 0}]}\n", "pattern"),
    ("      - {name: c, enum: []}\n", "enum"),
    ("      - {name: c, tags: [1]}\n", "tags"),
    ("      - {name: c, quality: often}\n", "quality"),
    ("      - {name: c, quality: [often]}\n", "quality[0]"),
    ("      - {name: c, quality: [{metric: nullvalue, mustBe: 0}]}\n", "metric"),
    ("      - {name: c, quality: [{metric: nullValues, mustBeLessThan: abc}]}\n", "mustBeLessThan"),
    ("      - {name: c, quality: [{metric: nullValues, mustBe: abc}]}\n", "mustBe"),
    ("      - {name: c, quality: [{metric: nullValues}]}\n", "quality[0]"),
    ("      - {name: c, quality: [{metric: nullValues, mustBe: 0, unit: ms}]}\n", "unit"),
    ("      - {name: c, quality: [{metric: nullValues, mustBe: 0, unit: [x]}]}\n", "unit"),
    ("      - {name: c, quality: [{metric: nullValues, mustBe: 0, arguments: 5}]}\n", "arguments"),
    ("      - {name: c, quality: [{type: sql, mustBe: 0}]}\n", "quality[0]"),
    ("      - {name: c, quality: [{type: sql, query: DROP TABLE t, mustBe: 0}]}\n", "query"),
    ("      - {name: c, quality: [{type: magic}]}\n", "type"),
    ("      - {name: c, physicalName: [x]}\n", "physicalName"),
    ("      - {name: c, customProperties: [{property: mlmonitor.nan, value: perhaps}]}\n", "customProperties[0]"),
    ("      - {name: c, customProperties: [{property: mlmonitor.nam, value: allow}]}\n", "customProperties[0]"),
    ("      - {name: c, customProperties: {mlmonitor.nan: allow}}\n", "customProperties"),
    ("      - {logicalType: string}\n", "name"),
    ("      - {name: [c]}\n", "name"),
    ("      - c\n", "properties[3]"),
    ("      -\n", "properties[3]"),
    ("      - {name: a, logicalType: string}\n", "name"),
    ("    customProperties: [{property: mlmonitor.minRows, value: few}]\n", "customProperties[0]"),
    ("  - orders\n", "schema[1]"),
    ("  - {name: t}\n", "schema"),
    ("  - {description: no name}\n", "name"),
    ("  - {name: u, properties: many}\n", "properties"),
    ("slaDefaultElement: [at]\n", "slaDefaultElement"),
    ("status: [active]\n", "status"),
    ("price: {priceAmount: much}\n", "priceAmount"),
    ("team: 5\n", "team"),
    ("servers: local\n", "servers"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "named"), LINES)
def test_a_wrong_line_is_named_and_the_rest_is_in_force(line: str, named: str) -> None:
    text = TABLE + line + RULES if line.startswith("      -") else TABLE + RULES + line
    found = read(text + LEVELS)
    (problem,) = wrong_lines(found)
    number = next(n for n, one in enumerate((HEAD + text).splitlines(), 1) if one == line.rstrip("\n"))
    assert (problem.line, problem.severity) == (number, Severity.ERROR)
    assert named in problem.message
    first, sound = found.tables[0].contract, SOUND.tables[0].contract
    assert first.columns[:3] == sound.columns
    assert first.metrics[:2] == sound.metrics and first.levels == sound.levels


@pytest.mark.parametrize(
    "level",
    [
        "{property: freshness, value: soon, element: at}",
        "{property: freshness, value: 1, unit: parsec, element: at}",
        "{property: freshness, value: 1, unit: h, element: a}",
        "{property: freshness, value: [1], unit: h, element: at}",
        "freshness",
        "",
    ],
)
def test_a_wrong_promise_hides_no_other(level: str) -> None:
    found = read(TABLE + RULES + LEVELS + f"  - {level}\n")
    assert [problem.line for problem in wrong_lines(found)] == [14]
    assert found.tables[0].contract.levels == SOUND.tables[0].contract.levels


def test_slow_units_of_latency_are_read() -> None:
    found = read(TABLE + "slaProperties:\n  - {property: latency, value: 500, unit: ms, element: at}\n")
    assert found.problems == () and found.tables[0].contract.levels[0].seconds == 0.5


@pytest.mark.parametrize(
    "rule",
    [
        "offset: {column: at, base: at, minutes: soon}",
        "grid: {column: at, minutes: -1}",
        "threshold: {column: a, score: a, cut: x}",
        "pointInTime: {event: at, cutoff: nothing}",
    ],
)
def test_half_a_rule_of_ours_is_none(rule: str) -> None:
    found = read(TABLE + f"    quality: [{{type: custom, engine: mlmonitor, implementation: {{{rule}}}}}]\n")
    assert len(wrong_lines(found)) == 1 and found.tables[0].contract.rules == ()


def test_a_list_of_values_of_which_one_cannot_be_used_refuses_nothing() -> None:
    found = read(TABLE.replace("enum: [x, y]", "enum: [x, 1]"))
    assert found.tables[0].contract.columns[1].values is None
    rule = "{metric: invalidValues, mustBe: 0, arguments: {validValues: [x, 1]}}"
    assert read(TABLE.replace("{metric: nullValues, mustBe: 0}", rule)).tables[0].contract.metrics == ()


def test_what_cannot_be_read_of_a_classification_hides_the_values() -> None:
    for terms in ("classification: [secret]", "tags: [pii, 1]", "encryptedName: {x: y}"):
        found = read(TABLE.replace("{name: b, ", f"{{name: b, {terms}, "))
        assert found.tables[0].contract.columns[1].redacted, terms


def test_very_many_wrong_lines_are_counted() -> None:
    lines = "".join(f"      - {{name: c{i}, logicalType: float}}\n" for i in range(70))
    found = read(TABLE + lines)
    assert len(found.problems) == 51
    assert found.problems[-1].message == "20 more lines of this contract cannot be used"
    assert len(found.tables[0].contract.columns) == 73


MISSPELT = [
    (TABLE.replace("required: true", "requried: true"), 8, "schema.t.properties.a.requried", "required"),
    (TABLE.replace("{name: a, ", "{name: a, primarykey: true, "), 8, "schema.t.properties.a.primarykey", "primaryKey"),
    (TABLE.replace("{name: a, ", "{name: a, primary_key: true, "), 8, "schema.t.properties.a.primary_key", "primaryKey"),
    (TABLE.replace("{name: a, ", "{name: a, physicaltype: x, "), 8, "schema.t.properties.a.physicaltype", "physicalType"),
    (TABLE.replace("minimum: 1", "minimun: 1"), 8, "schema.t.properties.a.logicalTypeOptions.minimun", "minimum"),
    (TABLE.replace("mustBe: 0", "mustBe: 0, unti: rows"), 9, "schema.t.properties.b.quality[0].unti", "unit"),
    (
        TABLE.replace("mustBe: 0", "mustBe: 0, mustBeGreaterthan: 1"),
        9,
        "schema.t.properties.b.quality[0].mustBeGreaterthan",
        "mustBeGreaterThan",
    ),
    (
        TABLE.replace("{metric: nullValues, mustBe: 0}", "{metric: missingValues, mustBe: 0, arguments: {missingvalue: ['']}}"),
        9,
        "schema.t.properties.b.quality[0].arguments.missingvalue",
        "missingValues",
    ),
    (TABLE.replace("  - name: t\n", "  - name: t\n    physicalname: u\n"), 7, "schema.t.physicalname", "physicalName"),
    (TABLE + LEVELS.replace("unit: d", "unit: d, unity: d"), 12, "slaProperties[0].unity", "unit"),
    (TABLE + "SLAproperties: []\n", 11, "SLAproperties", "slaProperties"),
    (
        TABLE + "      - {name: o, logicalType: object, properties: [{name: i, requierd: true}]}\n",
        11,
        "schema.t.properties.o.properties.i.requierd",
        "required",
    ),
    (
        TABLE + "      - {name: o, logicalType: array, items: {logicalytpe: string}}\n",
        11,
        "schema.t.properties.o.items.logicalytpe",
        "logicalType",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "key", "near"), MISSPELT)
def test_a_misspelt_key_is_a_warning_with_its_line_and_the_near_word(text: str, line: int, key: str, near: str) -> None:
    (problem,) = read(text).problems
    assert (problem.line, problem.key, problem.severity) == (line, key, Severity.WARNING)
    assert problem.message == f"{key} is no key of the standard and is not checked: is '{near}' meant?"


def test_a_misspelt_unit_is_named_beside_what_it_breaks() -> None:
    found = read(TABLE + LEVELS.replace("unit: d", "unity: d"))
    assert [p.severity for p in found.problems] == [Severity.WARNING, Severity.ERROR]
    assert "is 'unit' meant?" in found.problems[0].message


@pytest.mark.parametrize(
    "text",
    [
        TABLE.replace("{name: a, ", "{name: a, x-owner: me, "),
        TABLE.replace("{name: a, ", "{name: a, default: 5, "),
        TABLE + "    customProperties: [{property: requried, value: 1}, {property: anything, valeu: 1}]\n",
        TABLE + "lineage: {from: x}\n",
    ],
)
def test_keys_of_ones_own_are_no_misspelling(text: str) -> None:
    assert read(text).problems == ()


KEYS = ["name", "unit", "required", "primaryKey", "logicalType", "mustBeGreaterThan", "description", "physicalType"]


@given(st.sampled_from(KEYS), st.data())
def test_one_slip_of_the_keyboard_is_seen(key: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(key) - 2))
    slip = data.draw(st.sampled_from(["twice", "swapped", "case"]))
    written = {
        "twice": key[:at] + key[at] + key[at:],
        "swapped": key[:at] + key[at + 1] + key[at] + key[at + 2 :],
        "case": key[:at] + key[at].swapcase() + key[at + 1 :],
    }[slip]
    assert near_key(written, KEYS) == key


LEAVES = st.sampled_from([None, True, -1, 1.5, "x", "", [], {}, [1], {"x": 1}, [[1]], "2024-01-01"])


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_whatever_stands_in_one_property_the_others_are_read(data: st.DataObject) -> None:
    document = yaml.safe_load(HEAD + TABLE + RULES + LEVELS)
    place: Any = document["schema"][0]["properties"][0]
    key = data.draw(st.sampled_from([*place, "unique", "quality", "tags", "customProperties", "items", "semanticType"]))
    place[key] = data.draw(LEAVES)
    found = read_odcs(yaml.safe_dump(document).encode(), "t.odcs.yaml")
    contract = found.tables[0].contract
    assert SOUND.tables[0].contract.columns[1:] == tuple(c for c in contract.columns if c.name in ("b", "at"))
    assert contract.levels == SOUND.tables[0].contract.levels
    assert {m.metric for m in contract.metrics} >= {"null", "rows"}


def doubts(text: str) -> list[str]:
    return [f"{p.line}: {p.message}" for p in read(text).problems if p.severity is Severity.WARNING]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{name: x, minimum: 0}", "x.minimum stands beside logicalTypeOptions"),
        ("{name: x, logicalType: string, pattern: a}", "x.pattern stands beside logicalTypeOptions"),
        ("{name: x, customProperties: [{property: mlmonitr.nan, value: allow}]}", "is mlmonitor.nan meant?"),
        ("{name: x, customProperties: [{name: mlmonitor.nan, value: allow}]}", "is the key 'property' meant?"),
        ("{name: x, enum: [{value: 1, valeu: 2}]}", "enum[0].valeu is no key of the standard"),
    ],
)
def test_a_rule_that_is_not_where_it_is_read_is_a_warning(line: str, said: str) -> None:
    found = doubts(f"{TABLE}      - {line}\n")
    assert len(found) == 1 and found[0].startswith("11: ") and said in found[0]


@pytest.mark.parametrize(
    "line",
    ["{property: nan, value: 1}", "{property: platform.owner, value: a}", "{property: mlmonitor.nan, value: allow}"],
)
def test_properties_of_others_are_no_slips(line: str) -> None:
    assert doubts(f"{TABLE}      - {{name: x, customProperties: [{line}]}}\n") == []


def test_a_misspelt_promise_is_a_warning_and_others_are_named() -> None:
    def levels(entry: str) -> DataContract:
        return read(f"{TABLE}slaProperties: [{entry}]\n")

    (problem,) = levels("{property: freshnes, value: 1, unit: d}").problems
    assert (problem.severity, problem.line) == (Severity.WARNING, 11) and "is 'freshness' meant?" in problem.message
    assert levels("{property: frequency, value: 1, unit: d}").problems == ()
    (problem,) = levels("{value: 1, unit: d}").problems
    assert problem.severity is Severity.ERROR and "property is missing" in problem.message
    (problem,) = levels("{property: freshness, unit: d}").problems
    assert "value is missing" in problem.message


def test_messages_speak_yaml() -> None:
    def said(line: str) -> list[str]:
        return [p.message.partition("x.")[2] for p in read(f"{TABLE}      - {line}\n").problems]

    assert said("{name: x, required: maybe}") == ["required is 'maybe': expected true or false"]
    assert said("{name: x, quality: [{metric: nullValues, mustBe: true}]}") == [
        "quality[0].mustBe is true: expected a number"
    ]
    assert said("{name: x, quality: [{metric: nullValues, mustBeLessThan: many}]}") == [
        "quality[0].mustBeLessThan is 'many': expected a number"
    ]
    assert said("{name: x, quality: [{metric: nullValues, mustBeBetween: [1]}]}") == [
        "quality[0].mustBeBetween is a list: expected two numbers, the smaller one first"
    ]
    assert said("{name: x, quality: [{type: sql, query: SELECT 1, mustBeGreaterThan: true}]}") == [
        "quality[0].mustBeGreaterThan is true: expected a number"
    ]
    assert said("{name: x, logicalType: string, enum: [{label: a}]}") == [
        "enum[0] has no value: expected the key value"
    ]


def test_a_null_among_allowed_values_is_no_value_of_its_own() -> None:
    found = read(f"{TABLE}      - {{name: x, logicalType: string, enum: [null, a]}}\n")
    assert found.problems == () and found.tables[0].contract.columns[-1].values == ("a",)
