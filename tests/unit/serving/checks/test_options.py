"""Serving health beyond specification 2.3: rates over more windows, and hours in which traffic is expected."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.core.check import run_check
from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.policy.thresholds import ServingPolicy
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.kinds import Platform
from pytest_mlmonitor.serving.checks.health import compute_health, serving_health
from pytest_mlmonitor.serving.fold.fold import Terms
from pytest_mlmonitor.serving.history import history_of, terms_of
from pytest_mlmonitor.serving.model import ServingWindow
from pytest_mlmonitor.serving.seen.limits import rates_of
from tests.unit.core.text.hours.test_weekly import named
from tests.unit.support import (
    METRICS,
    NOW,
    READER,
    at,
    copy_of_sample,
    deployment,
    event,
    linked,
    messages,
    only,
    platform_of,
    window,
)

HEALTHY = ("healthy", "all checks passed")


def verdict(*windows: ServingWindow, now: float, **policy: Any) -> tuple[str, str]:
    health = compute_health(deployment(*windows), at(now), ServingPolicy(**policy))
    return health.status, health.detail


def run(*windows: ServingWindow, now: float, events: Any = (), **serving: Any) -> CheckResult:
    (made,) = linked(deployment(*windows, events=events), now=at(now), serving=serving)
    return run_check(serving_health, made)


# -- rates over the last windows --------------------------------------------------------------------------------------


def test_one_failure_in_a_quiet_minute_is_outweighed_by_busy_ones() -> None:
    windows = [*(window(m, request_count=100) for m in range(4)), window(4, request_count=4, failure_count=1)]
    assert verdict(*windows, now=5) == ("degraded", "failure_rate=25.0% > 5.0%")
    assert verdict(*windows, now=5, rate_windows=5) == HEALTHY


def test_failures_that_the_latest_window_hides_are_seen() -> None:
    windows = [*(window(m, request_count=100, rejected_count=20) for m in range(4)), window(4, request_count=10)]
    assert verdict(*windows, now=5) == HEALTHY
    assert verdict(*windows, now=5, rate_windows=5) == ("degraded", "rejection_rate=19.5% > 5.0%")
    assert verdict(*windows, now=5, rate_windows=1) == HEALTHY


def test_windows_of_one_start_count_together() -> None:
    two = [window(1, endpoint_name="/a", request_count=10, failure_count=10), window(1, endpoint_name="/b")]
    assert verdict(window(0), *two, now=2) == HEALTHY
    assert verdict(window(0), *two, now=2, rate_windows=1) == ("degraded", "failure_rate=50.0% > 5.0%")


def test_fewer_windows_than_asked_for_are_said() -> None:
    finding = only(run(window(0), window(1), now=2, rate_windows=3))
    assert finding.severity == Severity.INFO
    assert finding.message.startswith("failure and rejection rate are of 2 windows, not of 3")
    assert run(window(0), window(1), now=2, rate_windows=2).findings == ()


def test_windows_beyond_six_hours_are_not_remembered() -> None:
    old, new = window(-400, failure_count=10), window(0)
    found = run(old, new, now=1, rate_windows=2, max_missing_windows=9999, max_gap_minutes=9999)
    assert "of 1 window, not of 2" in only(found).message


def test_a_deployment_that_is_silent_longer_is_judged_by_its_latest_window() -> None:
    policy = {"rate_windows": 3, "max_staleness_minutes": 9999}
    assert verdict(window(0, failure_count=1), now=500, **policy) == ("degraded", "failure_rate=10.0% > 5.0%")


def test_lookback_limits_them_too() -> None:
    windows = [window(0, failure_count=10), window(1), window(2)]
    assert verdict(*windows, now=3, rate_windows=3)[0] == "degraded"
    assert verdict(*windows, now=3, rate_windows=3, lookback_seconds=120) == HEALTHY


MINUTES = st.lists(
    st.tuples(
        st.integers(-420, 0), st.sampled_from(["/a", "/b"]), st.integers(0, 50), st.integers(0, 5), st.integers(0, 5)
    ),
    min_size=1,
    max_size=12,
    unique_by=lambda row: row[:2],
)


@given(MINUTES, st.integers(1, 9))
def test_rates_agree_with_a_second_reading(rows: list[tuple[int, str, int, int, int]], wanted: int) -> None:
    windows = [window(m, endpoint_name=e, request_count=r, failure_count=f, rejected_count=j) for m, e, r, f, j in rows]
    policy = ServingPolicy(rate_windows=wanted)
    found = rates_of(history_of(deployment(*windows), policy, at(1)), policy)
    starts = sorted({m for m, *_ in rows if m >= 1 - 360}, reverse=True)[:wanted]
    judged = [row for row in rows if row[0] in starts]
    if judged:
        sums = tuple(sum(row[place] for row in judged) for place in (2, 3, 4))
        assert (found.requests, found.failures, found.rejections) == sums
        assert found.starts == len(starts)


# -- expected traffic: 26 April 2026 is a Sunday, at(0) is noon -------------------------------------------------------

DAYTIME = {"expected_traffic": ["06:00-13:00"]}


def test_a_quiet_night_is_no_outage() -> None:
    last = window(59)
    assert verdict(last, now=180)[0] == "unhealthy"
    assert verdict(last, now=180, **DAYTIME) == HEALTHY
    assert verdict(last, now=18 * 60 + 9, **DAYTIME) == HEALTHY  # nine minutes of Monday's traffic are missing
    assert verdict(last, now=18 * 60 + 11, **DAYTIME) == ("unhealthy", "staleness 11.0min > 10.0min")


def test_what_fell_silent_before_the_night_is_stale_in_the_night() -> None:
    assert verdict(window(30), now=180, **DAYTIME) == ("unhealthy", "staleness 29.0min > 10.0min")


def test_gaps_count_in_expected_time_only() -> None:
    windows = [window(58), window(59), window(18 * 60), window(18 * 60 + 1)]
    now = 18 * 60 + 2
    assert verdict(*windows, now=now)[1].startswith("missing_windows=")
    assert verdict(*windows, now=now, **DAYTIME) == HEALTHY
    late = [*windows[:2], window(18 * 60 + 6)]
    health = compute_health(deployment(*late), at(now + 5), ServingPolicy(**DAYTIME))
    assert (health.missing_window_count, health.detail) == (6, "missing_windows=6 > 3")


def test_windows_without_requests_at_night_are_no_outage() -> None:
    silent = [window(m, request_count=0, success_count=0, prediction_count=0) for m in range(60, 65)]
    assert verdict(*silent, now=65)[0] == "unhealthy"
    assert verdict(*silent, now=65, **DAYTIME) == HEALTHY
    assert verdict(window(59, request_count=0), *silent, now=65, **DAYTIME)[0] == "unhealthy"


@given(
    st.lists(st.integers(0, 3 * 1440), min_size=1, max_size=8, unique=True),
    st.sampled_from([["06:00-22:00"], ["mon 00:00-24:00"], ["sun-mon 11:00-12:30", "tue 23:00-01:00"]]),
)
def test_missing_windows_agree_with_a_second_reading(minutes: list[int], hours: list[str]) -> None:
    minutes.sort()
    missing = 0
    for one, two in pairwise(minutes):
        expected = sum(any(named(text, at(m)) for text in hours) for m in range(one, two))
        missing += max(expected - 1, 1) if expected > 2 else 0
    windows = [window(m) for m in minutes]
    health = compute_health(deployment(*windows), windows[-1].window_end, ServingPolicy(expected_traffic=hours))
    assert health.missing_window_count == missing


def test_a_window_as_long_as_an_hour() -> None:
    windows = [window(h * 60, window_end=at(h * 60 + 60)) for h in (0, 18, 19)]
    policy = {"expected_window_seconds": 3600, "max_staleness_minutes": 100, "max_gap_minutes": 100}
    assert verdict(*windows, now=20 * 60, **policy, **DAYTIME) == HEALTHY


def test_lookback_and_expected_hours_together() -> None:
    windows = [window(58), window(18 * 60), window(18 * 60 + 1)]
    assert verdict(*windows, now=18 * 60 + 2, lookback_seconds=86_400, **DAYTIME) == HEALTHY


# -- figures ----------------------------------------------------------------------------------------------------------


def test_figures_are_those_of_the_verdict() -> None:
    result = run(window(0, failure_count=1, latency_p95_ms=250.0, latency_p99_ms=900.0), now=1)
    figures = {figure.name: figure.value for figure in result.figures}
    assert figures == {
        "serving_degraded": 1.0, "failure_rate": 0.1, "rejection_rate": 0.0, "latency_p95_ms": 250.0, "latency_p99_ms": 900.0,
        "role_active": 1.0,
    }  # fmt: skip
    assert {figure.column for figure in result.figures} == {"m"}


def test_a_retired_deployment_only_counts() -> None:
    drained = [event(-1), event(3, traffic_status="drained")]
    result = run(window(0), now=60, events=drained)
    assert [figure.name for figure in result.figures] == ["serving_retired", "role_retired"]
    assert "retired" in messages(result)[0]


@pytest.mark.parametrize("length", [timedelta(0), timedelta(hours=6)])
def test_policies_do_not_mix(length: timedelta) -> None:
    """A history folded under one policy says nothing of another."""
    made = linked(deployment(window(58), window(59), window(18 * 60)), now=at(18 * 60 + 1) + length)[0]
    assert compute_health(made, platform_of(made).now, ServingPolicy(**DAYTIME)).missing_window_count == 0
    assert compute_health(made, platform_of(made).now, ServingPolicy()).missing_window_count > 1000


# -- what earlier runs remember ---------------------------------------------------------------------------------------


def test_other_hours_are_another_memory(tmp_path: Path) -> None:
    root = copy_of_sample(tmp_path / "platform", "p5")
    (root / METRICS / "metrics_52.jsonl").unlink()
    found = []
    for hours in ((), ("06:00-13:50",), (), ("06:00-13:50",)):
        serving = {"expected_traffic": hours, "max_allowed_gap_factor": 1.0}
        platform = Platform([root], Settings(serving=serving), NOW, reader=READER, state=tmp_path / "state.db")
        found.append(platform.deployments()[0].history.judged.missing)
    assert found == [1, 0, 1, 0]


def test_hours_reach_the_processes_that_read() -> None:
    terms = terms_of(ServingPolicy(**DAYTIME), NOW)
    assert terms.expected == tuple((day * 1440 + 360, day * 1440 + 780) for day in range(7))
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(terms), type=Terms) == terms
