"""How old the newest version may get, by the distances of those that lie there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pytest_mlmonitor.commands.init.guesses.age_guess import age_guess
from pytest_mlmonitor.core.text.durations import parse_duration

NOW = datetime(2026, 11, 28, 2, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def days(*back: int) -> list[tuple[datetime, datetime]]:
    midnight = NOW.replace(hour=0)
    return [(midnight - n * DAY, midnight - (n - 1) * DAY) for n in back]


@pytest.mark.parametrize(
    ("versions", "limit", "words"),
    [
        (days(1, 2, 3, 4), "26h", "a new version every 24 h, and two hours"),
        (days(1, 2, 4, 5), "26h", "every 24 h"),  # a day is missing once: that is no habit
        (days(1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 15, 16), "74h", "at times after 3 days"),  # built on workdays
        (days(1, 8, 15), "7d2h", "every 7 days"),
        ([(NOW - timedelta(minutes=10 * i), NOW - timedelta(minutes=10 * i)) for i in range(1, 9)], "30m", "every 10 min"),
        (days(1), None, "one version says nothing"),
        (days(40, 41, 42), None, 'freshness = "26h"  a new version every 24 h, but the newest one ends 39 d 2 h ago'),
    ],
)  # fmt: skip
def test_a_limit_follows_from_the_distances(
    versions: list[tuple[datetime, datetime]], limit: str | None, words: str
) -> None:
    found = age_guess(versions, NOW)
    assert found.limit == limit and words in found.comment


def test_what_is_written_is_never_beyond_already() -> None:
    for late in range(0, 60):
        now = NOW + timedelta(hours=late)
        found = age_guess(days(1, 2, 3), now)
        age = now - NOW.replace(hour=0)
        assert (found.limit is None) == (age >= timedelta(hours=26))
        assert found.limit is None or age.total_seconds() < parse_duration(found.limit)
