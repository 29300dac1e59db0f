"""What changed between two contracts, and what of it breaks consumers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.tables.contract.data_contract import DataContract
from pytest_mlmonitor.tables.contract.diff import breaking_changes, changes
from pytest_mlmonitor.tables.contract.limit_changes import implies
from pytest_mlmonitor.tables.contract.table import Limit
from pytest_mlmonitor.tables.odcs.document import read_odcs

DOCUMENT = """\
kind: DataContract
apiVersion: v3.2.0
id: {id}
version: 1.0.0
status: {status}
schema:
  - name: orders
    properties:
      - {{name: id, logicalType: string, required: true, primaryKey: true}}
      - {{name: at, logicalType: timestamp}}
      - {{name: amount{amount}}}
{more}
    quality: [{quality}]
    customProperties: [{custom}]
slaProperties: [{level}]
"""


def contract(
    amount: str = "", quality: str = "", level: str = "", more: str = "", custom: str = "", **head: str
) -> DataContract:
    text = DOCUMENT.format(
        amount=f", {amount}" if amount else "",
        quality=quality,
        level=level,
        more=more,
        custom=custom,
        **{"id": "orders", "status": "active", **head},
    )
    return read_odcs(text.encode(), "orders.odcs.yaml")


def lines(old: DataContract, new: DataContract) -> list[str]:
    return [str(change) for change in changes(old, new)]


def test_the_same_contract_has_no_changes() -> None:
    assert changes(contract("logicalType: number"), contract("logicalType: number")) == []


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("logicalType: number", "logicalType: string", "BREAKING  orders.amount: type number → string"),
        ("physicalType: int32", "physicalType: int64", "BREAKING  orders.amount: type int32 → int64"),
        ("logicalType: number", "logicalType: integer", "ok        orders.amount: type narrowed number → integer"),
        ("logicalType: integer", "logicalType: number", "BREAKING  orders.amount: type widened integer → number"),
        ("logicalType: number", "", "BREAKING  orders.amount: type widened number → any"),
        ("", "logicalType: date", "ok        orders.amount: type narrowed any → date"),
        ("required: true", "", "BREAKING  orders.amount: required → optional: nulls may appear"),
        ("", "required: true", "ok        orders.amount: optional → required"),
        ("unique: true", "", "BREAKING  orders.amount: no longer unique"),
        ("", "unique: true", "ok        orders.amount: unique"),
        ("enum: [a, b]", "enum: [a, b, c]", "BREAKING  orders.amount: values added: 'c'"),
        ("enum: [a, b]", "enum: [a]", "ok        orders.amount: values removed: 'b'"),
        ("classification: public", "classification: secret", "ok        orders.amount: its values are not shown any more"),
    ],
)  # fmt: skip
def test_changes_of_a_column(old: str, new: str, line: str) -> None:
    assert lines(contract(old), contract(new)) == [line]


NUMBER = "logicalType: number, logicalTypeOptions: {%s}"
TEXT = "logicalType: string, logicalTypeOptions: {%s}"


@pytest.mark.parametrize(
    ("kind", "old", "new", "line"),
    [
        (NUMBER, "minimum: 0", "minimum: -1", "BREAKING  orders.amount: minimum 0 → -1"),
        (NUMBER, "minimum: 0", "minimum: 1", "ok        orders.amount: minimum 0 → 1"),
        (NUMBER, "minimum: 0", "exclusiveMinimum: 0", "ok        orders.amount: minimum 0 → 0 (excluded)"),
        (NUMBER, "exclusiveMaximum: 5", "maximum: 5", "BREAKING  orders.amount: maximum 5 (excluded) → 5"),
        (NUMBER, "maximum: 5", "", "BREAKING  orders.amount: maximum 5 → none"),
        (NUMBER, "", "maximum: 5", "ok        orders.amount: maximum none → 5"),
        (NUMBER, "multipleOf: 10", "multipleOf: 5", "BREAKING  orders.amount: multiple of 10 → 5"),
        (NUMBER, "multipleOf: 0.1", "multipleOf: 0.5", "ok        orders.amount: multiple of 0.1 → 0.5"),
        (TEXT, "maxLength: 5", "maxLength: 6", "BREAKING  orders.amount: longest text 5 → 6"),
        (TEXT, "minLength: 5", "minLength: 6", "ok        orders.amount: shortest text 5 → 6"),
        (TEXT, "pattern: a", "pattern: b", "BREAKING  orders.amount: pattern 'a' → 'b'"),
        (TEXT, "", "pattern: b", "ok        orders.amount: pattern none → 'b'"),
    ],
)  # fmt: skip
def test_changes_of_a_range(kind: str, old: str, new: str, line: str) -> None:
    assert lines(contract(kind % old), contract(kind % new)) == [line]


def test_columns_come_and_go() -> None:
    more = contract(more="      - {name: tax, logicalType: number}\n")
    assert lines(contract(), more) == ["ok        orders.tax: added"]
    assert lines(more, contract()) == ["BREAKING  orders.tax: removed"]
    renamed = contract(more="      - {name: vat, logicalType: number}\n")
    assert lines(more, renamed) == ["BREAKING  orders.tax: removed (renamed to 'vat'?)", "ok        orders.vat: added"]


def test_tables_come_and_go() -> None:
    more = contract(more="  - name: lines\n    properties: [{name: x}]\n")
    assert lines(contract(), more) == ["ok        lines: table added"]
    assert lines(more, contract()) == ["BREAKING  lines: table removed"]


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        (
            "{metric: rowCount, mustBeGreaterThan: 9}",
            "{metric: rowCount, mustBeGreaterThan: 8}",
            "BREAKING  orders: limit of rows > 9 → > 8",
        ),
        (
            "{metric: rowCount, mustBeGreaterThan: 9}",
            "{metric: rowCount, mustBeBetween: [10, 20]}",
            "ok        orders: limit of rows > 9 → between 10 and 20",
        ),
        (
            "{metric: rowCount, mustBe: 9}",
            "{metric: rowCount, mustBe: 9, severity: warning}",
            "BREAKING  orders: limit of rows == 9 → == 9 (error → warning)",
        ),
        ("{type: sql, name: q, query: SELECT 1, mustBe: 1}", "", "BREAKING  orders: query dropped: 'q'"),
        (
            "{type: sql, name: q, query: SELECT 1, mustBe: 1}",
            "{type: sql, name: q, query: SELECT 2, mustBe: 1}",
            "BREAKING  orders: query 'q' changed",
        ),
        ("", "{type: sql, name: q, query: SELECT 1, mustBe: 1}", "ok        orders: query added: 'q'"),
        (
            "{type: sql, name: q, query: SELECT 1, mustBeLessThan: 1}",
            "{type: sql, name: q, query: SELECT 1, mustBeLessThan: 2}",
            "BREAKING  orders: limit of the query 'q' < 1 → < 2",
        ),
        (
            "{type: sql, name: q, query: SELECT 1, mustBeLessThan: 2}",
            "{type: sql, name: q, query: SELECT 1, mustBeLessThan: 1}",
            "ok        orders: limit of the query 'q' < 2 → < 1",
        ),
    ],
)  # fmt: skip
def test_changes_of_quality(old: str, new: str, line: str) -> None:
    assert lines(contract(quality=old), contract(quality=new)) == [line]


def test_a_column_that_only_warns_is_weaker() -> None:
    fails = contract("logicalType: number")
    warns = contract("logicalType: number, customProperties: [{property: mlmonitor.severity, value: warning}]")
    assert lines(fails, warns) == ["BREAKING  orders.amount: severity error → warning"]
    assert lines(warns, fails) == ["ok        orders.amount: severity warning → error"]


def test_a_query_that_only_warns_is_weaker() -> None:
    fails = contract(quality="{type: sql, name: q, query: SELECT 1, mustBe: 1}")
    warns = contract(quality="{type: sql, name: q, query: SELECT 1, mustBe: 1, severity: warning}")
    assert [change.breaking for change in changes(fails, warns)] == [True]
    assert [change.breaking for change in changes(warns, fails)] == [False]


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("freshness, value: 1, unit: h", "freshness, value: 2, unit: h", "BREAKING  orders: freshness of at 1 h → 2 h"),
        ("freshness, value: 2, unit: h", "freshness, value: 1, unit: h", "ok        orders: freshness of at 2 h → 1 h"),
        ("retention, value: 2, unit: d", "retention, value: 1, unit: d", "BREAKING  orders: retention of at 2 d → 1 d"),
    ],
)
def test_changes_of_promises_about_time(old: str, new: str, line: str) -> None:
    def with_level(text: str) -> DataContract:
        return contract(level=f"{{property: {text}, element: at}}")

    assert lines(with_level(old), with_level(new)) == [line]


def test_a_promise_dropped_is_breaking() -> None:
    level = contract(level="{property: freshness, value: 1, unit: h, element: at}")
    assert lines(level, contract()) == ["BREAKING  orders: freshness of at no longer promised (was: 1 h)"]
    assert lines(contract(), level) == ["ok        orders: freshness of at promised: 1 h"]


def test_changes_of_the_table() -> None:
    key = contract("primaryKey: true, required: false")
    assert lines(key, contract()) == ["ok        orders: key id, amount → id"]
    assert lines(contract(), key) == ["BREAKING  orders: key id → id, amount"]
    few = contract(custom="{property: mlmonitor.minRows, value: 0}")
    assert lines(contract(), few) == ["BREAKING  orders: fewest rows 1 → 0"]
    ordered = contract(custom="{property: mlmonitor.ordered, value: true}")
    assert lines(ordered, contract()) == ["BREAKING  orders: the order of the columns is no longer promised"]
    assert lines(contract(), ordered) == ["ok        orders: the order of the columns is promised"]


def test_the_order_of_columns_changes_when_two_of_them_change_places() -> None:
    def table(*names: str) -> DataContract:
        more = "\n".join(f"      - {{name: {name}, logicalType: string}}" for name in names)
        return contract(more=more, custom="{property: mlmonitor.ordered, value: true}")

    moved = "BREAKING  orders: the order of the columns changed"
    assert moved in lines(table("x", "y"), table("y", "x"))
    for new in (table("x", "y"), table("x"), table("x", "new", "y")):
        assert moved not in lines(table("x", "y"), new)


def test_changes_of_the_contract() -> None:
    assert lines(contract(), contract(status="deprecated")) == ["BREAKING  status: active → deprecated"]
    assert lines(contract(status="draft"), contract()) == ["ok        status: draft → active"]
    assert lines(contract(), contract(id="other")) == ["BREAKING  id: 'orders' → 'other': another contract"]


def test_breaking_changes_are_those_alone() -> None:
    found = breaking_changes(contract("logicalType: number, required: true"), contract("logicalType: integer"))
    assert [change.key for change in found] == ["orders.amount"]
    assert found[0].what.startswith("required")


LIMITS = st.builds(
    lambda relation, bounds: Limit(relation, tuple(sorted(bounds))[: 2 if "between" in relation else 1]),
    st.sampled_from(["==", "!=", "<", "<=", ">", ">=", "between", "not between"]),
    st.tuples(st.integers(0, 5), st.integers(0, 5)),
)


@given(LIMITS, LIMITS)
def test_a_limit_that_implies_another_never_breaks_it(new: Limit, old: Limit) -> None:
    if implies(new, old):
        figures = [x / 2 for x in range(-4, 20)]
        assert [x for x in figures if new.holds(x) and not old.holds(x)] == []
