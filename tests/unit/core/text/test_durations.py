"""Lengths of time: every form a policy may have, and nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.core.text.durations import parse_duration

UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes", "s": "seconds"}


@given(
    st.lists(st.sampled_from(sorted(UNITS)), min_size=1, max_size=5, unique=True).flatmap(
        lambda units: st.tuples(
            st.just(units),
            st.lists(st.integers(0, 10_000), min_size=len(units), max_size=len(units)),
            st.sampled_from(["", " "]),
        )
    )
)
def test_a_duration_is_that_of_timedelta(parts: tuple[list[str], list[int], str]) -> None:
    units, numbers, space = parts
    text = space.join(f"{number}{unit}" for number, unit in zip(numbers, units, strict=True))
    expected = sum(
        (timedelta(**{UNITS[unit]: number}) for number, unit in zip(numbers, units, strict=True)), timedelta()
    )
    assert parse_duration(text) == expected.total_seconds()


@given(st.decimals(0, 10_000, places=3), st.sampled_from(sorted(UNITS)))
def test_a_number_may_have_a_fraction(number: object, unit: str) -> None:
    assert parse_duration(f"{number}{unit}") == pytest.approx(
        timedelta(**{UNITS[unit]: float(str(number))}).total_seconds()
    )


@pytest.mark.parametrize("text", ["26", "1.5", " 7 ", "0"])
def test_a_bare_number_is_refused_in_words_of_its_own(text: str) -> None:
    with pytest.raises(ValueError, match=r"has no unit: expected a length of time"):
        parse_duration(text)


@pytest.mark.parametrize(
    "text",
    ["", "h", "1 hour", "26H", "1h1h", "-1h", "1d-2h", "1d 12", "12 1d", "1mo", "1y", "PT4H", "1e3s", "١h", "1h\n2m"],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected a length of time: numbers with a unit \(s, m, h, d, w\)"):
        parse_duration(text)


@given(st.text(max_size=30))
def test_no_text_is_read_as_something_unfinished(text: str) -> None:
    try:
        assert 0 <= parse_duration(text) < float("inf")
    except ValueError:
        pass
