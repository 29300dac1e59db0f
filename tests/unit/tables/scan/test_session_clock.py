"""What queries and filters say of times hangs on the contract, never on the machine's clock."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pytest_mlmonitor.tables.contract.row_terms import RowFilter
from pytest_mlmonitor.tables.contract.table import Column, Limit, Metric, SqlRule, TableContract
from pytest_mlmonitor.tables.profile import SelectedRows
from pytest_mlmonitor.tables.scan.scan import scan

NOON = datetime(2026, 7, 1, 12)
NONE = Limit("==", (0,))
ROWS = pa.table(
    {
        "sold": pa.array([NOON], pa.timestamp("us")),
        "shipped": pa.array([NOON.replace(hour=11, tzinfo=UTC)], pa.timestamp("us", "UTC")),
        "back": pa.array([NOON.replace(hour=14)], pa.timestamp("us")),
    }
)


@pytest.fixture(params=["Asia/Tokyo", "America/Los_Angeles"], autouse=True)
def machine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Machines in several zones."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", request.param)
        time.tzset()
        yield
    time.tzset()


def counted(path: Path, condition: str, *columns: Column) -> tuple[object, object]:
    """Return the rows of a condition as a query counts them, and as a filter selects them."""
    pq.write_table(ROWS, path / "t.parquet")
    contract = TableContract(
        "t",
        columns,
        extra="allow",
        metrics=(Metric("rows", Limit(">=", (0,)), rows=RowFilter(condition)),),
        sql=(SqlRule("q", "SELECT count(*) FROM {name} WHERE " + condition, NONE),),  # noqa: S608 (a test's)
    )
    found = scan(path / "t.parquet", contract)
    return found.answers[0, 0].figure, found.selections[0, 0]


def is_selected(number: int) -> tuple[int, SelectedRows]:
    return number, SelectedRows(number, 1)


@pytest.mark.parametrize(
    ("condition", "number"),
    [
        ("shipped < '2026-07-01 10:59:00'", 0),
        ("shipped < '2026-07-01 11:01:00'", 1),
        ("shipped < sold", 1),
        ("shipped::date = '2026-07-01' AND hour(shipped) = 11", 1),
        ("sold = '2026-07-01 12:00:00'", 1),
    ],
)
def test_times_without_a_zone_are_utc_where_nothing_is_said(tmp_path: Path, condition: str, number: int) -> None:
    assert counted(tmp_path, condition) == is_selected(number)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "+02:00", "+0200"])
def test_they_are_of_the_clock_that_the_contract_names(tmp_path: Path, zone: str) -> None:
    sold, back = Column("sold", zone=zone), Column("back", zone=zone)
    assert counted(tmp_path, "shipped < sold", sold, back) == is_selected(0)  # 12:00 there is 10:00 UTC
    assert counted(tmp_path, "shipped < '2026-07-01 13:01:00'", sold) == is_selected(1)
    assert counted(tmp_path, "sold = '2026-07-01 12:00:00'", sold) == is_selected(1)


@pytest.mark.parametrize(("zone", "number"), [("Z", 1), ("UTC", 1), ("+00:00", 1), ("-05:30", 1), ("+05:30", 0)])
def test_clocks_are_spelled_as_the_engine_knows_them(tmp_path: Path, zone: str, number: int) -> None:
    assert counted(tmp_path, "shipped < sold", Column("sold", zone=zone)) == is_selected(number)


def test_columns_of_several_clocks_are_brought_to_none_of_them(tmp_path: Path) -> None:
    assert counted(tmp_path, "shipped < sold", Column("sold", zone="Europe/Berlin"), Column("back")) == is_selected(1)


def test_a_zone_of_a_column_that_has_one_itself_says_nothing(tmp_path: Path) -> None:
    assert counted(tmp_path, "shipped < sold", Column("shipped", zone="Europe/Berlin")) == is_selected(1)


def test_rows_are_shown_in_their_own_zone(tmp_path: Path) -> None:
    pq.write_table(ROWS, tmp_path / "t.parquet")
    rule = SqlRule("q", "SELECT * FROM {name} WHERE shipped < '2026-08-01'", NONE)
    (answer,) = scan(tmp_path / "t.parquet", TableContract("t", (), sql=(rule,))).answers.values()
    assert answer.failure is not None
    ((_, _, shown),) = answer.failure.sample
    assert str(dict(shown)["shipped"]) == "2026-07-01 11:00:00+00:00"  # type: ignore[call-overload]
