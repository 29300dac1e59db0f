"""Hours of the week: what is accepted, and the arithmetic against a clock that is walked minute by minute."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.core.text.hours.weekly import DAY, DAYS, WEEK, spans, stretches_within, time_within

MONDAY = datetime(2026, 4, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mon 06:00-22:00", ((360, 1320),)),
        ("MON  06:00 - 22:00 ", ((360, 1320),)),
        ("mon-tue 00:00-24:00", ((0, 2 * DAY),)),
        ("00:00-24:00", ((0, WEEK),)),
        ("tue,mon 06:00-07:00", ((360, 420), (DAY + 360, DAY + 420))),
        ("mon 22:00-06:00", ((1320, DAY + 360),)),
        ("sun 22:00-06:00", ((0, 360), (WEEK - 120, WEEK))),
        ("mon 22:00-00:00", ((1320, DAY),)),
        ("sun-mon 12:00-13:00", ((720, 780), (6 * DAY + 720, 6 * DAY + 780))),
        ("fri-mon 12:00-13:00", tuple((d * DAY + 720, d * DAY + 780) for d in (0, 4, 5, 6))),
    ],
)
def test_what_a_text_names(text: str, expected: tuple[tuple[int, int], ...]) -> None:
    assert spans((text,)) == expected


def test_spans_are_joined() -> None:
    assert spans(("mon 06:00-12:00", "mon 11:00-14:00", "mon 14:00-15:00")) == ((360, 900),)
    assert spans(()) == ()


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "mon-fri 06:00-22:00"),
        ("weekdays 06:00-22:00", "got 'weekdays"),
        ("mon 6-22", "mon-fri 06:00-22:00"),
        ("mon 06:00-25:00", "25:00"),
        ("mon 06:60-07:00", "06:60"),
        ("mon 06:00-24:01", "24:01"),
        ("mun 06:00-07:00", "'mun'"),
        ("mon-xyz 06:00-07:00", "'xyz'"),
        ("mon 06:00-06:00", "whole day is 00:00-24:00"),
        ("mon 24:00-06:00", "whole day is 00:00-24:00"),
        ("mon 06:00-07:00\nx", "mon-fri"),
        ("mon 0٦:00-07:00", "mon-fri"),
    ],
)
def test_a_text_that_is_none_is_refused(text: str, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        spans((text,))


@st.composite
def texts(draw: st.DrawFn) -> str:
    days = draw(st.sampled_from(["", "mon ", "sun ", "mon-fri ", "sat-mon ", "tue,thu-fri ", "wed-wed "]))
    first = draw(st.integers(0, DAY - 1))
    last = draw(st.integers(0, DAY).filter(lambda minute: minute != first))
    return f"{days}{first // 60:02}:{first % 60:02}-{last // 60:02}:{last % 60:02}"


def named(text: str, moment: datetime) -> bool:
    """Return whether a text names the minute at ``moment``, read naively: today's hours, or yesterday's that run on."""
    *days, hours = text.split()
    first, last = (int(part[:2]) * 60 + int(part[3:]) for part in hours.split("-"))
    minute = moment.hour * 60 + moment.minute
    today, yesterday = moment.weekday(), (moment.weekday() - 1) % 7
    if last > first:
        return _day(days, today) and first <= minute < last
    return (_day(days, today) and minute >= first) or (_day(days, yesterday) and minute < last)


def _day(days: list[str], day: int) -> bool:
    if not days:
        return True
    for part in days[0].split(","):
        first, last = (DAYS.index(name) for name in (part if "-" in part else f"{part}-{part}").split("-"))
        if (first <= day <= last) if first <= last else (day >= first or day <= last):
            return True
    return False


@given(st.lists(texts(), min_size=1, max_size=3), st.integers(-WEEK, 2 * WEEK), st.integers(0, 2 * DAY))
def test_it_agrees_with_a_clock_walked_minute_by_minute(names: list[str], start: int, length: int) -> None:
    begin = MONDAY + timedelta(minutes=start)
    walked = sum(any(named(name, begin + timedelta(minutes=m)) for name in names) for m in range(length))
    assert time_within(begin, begin + timedelta(minutes=length), spans(tuple(names))) == timedelta(minutes=walked)


MOMENTS = st.datetimes(datetime(1969, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))


@given(st.lists(texts(), max_size=3), MOMENTS, MOMENTS, MOMENTS)
def test_time_adds_up(names: list[str], one: datetime, two: datetime, three: datetime) -> None:
    expected = spans(tuple(names))
    whole = time_within(one, three, expected)
    assert time_within(one, two, expected) + time_within(two, three, expected) == whole
    assert abs(whole) <= abs(three - one)


def test_without_hours_all_time_is_expected() -> None:
    assert time_within(MONDAY, MONDAY + timedelta(seconds=1.5), ()) == timedelta(seconds=1.5)


def test_parts_of_a_minute_count() -> None:
    expected = spans(("mon 06:00-07:00",))
    assert time_within(MONDAY, MONDAY + timedelta(hours=6, seconds=1.5), expected) == timedelta(seconds=1.5)


hours = st.sampled_from(
    [(), ("mon-fri 06:00-22:00",), ("sun 22:00-06:00",), ("00:00-24:00",), ("tue 01:00-02:00", "sat 23:00-01:00")]
)
minutes = st.integers(-3 * WEEK, 3 * WEEK)


@given(hours, minutes, st.integers(0, 2 * WEEK))
def test_the_parts_within_are_as_long_as_the_time_within(texts: tuple[str, ...], first: int, length: int) -> None:
    expected, start = spans(texts), MONDAY + timedelta(minutes=first)
    end = start + timedelta(minutes=length)
    parts = stretches_within(start, end, expected)
    assert sum((high - low for low, high in parts), timedelta()) == time_within(start, end, expected)
    edges = [edge for part in parts for edge in part]
    assert edges == sorted(set(edges)) and all(start <= edge <= end for edge in edges)  # no two parts touch
    assert all(time_within(low, high, expected) == high - low for low, high in parts)
