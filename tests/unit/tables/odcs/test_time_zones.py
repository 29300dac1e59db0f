"""Whose clock a column's times are of: ``timezone`` and ``defaultTimezone`` of a property."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.tables.contract.types import NAIVE_TIMES, ZONED_TIMES
from pytest_mlmonitor.tables.moments import TimeValue, nanoseconds_of

from .test_document import column, contract, problem_of, read, unchecked

BERLIN = ZoneInfo("Europe/Berlin")


def options(text: str, logical: str = "timestamp") -> str:
    return f"logicalType: {logical}, logicalTypeOptions: {{{text}}}"


@pytest.mark.parametrize("logical", ["timestamp", "date"])
@pytest.mark.parametrize("zone", ["Europe/Berlin", "UTC", "+02:00", "America/Argentina/Buenos_Aires"])
def test_the_default_zone_is_kept_and_nothing_of_it_is_unchecked(logical: str, zone: str) -> None:
    terms = options(f'defaultTimezone: "{zone}"', logical)
    assert column(terms).zone == zone
    assert unchecked(terms) == ()


def test_a_property_of_no_type_is_a_time_where_it_has_a_clock() -> None:
    found = column("logicalTypeOptions: {defaultTimezone: Europe/Berlin}")
    assert (
        found.zone == "Europe/Berlin" and found.types and all(t.startswith(("timestamp", "date")) for t in found.types)
    )


def test_timezone_is_true_or_false_or_for_many_the_zone_itself() -> None:
    assert column(options("timezone: true, defaultTimezone: Europe/Berlin")).types == ZONED_TIMES
    assert column(options("timezone: false, defaultTimezone: Europe/Berlin")).types == NAIVE_TIMES
    named = column(options("timezone: Europe/Berlin"))
    assert named.zone == "Europe/Berlin" and named.types == column("logicalType: timestamp").types
    both = options("timezone: Asia/Tokyo, defaultTimezone: Europe/Berlin")
    assert column(both).zone == "Europe/Berlin"
    assert "timezone: is neither true nor false" in unchecked(both)[0]


@pytest.mark.parametrize("key", ["defaultTimezone", "timezone"])
@pytest.mark.parametrize("zone", ["Europe/Berln", "PST8", "'GMT plus 2'", "W. Europe Standard Time"])
def test_a_zone_that_there_is_not_is_named_with_its_line(key: str, zone: str) -> None:
    problem = problem_of(options(f"{key}: {zone}"))
    assert key in problem.key and zone.strip("'") in problem.message and "no known time zone" in problem.message


@pytest.mark.parametrize("value", ["7", "[UTC]", "true"])
def test_a_zone_that_is_no_text_is_named(value: str) -> None:
    assert "expected a time zone such as 'Europe/Berlin'" in problem_of(options(f"defaultTimezone: {value}")).message


@pytest.mark.parametrize("logical", ["string", "integer", "boolean", "time"])
def test_a_zone_that_nothing_uses_is_named(logical: str) -> None:
    assert "defaultTimezone: is a rule for dates and times" in unchecked(options("defaultTimezone: UTC", logical))[0]


def test_what_hangs_on_an_unknown_clock_is_not_judged() -> None:
    terms = options("defaultTimezone: Mars/Olympus, minimum: '2026-01-01', maxLength: 3")
    body = f"schema:\n  - name: orders\n    properties:\n      - {{name: x, {terms}, enum: ['2026-07-01']}}\n"
    level = "slaProperties:\n  - {property: %s, value: 1, unit: h%s}\n"
    for promise, element in (("freshness", ", element: orders.x"), ("retention", ", element: x"), ("latency", "")):
        (table,) = read(body + level % (promise, element)).tables
        found = table.contract
        assert (found.columns[0].minimum, found.columns[0].values, found.levels) == (None, None, ())
        assert any("slaProperties[0]" in line for line in found.unchecked)


@given(st.datetimes(datetime(1990, 1, 1), datetime(2040, 1, 1)).map(lambda moment: moment.replace(microsecond=0)))
def test_a_time_without_a_zone_is_of_the_default_one(wall: datetime) -> None:
    clock = "defaultTimezone: Europe/Berlin"
    assert column(options(f"{clock}, minimum: '{wall.isoformat()}'")).minimum == wall.replace(tzinfo=BERLIN)
    assert column(options(f"{clock}, maximum: '{wall.isoformat(sep=' ')}'")).maximum == wall.replace(tzinfo=BERLIN)
    assert column(options(f"{clock}, exclusiveMinimum: '{wall.isoformat()}Z'")).above == wall.replace(tzinfo=UTC)
    assert column(options(f"{clock}, exclusiveMaximum: '{wall.isoformat()}+05:30'")).below == wall.replace(
        tzinfo=UTC
    ) - timedelta(hours=5.5)
    assert column(options(f"maximum: '{wall.isoformat()}'")).maximum == wall.replace(tzinfo=UTC)
    day = wall.replace(hour=0, minute=0, second=0)
    found = contract(f"{{name: x, {options(clock)}, enum: ['{day.date()}', '{wall.isoformat()}Z']}}").columns[0]
    assert found.values == (day.replace(tzinfo=BERLIN), wall.replace(tzinfo=UTC))


def test_nanoseconds_are_of_the_default_zone_too() -> None:
    found = column(options("defaultTimezone: Europe/Berlin, minimum: '2026-07-01T12:00:00.000000001'")).minimum
    assert found == TimeValue("instant", nanoseconds_of(datetime(2026, 7, 1, 10, tzinfo=UTC)) + 1)


def test_bounds_of_two_zones_are_in_order() -> None:
    clock = "defaultTimezone: Asia/Tokyo, minimum: '2026-07-01T09:30:00'"
    assert column(options(f"{clock}, maximum: '2026-07-01T00:30:00Z'")).minimum is not None
    assert "nothing lies between" in problem_of(options(f"{clock}, maximum: '2026-07-01T00:29:00Z'")).message
