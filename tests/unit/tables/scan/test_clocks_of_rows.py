"""Times of one row that were read from different clocks are compared as the moments that they may stand for."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_mlmonitor.core.text.hours.zones import readings, zone_of
from pytest_mlmonitor.tables.contract.row_terms import Offset
from pytest_mlmonitor.tables.contract.table import Column, TableContract
from pytest_mlmonitor.tables.scan.scan import scan

Relation = Literal["==", "<=", ">"]
ZONES = (None, "UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "+02:00")
CHANGES = [datetime(2026, 3, 29, 1), datetime(2026, 10, 25, 1), datetime(2026, 3, 8, 7), datetime(2026, 4, 4, 15)]


def broken(path: Path, a: pa.Array, b: pa.Array, rule: Offset, zones: tuple[str | None, str | None]) -> list[int]:
    """Return the numbers of the rows that break the rule."""
    pq.write_table(pa.table({"a": a, "b": b}), path / "t.parquet")
    columns = tuple(Column(name, nullable=True, zone=zone) for name, zone in zip("ab", zones, strict=True))
    profile = scan(path / "t.parquet", TableContract("t", columns, rules=(rule,), no_all_null=False))
    return [number for failure in profile.failures for number, _, _ in failure.sample]


def moments(value: datetime | date, zone: str | None) -> set[datetime]:
    wall = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)
    if wall.tzinfo is not None:
        return {wall}
    return set(readings(wall, zone_of(zone or "UTC")))


def stands(a: Any, b: Any, rule: Offset, zones: tuple[str | None, str | None]) -> bool:
    """Say in plain Python whether the rule may hold."""
    pairs = [(x, y + rule.offset) for x, y in product(moments(a, zones[0]), moments(b, zones[1]))]
    return any({"==": x == y, "<=": x <= y, ">": x > y}[rule.relation] for x, y in pairs)


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[Any], list[Any], Offset, tuple[str | None, str | None], tuple[bool, bool]]:
    aware = draw(st.tuples(st.booleans(), st.booleans()))
    one = draw(st.sampled_from(ZONES))
    zones = one, draw(st.sampled_from((one, *ZONES)))
    near = st.builds(
        lambda change, minutes: change + timedelta(minutes=15 * minutes), st.sampled_from(CHANGES), st.integers(-12, 12)
    )

    def side(has_zone: bool) -> list[Any]:
        found = draw(st.lists(near, min_size=1, max_size=4))
        return [moment.replace(tzinfo=UTC) if has_zone else moment for moment in found]

    a, b = side(aware[0]), side(aware[1])
    rows = min(len(a), len(b))
    offset = timedelta(minutes=draw(st.sampled_from((0, 0, 60, -45, 180))))
    rule = Offset("a", draw(st.sampled_from(("==", "<=", ">"))), "b", offset)
    return a[:rows], b[:rows], rule, zones, aware


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cases(), st.sampled_from(["s", "ms", "us", "ns"]), st.sampled_from(["ms", "us", "ns"]))
def test_a_rule_is_broken_only_where_it_is_as_every_moment(tmp_path: Path, case: Any, one: Any, other: Any) -> None:
    a, b, rule, zones, aware = case
    arrays = [
        pa.array(values, pa.timestamp(unit, tz="UTC" if has_zone else None))
        for values, unit, has_zone in zip((a, b), (one, other), aware, strict=True)
    ]
    if not any(aware) and zones[0] == zones[1] and not rule.offset:
        return  # wall times of one clock are compared as they stand
    expected = [i for i, (x, y) in enumerate(zip(a, b, strict=True), 1) if not stands(x, y, rule, zones)]
    assert broken(tmp_path, *arrays, rule, zones) == expected


WALL = datetime(2026, 7, 1, 12)


@pytest.mark.parametrize(
    ("a", "b", "relation", "zone", "sound"),
    [
        (WALL, datetime(2026, 7, 1, 10, tzinfo=UTC), "==", "Europe/Berlin", True),
        (WALL, datetime(2026, 7, 1, 12, tzinfo=UTC), "==", "Europe/Berlin", False),
        (WALL, datetime(2026, 7, 1, 11, tzinfo=UTC), "<=", "Europe/Berlin", True),
        (WALL, datetime(2026, 7, 1, 11, tzinfo=UTC), "<=", None, False),
        (date(2026, 7, 1), datetime(2026, 6, 30, 22, tzinfo=UTC), "==", "Europe/Berlin", True),
        (datetime(2026, 10, 25, 2, 30), datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "==", "Europe/Berlin", True),
        (datetime(2026, 10, 25, 2, 30), datetime(2026, 10, 25, 1, 30, tzinfo=UTC), "==", "Europe/Berlin", True),
        (datetime(2026, 10, 25, 2, 30), datetime(2026, 10, 25, 1, 0, tzinfo=UTC), "==", "Europe/Berlin", False),
    ],
)
def test_a_wall_time_is_one_of_its_clock(
    tmp_path: Path, a: Any, b: datetime, relation: Relation, zone: str | None, sound: bool
) -> None:
    found = broken(tmp_path, pa.array([a]), pa.array([b]), Offset("a", relation, "b"), (zone, None))
    assert found == ([] if sound else [1])


def test_far_years_and_nulls_are_read_too(tmp_path: Path) -> None:
    a = pa.array([2**63 - 1, -(2**63), None, 0], pa.timestamp("us"))
    b = pa.array([2**63 - 1, -(2**63), 0, None], pa.timestamp("us", tz="UTC"))
    assert broken(tmp_path, a, b, Offset("a", "==", "b"), ("+02:00", None)) == [1, 2]
    assert broken(tmp_path, a, b, Offset("a", "<=", "b"), ("Europe/Berlin", None)) == []


def test_dates_of_two_clocks(tmp_path: Path) -> None:
    days = pa.array([date(2026, 7, 1)])
    assert broken(tmp_path, days, days, Offset("a", "<=", "b"), ("Europe/Berlin", "America/New_York")) == []
    assert broken(tmp_path, days, days, Offset("a", ">", "b"), ("Europe/Berlin", "America/New_York")) == [1]


def test_a_length_of_time_over_a_change_of_clocks(tmp_path: Path) -> None:
    """From 01:30 an hour later it is 03:30 on the night in which clocks skip an hour."""
    a, b = (pa.array([datetime(2026, 3, 29, hour, 30)] * 2) for hour in (3, 1))
    rule = Offset("a", "==", "b", timedelta(hours=1))
    assert broken(tmp_path, a, b, rule, ("Europe/Berlin", "Europe/Berlin")) == []
    assert broken(tmp_path, a, b, rule, (None, None)) == [1, 2]


def test_the_message_says_whose_clock_it_was(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"a": pa.array([WALL]), "b": pa.array([WALL.replace(tzinfo=UTC)])}), path)
    columns = (Column("a", zone="Asia/Kolkata"), Column("b"))
    (failure,) = scan(path, TableContract("t", columns, rules=(Offset("a", "==", "b"),))).failures
    assert failure.expected == "a = b (a in Asia/Kolkata)"
