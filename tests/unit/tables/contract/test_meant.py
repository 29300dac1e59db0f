"""Which tables speak of data with given names."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.tables.contract.meant import Bindings, forms, last_segments, without_endings

NAMES = st.from_regex(r"[A-Za-z]([A-Za-z_]{0,5}[A-Za-z])?", fullmatch=True)
DAYS = st.datetimes(datetime(1990, 1, 1), datetime(2099, 12, 31))


def bindings(tables: list[str], there: list[str]) -> Bindings[str]:
    return Bindings([(name, (name,)) for name in tables], [(name,) for name in there])


def bound(tables: list[str], there: list[str]) -> dict[str, list[str]]:
    """Return by name of data the tables that speak of it."""
    found = bindings(tables, there)
    return {name: found.of((name,)) for name in there}


@given(NAMES, DAYS, st.sampled_from(["%Y%m%d", "%Y-%m-%d", "%Y%m%dT%H%M%SZ", "%Y-%m"]), st.sampled_from("_-."))
def test_a_build_is_of_its_family(name: str, moment: datetime, form: str, between: str) -> None:
    file = f"{name}{between}{moment.strftime(form)}.parquet"
    assert bound([name, f"{name}x"], [file])[file] == [name]


@given(st.lists(NAMES, min_size=1, max_size=6, unique=True), st.lists(NAMES, min_size=1, max_size=6, unique=True))
def test_the_very_name_goes_before_everything(tables: list[str], there: list[str]) -> None:
    for name, found in bound(tables, there).items():
        assert found == [name] if name in tables else name not in found


@given(st.lists(NAMES, max_size=5, unique=True), st.lists(NAMES, max_size=5, unique=True))
def test_other_letters_bind_where_one_table_and_one_dataset_have_them(tables: list[str], there: list[str]) -> None:
    made = bound(tables, there)
    for name, found in made.items():
        if name in tables:
            continue
        free = [one for one in tables if one.casefold() == name.casefold() and one not in there]
        same = [one for one in there if one.casefold() == name.casefold() and one not in tables]
        assert found == (free if len(free) == 1 and same == [name] else [])


@given(st.lists(NAMES, min_size=1, max_size=5, unique=True), st.lists(NAMES, max_size=5, unique=True))
def test_what_is_not_clear_binds_nothing_and_is_named(tables: list[str], there: list[str]) -> None:
    found = bindings(tables, there)
    bound_ones = {table for name in there for table in found.of((name,))}
    assert bound_ones.isdisjoint(found.ambiguous)
    for table, names in found.ambiguous.items():
        assert len(names) > 1 and {name.casefold() for name in names} == {table.casefold()}


@given(NAMES, NAMES, NAMES, st.sampled_from("./:"))
def test_the_last_segment_of_a_qualified_name(schema: str, name: str, other: str, between: str) -> None:
    qualified = f"db{between}{schema}{between}{name}"
    assert bound([qualified], [name])[name] == [qualified]
    assert bound([qualified], [f"{name}_20261127"])[f"{name}_20261127"] == [qualified]
    if other.casefold() != name.casefold():
        assert bound([qualified], [other])[other] == []


def test_two_of_one_last_segment_need_their_schemas() -> None:
    tables = ["a.orders", "b.orders"]
    assert bound(tables, ["orders"]) == {"orders": []}
    assert bindings(tables, ["orders"]).ambiguous == dict.fromkeys(tables, ("a.orders", "b.orders"))
    made = Bindings([(name, (name,)) for name in tables], [("orders", "a/orders"), ("orders", "b/orders")])
    assert (made.of(("orders", "a/orders")), made.of(("orders", "b/orders"))) == (["a.orders"], ["b.orders"])


def test_two_versions_of_a_contract_may_say_the_same() -> None:
    made = Bindings([("v1", ("Orders", "db.Orders")), ("v2", ("Orders",))], [("orders.parquet",)])
    assert made.of(("orders.parquet",)) == ["v1", "v2"]


def test_patterns() -> None:
    made = bound(["ord*", "*_daily"], ["orders", "weather_daily", "weather"])
    assert made == {"orders": ["ord*"], "weather_daily": ["*_daily"], "weather": []}


@pytest.mark.parametrize(
    ("name", "last", "two"),
    [
        ("orders", None, None),
        ("db.orders", "orders", "db/orders"),
        ("a/b/orders.parquet", "orders", "b/orders"),
        ("orders.csv", "orders", None),
        ("s3://bucket/raw/orders", "orders", "raw/orders"),
        ("[dbo].[Orders]", "Orders", "dbo/Orders"),
        ("raw/*.parquet", "raw", None),
        ("...", None, None),
        ("", None, None),
    ],
)
def test_segments(name: str, last: str | None, two: str | None) -> None:
    assert (last_segments(name), last_segments(name, 2)) == (last, two)


@given(st.text(max_size=30))
def test_any_name_has_forms(name: str) -> None:
    assert name == "" or name in forms([name])
    assert without_endings(name) or not name
    last_segments(name)


def test_a_pattern_of_many_stars_is_matched_in_linear_time() -> None:
    """A contract beside the data is data: its names must not hang a run."""
    pattern = "a" + "*a" * 30 + "*b"
    assert Bindings([("k", (pattern,))], [["a" * 200]]).of(["a" * 200]) == []
    assert Bindings([("k", (pattern,))], [["a" * 200 + "b"]]).of(["a" * 200 + "b"]) == ["k"]


def test_only_stars_are_special_in_the_names_of_a_contract() -> None:
    assert Bindings([("k", ("orders[1]_*",))], []).of(["orders[1]_eu"]) == ["k"]
    assert Bindings([("k", ("orders?_*",))], []).of(["orders1_eu"]) == []
