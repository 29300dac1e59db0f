"""Keys that a contract promises to be keys of another dataset: what is said, of which version, and where nothing is silent."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from .sample import Project, read_json

NOW = "2026-11-28T10:00:00Z"
Table = dict[str, Any]


@pytest.fixture
def shop(new_project: Callable[..., Project], monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project with an empty root."""
    monkeypatch.delenv("MLMONITOR_FRESHNESS__MAX_AGE_SECONDS")
    made = new_project()
    made.keep()
    return made


def add(project: Project, name: str, /, **columns: Any) -> Path:
    path = project.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path)
    return path


def table(name: str, *properties: str | Table, **more: Any) -> Table:
    described = [{"name": one} if isinstance(one, str) else one for one in properties]
    return {
        "name": name,
        "customProperties": [{"property": "mlmonitor.extra", "value": "allow"}],
        "properties": described,
        **more,
    }


def referring(name: str, *to: str, **more: Any) -> Table:
    return {"name": name, "relationships": [{"to": one, **more} for one in to]}


def contract(project: Project, *tables: Table, name: str = "shop.odcs.yaml", **more: Any) -> None:
    head = {
        "kind": "DataContract",
        "apiVersion": "v3.1.0",
        "id": name.partition(".")[0],
        "version": "1.0.0",
        "status": "active",
    }
    project.plant(name, json.dumps({**head, "schema": list(tables), **more}))


ORDERS = table("orders", referring("customer_id", "customers.id"))
CUSTOMERS = table("customers", "id")


def judged(project: Project, *args: str) -> dict[str, tuple[str, list[tuple[str, str]], str | None]]:
    """Return of every dataset with the check: its status, its findings by severity and message, and its reason."""
    project.check("--mlmonitor-out", "out", *args, now=NOW)
    found = {}
    for one in read_json(project.path / "out" / "results.json")["results"]:
        if one["check"] == "relationships":
            findings = [(finding["severity"], finding["message"]) for finding in one["findings"]]
            found[one["path"].removeprefix("artifacts/").removesuffix(".parquet")] = (
                one["status"],
                findings,
                one["reason"],
            )
    return found


def test_the_missing_keys_are_named(shop: Project) -> None:
    contract(shop, ORDERS, CUSTOMERS)
    add(shop, "customers/2026-11-27.parquet", id=[f"c-{i}" for i in range(50)])
    keys: list[str | None] = [f"c-{i % 50}" for i in range(995)]
    add(shop, "orders/2026-11-27.parquet", customer_id=[*keys, "c-77", "c-91", "c-77", None, "C-1"])
    result = shop.check(now=NOW)
    assert result.ret == 1
    line = "customer_id: 4 of 1,000 rows (3 distinct keys) are not in customers.id (customers@2026-11-27): 'c-77', 'c-91', 'C-1'"
    result.stdout.fnmatch_lines(
        [f"{line}*", "  expected   every key in customers.id", "  actual     3 distinct keys; first in row 996, *"]
    )


def test_keys_that_are_there_pass_and_nothing_is_asked_without_a_relationship(shop: Project) -> None:
    contract(shop, ORDERS, CUSTOMERS)
    add(shop, "customers.parquet", id=["a", "b"])
    add(shop, "orders.parquet", customer_id=["a", None, "b", "a"])
    assert judged(shop) == {"orders": ("pass", [], None)}


def test_a_composite_key_names_its_parts_and_one_null_is_no_key(shop: Project) -> None:
    keys = {"from": ["items.order_id", "items.product"], "to": ["stock.order_id", "stock.product"]}
    contract(shop, table("items", "order_id", "product", relationships=[keys]), table("stock", "order_id", "product"))
    add(shop, "stock.parquet", order_id=pa.array([1, 2, 2], pa.int32()), product=["x", "y", "y"])
    add(shop, "items.parquet", order_id=[1, 1, 2, None, 3], product=["x", "y", None, "x", "x"])
    _, (error, info), _ = judged(shop)["items"]
    assert error == (
        "error",
        "(order_id, product): 2 of 5 rows (2 distinct keys) are not in stock.(order_id, product) (stock): "
        "(order_id=1, product='y'), (order_id=3, product='x')",
    )
    assert info == (
        "info",
        "stock.(order_id, product) is no unique key: 1 key occurs more than once in stock, e.g. (order_id=2, product='y')",
    )


def test_a_table_refers_to_itself_and_two_to_each_other(shop: Project) -> None:
    contract(
        shop,
        table("staff", "id", referring("boss", "staff.id"), referring("team", "teams.id")),
        table("teams", "id", referring("lead", "staff.id")),
    )
    add(shop, "staff_20261126.parquet", id=[1, 2, 3], boss=[None, 1, 9], team=[1, 1, 1])
    add(shop, "staff_20261127.parquet", id=[1, 2], boss=[None, 3], team=[1, 2])
    add(shop, "teams_20261127.parquet", id=[1], lead=[3])
    found = judged(shop)
    assert [message for _, message in found["staff_20261127"][1]] == [
        "boss: 1 of 2 rows is not in staff.id (staff_20261127): 3",
        "team: 1 of 2 rows is not in teams.id (teams_20261127): 2",
    ]
    assert found["staff_20261126"][1] == [
        (
            "warning",
            "boss: 1 of 3 rows is not in staff.id (staff_20261126): 9; superseded by staff_20261127 (2026-11-27T00:00:00Z)",
        )
    ]
    assert [message for _, message in found["teams_20261127"][1]] == [
        "lead: 1 of 1 row is not in staff.id (staff_20261127): 3"
    ]


def test_the_newest_build_is_held_against_the_newest_and_an_older_one_against_those_around_it(shop: Project) -> None:
    contract(shop, ORDERS, CUSTOMERS)
    for day, customers in ((1, ["a", "b"]), (10, ["a", "c"]), (20, ["a", "d"])):
        add(shop, f"customers_202611{day:02}.parquet", id=customers)
    for day in (5, 10, 25):
        add(shop, f"orders_202611{day:02}.parquet", customer_id=["a", "b", "c", "d"])
    found = {
        name: [message.partition("; superseded")[0] for _, message in one[1]] for name, one in judged(shop).items()
    }
    assert found == {
        "orders_20261105": [
            "customer_id: 1 of 4 rows is not in customers.id (customers_20261101, customers_20261110): 'd'"
        ],
        "orders_20261110": [
            "customer_id: 2 of 4 rows (2 distinct keys) are not in customers.id (customers_20261110): 'b', 'd'"
        ],
        "orders_20261125": [
            "customer_id: 2 of 4 rows (2 distinct keys) are not in customers.id (customers_20261120): 'b', 'c'"
        ],
    }


def test_a_build_of_the_future_or_a_broken_one_is_passed_over_and_that_is_said(shop: Project) -> None:
    contract(shop, ORDERS, CUSTOMERS)
    add(shop, "customers_20261120.parquet", id=["a"])
    add(shop, "customers_20991231.parquet", id=["a", "b"])
    (shop.root / "customers_20261127.parquet").write_bytes(b"PAR1 torn")
    add(shop, "orders_20261127.parquet", customer_id=["a", "b"])
    _, (error, info), _ = judged(shop)["orders_20261127"]
    assert error == ("error", "customer_id: 1 of 2 rows is not in customers.id (customers_20261120): 'b'")
    assert info[0] == "info"
    assert info[1].startswith("customers.id is read from customers_20261120: customers_20991231 lies in the future")
    assert "customers_20261127 " in info[1]


def test_data_that_are_not_there_are_not_checked_and_the_rest_is(shop: Project) -> None:
    contract(
        shop, table("orders", referring("customer_id", "customers.id", "members.id")), CUSTOMERS, table("members", "id")
    )
    add(shop, "members.parquet", id=["a"])
    add(shop, "orders.parquet", customer_id=["a"])
    status, findings, reason = judged(shop)["orders"]
    assert (status, findings) == ("not_checked", [])
    assert (
        reason
        == "customer_id → customers.id: no dataset called customers lies under the roots: add the directory that holds it to them"
    )
    add(shop, "orders.parquet", customer_id=["b"])
    status, findings, reason = judged(shop)["orders"]
    assert (status, [message for _, message in findings]) == (
        "fail",
        ["customer_id: 1 of 1 row is not in members.id (members): 'b'"],
    )
    assert reason is not None


def test_a_broken_table_that_is_referred_to_is_not_checked(shop: Project) -> None:
    contract(shop, ORDERS, CUSTOMERS)
    (shop.root / "customers.parquet").write_bytes(b"PAR1 torn")
    add(shop, "orders.parquet", customer_id=["a"])
    assert judged(shop) == {} or judged(shop)["orders"][0] == "not_checked"


@pytest.mark.parametrize(
    ("to", "said"),
    [
        ("custmers.id", "no table of the contract and no dataset is called 'custmers'; near: customers"),
        ("customers.idd", "column 'idd' is missing in customers; near: 'id'"),
        ("customers.ID", "column 'ID' is missing in customers; near: 'id'"),
        ("customers.n", "customer_id is string and customers.n is int64, whose values cannot be compared"),
        (
            "customers.tags",
            "customer_id is string and customers.tags is list<element: string>, whose values cannot be compared",
        ),
    ],
)
def test_what_cannot_be_judged_is_an_error_that_names_what_is_near(shop: Project, to: str, said: str) -> None:
    contract(shop, table("orders", referring("customer_id", to)), CUSTOMERS)
    add(shop, "customers.parquet", id=["a"], n=[1], tags=[["x"]])
    add(shop, "orders.parquet", customer_id=["a"])
    status, ((severity, message),), _ = judged(shop)["orders"]
    assert (status, severity, message) == ("fail", "error", f"customer_id → {to} cannot be judged: {said}")


def test_a_table_that_only_the_data_or_another_contract_know(shop: Project) -> None:
    contract(shop, table("orders", referring("customer_id", "customers.id", "raw.members.id")))
    contract(shop, CUSTOMERS, name="crm.odcs.yaml")
    add(shop, "customers.parquet", id=["a"])
    add(shop, "raw/members.parquet", id=["a", "b"])
    add(shop, "orders.parquet", customer_id=["a", "b"])
    assert judged(shop)["orders"][1] == [("error", "customer_id: 1 of 2 rows is not in customers.id (customers): 'b'")]


@pytest.mark.parametrize(
    "to",
    [
        "crm.odcs.yaml#customers.id",
        "../artifacts/crm.odcs.yaml#customers.id",
        "https://example.com/contracts/crm.odcs.yaml#customers.id",
        "crm#customers.id",
        "crm.odcs.yaml#/schema/customers_tbl/properties/pk",
    ],
)
def test_another_contract_by_file_address_or_id(shop: Project, to: str) -> None:
    contract(shop, table("orders", referring("customer_id", to)))
    described = table("customers", {"name": "id", "id": "pk", "physicalName": "customer_no"}, id="customers_tbl")
    contract(shop, {**described, "physicalName": "crm_customers"}, name="crm.odcs.yaml")
    add(shop, "crm_customers.parquet", customer_no=["a"])
    add(shop, "orders.parquet", customer_id=["a", "b"])
    assert judged(shop)["orders"][1] == [
        ("error", "customer_id: 1 of 2 rows is not in crm_customers.customer_no (crm_customers): 'b'")
    ]


def test_another_contract_that_is_not_there_is_not_opened(shop: Project) -> None:
    to = ["https://example.com/crm.yaml#customers.id", "../../etc/crm.yaml#customers.id", "shop.odcs.yaml#customers.id"]
    contract(shop, table("orders", referring("customer_id", *to)))
    shop.write("etc/crm.yaml", "kind: DataContract")
    add(shop, "orders.parquet", customer_id=["a"])
    status, findings, reason = judged(shop)["orders"]
    assert status == "fail"
    assert [message for _, message in findings] == [
        f"customer_id → {to[2]} cannot be judged: "
        "artifacts/shop.odcs.yaml describes no table called 'customers'; its tables: orders"
    ]
    assert reason is not None
    assert "https://example.com/crm.yaml is not opened, and no contract of that name lies under the roots" in reason
    assert "../../etc/crm.yaml is no contract that lies under the roots" in reason


def test_directories_and_partitions_are_tables_too(shop: Project) -> None:
    contract(shop, table("orders", "day", referring("customer_id", "customers.id")), CUSTOMERS)
    for country, keys in (("de", ["a", "b"]), ("fr", ["c"])):
        add(shop, f"customers/country={country}/part-0.parquet", id=pa.array(keys, pa.large_string()))
    for day, keys in ((26, ["a", "c"]), (27, ["b", "x"])):
        add(shop, f"orders/day=2026-11-{day}/part-0.parquet", customer_id=pa.array(keys).dictionary_encode())
    assert [one[1] for one in judged(shop).values()] == [
        [("error", "customer_id: 1 of 4 rows is not in customers.id (customers): 'x'")]
    ]


def test_data_beside_it_go_before_those_of_other_directories(shop: Project) -> None:
    contract(shop, ORDERS, CUSTOMERS)
    for place, keys in (("prod", ["a"]), ("test", ["a", "b"])):
        add(shop, f"{place}/customers.parquet", id=keys)
        add(shop, f"{place}/orders.parquet", customer_id=["a", "b"])
    assert {name: one[1] for name, one in judged(shop).items()} == {
        "prod/orders": [("error", "customer_id: 1 of 2 rows is not in customers.id (customers): 'b'")],
        "test/orders": [],
    }


def test_several_tables_that_are_as_near_are_looked_up_together(shop: Project) -> None:
    contract(shop, ORDERS, {**CUSTOMERS, "physicalName": "customers"})
    add(shop, "customers/eu/customers.parquet", id=["a"])
    add(shop, "customers/us/customers.parquet", id=["b"])
    add(shop, "orders.parquet", customer_id=["a", "b", "x"])
    _, (error, info), _ = judged(shop)["orders"]
    assert error == (
        "error",
        "customer_id: 1 of 3 rows is not in customers.id (customers/eu/customers.parquet, customers/us/customers.parquet): 'x'",
    )
    assert info == (
        "info",
        "customers.id is looked up in 2 tables together: customers/eu/customers.parquet, customers/us/customers.parquet",
    )


def test_a_contract_about_the_newest_partition_asks_for_its_keys_only(shop: Project) -> None:
    add(shop, "customers/day=2026-11-26/a.parquet", id=[1])
    add(shop, "customers/day=2026-11-27/a.parquet", id=[2])
    add(shop, "orders/day=2026-11-26/a.parquet", customer_id=[9, 9])
    add(shop, "orders/day=2026-11-27/a.parquet", customer_id=[1, 8])
    newest = [{"property": "mlmonitor.partition", "value": "newest"}]
    newest.append({"property": "mlmonitor.extra", "value": "allow"})
    contract(shop, {**ORDERS, "customProperties": newest}, {**CUSTOMERS, "customProperties": newest})
    status, ((severity, message), *_), _ = judged(shop)["orders"]
    assert (status, severity) == ("fail", "error")
    assert message == "customer_id: 1 of 2 rows is not in customers.id (customers): 8"


def test_an_empty_table_has_no_keys_and_asks_for_none(shop: Project) -> None:
    contract(shop, ORDERS, CUSTOMERS)
    none = pa.array([], pa.string())
    add(shop, "customers.parquet", id=none)
    add(shop, "orders.parquet", customer_id=["a"])
    assert judged(shop)["orders"][1] == [
        ("error", "customer_id: 1 of 1 row is not in customers.id (customers, which has no rows): 'a'")
    ]
    add(shop, "orders.parquet", customer_id=none)
    assert judged(shop)["orders"][1] == []


def test_classified_keys_are_not_shown(shop: Project) -> None:
    contract(shop, ORDERS, table("customers", {"name": "id", "classification": "confidential"}))
    add(shop, "customers.parquet", id=["secret-1", "secret-1"])
    add(shop, "orders.parquet", customer_id=["secret-1", "secret-2"])
    said = str(judged(shop)["orders"])
    assert "1 of 2 rows is not in customers.id (customers): (redacted)" in said
    assert "secret" not in said


def test_severity_and_acceptance(shop: Project) -> None:
    own = [{"property": "mlmonitor.severity", "value": "warning"}]
    contract(shop, table("orders", referring("customer_id", "customers.id", customProperties=own)), CUSTOMERS)
    add(shop, "customers.parquet", id=["a"])
    add(shop, "orders.parquet", customer_id=["b"])
    assert [severity for severity, _ in judged(shop)["orders"][1]] == ["warning"]
    shop.policy('[tool.mlmonitor.severity]\nrelationships = "critical"')
    assert [severity for severity, _ in judged(shop)["orders"][1]] == ["critical"]
    shop.policy(
        '[[tool.mlmonitor.accept]]\nartifact = "orders"\ncheck = "relationships"\nreason = "known"\nuntil = "2027-01-01"'
    )
    assert [severity for severity, _ in judged(shop)["orders"][1]] == ["info"]


def test_a_narrowed_run_reads_the_table_that_is_referred_to(shop: Project) -> None:
    contract(shop, ORDERS, CUSTOMERS)
    add(shop, "customers.parquet", id=["a"])
    add(shop, "orders.parquet", customer_id=["b"])
    result = shop.check("artifacts/orders.parquet::relationships", now=NOW)
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*customer_id: 1 of 1 row is not in customers.id (customers): 'b'*"])


@pytest.mark.parametrize("name", ['a"b', "a b", "a.b", "ключ", "'; DROP TABLE keys0", "SELECT", "{name}", "::error::x"])
def test_names_are_names(shop: Project, name: str) -> None:
    contract(shop, table("orders", referring(name, f"customers.{name}")), table("customers", name))
    add(shop, "customers.parquet", **{name: ["a"]})
    add(shop, "orders.parquet", **{name: ["a", "b\x1b[31m\n::error::"]})
    status, ((_, message),), _ = judged(shop)["orders"]
    assert status == "fail"
    assert "1 of 2 rows is not in customers." in message
    assert "\x1b" not in message
    assert "\n" not in message


SQL = {
    "not in": "SELECT count(*) FROM {object} WHERE customer_id NOT IN (SELECT id FROM customers)",
    "join": "SELECT count(*) FROM orders o LEFT JOIN customers AS c ON o.customer_id = c.id WHERE c.id IS NULL",
    "own name": "SELECT count(*) FROM orders LEFT JOIN customers ON orders.customer_id = customers.id WHERE customers.id IS NULL",
    "qualified": 'SELECT count(*) FROM {object} WHERE NOT EXISTS (SELECT 1 FROM crm."Customers" c WHERE c.id = customer_id)',
    "with": "WITH known AS (SELECT id FROM customers) SELECT count(*) FROM {object} WHERE customer_id NOT IN (FROM known)",
    "listed": "SELECT o.customer_id, c.id FROM {object} o LEFT JOIN customers c ON o.customer_id = c.id WHERE c.id IS NULL",
}


@pytest.mark.parametrize("query", SQL.values(), ids=SQL)
def test_sql_rules_name_other_tables_of_the_platform(shop: Project, query: str) -> None:
    rule = {"name": "known", "type": "sql", "query": query, "mustBe": 0}
    contract(shop, table("orders", "customer_id", quality=[rule]), CUSTOMERS)
    add(shop, "customers_20261126.parquet", id=["a", "x"])
    add(shop, "customers_20261127.parquet", id=["a", "b"])
    add(shop, "orders_20261127.parquet", customer_id=["a", "x"])
    result = shop.check("-k", "quality_rules", now=NOW)
    result.stdout.fnmatch_lines(["*the SQL rule 'known' gives 1: expected 0*; with customers_20261127*"])
    if "NOT" in query and "WITH" not in query:
        result.stdout.fnmatch_lines(["*; first row 2: customer_id='x'*"])
    add(shop, "orders_20261127.parquet", customer_id=["a", "b"])
    assert shop.check("-k", "quality_rules", now=NOW).ret == 0


def test_sql_rules_say_which_table_is_not_there(shop: Project) -> None:
    rules = [
        {
            "name": f"rule {i}",
            "type": "sql",
            "query": "SELECT count(*) FROM {object} JOIN OTHER USING (id)".replace("OTHER", other),
            "mustBe": 0,
        }
        for i, other in enumerate(("custmers", "torn", "information_schema.tables", "'/etc/passwd'"))
    ]
    contract(shop, table("orders", "id", quality=rules), CUSTOMERS, table("torn", "id"))
    add(shop, "customers.parquet", id=["a"])
    (shop.root / "torn.parquet").write_bytes(b"PAR1 torn")
    add(shop, "orders.parquet", id=["a"])
    said = shop.check("-k", "quality_rules", now=NOW).stdout.str()
    start = "cannot run: it names the table"
    assert f"'rule 0' {start} 'custmers', and no dataset under the roots is called so; near: customers" in said
    assert f"'rule 1' {start} 'torn', and " in said
    assert f"'rule 2' {start} 'information_schema.tables', and no dataset under the roots is called so" in said
    assert f"'rule 3' {start} '/etc/passwd', and no dataset" in said
