"""What is understood here and refused by other tools is said, once of every kind, with what to write; what is written so is not."""

from __future__ import annotations

import pytest

from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.tables.contract.data_contract import Problem
from pytest_mlmonitor.tables.odcs.document import read_odcs


def said(words: str, version: str = "v3.1.0") -> tuple[Problem, ...]:
    """Return what is said of a property with these words; nothing else is wrong with it."""
    text = (
        f"kind: DataContract\napiVersion: {version}\nid: o\nversion: 1.0.0\nschema:\n  - name: orders\n    properties:\n"
        f"      - name: s\n        {words}\n      - {{name: n, logicalType: integer}}\n"
    )
    contract = read_odcs(text.encode(), "x")
    assert contract.problems == () and contract.tables[0].contract.unchecked == ()
    return contract.refused_elsewhere


RULE = "quality: [{%s}]"
ENUM = "logicalType: string\n        %s"
FORMS = {
    "plain values": (ENUM % "enum: [a, b]", "v3.2.0", "s.enum is a list of plain values", "enum: [{value: …}]"),
    "an enum before 3.2": (ENUM % "enum: [{value: a}]", "v3.1.0", "s.enum is a key of the standard since 3.2", "validValues"),
    "in options": (ENUM % "logicalTypeOptions: {enum: [a]}", "v3.1.0", "logicalTypeOptions.enum stands", "validValues"),
    "inside": (
        "logicalType: array\n        items: {logicalType: string, enum: [a]}", "v3.2.0", "s.items.enum is a list", "value",
    ),
    "filter": (RULE % "metric: nullValues, mustBe: 0, filter: n > 1", "v3.1.0", "quality[0].filter stands", "mlmonitor.filter"),
    "where": (RULE % "metric: nullValues, mustBe: 0, where: n > 1", "v3.2.0", "quality[0].where stands", "mlmonitor.filter"),
    "arguments": (RULE % "metric: invalidValues, mustBe: 0, validValues: [a]", "v3.1.0", "validValues stands", "arguments: {"),
    "other metric": (RULE % "metric: nullCount, mustBe: 0", "v3.1.0", "metric is 'nullCount'", "nullValues"),
    "other case": (RULE % "metric: NullValues, mustBe: 0", "v3.1.0", "metric is 'NullValues'", "write nullValues"),
    "an old rule": (RULE % "rule: notNull", "v3.1.0", "rule is a key of the standard before 3.1", "metric"),
    "a new metric": (RULE % "metric: nullValues, mustBe: 0", "v3.0.2", "metric is a key of the standard since 3.1", "rule"),
    "operator": (
        RULE % "metric: nullValues, mustBeLessThanOrEqualTo: 0", "v3.1.0", "is not how the standard", "mustBeLessOrEqualTo",
    ),
    "no type": (RULE % "query: select count(*) from orders, mustBe: 0", "v3.1.0", "has no type", "type: sql"),
    "a switch": (
        "logicalType: integer\n        logicalTypeOptions: {minimum: 5, exclusiveMinimum: true}",
        "v3.1.0", "exclusiveMinimum is true or false", "`exclusiveMinimum: 5` alone",
    ),
    "a bound before 3.1": (
        "logicalType: integer\n        logicalTypeOptions: {exclusiveMinimum: 5}", "v3.0.2", "is a bound", "true` beside",
    ),
    "a zone": (
        "logicalType: timestamp\n        logicalTypeOptions: {timezone: Europe/Berlin}",
        "v3.1.0", "timezone is the name of a time zone", "defaultTimezone: Europe/Berlin",
    ),
    "text for true": ('required: "true"', "v3.1.0", "s.required is text", "true or false"),
    "a map before 3.2": ("logicalType: map", "v3.1.0", "logicalType is map", "v3.2.0"),
    "a time before 3.1": ("logicalType: timestamp", "v3.0.2", "logicalType is timestamp", "v3.1.0"),
}  # fmt: skip


@pytest.mark.parametrize(("words", "version", "what", "instead"), FORMS.values(), ids=FORMS)
def test_it_is_said_with_what_to_write(words: str, version: str, what: str, instead: str) -> None:
    (problem,) = said(words, version)
    assert what in problem.message and instead in problem.message.partition("refuse it")[2]
    assert problem.severity == Severity.INFO
    assert problem.line is not None and problem.line >= 9


STANDARD = [
    (ENUM % "enum: [{value: a}]", "v3.2.0"),
    (RULE % "metric: invalidValues, mustBe: 0, arguments: {validValues: [a]}", "v3.1.0"),
    (
        RULE % 'metric: nullValues, mustBe: 0, customProperties: [{property: mlmonitor.filter, value: "n > 1"}]',
        "v3.1.0",
    ),
    (RULE % "rule: notNull", "v3.0.2"),
    (RULE % "type: sql, query: select count(*) from orders, mustBe: 0", "v3.1.0"),
    ("logicalType: integer\n        logicalTypeOptions: {exclusiveMinimum: 5}", "v3.1.0"),
    ("logicalType: integer\n        logicalTypeOptions: {minimum: 5, exclusiveMinimum: true}", "v3.0.2"),
    ("logicalType: timestamp\n        logicalTypeOptions: {timezone: true, defaultTimezone: Europe/Berlin}", "v3.1.0"),
    ("logicalType: map", "v3.2.0"),
    ("required: true", "v3.1.0"),
]


@pytest.mark.parametrize(("words", "version"), STANDARD)
def test_nothing_is_said_of_the_standards_own_forms(words: str, version: str) -> None:
    assert said(words, version) == ()


def test_a_kind_is_said_once() -> None:
    rules = ", ".join(["{metric: nullValues, mustBe: 0, filter: n > 1}"] * 5)
    (problem,) = said(f"quality: [{rules}]")
    assert problem.message.startswith("schema.orders.properties.s.quality[0].filter stands")
    assert "other tools refuse it (and 4 more); write" in problem.message
