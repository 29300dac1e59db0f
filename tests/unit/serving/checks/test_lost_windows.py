"""Minutes without a window between busy ones."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.core.check import run_check
from pytest_mlmonitor.core.context import context_of
from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.serving.checks.lost_windows import lost_windows
from pytest_mlmonitor.serving.model import ServingWindow
from tests.unit.support import at, deployment, event, linked, only, window


def run(*windows: ServingWindow, now: float = 100, events: Any = (), busy: int = 10, **serving: Any) -> CheckResult:
    (made,) = linked(deployment(*windows, events=events), now=at(now), serving={"busy_requests": busy, **serving})
    assert lost_windows.concerns(made, context_of(made))
    return run_check(lost_windows, made)


def test_a_gap_between_busy_windows() -> None:
    finding = only(run(window(0, request_count=24), window(1, request_count=40), window(3, request_count=12)))
    assert finding.severity == Severity.WARNING
    assert finding.message == (
        "1 window lost (1 min of busy time): none from 2026-04-26T12:02:00Z until 2026-04-26T12:03:00Z, "
        "though the windows beside hold 40 and 12 requests"
    )
    assert finding.location is not None and finding.location.endswith("2026-04-26/12/metrics_01.jsonl")


@pytest.mark.parametrize(
    ("first", "second", "lost"), [(10, 10, True), (9, 10, False), (10, 9, False), (500, 0, False), (11, 4000, True)]
)
def test_both_sides_must_be_busy(first: int, second: int, lost: bool) -> None:
    result = run(window(0, request_count=first), window(5, request_count=second))
    assert (result.status == "fail") is lost


def test_requests_of_all_endpoints_count_on_both_sides() -> None:
    both = [window(m, endpoint_name=e, request_count=5) for m in (0, 4) for e in ("/a", "/b")]
    assert "3 windows lost" in only(run(*both)).message
    assert run(*both, busy=11).status == "pass"
    assert run(*both[:3]).status == "pass"


def test_minutes_in_which_no_traffic_is_expected_are_not_lost() -> None:
    windows = [window(0), window(10)]
    assert "9 windows lost" in only(run(*windows)).message
    assert "4 windows lost" in only(run(*windows, expected_traffic=["12:00-12:05"])).message
    assert run(*windows, expected_traffic=["13:00-14:00"]).status == "pass"


def test_lookback_forgets_old_gaps() -> None:
    windows = [window(0), window(5), window(80), window(81)]
    assert "78 windows lost" in only(run(*windows)).message
    assert "74 windows lost" in only(run(*windows, lookback_seconds=3600)).message
    assert run(*windows, lookback_seconds=600).status == "pass"


def test_many_gaps_are_one_finding_that_names_the_latest() -> None:
    finding = only(run(*(window(2 * k) for k in range(9))))
    assert finding.message.startswith("8 windows lost (8 min of busy time): none from 2026-04-26T12:15:00Z")
    assert (finding.actual or "").startswith(
        "1 between 2026-04-26T12:14:00Z and 2026-04-26T12:16:00Z (10 and 10 requests)"
    )
    assert (finding.actual or "").endswith("… and 3 more gaps")


def test_more_gaps_than_are_remembered() -> None:
    assert only(run(*(window(2 * k) for k in range(202)), now=500)).message.startswith("at least 200 windows lost")


def test_a_retired_deployment_is_information() -> None:
    drained = [event(-1), event(30, traffic_status="drained")]
    finding = only(run(window(0), window(3), events=drained))
    assert finding.severity == Severity.INFO
    assert finding.message.endswith("says drained")


def test_without_the_option_there_is_no_item() -> None:
    (made,) = linked(deployment(window(0)))
    assert not lost_windows.concerns(made, context_of(made))
    assert run_check(lost_windows, made).status == "not_checked"
    (silent,) = linked(deployment(events=[event()]), serving={"busy_requests": 1})
    assert run_check(lost_windows, silent).status == "not_checked"


@given(st.dictionaries(st.integers(0, 40), st.integers(0, 4), min_size=1, max_size=12), st.integers(1, 3))
def test_it_agrees_with_a_second_reading(requests: dict[int, int], busy: int) -> None:
    minutes = sorted(requests)
    lost = [
        minute
        for one, two in pairwise(minutes)
        if requests[one] >= busy and requests[two] >= busy
        for minute in range(one + 1, two)
    ]
    result = run(*(window(m, request_count=n) for m, n in requests.items()), busy=busy)
    assert (result.findings[0].message.split()[0] if result.findings else "0") == str(len(lost))
