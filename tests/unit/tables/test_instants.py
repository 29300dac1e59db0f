"""Values of time columns on the line of UTC, against Python's datetime and zoneinfo."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.tables.families import TICKS
from pytest_mlmonitor.tables.instants import instant_of, seconds

ZONES = st.sampled_from(
    ["Europe/Berlin", "Australia/Sydney", "Australia/Lord_Howe", "America/New_York", "Asia/Kolkata"]
)
EPOCH = datetime(1970, 1, 1)


@given(st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1)), ZONES, st.sampled_from(sorted(TICKS)))
def test_a_wall_time_is_of_its_zone(wall: datetime, name: str, unit: str) -> None:
    ticks = (wall - EPOCH) // timedelta(microseconds=1) * TICKS[unit] // 10**6
    wall = EPOCH + timedelta(microseconds=ticks * 10**6 // TICKS[unit])
    found = instant_of(ticks, f"timestamp[{unit}]", name)
    meant = sorted(seconds(wall.replace(tzinfo=ZoneInfo(name), fold=fold).astimezone(UTC)) for fold in (0, 1))
    assert [found.earliest, found.latest] == meant
    assert (found.day, found.text) == (False, f"{wall.isoformat()} ({name})")


@given(st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1)), ZONES)
def test_what_has_a_zone_needs_none(moment: datetime, name: str) -> None:
    ticks = (moment - EPOCH) // timedelta(microseconds=1)
    for type_, zone in (("timestamp[us, tz=Europe/Paris]", name), ("timestamp[us]", None)):
        found = instant_of(ticks, type_, zone)
        assert found.earliest == found.latest == seconds(moment.replace(tzinfo=UTC))
        assert found.text == f"{moment.isoformat()}Z"


@given(st.dates(date(1950, 1, 1), date(2100, 1, 1)), ZONES | st.none())
def test_a_date_is_all_of_its_day_there(day: date, name: str | None) -> None:
    days = (day - EPOCH.date()).days
    zone = ZoneInfo(name) if name else UTC
    start, end = (datetime(d.year, d.month, d.day, tzinfo=zone) for d in (day, day + timedelta(days=1)))
    for ticks, type_ in ((days, "date32[day]"), (days * 86_400_000 + 7, "date64[ms]")):
        found = instant_of(ticks, type_, name)
        assert (found.earliest, found.latest) == (seconds(start.astimezone(UTC)), seconds(end.astimezone(UTC)))
        assert (found.day, found.text) == (True, day.isoformat())


@pytest.mark.parametrize(
    ("ticks", "type_", "text"),
    [
        (2**31 - 1, "date32[day]", "5881580-07-11"),
        (-(2**62), "timestamp[us]", "-144169-06-28T09:59:32.612096Z"),
        (2**62, "timestamp[s]", "146138514283-06-19T07:45:04Z"),
        (1, "timestamp[ns]", "1970-01-01T00:00:00.000000001Z"),
        (-62_135_596_800, "timestamp[s]", "0001-01-01T00:00:00Z"),
    ],
)
def test_any_year_is_exact(ticks: int, type_: str, text: str) -> None:
    for zone in (None, "Europe/Berlin"):
        found = instant_of(ticks, type_, zone)
        assert found.text.removesuffix("Z").startswith(text[:10])
        assert (
            abs(
                found.earliest
                - ticks
                / Fraction(
                    *{"d": (1, 86_400), "s": (1,), "u": (10**6,), "n": (10**9,)}["d" if "date" in type_ else type_[10]]
                )
            )
            <= 86_400
        )
    assert instant_of(ticks, type_).text == text
