"""Numbers and times in prose."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.core.text.words import count, duration, instant, listing, some


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (0.25, "0.25 s"),
        (59, "59 s"),
        (60, "1 min"),
        (3599, "59 min 59 s"),
        (7430, "2 h 3 min"),
        (-7430, "2 h 3 min"),
        (86400, "1 d"),
        (90061, "1 d 1 h"),
        (86_405, "1 d"),
    ],
)
def test_duration(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@given(st.floats(-1e12, 1e12))
def test_duration_has_at_most_two_units(seconds: float) -> None:
    assert 2 <= len(duration(seconds).split()) <= 4


def test_count() -> None:
    assert [count(0, "window"), count(1, "window"), count(1204, "window")] == ["0 windows", "1 window", "1,204 windows"]
    assert count(2, "entry", "entries") == "2 entries"


def test_instant() -> None:
    assert instant(datetime(2026, 4, 7, 8, tzinfo=UTC)) == "2026-04-07T08:00:00Z"
    assert instant(datetime(2026, 4, 7, 8, 0, 0, 5000, tzinfo=UTC)) == "2026-04-07T08:00:00.005000Z"


def test_listing() -> None:
    assert listing(["a", "b"]) == "a, b"
    assert listing([str(i) for i in range(1005)], 2) == "0, 1 and 1,003 more"
    assert some([2, 1, 2]) == "1, 2"
