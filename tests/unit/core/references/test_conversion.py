"""Values of theirs as ours: units, texts that hold numbers, and what is refused, with the likely unit."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.core.references.conversion import Unfit, conversion, end_of
from pytest_mlmonitor.core.references.units import EPOCHS, unit_fault
from pytest_mlmonitor.core.text.hours.zones import zone_of

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "unit"),
    [
        ("2026-11-27T12:00:00Z", None),
        ("2026-11-27T12:00:00.000000000Z", None),
        ("2026-11-27T13:00:00+01:00", None),
        ("2026-11-27 12:00:00", None),
        ("2026-11-27T12:00", None),
        ("20261127T120000Z", None),
        ("2026-11-27 12:00:00 UTC", None),
        ("2026-11-27 12:00:00.000 +0000 UTC", None),
        ("2026-11-27 12:00:00,000", None),
        (NOON, None),
        (NOON.replace(tzinfo=None), None),
        (1795780800, "epoch_s"),
        (1795780800.0, "epoch_s"),
        ("1795780800", "epoch_s"),
        (1795780800000, "epoch_ms"),
        (1795780800000000, "epoch_us"),
        (1795780800000000000, "epoch_ns"),
        ("27/Nov/2026:12:00:00 +0000", "%d/%b/%Y:%H:%M:%S %z"),
        ("2026-331 12", "%Y-%j %H"),
    ],
)
def test_times_in_every_form_are_one_moment(value: Any, unit: str | None) -> None:
    assert conversion("time", unit)(value) == NOON


def test_a_time_without_a_zone_is_of_the_sources() -> None:
    berlin = zone_of("Europe/Berlin")
    for value in ("2026-11-27 13:00:00", datetime(2026, 11, 27, 13)):
        assert conversion("time", None, berlin)(value) == NOON
    assert conversion("time", "%d.%m.%Y %H:%M", berlin)("27.11.2026 13:00") == NOON
    assert conversion("time", None, berlin)("2026-11-27T12:00:00Z") == NOON


@pytest.mark.parametrize(
    ("value", "unit", "end"),
    [
        ("2026-11-27", None, datetime(2026, 11, 28, tzinfo=UTC)),
        (date(2026, 11, 27), None, datetime(2026, 11, 28, tzinfo=UTC)),
        ("27.11.2026", "%d.%m.%Y", datetime(2026, 11, 28, tzinfo=UTC)),
        (20261127, "%Y%m%d", datetime(2026, 11, 28, tzinfo=UTC)),
        ("2026112712", "%Y%m%d%H", datetime(2026, 11, 27, 13, tzinfo=UTC)),
        ("2026-11", "%Y-%m", datetime(2026, 12, 1, tzinfo=UTC)),
        ("2026", "%Y", datetime(2027, 1, 1, tzinfo=UTC)),
        ("2026-11-27T00:00:00Z", None, None),
        (1795780800, "epoch_s", None),
    ],
)
def test_a_day_stands_for_all_of_it(value: Any, unit: str | None, end: datetime | None) -> None:
    moment = conversion("time", unit)(value)
    assert end_of(value, unit, moment) == end


def test_a_day_ends_at_the_midnight_of_its_zone_whatever_its_length() -> None:
    berlin = zone_of("Europe/Berlin")
    moment = conversion("time", None, berlin)("2026-10-25")  # 25 hours long
    end = end_of("2026-10-25", None, moment, berlin)
    assert end is not None and end - moment == timedelta(hours=25)


@pytest.mark.parametrize(
    ("value", "unit", "likely"),
    [
        (1795773600000, None, "epoch_ms"),
        (1795773600.25, None, "epoch_s"),
        ("1795773600000000", None, "epoch_us"),
        (1795773600000, "epoch_s", "epoch_ms"),
        (1795773600, "epoch_ms", "epoch_s"),
        (7, None, None),
        (97.0, "share-of", None),
    ],
)
def test_a_number_of_another_unit_is_refused_and_the_likely_one_named(
    value: Any, unit: str | None, likely: str | None
) -> None:
    if unit == "share-of":
        with pytest.raises(Unfit) as refused:
            conversion("share", None)(value)
        assert (refused.value.unit, refused.value.reading) == ("percent", "0.97")
        return
    with pytest.raises(Unfit) as refused:
        conversion("time", unit)(value)
    assert refused.value.unit == likely
    assert likely is None or refused.value.reading.startswith("2026-11-27T10:00:00")


@pytest.mark.parametrize(
    ("form", "unit", "value", "ours"),
    [
        ("milliseconds", None, 120, 120.0),
        ("milliseconds", "s", 0.12, 120.0),
        ("milliseconds", "us", 120_000, 120.0),
        ("milliseconds", "ns", 120_000_000, 120.0),
        ("seconds", None, 2, 2.0),
        ("seconds", "ms", 2500, 2.5),
        ("share", None, 0.97, 0.97),
        ("share", "percent", 97, 0.97),
        ("count", None, 5, 5),
        ("count", None, 5.0, 5),
        ("count", None, "5", 5),
        ("count", None, 2**63 - 1, 2**63 - 1),
        ("number", None, "-1.5e3", -1500.0),
        ("text", None, 3, "3"),
        ("text", None, "v1", "v1"),
        ("text", None, "  ", None),
        ("any", None, [1, {"a": 2}], [1, {"a": 2}]),
    ],
)
def test_units_and_texts_that_hold_a_number(form: str, unit: str | None, value: Any, ours: Any) -> None:
    made = conversion(form, unit)(value)
    assert made == pytest.approx(ours) if isinstance(ours, float) else made == ours
    assert type(made) is type(ours)


@pytest.mark.parametrize("form", ["milliseconds", "seconds", "share", "count", "number"])
@pytest.mark.parametrize(
    "value", [True, math.nan, math.inf, -math.inf, "", "nan", "5 ms", "1,000", [1], {"a": 1}, 10**400]
)
def test_what_is_no_number_is_none(form: str, value: Any) -> None:
    with pytest.raises(Unfit):
        conversion(form, None)(value)


@pytest.mark.parametrize(
    ("form", "value"),
    [
        ("count", -1),
        ("count", 1.5),
        ("count", 2**63),
        ("milliseconds", -0.5),
        ("share", -0.1),
        ("share", 101),
        ("text", True),
        ("text", ["a"]),
        ("text", math.nan),
        ("time", True),
        ("time", "yesterday"),
        ("time", "2026-13-01T00:00:00Z"),
        ("time", {}),
        ("time", ""),
    ],
)
def test_what_the_field_cannot_hold_is_refused(form: str, value: Any) -> None:
    with pytest.raises(Unfit) as refused:
        conversion(form, None)(value)
    assert refused.value.words.startswith("is ")


@pytest.mark.parametrize(
    ("form", "unit", "fault"),
    [
        ("time", "epoch_ms", None),
        ("time", "%Y-%m-%d", None),
        ("time", "%Q", "%Q is no part of a time"),
        ("time", "%H:%M", "says no year"),
        ("time", "ms", "allowed: iso, epoch_s"),
        ("milliseconds", "percent", "allowed: ms, s, us, ns"),
        ("share", "s", "allowed: share, percent"),
        ("count", "s", "is a count, which has no unit"),
        ("text", "epoch_s", "is a text, which has no unit"),
    ],
)
def test_a_unit_of_another_kind_of_field_is_a_mistake(form: str, unit: str, fault: str | None) -> None:
    said = unit_fault(form, unit)
    assert said is None if fault is None else said is not None and fault in said


@given(st.integers(0, 4_000_000_000_000), st.sampled_from(sorted(EPOCHS)))
def test_an_epoch_is_the_same_moment_in_every_unit(milliseconds: int, unit: str) -> None:
    number = milliseconds * EPOCHS[unit] // 1000
    try:
        moment = conversion("time", unit)(number)
    except Unfit as refused:
        assert refused.unit is not None  # noqa: PT017 (another unit is the likely one)
    else:
        expected = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
        assert abs(moment - expected) < timedelta(seconds=1)


@given(st.text(max_size=20) | st.integers() | st.floats() | st.booleans() | st.lists(st.integers(), max_size=2))
def test_any_value_becomes_ours_or_is_refused(value: Any) -> None:
    for form in ("text", "time", "milliseconds", "seconds", "share", "count", "number"):
        for unit in {"time": (None, "epoch_s", "%Y%m%d"), "milliseconds": (None, "s"), "share": (None, "percent")}.get(
            form, (None,)
        ):
            try:
                conversion(form, unit)(value)
            except Unfit as refused:
                assert refused.words  # noqa: PT017
