"""Promises about time: of dates, of wall clocks, of columns without values, and of years beyond Python's."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.datasets.checks.service_levels import service_levels
from pytest_mlmonitor.datasets.checks.table import point_in_time
from tests.unit.datasets.plain import bare_table, column, judged, odcs, put, table
from tests.unit.support import messages, only

NOW = datetime(2026, 11, 28, 10, tzinfo=UTC)
US = pa.timestamp("us")


def promised(
    root: Path,
    values: list[Any],
    type_: pa.DataType,
    *promises: str,
    zone: str = "",
    logical: str = "timestamp",
    now: datetime = NOW,
    **more: Any,
) -> CheckResult:
    """Judge promises like ``freshness 1h`` of a column ``at`` with these values."""
    put(
        root,
        table(len(values), at=column(values, type_)),
        built_at=more.pop("built_at", now - timedelta(minutes=5)),
        stem="t",
    )
    clock = f", logicalTypeOptions: {{defaultTimezone: {zone}}}" if zone else ""
    lines = (
        f"{{property: {name}, value: {length}, element: trips.at}}"
        for name, _, length in (p.partition(" ") for p in promises)
    )
    odcs(root, f"{{name: at, logicalType: {logical}{clock}}}", levels="\n".join(lines))
    return judged(service_levels, root, now=now, **more)


def wall(moment: datetime, zone: str) -> datetime:
    return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


# Clocks.


@pytest.mark.parametrize(
    ("zone", "old", "status"),
    [
        ("Europe/Berlin", timedelta(minutes=10), "pass"),
        ("Europe/Berlin", timedelta(hours=2), "fail"),
        ("Australia/Sydney", timedelta(minutes=10), "pass"),
        ("Australia/Sydney", timedelta(hours=11), "fail"),
        ("America/New_York", timedelta(minutes=10), "pass"),
        ("America/New_York", timedelta(hours=4), "fail"),
        ("America/New_York", -timedelta(hours=4), "fail"),
    ],
)
def test_freshness_is_by_the_columns_own_clock(zone: str, old: timedelta, status: str, tmp_path: Path) -> None:
    moment = NOW - old
    assert promised(tmp_path / "naive", [wall(moment, zone)], US, "freshness 1h", zone=zone).status == status
    zoned = promised(tmp_path / "zoned", [moment], pa.timestamp("us", "UTC"), "freshness 1h", zone=zone)
    assert zoned.status == status  # it says its zone itself


def test_a_finding_shows_the_clock(tmp_path: Path) -> None:
    zone = "Australia/Sydney"
    finding = only(promised(tmp_path, [wall(NOW - timedelta(hours=11), zone)], US, "freshness 1h", zone=zone))
    said = "freshness: the newest at is 2026-11-28T10:00:00 (Australia/Sydney), 11 h old: expected at most 1 h"
    assert finding.message == said


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(
    zone=st.sampled_from(["Europe/Berlin", "Australia/Lord_Howe", "America/New_York"]),
    day=st.sampled_from([datetime(2026, 10, 25), datetime(2026, 3, 29), datetime(2026, 4, 5), datetime(2026, 11, 1)]),
    shown=st.integers(-24 * 4, 24 * 4).map(lambda n: timedelta(minutes=15 * n)),
    later=st.integers(-8, 100).map(lambda n: timedelta(minutes=15 * n)),
    promise=st.sampled_from(["freshness", "retention", "latency"]),
)
def test_a_promise_is_broken_where_it_is_for_every_moment_that_a_wall_time_may_be(
    zone: str, day: datetime, shown: timedelta, later: timedelta, promise: str, tmp_path: Path
) -> None:
    at = day + shown
    moments = sorted(at.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC) for fold in (0, 1))
    now = moments[0] + later
    result = promised(tmp_path, [at], US, f"{promise} 2h", zone=zone, now=now, built_at=now)
    # What has not come yet by more than the skew is not meant, unless nothing else is.
    possible = (
        [moment for moment in moments if moment - now <= timedelta(minutes=5)] if promise == "freshness" else moments
    )
    kept = any(now - moment <= timedelta(hours=2) for moment in possible)
    assert (result.status == "pass") == kept


# Dates.


@pytest.mark.parametrize("type_", [pa.date32(), pa.date64()])
@pytest.mark.parametrize("zone", ["", "Australia/Sydney", "America/New_York"])
def test_a_date_is_all_of_its_day_where_it_is_of(type_: pa.DataType, zone: str, tmp_path: Path) -> None:
    start, end = (datetime(2026, 11, day, tzinfo=ZoneInfo(zone or "UTC")).astimezone(UTC) for day in (27, 28))
    terms: dict[str, Any] = {"zone": zone, "logical": "date"}
    values = [date(2026, 11, 27)]

    def status(name: str, promise: str, now: datetime) -> str:
        return promised(tmp_path / name, values, type_, promise, now=now, built_at=now, **terms).status

    second, skew = timedelta(seconds=1), timedelta(seconds=300)
    assert status("begun", "freshness 1h", start - skew) == "pass"
    assert status("ahead", "freshness 1h", start - skew - second) == "fail"
    for promise in ("freshness", "retention", "latency"):
        assert status(f"{promise}-kept", f"{promise} 1h", end + timedelta(hours=1)) == "pass"
        assert status(f"{promise}-broken", f"{promise} 1h", end + timedelta(hours=1, seconds=1)) == "fail"


# Nothing to judge.


@pytest.mark.parametrize("type_", [US, pa.date32(), pa.date64(), pa.null(), pa.timestamp("ns", "UTC")])
def test_a_column_without_values_is_not_new_and_nothing_in_it_is_old(type_: pa.DataType, tmp_path: Path) -> None:
    result = promised(tmp_path, [None, None], type_, "freshness 1h", "retention 1h", "latency 1h")
    words = "cannot be judged: column at holds no value: all 2 rows are null"
    assert messages(result) == [f"freshness {words}", f"latency {words}"]
    alone = promised(tmp_path, [None], type_, "retention 1h")
    assert alone.status == "not_checked"
    assert alone.reason == "retention: column at holds no value that could be too old: its only row is null"


@pytest.mark.parametrize(
    ("values", "type_", "words"),
    [
        (["2026-11-27"], pa.string(), "holds text (string), not dates or timestamps; times in text are not read"),
        (["2026-11-27"], pa.large_string(), "holds text (large_string), not dates or timestamps"),
        ([20_261_127], pa.int64(), "holds int64, not dates or timestamps"),
        ([1], pa.duration("s"), "holds duration[s], not dates or timestamps"),
        ([True], pa.bool_(), "holds bool, not dates or timestamps"),
    ],
)
def test_a_column_of_another_type_is_named_with_it(
    values: list[Any], type_: pa.DataType, words: str, tmp_path: Path
) -> None:
    finding = only(promised(tmp_path, values, type_, "freshness 1h"))
    assert f"freshness cannot be judged: column at {words}" in finding.message


# Years beyond Python's, and what no microsecond holds.


@pytest.mark.parametrize(
    ("ticks", "type_", "words"),
    [
        (
            [-(2**62), 2**62],
            US,
            ["newest at is 148108-07-06T14:00:27.387904Z, 53355210 d 4 h in the future", "oldest at is -144169-"],
        ),
        ([-(2**31) + 1, 2**31 - 1], pa.date32(), ["newest at is 5881580-07-11", "oldest at is -5877641-06-24"]),
        (
            [-62_135_596_800, -62_135_596_800],
            pa.timestamp("s"),
            ["newest at is 0001-01-01T00:00:00Z, 739947 d 10 h old", "oldest"],
        ),
        ([253_402_300_799] * 2, pa.timestamp("s"), ["newest at is 9999-12-31T23:59:59Z, 2912111 d 13 h in the future"]),
        (
            [1_764_241_200_000_000_001] * 2,
            pa.timestamp("ns"),
            ["newest at is 2025-11-27T11:00:00.000000001Z, 365 d", "oldest"],
        ),
    ],
)
def test_any_year_is_judged_and_shown(ticks: list[int], type_: pa.DataType, words: list[str], tmp_path: Path) -> None:
    width = pa.int32() if type_ == pa.date32() else pa.int64()
    values = pa.array(ticks, width).view(type_)
    for zone in ("", "Europe/Berlin"):
        put(tmp_path, table(len(ticks), at=values), built_at=NOW)
        clock = f", logicalTypeOptions: {{defaultTimezone: {zone}}}" if zone else ""
        levels = "{property: freshness, value: 1d, element: at}\n{property: retention, value: 1d, element: at}"
        odcs(tmp_path, f"{{name: at{clock}}}", levels=levels)
        found = messages(judged(service_levels, tmp_path, now=NOW))
        assert len(found) == len(words)
        if not zone:
            assert all(word in message for word, message in zip(words, found, strict=True))


def test_a_nanosecond_more_than_allowed_is_more(tmp_path: Path) -> None:
    for more, status in ((0, "pass"), (1, "fail")):
        ticks = int((NOW - timedelta(hours=1)).timestamp()) * 10**9 - more
        values = pa.array([ticks], pa.int64()).view(pa.timestamp("ns"))
        put(tmp_path, table(1, at=values), built_at=NOW)
        odcs(tmp_path, "{name: at, logicalType: timestamp}", levels="{property: freshness, value: 1h, element: at}")
        assert judged(service_levels, tmp_path, now=NOW).status == status


# Others that compare times of a column.


def test_events_are_compared_with_the_build_by_their_own_clock(tmp_path: Path) -> None:
    zone, event = "Australia/Sydney", NOW - timedelta(minutes=10)
    put(tmp_path, table(1, at=column([wall(event, zone)], US)), built_at=NOW - timedelta(minutes=5))
    odcs(tmp_path, f"{{name: at, logicalType: timestamp, logicalTypeOptions: {{defaultTimezone: {zone}}}}}")
    assert judged(point_in_time, tmp_path, now=NOW).status == "pass"
    put(tmp_path, table(1, at=column([wall(event, zone)], US)), built_at=NOW - timedelta(minutes=15))
    for sidecar in tmp_path.glob(f"*{NOW - timedelta(minutes=5):%H%M%S}*"):
        sidecar.unlink()
    late = only(judged(point_in_time, tmp_path, now=NOW))
    assert "the last event 2026-11-28T20:50:00 (Australia/Sydney) lies 5 min after the build" in late.message


def test_latency_of_a_build_whose_name_says_no_zone_is_a_warning_while_it_hangs_on_it(tmp_path: Path) -> None:
    for hours, severity in ((1, None), (3, Severity.WARNING), (15.9, Severity.WARNING), (16.1, Severity.ERROR)):
        root = tmp_path / str(hours)
        event = datetime(2026, 11, 27, 8) - timedelta(hours=hours)
        bare_table(root, "trips_20261127_080000.parquet", table(1, at=column([event], US)))
        odcs(root, "{name: at, logicalType: timestamp}", levels="{property: latency, value: 2h, element: at}")
        assert judged(service_levels, root, now=NOW).severity == severity
