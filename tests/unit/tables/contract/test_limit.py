"""Limits in messages."""

from __future__ import annotations

import pytest

from pytest_mlmonitor.tables.contract.table import Limit


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        (Limit(">", (6000.0,)), "> 6,000"),
        (Limit("==", (0,)), "== 0"),
        (Limit("==", (1076123.0,)), "== 1,076,123"),
        (Limit("<", (0.1234567891,)), "< 0.1234567891"),
        (Limit("between", (-1234567, 1234567.25)), "between -1,234,567 and 1234567.25"),
        (Limit("<=", (2.5,), percent=True), "<= 2.5 %"),
        (Limit("<", (1e300,)), "< 1e+300"),
        (Limit("<", (10**20,)), "< 100,000,000,000,000,000,000"),
        (Limit("<", (float("inf"),)), "< inf"),
    ],
)
def test_a_limit_is_written_exactly(limit: Limit, words: str) -> None:
    assert str(limit) == words
