"""Limits in messages."""

from __future__ import annotations

import pytest

from pytest_mlmonitor.tables.contract.prose.phrases import limit_in_words
from pytest_mlmonitor.tables.contract.table import Limit


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        (Limit(">", (6000.0,)), "more than 6,000"),
        (Limit("==", (0,)), "0"),
        (Limit("==", (1076123.0,)), "exactly 1,076,123"),
        (Limit("<", (0.1234567891,)), "less than 0.1234567891"),
        (Limit("between", (-1234567, 1234567.25)), "-1,234,567 to 1234567.25"),
        (Limit("<=", (2.5,), percent=True), "at most 2.5 %"),
        (Limit("<", (1e300,)), "less than 1e+300"),
        (Limit("<", (10**20,)), "less than 100,000,000,000,000,000,000"),
        (Limit("not between", (1, 3)), "less than 1 or more than 3"),
        (Limit("!=", (2,)), "anything but 2"),
        (Limit("==", (True,)), "true"),
    ],
)
def test_a_limit_is_written_exactly(limit: Limit, words: str) -> None:
    assert limit_in_words(limit) == words
