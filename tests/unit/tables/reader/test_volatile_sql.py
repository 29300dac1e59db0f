"""SQL that answers otherwise tomorrow is not remembered."""

from __future__ import annotations

import duckdb
import pytest

from pytest_mlmonitor.tables.contract.table import Limit, SqlRule, TableContract
from pytest_mlmonitor.tables.reader.volatile_sql import FUNCTIONS, is_volatile


def asks(query: str) -> bool:
    return is_volatile([TableContract("t", (), sql=(SqlRule("r", query, Limit("==", (0,))),))])


def test_every_function_of_the_engine_that_is_not_always_the_same_is_known() -> None:
    query = "SELECT DISTINCT function_name FROM duckdb_functions() WHERE stability <> 'CONSISTENT'"
    with duckdb.connect() as connection:
        unstable = {name for (name,) in connection.execute(query).fetchall()}
    assert {"now", "random"} <= unstable
    assert unstable - set(FUNCTIONS) == set()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_call_of_each_is_seen(name: str) -> None:
    for call in (f"{name}(x)", f'"{name}" (x)', f"{name.upper()}\n(x)", f"{name}/* */(x)", f"x.{name}()"):
        assert asks("SELECT count(*) FROM {name} WHERE " + call)  # noqa: S608 (it is not run)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT count(*) FROM {name} WHERE t > CURRENT_DATE",
        "SELECT count(*) FROM {name} WHERE t > current_timestamp - INTERVAL 1 DAY",
        "SELECT count(*) FROM {name} WHERE t > localtimestamp",
        "SELECT count(*) FROM {name} USING  SAMPLE 10%",
        "SELECT count(*) FROM {name} TABLESAMPLE reservoir(10)",
    ],
)
def test_words_without_a_call_are_seen(query: str) -> None:
    assert asks(query)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT count(*) FROM query('SELECT n' || 'ow() AS x')",
        "SELECT sum(a) FROM query_table('na' || 'me')",
        "SELECT count(*) FROM duckdb_memory()",
        "SELECT count(*) FROM pragma_database_size()",
    ],
)
def test_a_query_in_a_text_and_the_state_of_the_engine_are_seen(query: str) -> None:
    assert asks(query)


@pytest.mark.parametrize(
    "query",
    ["SELECT count(*) FROM {name} WHERE age < 0", "SELECT max(stats) FROM {name}", "SELECT max(known) FROM {name}"],
)
def test_columns_of_such_names_are_no_calls(query: str) -> None:
    assert not asks(query)
