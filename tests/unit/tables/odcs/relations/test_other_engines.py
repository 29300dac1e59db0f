"""Rules of other engines that are relationships, and those that stay named as not checked."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_mlmonitor.tables.contract.data_contract import DataContract
from pytest_mlmonitor.tables.odcs.document import contract_of


def contract(
    engine: str, implementation: Any, *, on_column: bool = False, required: bool = True, **more: Any
) -> DataContract:
    rule = {"type": "custom", "engine": engine, "implementation": implementation, **more}
    column: dict[str, Any] = {"name": "customer_id", "physicalName": "cust", "required": required}
    orders: dict[str, Any] = {"name": "orders", "properties": [column, {"name": "b", "required": True}]}
    (column if on_column else orders)["quality"] = [rule]
    customers = {"name": "customers", "properties": [{"name": "id", "physicalName": "no"}]}
    head = {"kind": "DataContract", "apiVersion": "v3.1.0", "id": "shop", "version": "1.0.0"}
    return contract_of({**head, "schema": [orders, customers]}, "shop.odcs.yaml")


SODA = "values in (customer_id) must exist in customers (id)"
DBT = {"to": "ref('customers')", "field": "id"}


@pytest.mark.parametrize(
    ("engine", "implementation"),
    [
        ("soda", SODA),
        ("soda", "values in customer_id must exist in customers id"),
        ("Soda", f"checks for orders:\n  - {SODA}\n"),
        ("soda", {"checks for orders": [SODA]}),
        ("dbt", {"relationships": DBT}),
        ("dbt", "relationships:\n  to: ref('customers')\n  field: id\n"),
        ("dbt", {"tests": [{"relationships": {"arguments": {**DBT, "to": "source('crm', 'customers')"}}}]}),
    ],
)
def test_what_is_a_relationship_becomes_one(engine: str, implementation: Any) -> None:
    made = contract(engine, implementation, on_column=True)
    (found,) = made.tables[0].contract.relationships
    assert (found.columns, found.table, found.to) == ((("cust",),), ("customers",), (("no",),))
    assert (made.unchecked, made.problems) == ((), ())


def test_several_columns_and_a_table_that_the_contract_does_not_describe() -> None:
    (found,) = (
        contract("soda", "values in (customer_id, b) must exist in stock (x, y)").tables[0].contract.relationships
    )
    assert (found.columns, found.written, found.table) == ((("cust",), ("b",)), ("stock.x", "stock.y"), ())


@pytest.mark.parametrize(
    ("engine", "implementation", "more"),
    [
        ("soda", SODA.replace("must", "must not"), {}),
        ("soda", f"{SODA}\nrow_count > 0", {}),
        ("soda", {SODA: {"filter": "b > 1"}}, {}),
        ("soda", SODA, {"mustBeLessThan": 5}),
        ("soda", SODA, {"required": False}),
        ("soda", "values in (other) must exist in customers (id)", {}),
        ("soda", "values in (customer_id, b) must exist in customers (id)", {}),
        ("dbt", {"relationships": {**DBT, "config": {"where": "b > 1"}}}, {}),
        ("dbt", {"relationships": {"to": "var('x')", "field": "id"}}, {}),
        ("dbt", {"unique": {}}, {}),
        ("greatExpectations", {"type": "expect_column_values_to_be_in_set"}, {}),
    ],
)
def test_what_means_something_else_stays_named(engine: str, implementation: Any, more: Any) -> None:
    made = contract(engine, implementation, on_column=True, **more)
    assert made.tables[0].contract.relationships == ()
    (line,) = made.unchecked
    assert f"rules of the engine '{engine}' are not checked" in line
