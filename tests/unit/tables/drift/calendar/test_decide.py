"""What is found of the event time, and what is not: over encodings, spans, and features that only look like it."""

from __future__ import annotations

import calendar
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_mlmonitor.tables.drift.calendar.decide import follows
from pytest_mlmonitor.tables.drift.calendar.follows import Follows
from pytest_mlmonitor.tables.drift.calendar.observations import Observations, number_of
from pytest_mlmonitor.tables.drift.calendar.time_parts import DAY, HOUR, MINUTE, SUMMER_TIMES, week

BERLIN = ZoneInfo("Europe/Berlin")
ROWS = 4_000
STARTS = st.dates(datetime(2019, 1, 1).date(), datetime(2027, 6, 1).date())


def at(day: object) -> int:
    return (day.toordinal() - 719_163) * DAY  # type: ignore[attr-defined]


def times(start: int, days: float, seed: int, rows: int = ROWS) -> np.ndarray:
    """Return event times on a grid of 15 minutes."""
    grid = 15 * MINUTE
    return start + np.sort(np.random.default_rng(seed).integers(0, int(days * DAY / grid), rows)) * grid


def look(when: np.ndarray, values: object) -> Follows | None:
    """Look at a feature in two versions: the earlier and the later half."""
    versions = (np.arange(len(when)) * 2 // len(when)).astype(np.int64)
    return follows(Observations.of_numbers(when, versions, np.asarray(values, float), (0, 1)))


def local(of: Callable[[datetime], float], zone: ZoneInfo | None = None) -> Callable[[np.ndarray], np.ndarray]:
    """Return a feature as people compute it: of Python's datetimes."""

    def feature(when: np.ndarray) -> np.ndarray:
        distinct, places = np.unique(when, return_inverse=True)
        moments = [datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(t)) for t in distinct]
        return np.array([of(moment.astimezone(zone) if zone else moment) for moment in moments], float)[places]

    return feature


HOURS = {
    "hour": local(lambda t: t.hour),
    "hour from 1": local(lambda t: t.hour + 1),
    "sine": local(lambda t: np.sin(2 * np.pi * t.hour / 24)),
    "cosine as float32": local(lambda t: np.float32(np.cos(2 * np.pi * t.hour / 24))),
    "sine, rounded": local(lambda t: round(np.sin(2 * np.pi * t.hour / 24), 2)),
    "hour scaled": local(lambda t: t.hour / 23),
    "hour in Berlin": local(lambda t: t.hour, BERLIN),
    "hour in India": local(lambda t: (t + timedelta(hours=5.5)).hour),
    "hour and minutes": local(lambda t: t.hour + t.minute / 60),
    "minute of the day": local(lambda t: t.hour * 60 + t.minute),
    "sine of the time of day": local(lambda t: np.sin(2 * np.pi * (t.hour * 60 + t.minute) / 1440)),
    "minute": local(lambda t: t.minute),
}
WEEKDAYS = {
    "weekday": local(lambda t: t.weekday()),
    "weekday by ISO": local(lambda t: t.isoweekday()),
    "weekday of SQL": local(lambda t: t.isoweekday() % 7),
    "weekday of Spark": local(lambda t: t.isoweekday() % 7 + 1),
    "sine of the weekday": local(lambda t: np.sin(2 * np.pi * t.weekday() / 7)),
    "weekday in Berlin": local(lambda t: t.weekday(), BERLIN),
    "hour of the week": local(lambda t: t.weekday() * 24 + t.hour),
}
WEEKENDS = {
    "weekend": local(lambda t: t.weekday() >= 5),
    "workday": local(lambda t: t.weekday() < 5),
    "weekend in Berlin": local(lambda t: t.weekday() >= 5, BERLIN),
}
FLAGS = {
    "Monday": local(lambda t: t.weekday() == 0),
    "rush hour": local(lambda t: t.weekday() < 5 and t.hour in (7, 8, 16, 17)),
    "rush hour in Berlin": local(lambda t: t.weekday() < 5 and t.hour in (7, 8, 16, 17), BERLIN),
}
NIGHTS = {
    "night": local(lambda t: t.hour < 6),
    "night in Berlin": local(lambda t: t.hour < 6, BERLIN),
    "part of the day": local(lambda t: [3, 1, 4, 2][t.hour // 6]),
}
DATES = {
    "month": local(lambda t: t.month),
    "sine of the month": local(lambda t: np.sin(2 * np.pi * t.month / 12)),
    "day": local(lambda t: t.day),
    "day of the year": local(lambda t: t.timetuple().tm_yday),
    "week of the year": local(lambda t: t.isocalendar()[1]),
    "quarter": local(lambda t: (t.month + 2) // 3),
    "month from 0": local(lambda t: t.month - 1),
    "date": local(lambda t: int(t.strftime("%Y%m%d"))),
}
EDGES = {
    "first of the month": local(lambda t: t.day == 1),
    "last of the month": local(lambda t: t.day == calendar.monthrange(t.year, t.month)[1]),
}


def cases() -> list[tuple[str, Callable[[np.ndarray], np.ndarray], tuple[float, ...]]]:
    """Return features with the spans in days at which they must be found."""
    spans = [
        (HOURS, (2, 7, 8, 14, 28, 60, 400)),
        (WEEKDAYS, (8.5, 14, 28, 60, 400)),
        (WEEKENDS, (8.5, 14, 28, 60, 400)),
        (NIGHTS, (7, 14, 28, 60)),
        (FLAGS, (28, 60, 400)),
        (DATES, (100, 400, 800)),
        (EDGES, (120, 400, 800)),
    ]
    return [(name, feature, days) for features, days in spans for name, feature in features.items()]


@pytest.mark.parametrize(("feature", "spans"), [pytest.param(f, d, id=name) for name, f, d in cases()])
@settings(max_examples=6, deadline=None)
@given(data=st.data(), start=STARTS, seed=st.integers(0, 99))
def test_what_the_calendar_says_is_found(
    feature: Callable[[np.ndarray], np.ndarray], spans: tuple[float, ...], data: st.DataObject, start: object, seed: int
) -> None:
    when = times(at(start), data.draw(st.sampled_from(spans)), seed)
    found = look(when, feature(when))
    assert found is not None
    assert found.certain


@pytest.mark.parametrize("name", [*WEEKDAYS, *WEEKENDS])
def test_a_week_is_too_short_for_a_weekday(name: str) -> None:
    when = times(at(datetime(2026, 11, 2)), 7, 1)
    found = look(when, {**WEEKDAYS, **WEEKENDS}[name](when))
    assert found is not None  # it equals the formula …
    assert not found.certain  # … but so does the number of the day


def test_two_days_of_one_weekday_each_are_only_likely() -> None:
    when = np.concatenate([at(datetime(2026, 11, day)) + np.arange(96) * 15 * MINUTE for day in (26, 27)])
    found = look(when, HOURS["hour"](when) * 0 + WEEKDAYS["weekday"](when))
    assert found is not None
    assert (found.said, found.certain) == ("the weekday", False)


def by_day(values: np.ndarray, when: np.ndarray) -> np.ndarray:
    return values[when // DAY - when[0] // DAY]


def by_hour(values: np.ndarray, when: np.ndarray) -> np.ndarray:
    return values[when // HOUR - when[0] // HOUR]


Draw = Callable[[np.random.Generator, np.ndarray], np.ndarray]

OTHERS: dict[str, Draw] = {
    "a coin": lambda r, t: r.random(len(t)) < 0.5,
    "a rare flag": lambda r, t: r.random(len(t)) < 0.02,
    "a very rare flag": lambda r, t: r.random(len(t)) < 0.0008,
    "Poisson": lambda r, t: r.poisson(1, len(t)),
    "rare events": lambda r, t: r.poisson(0.05, len(t)),
    "normal": lambda r, t: r.normal(size=len(t)),
    "weather": lambda r, t: by_hour(np.round(r.normal(10, 5, 20_000), 1), t),
    "rain": lambda r, t: by_hour(r.random(20_000) < 0.05, t),
    "a random walk": lambda r, t: by_hour(np.cumsum(r.normal(size=20_000)), t),
    "temperature": lambda r, t: np.round(10 + 5 * np.sin(2 * np.pi * t / DAY) + by_hour(r.normal(size=20_000), t), 1),
    "price by day": lambda r, t: by_day(np.round(r.normal(10, 1, 900), 2), t),
    "one of seven prices by day": lambda r, t: by_day(r.integers(0, 7, 900), t),
    "number of the hour": lambda r, t: t // HOUR - t[0] // HOUR,
    "number of the day": lambda r, t: t // DAY - t[0] // DAY,
    "number of the day since 1970": lambda r, t: t // DAY,
    "seconds since 1970": lambda r, t: t // 1_000_000,
    "capacity of a station": lambda r, t: r.integers(10, 40, 30)[r.integers(0, 30, len(t))],
    "one step": lambda r, t: t > t[0] + (t[-1] - t[0]) * r.uniform(0.2, 0.8),
    "three steps": lambda r, t: (t - t[0]) * 3 // (t[-1] - t[0] + 1),
}


@pytest.mark.parametrize("name", OTHERS)
@settings(max_examples=12, deadline=None)
@given(start=STARTS, seed=st.integers(0, 10**6), days=st.sampled_from((8.5, 14, 21, 28, 60, 400)))
def test_what_only_looks_like_it_is_not_found(name: str, start: object, seed: int, days: float) -> None:
    when = times(at(start), days, seed)
    found = look(when, OTHERS[name](np.random.default_rng(seed), when))
    assert found is None or not found.certain


@settings(max_examples=40, deadline=None)
@given(
    start=STARTS, seed=st.integers(0, 10**6), share=st.sampled_from((0.1, 0.3, 0.5)), days=st.sampled_from((22, 28, 60))
)
def test_a_promotion_by_day_is_not_found(start: object, seed: int, share: float, days: float) -> None:
    """In a week or two a flag by day is the weekend by accident now and then: two of 256 patterns of eight days are."""
    when = times(at(start), days, seed)
    found = look(when, by_day(np.random.default_rng(seed).random(900) < share, when))
    assert found is None or not found.certain


def test_the_number_of_the_day_that_began_with_the_year_is_no_day_of_the_month() -> None:
    when = times(at(datetime(2026, 1, 1)), 28, 0)
    found = look(when, when // DAY - when[0] // DAY)
    assert found is None or not found.certain


def test_a_step_at_the_end_of_january_is_no_month() -> None:
    when = times(at(datetime(2026, 1, 10)), 40, 0)
    found = look(when, when >= at(datetime(2026, 2, 1)))
    assert found is None or not found.certain


# Versions.


def versions_of(when: np.ndarray, start: int) -> np.ndarray:
    """One version a day; the last two are compared and numbered first."""
    days = when // DAY - start // DAY
    return days.max() - days


def test_daily_tables_learn_the_weekday_from_the_versions_before() -> None:
    start = at(datetime(2026, 11, 2))
    for days, certain in ((3, False), (7, False), (8, True), (9, True), (30, True)):
        when = times(start, days, 3)
        seen = Observations.of_numbers(when, versions_of(when, start), WEEKDAYS["weekday"](when), (0, 1))
        found = follows(seen)
        assert found is not None
        assert found.certain is certain, days


def test_a_broken_version_before_says_nothing_of_the_rule() -> None:
    start = at(datetime(2026, 11, 2))
    when = times(start, 20, 3)
    versions = versions_of(when, start)
    broken = np.where(versions == 5, 9, WEEKDAYS["weekday"](when))
    found = follows(Observations.of_numbers(when, versions, broken, (0, 1)))
    assert found is not None
    assert found.certain
    assert found.versions == 19
    flag = np.where(versions == 5, 9, NIGHTS["night"](when))
    found = follows(Observations.of_numbers(when, versions, flag, (0, 1)))
    assert found is not None
    assert found.certain


@pytest.mark.parametrize("broken", [0, 1])
def test_a_broken_table_that_is_compared_follows_nothing(broken: int) -> None:
    start = at(datetime(2026, 11, 2))
    when = times(start, 20, 3)
    versions = versions_of(when, start)
    for feature in (WEEKDAYS["weekday"], HOURS["hour"], NIGHTS["night"]):
        for wrong in (0.0, 3.0):
            values = np.where(versions == broken, wrong, feature(when))
            assert follows(Observations.of_numbers(when, versions, values, (0, 1))) is None


def test_weekdays_counted_anew_are_a_drift() -> None:
    start = at(datetime(2026, 11, 2))
    when = times(start, 20, 3)
    versions = versions_of(when, start)
    values = WEEKDAYS["weekday"](when) + (versions == 0)
    assert follows(Observations.of_numbers(when, versions, values, (0, 1))) is None


def test_a_flag_that_was_set_for_the_first_time_is_no_weekday() -> None:
    start = at(datetime(2026, 11, 5))  # to Monday and Tuesday, whose numbers are 0 and 1
    when = times(start, 6, 3)
    versions = versions_of(when, start)
    assert follows(Observations.of_numbers(when, versions, (versions == 0) * 1.0, (0, 1))) is None


def test_one_stray_row_makes_no_history() -> None:
    when = times(at(datetime(2026, 11, 2)), 3, 3)
    when[0] -= 400 * DAY
    found = look(when, WEEKDAYS["weekday"](when))
    assert found is not None
    assert not found.certain


# Values.


def test_words_stand_for_weekdays_and_whatever_comes_again() -> None:
    when = times(at(datetime(2026, 11, 20)), 28, 3)
    versions = (np.arange(len(when)) % 2).astype(np.int64)
    for of in (
        lambda t: t.strftime("%Y-%m-%d"),
        lambda t: t.strftime("%Y%m%d"),
        lambda t: t.strftime("%Y/%m/%d %H"),
        lambda t: t.strftime("%Y-%m"),
        lambda t: t.strftime("%a"),
        lambda t: t.strftime("%A").upper(),
        lambda t: str(t.isoweekday()),
        lambda t: ["Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"][t.weekday()],
        lambda t: "night" if t.hour < 6 else "day",
        lambda t: "weekend" if t.weekday() >= 5 else "weekday",
    ):
        values = [of(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(t))) for t in when]
        found = follows(Observations.of_texts(when, versions, values, (0, 1)))
        assert found is not None
        assert found.certain
    names = np.random.default_rng(0).choice(["red", "green", "blue"], len(when)).tolist()
    assert follows(Observations.of_texts(when, versions, names, (0, 1))) is None


def test_rows_without_a_value_are_left_out() -> None:
    when = times(at(datetime(2026, 11, 2)), 28, 3)
    values = WEEKDAYS["weekday"](when)
    values[::7] = np.nan
    found = look(when, values)
    assert found is not None
    assert found.rows == np.isfinite(values).sum()
    assert look(when, np.full(len(when), np.nan)) is None


def test_infinities_and_odd_rows() -> None:
    when = times(at(datetime(2026, 11, 2)), 28, 3)
    values = WEEKDAYS["weekday"](when)
    values[[5, 3_000]] = np.inf, -np.inf
    found = look(when, values)
    assert found is not None
    assert found.certain
    values[::100] = np.inf
    assert look(when, values) is None


@pytest.mark.parametrize(
    ("word", "number"),
    [
        ("2026-11-27", 20_261_127),
        ("2026-11-27T13:00:05", None),
        ("-3", None),
        ("Mon", 0),
        ("tuesday", 1),
        ("SUN.", 6),
        ("Jan", 0),
        ("Mar", 2),
        ("sept", 8),
        ("no", 0),
        ("12", 12),
        ("t", 1),
        ("mo", None),
    ],
)
def test_words_for_numbers(word: str, number: float | None) -> None:
    assert number_of(word) == number


# Moments.


@given(st.datetimes(datetime(1990, 1, 1), datetime(2060, 1, 1)))
def test_weeks_are_those_of_iso(moment: datetime) -> None:
    micros = (moment - datetime(1970, 1, 1)) // timedelta(microseconds=1)
    assert week(np.array([micros]))[0] + 1 == moment.isocalendar()[1]


@pytest.mark.parametrize(
    ("zone", "standard"),
    [
        ("Europe/Berlin", 1),
        ("Europe/London", 0),
        ("America/New_York", -5),
        ("America/Chicago", -6),
        ("America/Denver", -7),
        ("America/Los_Angeles", -8),
        ("Australia/Sydney", 10),
        ("Pacific/Auckland", 12),
    ],
)
def test_clocks_are_changed_as_the_time_zone_database_says(zone: str, standard: int) -> None:
    laws = [law for law in SUMMER_TIMES if law.hours[0] <= standard <= law.hours[1]]
    law = laws[0] if zone != "Europe/London" else SUMMER_TIMES[0]
    for year in (2019, 2026, 2027):
        when = at(datetime(year, 1, 1)) + np.arange(0, 366 * 24 * 2) * (HOUR // 2)
        offset = local(lambda t: (t.utcoffset() or timedelta()).total_seconds() / 3600, ZoneInfo(zone))(when)
        assert np.array_equal(law.shift(when) // HOUR + standard, offset)
