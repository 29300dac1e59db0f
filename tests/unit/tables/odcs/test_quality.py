"""Quality rules and service levels of ODCS."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.tables.contract.data_contract import DataContract
from pytest_mlmonitor.tables.contract.row_terms import Grid, Offset, Threshold
from pytest_mlmonitor.tables.contract.table import DriftTerms, Limit, Metric, ServiceLevel, TableContract
from pytest_mlmonitor.tables.odcs.document import Problem, read_odcs

DOCUMENT = """\
kind: DataContract
apiVersion: v3.2.0
id: orders
version: 1.0.0
schema:
  - name: orders
    physicalName: orders_v1
    properties:
      - name: amount
        physicalName: amt
        logicalType: {type}
        quality: [{rule}]
      - {{name: at, logicalType: timestamp}}
      - {{name: cut, logicalType: timestamp}}
      - {{name: end, physicalName: label end, logicalType: timestamp}}
    quality: [{table_rule}]
slaProperties: [{level}]
"""


def document(rule: str = "", table_rule: str = "", level: str = "", type_: str = "number") -> DataContract:
    text = DOCUMENT.format(rule=rule, table_rule=table_rule, level=level, type=type_)
    return read_odcs(text.encode(), "x")


def contract(rule: str = "", table_rule: str = "", level: str = "", type_: str = "number") -> TableContract:
    return document(rule, table_rule, level, type_).tables[0].contract


def problem(rule: str = "", table_rule: str = "", level: str = "") -> Problem:
    (only,) = document(rule, table_rule, level).problems
    return only


@pytest.mark.parametrize(
    ("operator", "limit"),
    [
        ("mustBe: 0", Limit("==", (0,))),
        ("mustNotBe: 1", Limit("!=", (1,))),
        ("mustBeGreaterThan: 1", Limit(">", (1,))),
        ("mustBeGreaterOrEqualTo: 1", Limit(">=", (1,))),
        ("mustBeGreaterThanOrEqualTo: 1", Limit(">=", (1,))),
        ("mustBeLessThan: 1.5", Limit("<", (1.5,))),
        ("mustBeLessOrEqualTo: 1", Limit("<=", (1,))),
        ("mustBeLessThanOrEqualTo: 1", Limit("<=", (1,))),
        ("mustBeBetween: [1, 2]", Limit("between", (1, 2))),
        ("mustNotBeBetween: [1, 2]", Limit("not between", (1, 2))),
        ("mustBeLessThan: 1, unit: percent", Limit("<", (1,), percent=True)),
        ("mustBeLessThan: 1, unit: rows", Limit("<", (1,))),
    ],
)
def test_every_operator(operator: str, limit: Limit) -> None:
    assert contract(f"{{metric: nullValues, {operator}}}").metrics == (Metric("null", limit, ("amt",)),)


def test_several_operators_are_several_limits() -> None:
    rows = contract(table_rule="{metric: rowCount, mustBeGreaterThan: 1, mustBeLessThan: 9}").metrics
    assert [metric.limit for metric in rows] == [Limit(">", (1,)), Limit("<", (9,))]


def test_the_metrics() -> None:
    missing = contract(
        "{metric: missingValues, mustBe: 0, arguments: {missingValues: [null, '', 'N/A']}}", type_="string"
    )
    assert missing.metrics == (Metric("missing", Limit("==", (0,)), ("amt",), missing=("", "N/A")),)
    invalid = contract("{metric: invalidValues, mustBeLessThan: 5, arguments: {validValues: [1, 2]}}").metrics[0]
    assert invalid.metric == "invalid" and invalid.valid is not None and invalid.valid.values == (1, 2)
    rule = "{metric: invalidValues, mustBe: 0, arguments: {pattern: '^[A-Z]$'}}"
    pattern = contract(rule, type_="string").metrics[0]
    assert pattern.valid is not None and pattern.valid.pattern == "^[A-Z]$"
    assert contract("{metric: duplicateValues, mustBe: 0}").metrics[0].columns == ("amt",)
    several = contract(table_rule="{metric: duplicateValues, mustBe: 0, arguments: {properties: [amount, at]}}")
    assert several.metrics[0].columns == ("amt", "at")


def test_rows_that_are_promised_replace_the_row_that_is_expected() -> None:
    assert contract().min_rows == 1
    assert contract(table_rule="{metric: rowCount, mustBeGreaterOrEqualTo: 0}").min_rows == 0


@pytest.mark.parametrize(
    ("rule", "metric", "bound"),
    [
        ("{rule: nullCheck}", "null", 0),
        ("{rule: nullCheck, mustBeLessThan: 3}", "null", 3),
        ("{rule: duplicateCount, mustBeLessThan: 10, unit: rows}", "duplicate", 10),
        ("{rule: validValues, validValues: [1]}", "invalid", 0),
        ("{type: library, rule: invalidCount, validValues: [1], mustBe: 2}", "invalid", 2),
    ],
)
def test_rules_of_3_0(rule: str, metric: str, bound: int) -> None:
    (found,) = contract(rule).metrics
    assert (found.metric, found.limit.bounds) == (metric, (bound,))


def test_names_and_severities() -> None:
    (found,) = contract("{metric: nullValues, mustBe: 0, name: few nulls, severity: critical}").metrics
    assert (found.name, found.severity) == ("few nulls", Severity.CRITICAL)
    assert contract("{metric: nullValues, mustBe: 0, severity: Warn}").metrics[0].severity is Severity.WARNING
    free = contract("{metric: nullValues, mustBe: 0, severity: P7}")
    assert free.metrics[0].severity is Severity.ERROR and "'P7'" in free.unchecked[0]


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("{metric: nullValues}", "says no limit"),
        ("{metric: nullValues, mustBe: few}", "'few': expected a number"),
        ("{metric: nullValues, mustBe: true}", "expected a number"),
        ("{metric: nulls_, mustBe: 0}", "expected nullValues, missingValues"),
        ("{type: library, mustBe: 0}", "names no metric"),
        ("{type: magic, mustBe: 0}", "expected library, sql, text or custom"),
        ("{metric: invalidValues, mustBe: 0}", "does not say what is valid"),
        ("{metric: invalidValues, mustBe: 0, arguments: {validValues: [a]}}", "holds 'a': expected a number"),
        ("{metric: nullValues, mustBeBetween: [2, 1]}", "smaller one first"),
        ("{metric: nullValues, mustBe: 0, unit: bushels}", "'bushels': expected rows or percent"),
        ("{metric: nullValues, mustBe: 0, unit: ms}", "'ms': expected rows or percent"),
    ],
)
def test_a_broken_rule_has_its_line(rule: str, words: str) -> None:
    found = problem(rule)
    assert found.line == 12 and words in found.message
    assert found.key.startswith("schema.orders.properties.amount.quality[0]")


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("{metric: nullValues, mustBe: 0}", "names no column"),
        ("{metric: duplicateValues, mustBe: 0}", "expected arguments.properties"),
        ("{metric: duplicateValues, mustBe: 0, arguments: {properties: [nothing]}}", "names 'nothing'"),
        ("{metric: nullValues, mustBe: 0, arguments: {properties: [amount]}}", "names no column"),
        ("{metric: rowCount, mustBe: 1, unit: percent}", "is percent"),
    ],
)
def test_a_broken_rule_of_the_table(rule: str, words: str) -> None:
    found = problem(table_rule=rule)
    assert found.line == 16 and words in found.message


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("{type: text, description: nice}", "(type: text) prose is not checked: 'nice'"),
        ("{description: nice}", "(type: text) prose is not checked: 'nice'"),
        ("{type: custom, engine: soda, implementation: x}", "rules of the engine 'soda' are not checked"),
        ("{rule: minCheck}", "the rule 'minCheck' is not known"),
        ("{metric: invalidValues, mustBe: 0, arguments: {pattern: '(?=a)'}}", "looks ahead"),
        ("{type: sql, query: 'SELECT ${LIMIT} FROM {object}', mustBe: 0}", "the variable ${LIMIT} has no value"),
    ],
)
def test_a_rule_that_nothing_checks_is_named(rule: str, words: str) -> None:
    found = contract(rule)
    assert (found.metrics, found.sql) == ((), ())
    (line,) = found.unchecked
    assert words in line


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("SELECT count(*) FROM {object} WHERE {property} < 0", 'SELECT count(*) FROM {name} WHERE "amt" < 0'),
        ("select count(*) from ${table} where ${column} < 0;", 'select count(*) from {name} where "amt" < 0'),
        ("SELECT 1 FROM orders o JOIN dw.orders_v1 p ON true", "SELECT 1 FROM {name} o JOIN {name} p ON true"),
        ('SELECT orders.x FROM "orders"', 'SELECT orders.x FROM {name} AS "orders"'),
        (
            "SELECT orders.x FROM dw.orders WHERE orders.x > 0",
            "SELECT orders.x FROM {name} AS orders WHERE orders.x > 0",
        ),
        ("SELECT o.x FROM orders AS o", "SELECT o.x FROM {name} AS o"),
        ("SELECT '; DROP {object}' FROM t -- {object};\n", "SELECT '; DROP {object}' FROM t"),
        ("WITH x AS (SELECT 1) SELECT * FROM x", "WITH x AS (SELECT 1) SELECT * FROM x"),
        ("/* why */ SELECT 1", "SELECT 1"),
        ("(SELECT 1)", "(SELECT 1)"),
        ("FROM {object} SELECT count(*)", "FROM {name} SELECT count(*)"),
        ("values (1)", "values (1)"),
    ],
)
def test_queries_call_the_table_by_one_name(query: str, wanted: str) -> None:
    text = query.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    (rule,) = contract(f'{{type: sql, query: "{text}", mustBe: true, name: q}}').sql
    assert (rule.query, rule.limit, rule.name) == (wanted, Limit("==", (1.0,)), "q")


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("DROP TABLE x", "changes data"),
        ("  -- SELECT\nDELETE FROM x", "changes data"),
        ("SELECT 1; DROP TABLE x", "more than one statement"),
        ("COPY x TO y", "changes data"),
        ("hello", "is no query"),
        ("", "is empty"),
        ("-- nothing", "is empty"),
    ],
)
def test_what_is_no_query_is_a_problem(query: str, words: str) -> None:
    text = query.replace("\n", "\\n")
    assert words in problem(f'{{type: sql, query: "{text}", mustBe: 0}}').message


def test_a_query_of_the_table_has_no_column() -> None:
    rule = "{type: sql, query: 'SELECT 1 FROM {object} WHERE {property}', mustBe: 0}"
    assert "expected a column by name" in problem(table_rule=rule).message


def own(terms: str, *, column: bool = False) -> TableContract:
    rule = f"{{type: custom, engine: mlmonitor, implementation: {{{terms}}}}}"
    return contract(rule) if column else contract(table_rule=rule)


def test_our_own_rules() -> None:
    assert own("grid: {column: at, minutes: 15}").rules == (Grid("at", timedelta(minutes=15)),)
    assert own("grid: {minutes: 15}", column=True).rules == (Grid("amt", timedelta(minutes=15)),)
    assert own("offset: {column: end, relation: '==', base: at, minutes: 60}").rules == (
        Offset("label end", "==", "at", timedelta(hours=1)),
    )
    assert own("threshold: {column: amount, score: amount, cut: 0.5}").rules == (Threshold("amt", "amt", 0.5),)
    rules = own("pointInTime: {event: at, cutoff: cut, labelEnd: end}").rules
    assert [(r.column, r.relation, r.base, r.topic) for r in rules if isinstance(r, Offset)] == [
        ("cut", "<=", "at", "point_in_time"),
        ("label end", ">", "at", "point_in_time"),
    ]
    drift = own(
        "drift: {reference: orders@1, columns: [amount], excluded: [at], psiWarning: 0.1, psi_error: 0.2, ks: 0.1}"
    )
    assert drift.drift == DriftTerms("orders@1", ("amt",), ("at",), 0.1, 0.2, 0.1)


def test_our_own_rules_as_text() -> None:
    rule = "{type: custom, engine: mlmonitor, implementation: 'grid: {column: at, minutes: 5}'}"
    assert contract(table_rule=rule).rules == (Grid("at", timedelta(minutes=5)),)


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ("drifft: {}", "expected drift, pointInTime"),
        ("drift: {psi: 1}", "psi is not known"),
        ("drift: {psiWarning: 0.3, psiError: 0.2}", "at most psi_error"),
        ("drift: {ks: -1}", "> 0"),
        ("grid: {column: nothing, minutes: 1}", "a property of this table"),
        ("grid: {column: at}", "minutes is missing"),
        ("grid: 5", "is no mapping"),
        ("offset: {column: at, base: cut, relation: '<'}", "==, <= or >"),
        ("pointInTime: {event: at}", "neither cutoff nor labelEnd"),
        ("", "is no mapping"),
    ],
)
def test_our_own_vocabulary_is_strict(terms: str, words: str) -> None:
    rule = f"{{type: custom, engine: mlmonitor, implementation: {{{terms}}}}}"
    assert words in problem(table_rule=rule).message


@pytest.mark.parametrize(
    ("level", "wanted"),
    [
        ("{property: freshness, value: 4, unit: h, element: orders.at}", ServiceLevel("freshness", "at", 14400)),
        ("{property: latency, value: '4', unit: d, element: at}", ServiceLevel("latency", "at", 4 * 86400)),
        ("{property: LY, value: PT90M, element: orders_v1.at}", ServiceLevel("latency", "at", 5400)),
        ("{property: retention, value: 1, unit: y, element: orders.end}", ServiceLevel("retention", "label end", 31557600)),
        ("{property: freshness, value: 30m, element: at}", ServiceLevel("freshness", "at", 1800)),
        ("{property: freshness, value: P1DT1H, element: at}", ServiceLevel("freshness", "at", 90000)),
        (
            "{property: freshness, value: 1, unit: day, element: at,"
            " customProperties: [{property: mlmonitor.severity, value: warning}]}",
            ServiceLevel("freshness", "at", 86400, Severity.WARNING),
        ),
    ],
)  # fmt: skip
def test_promises_about_time(level: str, wanted: ServiceLevel) -> None:
    assert contract(level=level).levels == (wanted,)


@pytest.mark.parametrize(
    ("unit", "seconds"),
    [
        ("ms", 0.001), ("milliseconds", 0.001), ("millisecond", 0.001), ("µs", 1e-6), ("us", 1e-6), ("ns", 1e-9),
        ("s", 1), ("secs", 1), ("seconds", 1), ("m", 60), ("min", 60), ("Minutes", 60), ("hrs", 3600), ("hours", 3600),
        ("d", 86400), ("day", 86400), ("days", 86400), ("DAYS", 86400), ("day(s)", 86400), ("weeks", 604800),
        ("months", 30.436875 * 86400), ("quarters", 91.310625 * 86400), ("q", 91.310625 * 86400),
        ("y", 31557600), ("yr", 31557600), ("yrs.", 31557600), ("years", 31557600),
    ],
)  # fmt: skip
def test_units_of_time_in_every_usual_form(unit: str, seconds: float) -> None:
    (level,) = contract(level=f"{{property: retention, value: 1, unit: {unit}, element: at}}").levels
    assert level.seconds == pytest.approx(seconds, rel=1e-12)


def test_several_elements_are_several_promises() -> None:
    levels = contract(level="{property: freshness, value: 1, unit: h, element: 'orders.at, orders.cut'}").levels
    assert [level.column for level in levels] == ["at", "cut"]


@pytest.mark.parametrize(
    ("level", "words"),
    [
        ("{property: availability, value: 99.9, unit: percent}", "'availability' is not checked"),
        ("{property: freshness, value: 1, unit: h, element: tab1.x}", "'tab1.x' is no property of this contract"),
        ("{property: retention, value: 1, unit: h}", "names no element"),
        ("{property: latency, value: 1, unit: h}", "names no element"),
    ],
)
def test_other_promises_are_named(level: str, words: str) -> None:
    found = contract(level=level)
    assert found.levels == () and words in found.unchecked[0]


@pytest.mark.parametrize(
    ("level", "words"),
    [
        ("{property: freshness, value: soon, element: at}", "a length of time"),
        ("{property: freshness, value: 1, element: at}", "a length of time"),
        ("{property: freshness, value: 1, unit: parsec, element: at}", "the unit ms, s, m, h"),
        ("{property: freshness, value: -1, unit: h, element: at}", "a length of time"),
        ("{property: freshness, value: 1, unit: h, element: amount}", "which is no time"),
    ],
)
def test_a_broken_promise_has_its_line(level: str, words: str) -> None:
    found = problem(level=level)
    assert found.line == 17 and words in found.message
