"""Rules about some rows are judged of these rows, by plain Python's reading of them, on both engines."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_mlmonitor.tables.contract.row_terms import RowFilter
from pytest_mlmonitor.tables.contract.table import Column, Limit, Metric, SqlRule, TableContract
from pytest_mlmonitor.tables.profile import SelectedRows, TableProfile
from pytest_mlmonitor.tables.scan import engine
from pytest_mlmonitor.tables.scan.filters import condition
from pytest_mlmonitor.tables.scan.queries import table_streams
from pytest_mlmonitor.tables.scan.scan import scan
from pytest_mlmonitor.tables.source.source import source
from pytest_mlmonitor.tables.unreadable import NoNewest, Unreadable
from tests import tables

NONE = Limit("==", (0,))
SMALL = st.one_of(st.none(), st.integers(0, 3))


def rules(rows: RowFilter) -> TableContract:
    return TableContract(
        "t",
        (Column("n"), Column("x", nullable=True), Column("k", nullable=True)),
        key=("n",),
        extra="allow",
        metrics=(
            Metric("null", NONE, ("x",), rows=rows),
            Metric("invalid", NONE, ("x",), valid=Column("x", nullable=True, values=(1, 2)), rows=rows),
            Metric("duplicate", NONE, ("x",), rows=rows),
            Metric("rows", NONE, rows=rows),
            Metric("null", NONE, ("x",)),
        ),
        sql=(SqlRule("twos", "SELECT count(*) FROM {name} WHERE x = 2", NONE, rows=rows),),
    )


@given(cells=st.lists(st.tuples(SMALL, SMALL), min_size=1, max_size=40), large=st.booleans())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_figures_and_rows_are_those_of_the_rows_selected(
    tmp_path_factory: pytest.TempPathFactory, cells: list[tuple[int | None, int | None]], large: bool
) -> None:
    path = tmp_path_factory.mktemp("rows") / "t.parquet"
    table = pa.table(
        {
            "n": list(range(len(cells))),
            "x": pa.array([x for x, _ in cells], pa.int64()),
            "k": pa.array([k for _, k in cells], pa.int64()),
        }
    )
    pq.write_table(table, path, row_group_size=7)
    with pytest.MonkeyPatch.context() as patch:
        if large:
            patch.setattr(engine, "SMALL_ROWS", 0)
            patch.setattr(table_streams, "SMALL_ROWS", 0)
        found = scan(path, rules(RowFilter("k >= 1 AND k <> 3")))
    selected = [(n, x) for n, (x, k) in enumerate(cells) if k in (1, 2)]
    values = [x for _, x in selected if x is not None]
    wrong = {
        0: [n + 1 for n, x in selected if x is None],
        1: [n + 1 for n, x in selected if x in (0, 3)],
    }
    assert found.selections[0, 0] == SelectedRows(len(selected), len(cells))
    assert [found.figures[0, k] for k in range(5)] == [
        len(wrong[0]),
        len(wrong[1]),
        len(values) - len(set(values)),
        len(selected),
        sum(x is None for x, _ in cells),
    ]
    for k, numbers in wrong.items():
        there = found.counted.get((0, k))
        assert ([] if there is None else [number for number, _, _ in there.sample]) == numbers[:10]
    answer = found.answers[0, 0]
    twos = [n + 1 for n, x in selected if x == 2]
    assert (answer.figure, answer.selection) == (len(twos), SelectedRows(len(selected), len(cells)))
    if twos:
        assert answer.failure is not None
        assert [number for number, _, _ in answer.failure.sample] == twos[:10]


def written(tmp_path: Path, **columns: Any) -> Path:
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table(columns), path)
    return path


@pytest.mark.parametrize(
    "type_",
    [pa.string_view(), pa.list_(pa.string_view()), pa.struct({"a": pa.string_view()})],
    ids=["text", "list", "object"],
)
def test_texts_as_polars_keeps_them_are_rows_like_others(type_: pa.DataType, tmp_path: Path) -> None:
    value: dict[str, Any] = {"string_view": "a", "list<item: string_view>": ["a"]}
    x = pa.array([value.get(str(type_), {"a": "a"}), None, None], type_)
    found = scan(written(tmp_path, n=[1, 2, 3], x=x, k=[0, 1, 1]), rules(RowFilter("k > 0")))
    assert (found.figures[0, 0], found.selections[0, 0]) == (2, SelectedRows(2, 3))
    assert [number for number, _, _ in found.counted[0, 0].sample] == [2, 3]


def error(path: Path, words: str) -> str:
    found = scan(path, rules(RowFilter(words)))
    (said,) = {found.selections[0, k].error for k in range(4)}
    assert found.answers[0, 0].error == f"cannot run: {said}"
    assert (0, 4) in found.figures, "rules of all rows are judged all the same"
    return str(said)


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("kk = 1", "names the column 'kk', which the table lacks: is 'k' meant?"),
        ("zebra = 1", "names the column 'zebra', which the table lacks"),
        ("k", "gives int64; expected true or false"),
        ("k IN (SELECT 1)", "uses another query"),
        ("k = (SELECT max(k) FROM dataset)", "uses another query"),
        ("exists(FROM read_csv('/etc/passwd'))", "uses another query"),
        ("1 = 1) FROM dataset WHERE (k = 1", "is no single condition"),
        ("1 = 1) FROM read_text('/etc/passwd') AS r, (VALUES (1)) AS t(k) WHERE (k = 1", "is no single condition"),
        ("k = 1), (k = 2", "is no single condition"),
        ("k = 1 ORDER BY k", "is no single condition"),
        ("k = 1; DROP TABLE dataset", "is no single condition"),
        ("k = 1 -- ) FROM x", "gives"),
        ("count(k) > 1", "uses count(), whose value is not that of a row"),
        ("list_bool_or(list_transform([k], lambda y: y > 1))", "uses a lambda; expected a condition"),
        ("row_number() OVER () > 1", "uses a window"),
        ("random() > k", "uses random(), whose value is not that of a row"),
        ("now() > '2020-01-01' AND k = 1", "uses now(), whose value is not that of a row"),
        ("1 = 1", "names no column"),
        ("k = $1", "uses a parameter"),
        ("k = nonsense(1)", "cannot be judged"),
        ("k = 'one'", "cannot be judged"),
        ("k =", "is no single condition"),
    ],
)
def test_what_is_no_condition_on_a_row_is_refused_by_name(tmp_path: Path, condition: str, said: str) -> None:
    path = written(tmp_path, n=[1, 2], x=[1, None], k=[1, 2])
    if said == "gives":  # a comment is one
        assert scan(path, rules(RowFilter(condition))).selections[0, 0] == SelectedRows(1, 2)
        return
    assert said in error(path, condition)


@pytest.mark.parametrize(
    ("condition", "rows"),
    [
        ("k = 1", 1),
        ("NOT (k = 1)", 1),
        ("k IS NULL", 1),
        ("K = 1", 1),
        ('dataset."k" = 1', 1),
        ("x.y = 5", 2),
        ("d >= DATE '2026-11-02'", 2),
        ("lower(t) LIKE 'a%' AND regexp_matches(t, '^.$')", 2),
        ("CASE WHEN k = 1 THEN true ELSE NULL END", 1),
        ("k = 9", 0),
    ],
)
def test_null_is_not_selected(tmp_path: Path, condition: str, rows: int) -> None:
    path = written(
        tmp_path,
        n=[1, 2, 3],
        k=[1, 2, None],
        x=[{"y": 5}, {"y": 5}, None],
        d=[date(2026, 11, n) for n in (1, 2, 3)],
        t=["A", "a", None],
    )
    contract = TableContract("t", (), extra="allow", metrics=(Metric("rows", NONE, rows=RowFilter(condition)),))
    assert scan(path, contract).selections[0, 0] == SelectedRows(rows, 3)


def test_names_that_differ_in_case_only_are_told_apart(tmp_path: Path) -> None:
    path = written(tmp_path, a=[1, 1, 1], A=[1, 2, 2])
    contract = TableContract(
        "t",
        (),
        extra="allow",
        metrics=(Metric("rows", NONE, rows=RowFilter("A = 2")), Metric("rows", NONE, rows=RowFilter("a = 1"))),
    )
    assert [scan(path, contract).figures[0, k] for k in (0, 1)] == [2, 3]


# The newest partition.

DAYS = pa.table(
    {
        "n": range(6),
        "x": [0, 0, 0, 0, 1, 2],
        "day": [f"2026-11-{day}" for day in (25, 25, 26, 26, 27, 27)],
    }
)
NEWEST = RowFilter(newest=True)


def hive(tmp_path: Path, table: pa.Table = DAYS, keys: tuple[str, ...] = ("day",)) -> Path:
    return tables.hive(tmp_path / "t", table, list(keys))


def delta(tmp_path: Path) -> Path:
    return tables.delta(tmp_path / "t", DAYS, partition_by=["day"])


def iceberg(tmp_path: Path) -> Path:
    from pyiceberg.transforms import IdentityTransform

    made = tables.iceberg_table(tmp_path / "t", DAYS.schema)
    with made.update_spec() as spec:
        spec.add_field("day", IdentityTransform(), "day")
    tables.append(made, DAYS)
    return tmp_path / "t"


@pytest.mark.parametrize("write", [hive, delta, iceberg])
def test_a_rule_may_be_about_the_newest_partition(tmp_path: Path, write: Any) -> None:
    found = scan(write(tmp_path), (_counts(NEWEST), _counts(RowFilter("x = 2", newest=True)), _counts(None)))
    assert [found.figures[place, 0] for place in range(3)] == [2, 1, 6]
    assert found.selections[1, 0] == SelectedRows(1, 2)


def _counts(rows: RowFilter | None, *, newest: bool = False) -> TableContract:
    rule = SqlRule("all", "SELECT count(*) FROM {name}", NONE, rows=rows)
    column = Column("x", minimum=1)
    return TableContract(
        "t", (column,), extra="allow", metrics=(Metric("rows", NONE, rows=rows),), sql=(rule,), newest=newest
    )


@pytest.mark.parametrize("write", [hive, delta, iceberg])
def test_older_partitions_are_not_read_where_all_contracts_are_about_the_newest(tmp_path: Path, write: Any) -> None:
    """Pages of older ones may be damaged: nobody looks."""
    path = write(tmp_path)
    old = next(p for p in path.rglob("*.parquet") if "2026-11-25" in str(p))
    data = bytearray(old.read_bytes())
    data[4:24] = b"\xff" * 20
    old.write_bytes(data)
    found: TableProfile = scan(path, (_counts(None, newest=True),))
    assert (found.rows, found.head.rows, found.figures[0, 0], found.answers[0, 0].figure) == (2, 6, 2, 2)
    assert found.failures == []
    with pytest.raises(Unreadable):
        scan(path, (_counts(None, newest=True), _counts(None)))


def test_beside_a_contract_about_all_rows_its_figures_are_of_the_newest(tmp_path: Path) -> None:
    found = scan(hive(tmp_path), (_counts(None, newest=True), _counts(None)))
    assert [found.figures[place, 0] for place in (0, 1)] == [2, 6]
    assert [found.answers[place, 0].figure for place in (0, 1)] == [2, 6]


@pytest.mark.parametrize(
    ("columns", "keys", "rows"),
    [
        ({"year": [2025, 2026, 2026], "month": [12, 2, 11]}, ("year", "month"), 1),
        ({"country": ["CH", "DE", "CH"], "day": ["2026-11-26", "2026-11-27", "2026-11-27"]}, ("country", "day"), 2),
        ({"day": ["2026-11-27", "2026-11-27", "2026-11-26"], "hour": ["05", "06", "23"]}, ("day", "hour"), 1),
        ({"dt": ["20261126", "20261127", None]}, ("dt",), 1),
    ],
)
def test_the_newest_is_the_latest_date_or_time(
    tmp_path: Path, columns: dict[str, list[Any]], keys: tuple[str, ...], rows: int
) -> None:
    table = pa.table({"x": [1, 2, 3], **columns})
    with source(hive(tmp_path, table, keys)) as opened:
        newest = opened.newest()
        assert newest.head.rows == rows == sum(batch.num_rows for batch in newest.batches())
        assert newest.schema == opened.schema


def test_without_a_date_there_is_no_newest_partition(tmp_path: Path) -> None:
    path = hive(tmp_path, pa.table({"x": [1, 2], "country": ["CH", "DE"]}), ("country",))
    said = "is partitioned by 'country', of which none is a date or time: there is no newest partition"
    assert scan(path, (_counts(NEWEST),)).selections[0, 0].error == f"the table {said}"
    with pytest.raises(NoNewest, match="of which none is a date or time"):
        scan(path, (_counts(None, newest=True),))
    with pytest.raises(NoNewest, match="has no partitions"):
        scan(written(tmp_path, x=[1]), (_counts(None, newest=True),))


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("x > 1 AND t > ago(INTERVAL 1 DAY)", "uses ago(), whose value is not that of a row"),
        ("age(t) > INTERVAL 1 DAY", "uses age(), whose value is not that of a row"),
        ("t > CURRENT_DATE", "uses CURRENT_DATE, whose value is not that of a row"),
        ("t > localtimestamp", "uses localtimestamp, whose value is not that of a row"),
        ("geomean(x) > 1", "uses geomean(), whose value is not that of a row"),
        ("geometric_mean(x) > 1", "uses geometric_mean(), whose value is not that of a row"),
        ("unnest([x > 1, true])", "uses unnest(), whose value is not that of a row"),
        ("generate_subscripts([x], 1) = 1", "uses generate_subscripts(), whose value is not that of a row"),
    ],
)
def test_what_is_no_value_of_a_row_is_refused_also_inside_macros(tmp_path: Path, condition: str, said: str) -> None:
    path = written(tmp_path, n=[1, 2], x=[1, 2], k=[1, 2], t=[date(2026, 1, 1)] * 2)
    assert error(path, condition) == f"the filter {said}"


@pytest.mark.parametrize(
    "condition",
    [
        "age(t, t) = INTERVAL 0 DAY",
        "list_sum([x, 1]) = 3",
        "split_part(x::text, '1', 1) = '2'",
        "if(x = 2, true, false)",
    ],
)
def test_macros_of_what_a_row_has_are_judged(tmp_path: Path, condition: str) -> None:
    path = written(tmp_path, n=[1, 2], x=[2, 2], k=[1, 2], t=[datetime(2026, 1, 1)] * 2)
    assert scan(path, rules(RowFilter(condition))).selections[0, 0] == SelectedRows(2, 2)


def test_as_many_values_as_rows_are_expected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A function of a later engine that is not known here.
    monkeypatch.setattr(condition, "_not_of_a_row", frozenset)
    path = written(tmp_path, n=[1, 2], x=[1, 2], k=[1, 2])
    assert error(path, "unnest([x > 1, true])") == "the filter gives 4 values for 2 rows; expected one for each"


def test_a_classified_value_is_not_in_what_the_engine_says(tmp_path: Path) -> None:
    path = written(tmp_path, n=[1, 2], x=[1, 2], k=[1, 2], mail=["a@x.org", "b@x.org"])
    contract = replace(rules(RowFilter("x > CAST(mail AS INT)")), columns=(Column("mail", redacted=True),))
    found = scan(path, contract)
    said = "the filter cannot be judged: Conversion Error in a row (which value is not shown: a column is classified)"
    assert found.selections[0, 0].error == said and "x.org" not in str(found)
    assert "a@x.org" in error(path, "x > CAST(mail AS INT)")


def test_a_condition_that_does_not_end_is_interrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(condition, "MAX_SECONDS", 0.2)
    numbers = list(range(60_000))
    path = written(tmp_path, n=numbers, x=numbers, k=numbers)
    slow = "levenshtein(repeat('a', 400 + x % 2), repeat('b', 400)) > x"  # 10,000,000,000 steps
    assert error(path, slow) == "the filter takes longer than 0.2 s for 60,000 rows"


def test_a_condition_that_takes_all_memory_hides_no_other_rule(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "memory_limit", lambda: 32 << 20)
    path = written(tmp_path, n=[1, 2], x=[1, 2], k=[1, 2])
    said = error(path, "len(list_sort(range(20000000 + x))) > 1")
    assert said == "the filter needs more memory than the engine may use, half of reader_memory_mib"
