"""What names say of time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pytest_mlmonitor.core.text.stamps import dated
from pytest_mlmonitor.core.text.versions import family

MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2099, 12, 31)).map(lambda moment: moment.replace(microsecond=0))
NAMES = st.from_regex(r"[a-z]{1,8}([_-][a-z]{2,8}){0,2}", fullmatch=True)
DAYS = ("%Y%m%d", "%Y-%j", "%Y-%m-%d", "%Y_%m_%d", "%Y.%m.%d", "%d%b%Y", "%Y-%b-%d", "%G-W%V-%u", "%GW%V%u")
HOURS = ("%Y%m%dT%H", "%Y%m%d%H", "%Y-%m-%dT%H", "%Y-%m-%d-%H", "%Y%m%d_%H")
TIMES = (
    "%Y%m%d_%H%M%S",
    "%Y%m%d-%H%M%S",
    "%Y%m%dT%H%M%S",
    "%Y%m%d%H%M%S",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d_%H-%M-%S",
    "%Y_%m_%d_%H_%M_%S",
    "%Y-%m-%d %H:%M:%S",
)


def placed(name: str, text: str) -> list[str]:
    return [
        f"{name}_{text}",
        f"{name}-{text}",
        f"{name}.{text}",
        f"{text}_{name}",
        f"{name}@{text}",
        f"{name} ({text})",
    ]


@given(NAMES, MOMENTS, st.sampled_from(DAYS), st.integers(0, 5))
def test_a_day_is_taken_out_and_stands_for_all_of_it(name: str, moment: datetime, form: str, place: int) -> None:
    assume(dated(name).stamp is None)
    found = dated(placed(name, moment.strftime(form))[place])
    day = moment.replace(hour=0, minute=0, second=0)
    assert found.family == name and found.stamp is not None
    assert (found.stamp.start, found.stamp.end, found.stamp.precision) == (day, day + timedelta(days=1), "day")
    assert found.stamp.text == moment.strftime(form)


@given(NAMES, MOMENTS, st.sampled_from(HOURS))
def test_an_hour_stands_for_all_of_it(name: str, moment: datetime, form: str) -> None:
    found = dated(f"{name}_{moment.strftime(form)}")
    hour = moment.replace(minute=0, second=0)
    assert found.family == name and found.stamp is not None
    assert (found.stamp.start, found.stamp.end, found.stamp.precision) == (hour, hour + timedelta(hours=1), "hour")


@given(NAMES, MOMENTS, st.sampled_from(TIMES), st.integers(0, 5), st.sampled_from(["", "Z"]))
def test_a_time_is_a_point(name: str, moment: datetime, form: str, place: int, zone: str) -> None:
    text = moment.strftime(form) + zone
    found = dated(placed(name, text)[place])
    assert found.family == name and found.stamp is not None
    assert found.stamp.start == found.stamp.end == (moment.replace(tzinfo=UTC) if zone else moment)
    assert found.stamp.text == text and found.stamp.precision == "time"
    assert found.stamp.moment == moment.replace(tzinfo=UTC)


@given(
    NAMES, st.datetimes(datetime(2002, 1, 1), datetime(2033, 1, 1), timezones=st.just(UTC)), st.sampled_from([0, 3, 6])
)
def test_seconds_since_1970(name: str, moment: datetime, digits: int) -> None:
    ticks = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=10 ** (6 - digits))
    found = dated(f"{name}_{ticks}").stamp
    assert found is not None and found.start is not None
    assert timedelta(0) <= moment - found.start < timedelta(microseconds=10 ** (6 - digits))


@given(NAMES, MOMENTS, MOMENTS, st.sampled_from(DAYS[:3]), st.sampled_from(["_", "-", "_to_", "--"]))
def test_of_a_range_the_last_day_counts(name: str, first: datetime, last: datetime, form: str, between: str) -> None:
    found = dated(f"{name}_{first.strftime(form)}{between}{last.strftime(form)}")
    assert found.stamp is not None and found.stamp.start == last.replace(hour=0, minute=0, second=0)
    assert found.family == (f"{name}_to" if "to" in between else name)


@given(st.text(max_size=60))
def test_any_text_is_read_and_no_part_of_the_rest_is_invented(name: str) -> None:
    found = dated(name)
    assert len(found.family) <= len(name)
    assert found.stamp is not None or found.family == name
    assert found.stamp is None or found.stamp.text in name
    assert family(family(name)) == family(name) or dated(family(name)).stamp is not None


@given(st.from_regex(r"[0-9_.:TZ-]{0,40}", fullmatch=True))
def test_a_span_begins_before_it_ends(name: str) -> None:
    found = dated(name).stamp
    if found is not None and found.start is not None and found.end is not None:
        assert found.start <= found.end and (found.start == found.end) == (found.precision == "time")


@pytest.mark.parametrize(
    ("name", "rest", "precision"),
    [
        ("orders_2026-11", "orders", "month"),
        ("orders_202611", "orders", "month"),
        ("orders_Nov2026", "orders", "month"),
        ("orders_2026", "orders", "year"),
        ("orders_2026Q4", "orders", "quarter"),
        ("Q4_2026_orders", "orders", "quarter"),
        ("orders_2026-W48", "orders", "week"),
        ("orders_wk48", "orders_wk48", None),
        ("orders20261127", "orders", "day"),
        ("orders_dt=2026-11-27", "orders", "day"),
        ("orders_27.11.2026", "orders", "day"),
        ("orders-2026-11-27-eu", "orders-eu", "day"),
        ("sales_2024_20261127", "sales_2024", "day"),
        ("orders_20261127T0630-0500", "orders", "time"),
        ("orders_2026-11-27T06:30+01:00", "orders", "time"),
        ("orders_2026-11-27_06h30", "orders", "time"),
        # no times
        ("orders", "orders", None),
        ("orders_v2", "orders_v2", None),
        ("orders_42", "orders_42", None),
        ("orders-part-00000", "orders-part-00000", None),
        ("bikes2026", "bikes2026", None),
        ("orders_2026-11-31", "orders_2026-11-31", None),
        ("orders_2026-13", "orders_2026-13", None),
        ("v2026.11", "v2026.11", None),
        ("", "", None),
    ],
)
def test_forms(name: str, rest: str, precision: str | None) -> None:
    found = dated(name)
    assert (found.family, found.stamp and found.stamp.precision) == (rest, precision)


@pytest.mark.parametrize("text", ["20261399_999999", "20260230_120000"])
def test_an_impossible_stamp_still_belongs_to_its_family(text: str) -> None:
    found = dated(f"orders_{text}")
    assert found.family == "orders" and found.stamp is not None and found.stamp.start is None


def test_a_day_that_may_be_a_month_is_no_known_day() -> None:
    assert (found := dated("orders_03-04-2026").stamp) is not None and found.start is None
    assert (found := dated("orders_27-11-2026").stamp) is not None and found.start == datetime(2026, 11, 27)
    assert (found := dated("orders_11-27-2026").stamp) is not None and found.start == datetime(2026, 11, 27)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("27112026", datetime(2026, 11, 27)),
        ("11272026", datetime(2026, 11, 27)),
        ("12122026", datetime(2026, 12, 12)),
        ("03042026", None),
        ("W48-2026", datetime(2026, 11, 23)),
        ("KW48_2026", datetime(2026, 11, 23)),
    ],
)
def test_days_and_weeks_before_their_year(text: str, day: datetime | None) -> None:
    found = dated(f"orders_{text}")
    assert found.family == "orders" and found.stamp is not None and found.stamp.start == day


@pytest.mark.parametrize("name", ["orders_2026-366", "orders_2026-000", "orders_32012026", "orders_99999999"])
def test_impossible_days_are_names(name: str) -> None:
    assert dated(name).family == name
