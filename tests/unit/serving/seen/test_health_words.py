"""Every detail that compares has words, and they are short."""

from __future__ import annotations

import pytest

from pytest_mlmonitor.serving.seen.health_words import health_in_words


@pytest.mark.parametrize(
    ("detail", "words"),
    [
        ("p95=612.0ms > 500.0ms", "p95 latency is 612.0 ms, allowed 500.0 ms"),
        ("p99=1612.0ms > 1000.0ms", "p99 latency is 1612.0 ms, allowed 1000.0 ms"),
        ("staleness 14.2min > 10.0min", "no window for 14 min 12 s, allowed 10 min"),
        ("failure_rate=7.0% > 5.0%", "7.0 % of requests failed, allowed 5.0 %"),
        ("rejection_rate=7.5% > 5.0%", "7.5 % of requests were rejected, allowed 5.0 %"),
        ("missing_windows=5 > 3", "5 windows are missing, allowed 3"),
        ("max_gap=6.0min > 5.0min", "a gap of 6 min between windows, allowed 5 min"),
        ("request_count == 0 across all evaluated windows", "no request in any window"),
    ],
)
def test_details_of_the_specification_in_words(detail: str, words: str) -> None:
    assert health_in_words(detail) == words
    assert len(words) <= 70


@pytest.mark.parametrize("detail", ["", "all checks passed", "something=3 > 2", "p95=x > y"])
def test_what_compares_nothing_has_no_other_words(detail: str) -> None:
    assert health_in_words(detail) is None
