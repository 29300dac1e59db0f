"""Patterns of names: as fnmatch says, and never slow."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.core.text.globs import is_glob, matcher

LETTERS = st.text("ab*?[]!-.\n", max_size=8)


@given(LETTERS, st.text("ab[]!-.\n*", max_size=8))
def test_a_pattern_means_what_fnmatch_says(pattern: str, name: str) -> None:
    wanted = fnmatchcase(name, pattern) if is_glob(pattern) else name == pattern
    assert bool(matcher(pattern)(name)) == wanted


@pytest.mark.parametrize("pattern", ["*a" * 30 + "b", "*a?" * 20 + "[bc]", "*[ab]*" * 20 + "c", "*" * 200 + "b"])
def test_many_stars_end_on_a_hostile_name(pattern: str) -> None:
    assert not matcher(pattern)("a" * 10_000)


def test_letter_case_counts() -> None:
    assert matcher("Bike*")("Bikes")
    assert not matcher("Bike*")("bikes")
