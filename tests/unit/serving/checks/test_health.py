"""Serving health (specification 2.3): every rule, their precedence, and strictly greater than."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.core.check import run_check
from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.core.policy.thresholds import ServingPolicy
from pytest_mlmonitor.serving.checks.health import compute_health, serving_health
from pytest_mlmonitor.serving.model import Deployment, ServingWindow
from tests.unit.support import at, deployment, event, linked, window


def verdict(*windows: ServingWindow, now: float | None = None, **policy: Any) -> tuple[str, str]:
    """Return status and detail, judged at the end of the last window unless told otherwise."""
    moment = at(now) if now is not None else max(w.window_end for w in windows)
    health = compute_health(deployment(*windows), moment, ServingPolicy(**policy))
    return health.status, health.detail


HEALTHY = ("healthy", "all checks passed")


def test_all_is_well() -> None:
    assert verdict(*map(window, range(5))) == HEALTHY


@pytest.mark.parametrize(
    ("fields", "detail"),
    [
        ({"latency_p95_ms": 500.0, "latency_p99_ms": 1000.0}, None),
        ({"latency_p95_ms": 612.04, "latency_p99_ms": 700.0}, "p95=612.0ms > 500.0ms"),
        ({"latency_p99_ms": 1302.46}, "p99=1302.5ms > 1000.0ms"),
        ({"request_count": 100, "failure_count": 5}, None),
        ({"request_count": 100, "failure_count": 7}, "failure_rate=7.0% > 5.0%"),
        ({"request_count": 100, "rejected_count": 5}, None),
        ({"request_count": 7, "rejected_count": 1}, "rejection_rate=14.3% > 5.0%"),
        ({"request_count": 1000, "failure_count": 51}, "failure_rate=5.1% > 5.0%"),
    ],
)
def test_rules_of_the_latest_window(fields: dict[str, Any], detail: str | None) -> None:
    assert verdict(window(0), window(1, **fields)) == (("degraded", detail) if detail else HEALTHY)
    assert verdict(window(0, **fields), window(1)) == HEALTHY


def test_staleness_is_counted_from_the_end_of_the_latest_window() -> None:
    assert verdict(window(0), now=11) == HEALTHY
    assert verdict(window(0), now=11 + 1 / 60) == ("unhealthy", "staleness 10.0min > 10.0min")
    assert verdict(window(0), now=15.2) == ("unhealthy", "staleness 14.2min > 10.0min")


def test_no_request_in_any_window() -> None:
    quiet = {"request_count": 0, "success_count": 0, "prediction_count": 0, "failure_count": 3}
    detail = ("unhealthy", "request_count == 0 across all evaluated windows")
    assert verdict(window(0, **quiet), window(1, **quiet)) == detail
    assert verdict(window(0), window(1, **quiet)) == HEALTHY  # zero requests: rate 0


@pytest.mark.parametrize(
    ("starts", "missing"),
    [
        ((0, 1, 2), 0),
        ((0, 2), 0),  # exactly window x factor apart
        ((0, 2.5), 1),
        ((0, 3), 2),
        ((0, 5), 4),
        ((0, 3, 6), 4),
        ((0, 2, 4, 6), 0),
        ((0, 0, 1), 0),
    ],
)
def test_missing_windows(starts: tuple[float, ...], missing: int) -> None:
    health = compute_health(deployment(*map(window, starts)), at(max(starts) + 1), ServingPolicy())
    assert health.missing_window_count == missing


@pytest.mark.parametrize(
    ("starts", "policy", "detail"),
    [
        ((0, 4), {}, None),
        ((0, 5), {}, "missing_windows=4 > 3"),
        ((0, 5), {"max_missing_windows": 4}, None),  # a gap of exactly 5 minutes
        ((0, 6), {"max_missing_windows": 99}, "max_gap=6.0min > 5.0min"),
        ((0, 5.1), {"max_missing_windows": 99}, "max_gap=5.1min > 5.0min"),
        ((0, 2), {"max_allowed_gap_factor": 1.5, "max_missing_windows": 0}, "missing_windows=1 > 0"),
        ((0, 1.75), {"max_allowed_gap_factor": 1.5, "max_missing_windows": 0}, "missing_windows=1 > 0"),
    ],
)
def test_gaps(starts: tuple[float, ...], policy: dict[str, Any], detail: str | None) -> None:
    assert verdict(*map(window, starts), **policy) == (("degraded", detail) if detail else HEALTHY)


def test_the_first_rule_that_holds_decides() -> None:
    """Everything is wrong at once; taking the first away shows the next."""
    bad = {"request_count": 10, "failure_count": 4, "rejected_count": 4, "latency_p95_ms": 600.0, "latency_p99_ms": 2e3}
    windows = [window(0), window(9, **bad)]
    steps: list[tuple[dict[str, Any], str]] = [
        ({}, "staleness"),
        ({"max_staleness_minutes": 99}, "missing_windows=8 > 3"),
        ({"max_missing_windows": 99}, "max_gap=9.0min > 5.0min"),
        ({"max_gap_minutes": 99}, "p95=600.0ms > 500.0ms"),
        ({"latency_p95_ms": 9999}, "p99=2000.0ms > 1000.0ms"),
        ({"latency_p99_ms": 9999}, "failure_rate=40.0% > 5.0%"),
        ({"failure_rate_pct": 99}, "rejection_rate=40.0% > 5.0%"),
        ({"rejection_rate_pct": 99}, "all checks passed"),
    ]
    policy: dict[str, Any] = {}
    for change, detail in steps:
        policy |= change
        assert verdict(*windows, now=30, **policy)[1].startswith(detail)
    silent = [window(m, request_count=0, latency_p95_ms=600.0, latency_p99_ms=2e3) for m in (0, 9)]
    assert verdict(*silent)[1] == "request_count == 0 across all evaluated windows"
    assert verdict(*silent, now=30)[1].startswith("staleness")


def test_latest_is_the_greatest_start_and_among_equals_the_last_read() -> None:
    first = window(1, endpoint_name="/a", latency_p95_ms=900.0, latency_p99_ms=950.0)
    second = window(1, endpoint_name="/b")
    assert verdict(window(0), first, second) == HEALTHY
    assert verdict(window(0), second, first)[1] == "p95=900.0ms > 500.0ms"


def test_the_json_of_the_specification() -> None:
    health = compute_health(deployment(window(0), window(1, model_version="v2")), at(2), ServingPolicy())
    assert health.to_dict() == {
        "deployment_id": "dep",
        "model_name": "m",
        "model_version": "v2",
        "bundle_id": "/models/run-1",
        "input_dataset_name": "d",
        "input_dataset_version": "2026-04-26T10:00:00Z",
        "status": "healthy",
        "evaluated_windows": 2,
        "latest_window_end": "2026-04-26T12:02:00Z",
        "missing_window_count": 0,
        "detail": "all checks passed",
    }


def test_lookback_limits_the_windows_judged() -> None:
    windows = deployment(window(0), window(20), window(21))
    assert compute_health(windows, at(22), ServingPolicy()).status == "degraded"
    health = compute_health(windows, at(22), ServingPolicy(lookback_seconds=120))
    assert (health.status, health.evaluated_windows) == ("healthy", 2)
    silent = compute_health(windows, at(200), ServingPolicy(lookback_seconds=60))
    assert (silent.status, silent.evaluated_windows) == ("unhealthy", 1)  # it fell silent before: no skip


def naive(windows: list[ServingWindow], now: datetime, p: ServingPolicy) -> tuple[str, int]:
    """Return the rule that decides and the missing windows, written down a second time from the specification."""
    latest = windows[-1]
    for candidate in windows:
        if candidate.window_start >= latest.window_start:
            latest = candidate
    gaps = [
        (windows[i + 1].window_start - windows[i].window_start) / timedelta(seconds=1) for i in range(len(windows) - 1)
    ]
    length = p.expected_window_seconds
    missing = sum(max(int(gap / length) - 1, 1) for gap in gaps if gap > length * p.max_allowed_gap_factor)
    n = latest.request_count
    rules = [
        ("staleness", (now - latest.window_end) > timedelta(minutes=p.max_staleness_minutes)),
        ("request_count", all(w.request_count == 0 for w in windows)),
        ("missing_windows", missing > p.max_missing_windows),
        ("max_gap", bool(gaps) and max(gaps) > p.max_gap_minutes * 60),
        ("p95", latest.latency_p95_ms > p.latency_p95_ms),
        ("p99", latest.latency_p99_ms > p.latency_p99_ms),
        ("failure_rate", n > 0 and latest.failure_count * 100 / n > p.failure_rate_pct),
        ("rejection_rate", n > 0 and latest.rejected_count * 100 / n > p.rejection_rate_pct),
    ]
    return next((name for name, holds in rules if holds), "all checks passed"), missing


WINDOWS = st.lists(
    st.builds(
        window,
        st.sampled_from([0, 1, 2, 3, 4, 5, 6, 7.5, 12, 20]),
        request_count=st.sampled_from([0, 0, 1, 20, 100]),
        failure_count=st.sampled_from([0, 1, 5, 6]),
        rejected_count=st.sampled_from([0, 1, 5, 6]),
        latency_p95_ms=st.sampled_from([10.0, 500.0, 500.1]),
        latency_p99_ms=st.sampled_from([10.0, 1000.0, 1000.1]),
        endpoint_name=st.sampled_from(["/a", "/b"]),
    ),
    min_size=1,
    max_size=7,
    unique_by=lambda w: w.key,
)
POLICIES = st.builds(
    ServingPolicy,
    max_allowed_gap_factor=st.sampled_from([1.0, 2.0, 2.5]),
    max_missing_windows=st.sampled_from([0, 3, 20]),
    max_gap_minutes=st.sampled_from([1.0, 5.0, 30.0]),
    max_staleness_minutes=st.sampled_from([1.0, 10.0]),
)


@given(WINDOWS, POLICIES, st.sampled_from([0, 1, 5, 10, 11, 25]))
def test_it_agrees_with_a_second_reading_of_the_specification(
    windows: list[ServingWindow], policy: ServingPolicy, later: int
) -> None:
    made: Deployment = deployment(*windows)
    now = max(w.window_end for w in made.windows) + timedelta(minutes=later)
    health = compute_health(made, now, policy)
    rule, missing = naive(list(made.windows), now, policy)
    assert health.detail.startswith(rule)
    assert health.missing_window_count == missing
    unhealthy = rule in ("staleness", "request_count")
    assert health.status == ("unhealthy" if unhealthy else "healthy" if rule == "all checks passed" else "degraded")


# -- what is made of it -----------------------------------------------------------------------------------------------

SLOW = {"latency_p95_ms": 600.0, "latency_p99_ms": 700.0}


def finding_of(*deployments: Deployment, now: float = 1) -> Any:
    made = linked(*deployments, now=at(now))
    result = run_check(serving_health, made[0])
    assert result.status != "error", result.reason
    return result.findings[0] if result.findings else None


def named(name: str, *windows: ServingWindow, **events: Any) -> Deployment:
    return deployment(*windows, name=name, events=[event(deployment_id=name, **events)])


@pytest.mark.parametrize(("now", "severity"), [(1, Severity.WARNING), (30, Severity.ERROR)])
def test_degraded_warns_and_unhealthy_fails(now: float, severity: Severity) -> None:
    finding = finding_of(deployment(window(0, **SLOW), events=[event()]), now=now)
    assert finding.severity == severity
    assert finding.location == "metrics_0.jsonl:1"
    assert finding_of(deployment(window(0)), now=1) is None


@pytest.mark.parametrize(
    ("other", "retired"),
    [
        ({"minute": 5}, True),
        ({"minute": -9}, False),
        ({"minute": 5, "traffic_status": "draining"}, False),
        ({"minute": 5, "service_name": "another"}, False),
        ({"minute": 5, "environment": "staging"}, False),
    ],
)
def test_a_later_active_deployment_of_the_service_retires_it(other: dict[str, Any], retired: bool) -> None:
    finding = finding_of(named("dep", window(0)), named("new", window(6), **other), now=60)
    assert finding.severity == (Severity.INFO if retired else Severity.ERROR)
    assert ("retired" in finding.message) is retired


def test_a_drained_deployment_is_retired() -> None:
    events = [event(-1), event(3, traffic_status="draining", activation_reason="drain")]
    finding = finding_of(deployment(window(0), events=events), now=60)
    assert finding.severity == Severity.INFO
    assert "says draining" in finding.message
    back = finding_of(deployment(window(0), events=[*events, event(5)]), now=60)
    assert back.severity == Severity.ERROR


def test_windows_of_two_deployments_are_refused() -> None:
    mixed = deployment(window(0), window(1, deployment_id="other"))
    with pytest.raises(ValueError, match="'other'"):
        compute_health(mixed, at(2), ServingPolicy())
