"""Bounds of a column of wall times, against zoneinfo value by value."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from pytest_mlmonitor.core.text.hours.zones import readings
from pytest_mlmonitor.tables.contract.table import Column, TableContract
from pytest_mlmonitor.tables.moments import TimeValue, nanoseconds_of
from pytest_mlmonitor.tables.plan.wall_clock import on_its_clock
from pytest_mlmonitor.tables.scan.scan import scan

ZONES = ["Europe/Berlin", "Australia/Sydney", "Australia/Lord_Howe", "America/New_York", "Asia/Kolkata"]
NEAR = st.sampled_from(
    [
        datetime(2026, 10, 25, 1),
        datetime(2026, 3, 29, 1),
        datetime(2026, 4, 4, 15),
        datetime(2026, 11, 1, 6),
        datetime(2026, 7, 1),
    ]
)


def minutes(low: int, high: int) -> Any:
    return st.integers(low, high).map(lambda n: timedelta(minutes=15 * n))


def broken(column: Column, values: list[datetime], type_: pa.DataType, path: Path) -> int:
    pq.write_table(pa.table({column.name: pa.array(values, type_)}), path)
    return sum(failure.rows for failure in scan(path, TableContract("t", (column,))).failures)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(
    near=NEAR,
    offsets=st.lists(minutes(-60, 60), min_size=1, max_size=12),
    to_bound=minutes(-60, 60),
    name=st.sampled_from(ZONES),
    data=st.data(),
)
def test_a_wall_time_breaks_a_bound_where_every_moment_it_may_be_does(
    near: datetime, offsets: list[timedelta], to_bound: timedelta, name: str, data: st.DataObject, tmp_path: Path
) -> None:
    zone, bound = ZoneInfo(name), (near + to_bound).replace(tzinfo=UTC)
    walls = [near + offset + timedelta(hours=data.draw(st.integers(-11, 11))) for offset in offsets]
    walls = [wall for wall in walls if readings(wall, zone)[0].astimezone(zone).replace(tzinfo=None) == wall]
    assume(walls)
    moments = [readings(wall, zone) for wall in walls]
    for side, kept in (
        ("minimum", [last >= bound for _, last in moments]),
        ("above", [last > bound for _, last in moments]),
        ("maximum", [first <= bound for first, _ in moments]),
        ("below", [first < bound for first, _ in moments]),
    ):
        column = replace(Column("at", zone=name), **{side: bound})
        assert broken(column, walls, pa.timestamp("us"), tmp_path / "t.parquet") == kept.count(False), side
        zoned = [first for first, _ in moments]
        exact = {
            "minimum": datetime.__ge__,
            "above": datetime.__gt__,
            "maximum": datetime.__le__,
            "below": datetime.__lt__,
        }[side]
        assert broken(column, zoned, pa.timestamp("us", "UTC"), tmp_path / "t.parquet") == sum(
            not exact(moment, bound) for moment in zoned
        )


@pytest.mark.parametrize("type_", ["timestamp[us]", "timestamp[ns]", "date32[day]", "date64[ms]"])
def test_what_is_written_as_a_wall_time_is_compared_as_one(type_: str) -> None:
    noon = datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    column = Column("at", minimum=noon, above=noon, maximum=noon, below=noon, values=(noon,), zone="Europe/Berlin")
    wall = noon.replace(tzinfo=None)
    assert on_its_clock(column, type_) == Column(
        "at", minimum=wall, above=wall, maximum=wall, below=wall, values=(wall,), zone="Europe/Berlin"
    )


@pytest.mark.parametrize("type_", ["timestamp[us, tz=UTC]", "timestamp[ns, tz=Europe/Paris]", "string", "int64"])
def test_other_columns_stay_as_they_are(type_: str) -> None:
    column = Column("at", minimum=datetime(2026, 7, 1, tzinfo=UTC), zone="Europe/Berlin")
    assert on_its_clock(column, type_) is column
    assert on_its_clock(replace(column, zone=None), "timestamp[us]").minimum == column.minimum


def test_nanoseconds_and_other_years_have_a_clock_too() -> None:
    moment = datetime(2026, 7, 1, 10, tzinfo=UTC)
    fine, far = TimeValue("instant", nanoseconds_of(moment) + 1), TimeValue("instant", 10**30)
    column = on_its_clock(Column("at", minimum=fine, maximum=far, zone="Europe/Berlin"), "timestamp[ns]")
    assert column.minimum == TimeValue("instant", nanoseconds_of(datetime(2026, 7, 1, 12)) + 1)
    assert column.maximum == far


@pytest.mark.parametrize(
    ("bound", "zone"), [(datetime.min, "Asia/Tokyo"), (datetime.max, "America/New_York"), (datetime.max, "Asia/Tokyo")]
)
def test_the_ends_of_the_calendar_are_no_error(bound: datetime, zone: str) -> None:
    made = on_its_clock(
        Column("at", minimum=bound.replace(tzinfo=UTC), values=(bound.replace(tzinfo=UTC),), zone=zone), "timestamp[us]"
    )
    assert isinstance(made.minimum, datetime) and made.minimum.tzinfo is None
