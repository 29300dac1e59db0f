"""Relationships of a contract: both notations, tables and properties, and what cannot be used."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.tables.contract.data_contract import DataContract
from pytest_mlmonitor.tables.contract.diff import ContractChange
from pytest_mlmonitor.tables.contract.relationship import Relationship
from pytest_mlmonitor.tables.odcs.document import contract_of
from pytest_mlmonitor.tables.odcs.versions.whole import changes

CUSTOMERS = {
    "id": "customers_tbl",
    "name": "customers",
    "physicalName": "crm.Customers",
    "properties": [
        {"id": "pk", "name": "id", "physicalName": "customer_no"},
        {"id": "address_field", "name": "address", "properties": [{"id": "zip_field", "name": "zip"}]},
        {"name": "first.name"},
    ],
}


def contract(*relationships: Any, on: str | None = None, **more: Any) -> DataContract:
    """Return a contract whose table ``orders`` has relationships, or whose property ``on`` has."""
    properties: list[dict[str, Any]] = [
        {"id": "fk", "name": "customer_id", "physicalName": "cust"},
        {"id": "c", "name": "country"},
        {"name": "to", "properties": [{"name": "zip"}]},
    ]
    orders: dict[str, Any] = {"id": "orders_tbl", "name": "orders", "properties": properties}
    place = orders if on is None else next(one for one in properties if one["name"] == on)
    place["relationships"] = list(relationships)
    document = {"kind": "DataContract", "apiVersion": "v3.1.0", "id": "shop", "version": "1.0.0", "status": "active"}
    return contract_of({**document, "schema": [orders, {**CUSTOMERS, **more}]}, "shop.odcs.yaml")


def compiled(*relationships: Any, on: str | None = None) -> tuple[Relationship, ...]:
    made = contract(*relationships, on=on)
    assert made.problems == ()
    assert [line for line in made.unchecked if "relationships" in line] == []
    return made.tables[0].contract.relationships


@pytest.mark.parametrize(
    ("to", "path"),
    [
        ("customers.id", ("customer_no",)),
        ("customers.customer_no", ("customer_no",)),
        ("crm.Customers.id", ("customer_no",)),
        ("customers.address.zip", ("address", "zip")),
        ("customers.address.street", ("address", "street")),
        ("customers.first.name", ("first.name",)),
        ("customers.not_described", ("not_described",)),
        ("schema/customers_tbl/properties/pk", ("customer_no",)),
        ("/schema/customers_tbl/properties/pk", ("customer_no",)),
        ("schema/customers/properties/id", ("customer_no",)),
        ("schema/customers_tbl/properties/address_field/properties/zip_field", ("address", "zip")),
    ],
)
def test_either_notation_names_a_column_of_the_data(to: str, path: tuple[str, ...]) -> None:
    (found,) = compiled({"to": to}, on="customer_id")
    assert (found.columns, found.table, found.to) == ((("cust",),), ("crm.Customers", "customers"), (path,))
    assert found.written == (to,)
    assert found.severity is Severity.ERROR
    assert found.place == "schema.orders.properties.customer_id.relationships[0]"


def test_a_composite_key_of_a_table() -> None:
    keys = {
        "from": ["orders.customer_id", "schema/orders_tbl/properties/c"],
        "to": ["customers.id", "customers.address.zip"],
    }
    (found,) = compiled({"type": "foreignKey", **keys})
    assert found.columns == (("cust",), ("country",))
    assert found.to == (("customer_no",), ("address", "zip"))


def test_a_relationship_belongs_to_the_table_that_it_is_from() -> None:
    made = contract({"from": "customers.id", "to": "orders.customer_id"})
    assert [len(table.contract.relationships) for table in made.tables] == [0, 1]


def test_a_field_of_an_object_refers_too() -> None:
    inner = {"name": "zip", "relationships": [{"to": "customers.id"}]}
    made = contract(properties=[*CUSTOMERS["properties"], {"name": "home", "properties": [inner]}])  # type: ignore[misc]
    (found,) = made.tables[1].contract.relationships
    assert found.columns == (("home", "zip"),)


@pytest.mark.parametrize(
    "to", ["clients.id", "customers.odcs.yaml#customers.id", "https://e.com/c.yaml#/schema/a/properties/b"]
)
def test_another_contract_and_data_without_one_are_found_later(to: str) -> None:
    (found,) = compiled({"to": to}, on="customer_id")
    assert (found.written, found.table, found.to) == ((to,), (), ())


def test_keys_inside_lists_and_maps_are_named_as_not_checked() -> None:
    refers = [{"to": "orders.customer_id"}]
    deep = {"logicalType": "object", "properties": [{"name": "sku", "relationships": refers}]}
    lines = {"name": "lines", "logicalType": "array", "items": deep}
    ids = {"name": "ids", "logicalType": "array", "items": {"logicalType": "integer", "relationships": refers}}
    by = {"name": "by", "logicalType": "map", "map": {"key": {"logicalType": "string", "relationships": refers}}}
    found = contract(properties=[lines, ids, by])
    left = [line for line in found.unchecked if "relationships" in line]
    assert [line.partition(": ")[0] for line in left] == [
        "schema.customers.properties.lines.items.properties.sku.relationships[0]",
        "schema.customers.properties.ids.items.relationships[0]",
        "schema.customers.properties.by.map.key.relationships[0]",
    ]
    assert all(line.endswith("are not looked up in other tables") for line in left)


def test_the_severity_and_words_about_it() -> None:
    own = [{"property": "mlmonitor.severity", "value": "warning"}, {"property": "cardinality", "value": "n:1"}]
    (found,) = compiled({"to": "customers.id", "description": "who bought", "customProperties": own}, on="customer_id")
    assert found.severity is Severity.WARNING


@pytest.mark.parametrize(
    ("written", "on", "said"),
    [
        (
            {"to": "customers.id", "from": "orders.customer_id"},
            "customer_id",
            "from stands under a property: expected only to",
        ),
        ({"to": "customers.id"}, None, "from is missing: expected table.column"),
        ({"from": "orders.customer_id"}, None, "to is missing: expected table.column"),
        ({"from": "orders.customer_id", "to": []}, None, "to is empty: expected table.column"),
        ({"from": ["orders.customer_id"], "to": "customers.id"}, None, "has one of from and to as a list"),
        (
            {"from": ["orders.customer_id"], "to": ["customers.id", "customers.b"]},
            None,
            "has 1 column in from and 2 in to",
        ),
        (
            {"from": ["orders.a", "customers.id"], "to": ["customers.id", "customers.b"]},
            None,
            "from names the table 'crm.Customers'",
        ),
        (
            {"from": "ordres.a", "to": "customers.id"},
            None,
            "from names the table 'ordres': expected columns of 'orders'",
        ),
        (
            {"from": ["orders.a", "orders.b"], "to": ["customers.id", "orders.a"]},
            None,
            "to names columns of several tables",
        ),
        ({"to": "id"}, "customer_id", "to is 'id', which names no table: expected table.column"),
        ({"to": "customers."}, "customer_id", "to is 'customers.', which is no reference"),
        ({"to": "#customers.id"}, "customer_id", "to is '#customers.id', which is no reference"),
        (
            {"to": "schema/customers_tbl"},
            "customer_id",
            "which names no column of a table: expected schema/TABLE_ID/properties",
        ),
        (
            {"to": "schema/customer_tbl/properties/pk"},
            "customer_id",
            "no table has the id 'customer_tbl'; did you mean customers_tbl?",
        ),
        ({"to": "schema/customers_tbl/properties/px"}, "customer_id", "no column has the id 'px'"),
        ({"to": "customers.id", "type": "lineage"}, "customer_id", "type is 'lineage': expected foreignKey"),
        ({"to": 7}, "customer_id", "to is 7: expected text"),
        ("customers.id", "customer_id", "is 'customers.id': expected a mapping"),
        ({"to": "customers.id", "form": "orders.x"}, "customer_id", "form is no key of the standard"),
        (
            {"to": "customers.id", "customProperties": [{"property": "mlmonitor.severity", "value": "loud"}]},
            "customer_id",
            "is 'loud': expected one of info, warning, error, critical",
        ),
    ],
)
def test_what_cannot_be_used_is_named_and_hides_nothing(written: Any, on: str | None, said: str) -> None:
    made = contract(
        written, {"from": "orders.customer_id", "to": "customers.id"} if on is None else {"to": "customers.id"}, on=on
    )
    (problem,) = made.problems
    assert said in problem.message
    assert made.tables[0].contract.relationships[-1].to == (("customer_no",),)


@pytest.mark.parametrize(("many", "few"), [(2, 1), (1, 0)])
def test_a_relationship_that_is_dropped_breaks_consumers(many: int, few: int) -> None:
    every = [{"to": "customers.id"}, {"to": "customers.address.zip"}]
    old, new = (contract(*every[:number], on="customer_id") for number in (many, few))
    text = {2: "customers.address.zip", 1: "customers.id"}[many]
    dropped = f"relationship dropped: {text}"
    assert changes(old, new) == [ContractChange(True, "orders.cust", dropped)]
    assert changes(new, old) == [ContractChange(False, "orders.cust", dropped.replace("dropped", "added"))]


def test_the_same_relationship_in_the_other_notation_is_the_same() -> None:
    old, new = (contract({"to": to}, on="customer_id") for to in ("customers.id", "schema/customers_tbl/properties/pk"))
    (found,) = changes(old, new)
    assert (found.breaking, found.compared) == (False, True)
    assert found.what.endswith("the same in other words")


def test_a_weaker_consequence_breaks_consumers() -> None:
    own = [{"property": "mlmonitor.severity", "value": "warning"}]
    old, new = (
        contract({"to": "customers.id"}, on="customer_id"),
        contract({"to": "customers.id", "customProperties": own}, on="customer_id"),
    )
    assert changes(old, new) == [ContractChange(True, "orders.cust", "relationship error → warning: customers.id")]
