"""Times of any year to the nanosecond, against Python's own where it has them and against numpy's beyond."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.tables.moments import TimeValue, clock, duration, instant, nanoseconds_of, written

NS = Fraction(10**9)
ZONES = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MORE = ("2026-01-01T00:00:00+24:00", "9" * 16 + "-01-01", "26-01-01", "\uff12026-01-01")
MOMENTS = st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31), timezones=ZONES | st.just(UTC))


@given(MOMENTS)
def test_what_datetime_holds_is_a_datetime(moment: datetime) -> None:
    assert instant(moment.isoformat()) == moment
    plain = moment.astimezone(UTC).replace(tzinfo=None)
    assert datetime.fromisoformat(written(nanoseconds_of(moment), NS)) == plain


@given(MOMENTS, st.integers(1, 999))
def test_nanoseconds_are_kept_and_in_order(moment: datetime, more: int) -> None:
    whole = moment.astimezone(UTC)
    text = f"{whole:%Y-%m-%dT%H:%M:%S}.{whole.microsecond:06d}{more:03d}Z".rjust(30, "0")
    found = instant(text)
    assert isinstance(found, TimeValue)
    assert found.nanoseconds == nanoseconds_of(moment) + more
    assert moment < found < moment + timedelta(microseconds=1)
    assert instant(str(found)) == found


@given(st.integers(-(2**62), 2**62))
def test_any_year_is_written_as_numpy_reads_it_and_read_again(seconds: int) -> None:
    text = written(seconds, Fraction(1))
    assert np.datetime64(text.replace(" ", "T"), "s") == np.datetime64(seconds, "s")
    found = instant(text)
    assert (found.nanoseconds if isinstance(found, TimeValue) else nanoseconds_of(found)) == seconds * 10**9


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026",
        "2026-13-01",
        "2026-02-30",
        "2100-02-29",
        "2026-01-01T24:00:00",
        "2026-01-01T00:00:00.0000000001Z",
        *MORE,
    ],
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"no date|no time of day|no zone"):
        instant(text)


def test_days_of_months_are_known_in_every_year() -> None:
    assert str(instant("2000-02-29")) == "2000-02-29 00:00:00+00:00"
    assert str(instant("12000-02-29")) == "12000-02-29 00:00:00+00:00"
    with pytest.raises(ValueError, match="no date"):
        instant("12100-02-29")


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [("PT1H30M", 5400 * 10**9), ("-P2DT0.5S", -172_800_500_000_000), ("P1W", 604_800 * 10**9), ("PT0.000000001S", 1)],
)
def test_lengths_of_time(text: str, nanoseconds: int) -> None:
    assert duration(text).nanoseconds == nanoseconds


@pytest.mark.parametrize("text", ["P", "PT", "P1Y", "P1M", "1H", "PT1.2.3S", "PT0.0000000001S", "P.D"])
def test_what_is_no_length_of_one_size_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"no length of time|finer"):
        duration(text)


def test_times_of_day() -> None:
    assert clock("08:30").nanoseconds == 30_600 * 10**9
    assert str(clock("08:30:00.000000001")) == "08:30:00.000000001"
    for text in ("8:30", "24:00", "08:60", "08:30:60", "noon"):
        with pytest.raises(ValueError, match="no time of day"):
            clock(text)


def test_times_of_different_kinds_have_no_order() -> None:
    with pytest.raises(TypeError):
        assert clock("08:30") < duration("PT1H")
