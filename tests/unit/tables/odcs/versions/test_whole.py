"""What changed between two contracts, and what of it breaks consumers; no difference passes silently."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_mlmonitor.tables.contract.data_contract import DataContract
from pytest_mlmonitor.tables.contract.limit_changes import implies
from pytest_mlmonitor.tables.contract.table import Limit
from pytest_mlmonitor.tables.odcs.document import contract_of, read_odcs
from pytest_mlmonitor.tables.odcs.versions.whole import breaking_changes, changes
from tests.hostile.odcs_full import FULL

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
    assert "ok        lines: table added" in lines(contract(), more)
    assert "BREAKING  lines: table removed" in lines(more, contract())


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        (
            "{metric: rowCount, mustBeGreaterThan: 9}",
            "{metric: rowCount, mustBeGreaterThan: 8}",
            "BREAKING  orders: limit of rows: more than 9 → more than 8",
        ),
        (
            "{metric: rowCount, mustBeGreaterThan: 9}",
            "{metric: rowCount, mustBeBetween: [10, 20]}",
            "ok        orders: limit of rows: more than 9 → 10 to 20",
        ),
        (
            "{metric: rowCount, mustBe: 9}",
            "{metric: rowCount, mustBe: 9, severity: warning}",
            "BREAKING  orders: limit of rows: exactly 9 → exactly 9 (error → warning)",
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
            "BREAKING  orders: limit of the query 'q': less than 1 → less than 2",
        ),
        (
            "{type: sql, name: q, query: SELECT 1, mustBeLessThan: 2}",
            "{type: sql, name: q, query: SELECT 1, mustBeLessThan: 1}",
            "ok        orders: limit of the query 'q': less than 2 → less than 1",
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
    same = "ok        orders.amount.required: false → none: the same in all, with what else changed"
    assert lines(key, contract()) == ["ok        orders: key id, amount → id", same]
    other = "ok        orders.amount.required: none → false: the same in other words"
    assert lines(contract(), key) == ["BREAKING  orders: key id → id, amount", other]
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


OBJECT = "logicalType: object, properties: [%s]"
LIST = "logicalType: array, items: {%s}"
CITY = "{name: city, logicalType: string, required: true}"


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        (OBJECT % CITY, OBJECT % "", "BREAKING  orders.amount.city: removed"),
        (OBJECT % "", OBJECT % CITY, "ok        orders.amount.city: added"),
        (OBJECT % CITY, OBJECT % CITY.replace("string", "integer"), "BREAKING  orders.amount.city: type string → integer"),
        (OBJECT % CITY.replace("string", "number"), OBJECT % CITY.replace("string", "integer"),
         "ok        orders.amount.city: type narrowed number → integer"),
        (OBJECT % CITY, OBJECT % CITY.replace("true", "false"),
         "BREAKING  orders.amount.city: required → optional: nulls may appear"),
        (OBJECT % "{name: c, enum: [a]}", OBJECT % "{name: c, enum: [a, b]}", "BREAKING  orders.amount.c: values added: 'b'"),
        (OBJECT % "{name: a, logicalType: object, properties: [{name: b, logicalType: number, logicalTypeOptions: {minimum: 0}}]}",
         OBJECT % "{name: a, logicalType: object, properties: [{name: b, logicalType: number, logicalTypeOptions: {minimum: -1}}]}",
         "BREAKING  orders.amount.a.b: minimum 0 → -1"),
        (LIST % "logicalType: object, properties: [{name: x, logicalType: string}]",
         LIST % "logicalType: object, properties: [{name: x, logicalType: boolean}]",
         "BREAKING  orders.amount[].x: type string → boolean"),
        (LIST % "logicalType: string, enum: [a, b]", LIST % "logicalType: string, enum: [a]",
         "ok        orders.amount[]: values removed: 'b'"),
        (LIST % "logicalType: string, logicalTypeOptions: {maxLength: 5}", LIST % "logicalType: string",
         "BREAKING  orders.amount[]: longest text 5 → none"),
        ("logicalType: map, map: {key: {logicalType: string}, value: {logicalType: integer}}",
         "logicalType: map, map: {key: {logicalType: string}, value: {logicalType: number}}",
         "BREAKING  orders.amount{value}: type widened integer → number"),
        ("logicalType: array, logicalTypeOptions: {minItems: 1}", "logicalType: array, logicalTypeOptions: {minItems: 0}",
         "BREAKING  orders.amount: minItems 1 → 0"),
        ("logicalType: array, logicalTypeOptions: {minItems: 1}", "logicalType: array, logicalTypeOptions: {minItems: 2}",
         "ok        orders.amount: minItems 1 → 2"),
        ("logicalType: array, logicalTypeOptions: {maxItems: 3}", "logicalType: array, logicalTypeOptions: {maxItems: 4}",
         "BREAKING  orders.amount: maxItems 3 → 4"),
        ("logicalType: array, logicalTypeOptions: {maxItems: 3}", "logicalType: array",
         "BREAKING  orders.amount: maxItems no longer promised (was: 3)"),
        ("logicalType: array", "logicalType: array, logicalTypeOptions: {uniqueItems: true}",
         "ok        orders.amount: uniqueItems promised: true"),
        ("logicalType: array, logicalTypeOptions: {uniqueItems: true}",
         "logicalType: array, logicalTypeOptions: {uniqueItems: false}",
         "BREAKING  orders.amount: uniqueItems no longer promised (was: true)"),
        (OBJECT % "{name: l, logicalType: array, logicalTypeOptions: {minItems: 1}}",
         OBJECT % "{name: l, logicalType: array, logicalTypeOptions: {minItems: 0}}",
         "BREAKING  orders.amount.l: minItems 1 → 0"),
        ("logicalType: object, logicalTypeOptions: {required: [a, b]}", "logicalType: object, logicalTypeOptions: {required: [a]}",
         "BREAKING  orders.amount: field 'b' no longer promised (was: required)"),
        ("logicalType: timestamp, logicalTypeOptions: {defaultTimezone: Europe/Berlin}", "logicalType: timestamp",
         "BREAKING  orders.amount: time zone of its wall clock Europe/Berlin → UTC: the same values are other instants"),
        ("physicalType: 'struct<a:bigint>'", "physicalType: 'struct<a:bigint,b:string>'",
         "BREAKING  orders.amount: type struct<a: int64> → struct<a: int64, b: text>"),
        ("physicalType: array<int>", "physicalType: array<bigint>",
         "ok        orders.amount: type narrowed a list of int32 or int64 → a list of int64"),
    ],
)  # fmt: skip
def test_changes_inside_objects_and_lists(old: str, new: str, line: str) -> None:
    assert line in lines(contract(old), contract(new))


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("availability, value: 99.9, unit: percent", "availability, value: 99.5, unit: percent",
         "BREAKING  slaProperties.availability: 99.9 percent → 99.5 percent"),
        ("availability, value: 99.5, unit: percent", "availability, value: 99.9, unit: '%'",
         "ok        slaProperties.availability: 99.5 percent → 99.9 %"),
        ("availability, value: 99.5, unit: percent", "",
         "BREAKING  slaProperties.availability: no longer promised (was: 99.5 percent)"),
        ("", "availability, value: 99.5, unit: percent", "ok        slaProperties.availability: promised: 99.5 percent"),
        ("errorRate, value: 1", "errorRate, value: 2", "BREAKING  slaProperties.errorRate: 1 → 2"),
        ("timeToRepair, value: 4, unit: h", "timeToRepair, value: 300, unit: min",
         "BREAKING  slaProperties.timeToRepair: 4 h → 300 min"),
        ("frequency, value: 1, unit: d", "frequency, value: 12, unit: h", "ok        slaProperties.frequency: 1 d → 12 h"),
        ("frequency, value: 24, unit: h", "frequency, value: 1, unit: d", "ok        slaProperties[frequency].value: 24 → 1"),
        ("endOfSupport, value: 2030-01-01", "endOfSupport, value: 2029-01-01",
         "BREAKING  slaProperties.endOfSupport: 2030-01-01 → 2029-01-01"),
        ("retention, value: 2, unit: y", "retention, value: 1, unit: y", "BREAKING  slaProperties.retention: 2 y → 1 y"),
        ("throughput, value: 5, unit: MB/s", "throughput, value: 5, unit: rows",
         "not compared: slaProperties.throughput: 5 MB/s → 5 rows"),
        ("timeOfAvailability, value: 09:00-17:00", "timeOfAvailability, value: 10:00-17:00",
         "not compared: slaProperties[timeOfAvailability].value: '09:00-17:00' → '10:00-17:00'"),
    ],
)  # fmt: skip
def test_changes_of_service_levels_that_nothing_checks(old: str, new: str, line: str) -> None:
    def with_level(text: str) -> DataContract:
        more = "      - {name: also, logicalType: timestamp}\n"  # two times: no single event time is known
        return contract(level=f"{{property: {text}}}" if text else "", more=more)

    found = lines(with_level(old), with_level(new))
    assert any(one.startswith(line) for one in found), found


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("description: a", "description: b", "not compared: orders.amount.description: 'a' → 'b'"),
        ("businessName: a", "", "not compared: orders.amount.businessName: 'a' → none"),
        ("", "tags: [x]", "not compared: orders.amount.tags: none → 'x'"),
        ("physicalType: GEOGRAPHY", "physicalType: GEOMETRY", "not compared: orders.amount.physicalType: 'GEOGRAPHY' → 'GEOMETRY'"),
        ("physicalType: INT", "physicalType: INTEGER",
         "ok        orders.amount.physicalType: 'INT' → 'INTEGER': the same in other words"),
        ("logicalType: string, logicalTypeOptions: {pattern: '(?=a)'}",
         "logicalType: string, logicalTypeOptions: {pattern: '(?=b)'}",
         "not compared: orders.amount.logicalTypeOptions.pattern: '(?=a)' → '(?=b)'"),
        ("logicalType: string, logicalTypeOptions: {format: password}", "logicalType: string",
         "not compared: orders.amount.logicalTypeOptions.format: 'password' → none"),
        ("future: 1", "future: 2", "not compared: orders.amount.future: 1 → 2"),
        ("quality: [{type: text, description: a}]", "quality: [{type: text, description: b}]",
         "not compared: orders.amount.quality[0].description: 'a' → 'b'"),
        ("quality: [{type: custom, engine: soda, implementation: a}]", "",
         "not compared: orders.amount.quality[0]: 'type: custom, engine: soda, implementation: a' → none"),
        ("quality: [{metric: nullValues, mustBe: 0, name: a}]", "quality: [{metric: nullValues, mustBe: 0, name: b}]",
         "not compared: orders.amount.quality[a].name: 'a' → 'b'"),
        ("logicalType: float", "logicalType: double", "not compared: orders.amount.logicalType: 'float' → 'double'"),
    ],
)  # fmt: skip
def test_what_is_not_compared_is_named(old: str, new: str, line: str) -> None:
    assert lines(contract(old), contract(new)) == [line]


def test_the_rest_of_the_document_is_named_by_its_place() -> None:
    def with_(text: str) -> DataContract:
        return read_odcs(
            (DOCUMENT.format(id="o", status="", amount="", more="", quality="", custom="", level="") + text).encode(),
            "x",
        )

    old = with_(
        "description: {purpose: a, usage: u}\nteam: [{username: ann, role: owner}]\nprice: {priceAmount: 1}\nx: 1\n"
    )
    new = with_("description: {purpose: b, usage: u}\nteam: [{username: bob}, {username: ann, role: dev}]\ndomain: d\n")
    assert lines(old, new) == [
        "not compared: description.purpose: 'a' → 'b'",
        "not compared: team[0].role: 'owner' → 'dev'",
        "not compared: team[0]: none → 'username: bob'",
        "not compared: price.priceAmount: 1 → none",
        "not compared: x: 1 → none",
        "not compared: domain: none → 'd'",
    ]
    assert not any(change.breaking for change in changes(old, new))


def test_what_breaks_inside_is_breaking_for_the_check_of_versions_too() -> None:
    (change,) = breaking_changes(contract(OBJECT % CITY), contract(OBJECT % ""))
    assert (change.key, change.what) == ("orders.amount.city", "removed")


def full_document() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(FULL)
    return document


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the places of everything below a value: keys of mappings, entries of lists."""
    found: list[tuple[Any, ...]] = []
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        found += [(*path, key), *leaves(value[key], (*path, key))]
    return found


PLACES = [place for place in leaves(full_document()) if place[-1] not in ("version", "kind", "apiVersion")]
OTHERS = ["zzz", 12345, -3, True, False, "2031-05-06", 0.25, [], {}, ["zzz"], None]


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_equal_documents_have_no_line_and_every_single_change_has_one(data: st.DataObject) -> None:
    document = full_document()
    old = contract_of(document, "old")
    assert changes(old, contract_of(full_document(), "new")) == []
    place = data.draw(st.sampled_from(PLACES))
    container: Any = document
    for part in place[:-1]:
        container = container[part]
    how = data.draw(st.sampled_from(["changed", "removed"]))
    if how == "removed":
        del container[place[-1]]
    else:
        was = container[place[-1]]
        container[place[-1]] = data.draw(
            st.sampled_from([value for value in OTHERS if value != was or type(value) is not type(was)])
        )
    was_, is_ = contract_of(full_document(), "old"), contract_of(document, "new")
    assert changes(was_, is_), place
    assert changes(is_, was_), place


@pytest.mark.parametrize("place", PLACES, ids=lambda place: ".".join(map(str, place)))
def test_whatever_is_taken_away_is_named(place: tuple[Any, ...]) -> None:
    document = full_document()
    container: Any = document
    for part in place[:-1]:
        container = container[part]
    del container[place[-1]]
    assert changes(contract_of(full_document(), "old"), contract_of(document, "new")), place
