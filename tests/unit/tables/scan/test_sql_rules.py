"""SQL rules: the time that they may take, the columns that they name, the rows that they find at fault."""

from __future__ import annotations

import time
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pytest_mlmonitor.tables.contract.table import Column, Limit, SqlRule, TableContract
from pytest_mlmonitor.tables.profile import SqlAnswer
from pytest_mlmonitor.tables.scan import engine
from pytest_mlmonitor.tables.scan.queries import sql_rules, table_streams
from pytest_mlmonitor.tables.scan.scan import scan

ENDLESS = "SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE a.range + b.range = -1"
NONE = Limit("==", (0,))
LATE = "cannot run: the SQL rules of this table took longer than 0.5 s"


def test_all_rules_of_a_scan_share_their_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pq.write_table(pa.table({"x": [1, 2]}), tmp_path / "t.parquet")
    monkeypatch.setattr(sql_rules, "MAX_SECONDS", 0.5)
    queries = ("SELECT count(*) FROM {name}", ENDLESS, ENDLESS, "SELECT 1")
    one = tuple(SqlRule(query, query, Limit(">", (0,))) for query in queries)
    start = time.monotonic()
    answers = scan(
        tmp_path / "t.parquet", [TableContract("a", (), sql=one), TableContract("b", (), sql=one[:1])]
    ).answers
    assert time.monotonic() - start < 10
    assert [(place, a.figure, a.error) for place, a in answers.items()] == [
        ((0, 0), 2.0, None),
        ((0, 1), None, LATE),
        ((0, 2), None, LATE),
        ((0, 3), None, LATE),
        ((1, 0), None, LATE),
    ]


# Columns that differ in case only, and the rows at fault.

ROWS = pa.table(
    [pa.array([1, -2, -3]), pa.array([-5, 6, 7]), pa.array(["x", "y", "z"]), pa.array([2**53 + 1, 1, 1])],
    names=["a", "A", "id", "n"],
)
KEYED = TableContract("t", (Column("id"),), key=("id",), extra="allow")


def asked(
    path: Path, query: str, *, contract: TableContract = KEYED, table: pa.Table = ROWS, limit: Limit = NONE
) -> SqlAnswer:
    pq.write_table(table, path / "t.parquet")
    (answer,) = scan(path / "t.parquet", replace(contract, sql=(SqlRule("q", query, limit),))).answers.values()
    return answer


@pytest.fixture(params=["held", "streamed"], autouse=True)
def size(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables are asked while they are held in memory, and while they are streamed."""
    if request.param == "streamed":
        monkeypatch.setattr(table_streams, "SMALL_ROWS", 0)


def test_too_little_memory_is_said_with_how_much_there_is_and_its_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (engine, sql_rules):
        monkeypatch.setattr(module, "memory_limit", lambda: 20 << 20)
    answer = asked(tmp_path, "SELECT count(DISTINCT range::VARCHAR) FROM range(20000000), {name}")
    assert answer.error == (
        "cannot run: it needs more memory than the engine may use, 20 MiB, half of reader_memory_mib; raise that in the policy"
    )


@pytest.mark.parametrize(
    ("query", "figure", "rows"),
    [
        ("SELECT count(*) FROM {name} WHERE a < 0", 2, [2, 3]),
        ("SELECT count(*) FROM {name} WHERE A < 0", 1, [1]),
        ('SELECT count(*) FROM {name} WHERE "A" < 0', 1, [1]),
        ("SELECT count(*) FROM {name} AS a WHERE a.A < 0 AND id LIKE '%'", 1, [1]),
        ("SELECT count(1) FROM {name} WHERE dataset.a < 0", 2, [2, 3]),
        ("SELECT count(*) FILTER (WHERE a < 0) FROM {name} WHERE A > 6", 1, [3]),
        ("SELECT count_if(a < 0) FROM {name}", 2, [2, 3]),
        ("SELECT sum(CASE WHEN a < 0 THEN 1 ELSE 0 END) FROM {name}", 2, [2, 3]),
        ("SELECT * FROM {name} WHERE a < 0 -- 'A", 2, [2, 3]),
        ("SELECT id FROM {name} WHERE A < 0", 1, [1]),
        ("SELECT sum(a) + 10 FROM {name}", 6, []),
        ("SELECT count(id) FROM {name} WHERE a < 0", 2, [2, 3]),
    ],
)
def test_the_right_column_and_the_rows_at_fault(query: str, figure: int, rows: list[int], tmp_path: Path) -> None:
    answer = asked(tmp_path, query)
    assert (answer.figure, answer.error) == (figure, None)
    sample = answer.failure.sample if answer.failure else []
    assert [(number, {**key, **judged}["id"]) for number, key, judged in sample] == [(i, "xyz"[i - 1]) for i in rows]


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        (
            "SELECT count(*) FROM {name} l JOIN {name} r USING (A) WHERE l.a < 0",
            [{"id": "y", "a": -2}, {"id": "z", "a": -3}],
        ),
        ("SELECT count(*) FROM (SELECT A FROM {name} WHERE A > 0)", [{"A": 6}, {"A": 7}]),
    ],
)
def test_rows_of_more_than_the_table_have_its_own_names(query: str, rows: list[dict[str, Any]], tmp_path: Path) -> None:
    answer = asked(tmp_path, query)
    assert (answer.figure, answer.error) == (2, None)
    assert answer.failure is not None
    assert [{name: key[name] for name in rows[0]} for _, key, _ in answer.failure.sample] == rows


@pytest.mark.parametrize(
    ("names", "query", "said"),
    [
        (
            ["ab", "AB"],
            "SELECT count(*) FROM {name} WHERE Ab < 0",
            "names the column 'Ab', and the table has 'ab', 'AB'",
        ),
        (["a", "A"], "SELECT min(COLUMNS('a')) FROM {name}", "stands for columns by a pattern"),
        (["a", "A"], "SELECT count(*) FROM (SELECT * EXCLUDE (a) FROM {name})", "stands for columns by a pattern"),
        (["é", "É"], "SELECT count(*) FROM {name} WHERE e < 0", "the table has no column 'e'"),
    ],
)
def test_what_is_not_certain_is_refused_by_name(names: list[str], query: str, said: str, tmp_path: Path) -> None:
    table = pa.table([pa.array([1]), pa.array([-1])], names=names)
    answer = asked(tmp_path, query, contract=TableContract("t", (), extra="allow"), table=table)
    assert answer.figure is None and said in str(answer.error)


def test_a_column_whose_name_is_in_doubt_is_called_by_its_own_name_in_messages(tmp_path: Path) -> None:
    answer = asked(tmp_path, "SELECT count(*) FROM {name} WHERE A = 'text'")
    assert "mlmonitor_column" not in str(answer.error)


def test_a_name_in_another_case_is_the_only_column_that_it_can_be(tmp_path: Path) -> None:
    assert asked(tmp_path, "SELECT count(*) FROM {name} WHERE ID = 'x'").figure == 1


def test_no_row_is_no_fault(tmp_path: Path) -> None:
    answer = asked(tmp_path, "SELECT * FROM {name} WHERE a < -9")
    assert (answer.figure, answer.failure) == (0, None)


def test_redacted_values_are_not_shown(tmp_path: Path) -> None:
    contract = TableContract("t", (Column("id", redacted=True), Column("a", redacted=True)), key=("id",), extra="allow")
    answer = asked(tmp_path, "SELECT count(*) FROM {name} WHERE a < 0 AND n = 1", contract=contract)
    assert answer.failure is not None
    assert answer.failure.sample[0] == (2, {"id": "(redacted)"}, {"a": "(redacted)", "n": 1})


@pytest.mark.parametrize("relation", [">", ">=", "!="])
def test_rows_that_are_wanted_are_not_shown_as_wrong(relation: Any, tmp_path: Path) -> None:
    answer = asked(
        tmp_path, "SELECT count(*) FROM {name} WHERE a < 0", limit=Limit(relation, (2 + (relation != "!="),))
    )
    assert answer.figure == 2 and answer.failure is None


def test_figures_are_exact(tmp_path: Path) -> None:
    assert asked(tmp_path, "SELECT max(n) FROM {name}").figure == 2**53 + 1
    wide = pa.table({"id": ["x"], "d": pa.array([Decimal("0.30")], pa.decimal256(50, 2))})
    assert asked(tmp_path, "SELECT max(d) FROM {name}", table=wide).figure == Decimal("0.3")


def test_a_number_that_the_engine_does_not_hold_is_said(tmp_path: Path) -> None:
    wide = pa.table({"id": ["x"], "d": pa.array([Decimal("9" * 50)], pa.decimal256(60, 2))})
    answer = asked(tmp_path, "SELECT max(d) FROM {name}", table=wide)
    assert answer.figure is None and str(answer.error).startswith("cannot run")


def test_a_column_may_be_called_like_our_own(tmp_path: Path) -> None:
    table = pa.table({"id": ["x", "y"], "mlmonitor_row": [1, -2], "mlmonitor_row_": [3, 4]})
    answer = asked(tmp_path, "SELECT count(*) FROM {name} WHERE mlmonitor_row < 0", table=table)
    assert answer.figure == 1 and answer.failure is not None
    assert answer.failure.sample == [(2, {"id": "y"}, {"mlmonitor_row": -2})]


def test_a_figure_stands_where_its_rows_cannot_be_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sql_rules, "NUMBERED", "no such name")
    answer = asked(tmp_path, "SELECT count(*) FROM {name} WHERE a < 0")
    assert (answer.figure, answer.error, answer.failure) == (2, None, None)


@pytest.mark.parametrize(
    ("query", "figure", "rows"),
    [
        ("SELECT id, a FROM {name} WHERE a < 0 ORDER BY a LIMIT 1", 2, [2, 3]),
        ("SELECT id, a * 2 AS double FROM {name} WHERE a < 0", 2, [2, 3]),
        ("SELECT 1 FROM {name} WHERE a < -2", 1, [3]),
        ("SELECT count(a) FROM {name} WHERE id <> 'y' AND a < 0", 1, [3]),
        ("SELECT count(CASE WHEN a < 0 THEN 1 END) FROM {name}", 2, [2, 3]),
        ("SELECT sum(CASE WHEN a < 0 THEN 1 END) FROM {name} WHERE id <> 'y'", 1, [3]),
        ("SELECT DISTINCT n FROM {name}", 2, [0, 0]),
        ("SELECT n FROM {name} GROUP BY n HAVING count(*) > 1", 1, [0]),
        ("SELECT n, count(*) AS times FROM {name} GROUP BY n HAVING count(*) > 2", 0, []),
        ("SELECT id FROM {name} WHERE a = -2 UNION SELECT id FROM {name} WHERE a = -3", 2, [0, 0]),
        ("WITH bad AS (SELECT * FROM {name} WHERE a < 0) SELECT id, a FROM bad WHERE a < -2", 1, [0]),
    ],
)
def test_what_a_query_lists_is_counted_and_shown(query: str, figure: int, rows: list[int], tmp_path: Path) -> None:
    table = ROWS.select(["a", "id", "n"])
    answer = asked(tmp_path, query, table=table)
    assert (answer.figure, answer.error) == (figure, None)
    assert [number for number, _, _ in (answer.failure.sample if answer.failure else [])] == rows


def test_a_group_is_shown_with_its_values_unless_some_are_not_shown(tmp_path: Path) -> None:
    query = "SELECT n, count(*) AS times FROM {name} GROUP BY n HAVING count(*) > 1"
    table = ROWS.select(["a", "id", "n"])
    shown = asked(tmp_path, query, table=table).failure
    assert shown is not None and shown.sample == [(0, {"n": 1, "times": 2}, {})]
    hidden = replace(KEYED, columns=(*KEYED.columns, Column("a", redacted=True)))
    answer = asked(tmp_path, query, table=table, contract=hidden)
    assert answer.figure == 1 and answer.failure is None


@pytest.mark.parametrize(
    "query",
    [
        "WITH bad AS (SELECT count(*) AS n FROM {name} WHERE a > 100) SELECT n FROM bad",
        "SELECT n FROM (SELECT count(*) AS n FROM {name} WHERE a > 100)",
        "SELECT x.n + y.n FROM (SELECT count(*) AS n FROM {name} WHERE a > 9) x, (SELECT 0 AS n) y",
        "SELECT count(*) FROM {name} WHERE a > 100 ORDER BY 1 LIMIT 1",
    ],
)
def test_one_figure_is_no_list(query: str, tmp_path: Path) -> None:
    assert asked(tmp_path, query, table=ROWS.select(["a", "id"])).figure == 0


def test_a_figure_that_is_none_is_said_in_words(tmp_path: Path) -> None:
    table = pa.table({"id": ["x"], "seen": pa.array([0], pa.timestamp("us", "UTC"))})
    at = asked(tmp_path, "SELECT max(seen) FROM {name}", table=table)
    assert at.error == "gives a timestamp with time zone, which is no number"
    nothing = asked(tmp_path, "SELECT sum(length(id)) FROM {name} WHERE id = 'y'", table=table)
    assert nothing.error == "gives null: there is no value to compute a figure of"


# Values that a contract classifies.


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SELECT count(*) FROM {name} WHERE CAST(id AS INT) > 1", "cannot run: Conversion Error in a row (which value"),
        (
            "SELECT count(*) FROM {name} WHERE strptime(id, '%Y') > '2020-01-01'",
            "cannot run: Invalid Input Error in a row",
        ),
        ("SELECT error(id) FROM {name}", "cannot run: Invalid Input Error in a row"),
        ("SELECT max(id)::INT FROM {name}", "cannot run: Conversion Error in a row"),
        ("SELECT max(id) FROM {name}", "gives str, which is no number"),
        ("SELECT count(*) FROM {name} WHERE idd = 1", "cannot run: the table has no column 'idd'; did you mean id?"),
    ],
)
def test_what_the_engine_says_of_a_row_holds_no_classified_value(tmp_path: Path, query: str, said: str) -> None:
    table = pa.table({"id": ["secret-1", "secret-2"]})
    contract = replace(KEYED, columns=(Column("id", redacted=True),))
    answer = asked(tmp_path, query, contract=contract, table=table)
    assert (answer.error or "").startswith(said) and "secret" not in str(answer)
    if "idd" not in query:
        assert "secret" in str(asked(tmp_path, query, table=table))


def test_nor_one_of_another_table_whose_contract_is_not_known_here(tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": ["x"], "mail": ["a@x.org"]}), tmp_path / "people.parquet")
    pq.write_table(pa.table({"id": ["x"], "n": ["own"]}), tmp_path / "t.parquet")

    def said(query: str) -> str:
        contract = TableContract("t", (), sql=(SqlRule("q", query, NONE),))
        (answer,) = scan(
            tmp_path / "t.parquet", contract, names=["people"], paths=[tmp_path / "people.parquet"]
        ).answers.values()
        return str(answer.error)

    assert "x.org" not in said("SELECT count(*) FROM {name} JOIN people USING (id) WHERE CAST(people.mail AS INT) > 1")
    assert "'own'" in said("SELECT count(*) FROM {name} WHERE CAST(n AS INT) > 1")
