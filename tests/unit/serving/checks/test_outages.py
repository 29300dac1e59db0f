"""Outages and predictions by the last windows of each endpoint: at the limits, and against the specification written down again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_mlmonitor.core.check import run_check
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.policy.thresholds import ServingPolicy
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.serving.checks.health import compute_health, serving_health
from pytest_mlmonitor.serving.checks.prediction_outputs import prediction_outputs
from pytest_mlmonitor.serving.checks.windows import arithmetic
from pytest_mlmonitor.serving.model import ServingWindow
from tests.unit.support import at, deployment, event, linked, messages, window


def outcomes(
    minute: float, requests: int, failed: int = 0, rejected: int = 0, *, apart: int = 0, **fields: Any
) -> ServingWindow:
    """Return a window with these outcomes; ``apart`` requests timed out and are no failures."""
    succeeded = requests - failed - rejected - apart
    counts = {
        "request_count": requests,
        "success_count": succeeded,
        "failure_count": failed,
        "rejected_count": rejected,
    }
    counts |= {"timeout_count": apart, "prediction_count": succeeded}
    return window(minute, **{**counts, **fields})


def outputs(minute: float, predictions: int, *bad: int, **fields: Any) -> ServingWindow:
    """Return a window with these predictions: null, not finite, out of range."""
    null, non_finite, out_of_range = (*bad, 0, 0, 0)[:3]
    counts = {"request_count": predictions, "success_count": predictions, "prediction_count": predictions}
    counts |= {"prediction_null_count": null, "prediction_non_finite_count": non_finite}
    return window(minute, **{**counts, "prediction_out_of_range_count": out_of_range, **fields})


def judged(check: Any, *windows: ServingWindow, now: float | None = None, **policy: Any) -> CheckResult:
    last = max(one.window_start for one in windows)
    moment = at(now) if now is not None else last + timedelta(minutes=2)
    (made,) = linked(deployment(*windows, events=[event(-9999)]), now=moment, serving=policy)
    result = run_check(check, made)
    assert result.status != "error", result.reason
    return result


def said(result: CheckResult, word: str) -> list[Finding]:
    return [finding for finding in result.findings if word in finding.message]


ERROR, WARNING = Severity.ERROR, Severity.WARNING


@pytest.mark.parametrize(
    ("windows", "policy", "severity"),
    [
        ([outcomes(0, 20, 10)], {}, WARNING),  # exactly 50 %
        ([outcomes(0, 20, 11)], {}, ERROR),
        ([outcomes(0, 20, 10, apart=1)], {}, ERROR),  # a timeout that is counted apart is no success
        ([outcomes(0, 19, 18)], {}, WARNING),  # fewer than 20, and one succeeded
        ([outcomes(0, 19, 19)], {}, ERROR),
        ([outcomes(0, 5, 5)], {}, ERROR),
        ([outcomes(0, 4, 4)], {}, WARNING),
        ([outcomes(m, 1, 1) for m in range(4)], {}, WARNING),
        ([outcomes(m, 1, 1) for m in range(5)], {}, ERROR),
        ([outcomes(0, 1), *(outcomes(m, 1, 1) for m in range(1, 6))], {}, ERROR),  # the last five of six
        ([*(outcomes(m, 1, 1) for m in range(5)), outcomes(5, 1)], {}, None),
        ([outcomes(0, 15), outcomes(1, 5, 5)], {}, WARNING),  # 5 of 20
        ([outcomes(0, 100, 100), outcomes(1, 19, 19), outcomes(2, 1)], {}, None),  # 19 of 20, but well again
        ([outcomes(0, 100, 100), outcomes(1, 19, 19), outcomes(2, 1, 0, 1)], {}, ERROR),
        ([outcomes(0, 1000), outcomes(1, 19, 19)], {}, WARNING),  # whole windows: 19 of 1,019
        ([outcomes(0, 1000), outcomes(1, 20, 20)], {}, ERROR),
        ([outcomes(0, 20, 0, 20)], {}, ERROR),  # nothing but rejections
        ([outcomes(0, 20, 0, 19)], {}, WARNING),
        ([outcomes(0, 20, 10, 10)], {}, ERROR),
        ([outcomes(0, 3, apart=3)], {}, WARNING),  # too few for an outage, and never green
        ([outcomes(0, 20, 11), outcomes(1, 0)], {}, ERROR),  # the latest window with requests
        ([outcomes(0, 20, 11)], {"failure_rate_error_pct": 55}, WARNING),
        ([outcomes(0, 20, 12)], {"failure_rate_error_pct": 55}, ERROR),
        ([outcomes(0, 10), outcomes(1, 10, 10)], {"failure_min_requests": 10}, ERROR),
        ([outcomes(0, 10), outcomes(1, 10, 10)], {"failure_min_requests": 11}, WARNING),
        ([outcomes(0, 20, 11, endpoint_name="/a"), outcomes(0, 500, endpoint_name="/b")], {}, ERROR),
        ([outcomes(0, 10, 10, endpoint_name="/a"), outcomes(0, 10, endpoint_name="/b")], {}, ERROR),
        ([outcomes(0, 4, 4, endpoint_name="/a"), outcomes(0, 10, endpoint_name="/b")], {}, None),
    ],
)
def test_an_outage_is_an_error_whatever_the_status(
    windows: list[ServingWindow], policy: dict[str, Any], severity: Severity | None
) -> None:
    assert judged(serving_health, *windows, **policy).severity == severity


@pytest.mark.parametrize(
    ("age", "policy", "found"),
    [
        (24 * 60, {}, True),  # its end is exactly 24 h ago
        (24 * 60 + 1, {}, False),
        (60, {"evidence_hours": 1}, True),
        (61, {"evidence_hours": 1}, False),
        (59, {"lookback_seconds": 3600}, True),
        (60, {"lookback_seconds": 3600}, False),
    ],
)
def test_windows_count_as_far_back_as_the_policy_says(age: float, policy: dict[str, Any], found: bool) -> None:
    """Of a quiet endpoint beside a busy one."""
    old = outcomes(-age - 1, 20, 20, endpoint_name="/old", prediction_count=20, prediction_null_count=20)
    busy = [outcomes(m, 10, endpoint_name="/new") for m in (-2, -1)]
    health = judged(serving_health, old, *busy, now=0, max_gap_minutes=9999, max_missing_windows=9999, **policy)
    assert bool(said(health, "outage")) == found
    assert bool(said(judged(prediction_outputs, old, *busy, now=0, **policy), "null")) == found


def test_the_result_is_the_one_of_the_specification() -> None:
    windows = [outcomes(0, 20, 20)]
    assert compute_health(deployment(*windows), at(2), ServingPolicy()).status == "degraded"
    assert messages(judged(serving_health, *windows))[0] == (
        "outage of endpoint /predict: none of the last 20 requests was answered with success"
    )
    assert next(figure.name for figure in judged(serving_health, *windows).figures) == "serving_unhealthy"


@pytest.mark.parametrize(
    ("windows", "policy", "severity"),
    [
        ([outputs(0, 100)], {}, None),
        ([outputs(0, 100, 1)], {}, None),  # exactly 1 %
        ([outputs(0, 100, 2)], {}, WARNING),
        ([outputs(0, 100, 5)], {}, WARNING),  # exactly 5 %
        ([outputs(0, 100, 6)], {}, ERROR),
        ([outputs(0, 100, 0, 6)], {}, ERROR),
        ([outputs(0, 100, 0, 0, 6)], {}, ERROR),
        ([outputs(0, 100, 3, 3, 3)], {}, WARNING),  # each by itself
        ([outputs(0, 99, 98)], {}, WARNING),  # fewer than 100
        ([outputs(0, 99, 99)], {}, ERROR),
        ([outputs(0, 5, 2, 2, 1)], {}, ERROR),
        ([outputs(0, 4, 4)], {}, WARNING),
        ([outputs(m, 1, 1) for m in range(4)], {}, WARNING),
        ([outputs(m, 1, 1) for m in range(5)], {}, ERROR),
        ([outputs(0, 2), outputs(1, 5, 5)], {}, ERROR),
        ([outputs(0, 94), outputs(1, 5, 5)], {}, ERROR),
        ([outputs(0, 95), outputs(1, 5, 5)], {}, WARNING),  # 5 of 100
        ([outputs(0, 100, 100), outputs(1, 100)], {}, None),  # well again
        ([outputs(0, 100, 100), outputs(1, 99)], {}, ERROR),  # whole windows, until they hold 100
        ([outputs(0, 100, 2)], {"prediction_warning_pct": 2}, None),
        ([outputs(0, 100, 4)], {"prediction_error_pct": 3}, ERROR),
        ([outputs(0, 10, 10, endpoint_name="/a"), outputs(0, 500, endpoint_name="/b")], {}, ERROR),
    ],
)
def test_predictions_that_are_none(
    windows: list[ServingWindow], policy: dict[str, Any], severity: Severity | None
) -> None:
    assert judged(prediction_outputs, *windows, **policy).severity == severity


SILENT = {"prediction_count": 0}


@pytest.mark.parametrize(
    ("windows", "severity"),
    [
        ([outcomes(0, 10, **SILENT)], ERROR),  # the only endpoint
        ([outcomes(0, 10, 10, **SILENT)], None),  # nothing was answered with success: that is an outage
        ([outcomes(0, 10, endpoint_name="/health", **SILENT), outcomes(0, 10)], None),
        (  # it predicted before, more than a day ago
            [outcomes(-1500, 10, endpoint_name="/a"), outcomes(0, 10, endpoint_name="/a", **SILENT), outcomes(0, 10)],
            ERROR,
        ),
        ([outcomes(0, 50), outcomes(1, 19, **SILENT)], None),  # 19 predictions missed
        ([outcomes(0, 50), outcomes(1, 20, **SILENT)], ERROR),
        ([outcomes(0, 50), outcomes(1, 20, **SILENT), outcomes(2, 1)], None),
        ([outcomes(0, 100, prediction_count=10), outcomes(1, 199, **SILENT)], None),  # one of ten is a prediction
        ([outcomes(0, 100, prediction_count=10), outcomes(1, 200, **SILENT)], ERROR),
        (
            [outcomes(m, 56, prediction_count=50) for m in range(3)] + [outcomes(m, 6, **SILENT) for m in range(3, 90)],
            None,
        ),
        (
            [outcomes(m, 56, prediction_count=50) for m in range(3)] + [outcomes(m, 9, **SILENT) for m in range(3, 90)],
            ERROR,
        ),
    ],
)
def test_answers_without_any_prediction(windows: list[ServingWindow], severity: Severity | None) -> None:
    result = judged(prediction_outputs, *windows)
    assert result.severity == severity
    assert bool(said(result, "without any prediction")) == (severity is not None)


def test_without_an_answered_request_it_is_not_checked() -> None:
    assert judged(prediction_outputs, outcomes(0, 0)).reason == (
        "no answered request within 24 h (serving.evidence_hours)"
    )
    assert judged(prediction_outputs, outcomes(0, 10), now=60, lookback_seconds=900).reason == (
        "no answered request within 15 min (serving.lookback_seconds)"
    )


# -- several instances and running totals ------------------------------------------------------------------------------


def test_of_several_instances_health_is_the_worse_of_the_two() -> None:
    sound = [outcomes(m, 500) for m in range(3)]
    broken = [outcomes(m, 500, 300, prediction_null_count=200) for m in range(3)]
    for pairs in (zip(sound, broken, strict=True), zip(broken, sound, strict=True)):
        both = [one for pair in pairs for one in pair]
        result = judged(serving_health, *both)
        (outage,) = said(result, "outage")
        assert outage.severity == ERROR
        assert "300 of the last 500 requests failed: 60.0% > 50.0%" in outage.message  # not 300 of 1,000
        (several,) = said(result, "several instances write")
        assert several.severity == WARNING
        assert "500 requests, 60.0% failed" in several.message
        assert "500 requests, 0.0% failed" in several.message
        (null,) = judged(prediction_outputs, *both).findings
        assert null.severity == ERROR
    assert judged(serving_health, *sound, *broken[1:]).severity is None  # two in a row are two restarts


def test_of_several_instances_the_worse_latest_window_decides() -> None:
    sound = [outcomes(m, 500) for m in range(4)]
    slow = [outcomes(m, 500, latency_p95_ms=700.0, latency_p99_ms=800.0) for m in range(4)]
    both = [one for pair in zip(sound, slow, strict=True) for one in pair]
    assert said(judged(serving_health, *both), "degraded: p95=700.0ms > 500.0ms (the second record of the window")
    assert not said(judged(serving_health, *both, outcomes(4, 500)), "p95=700.0ms > 500.0ms")


def test_several_instances_of_which_one_is_left_are_judged_by_that_one() -> None:
    sound = [outcomes(m, 500) for m in range(4)]
    broken = [outcomes(m, 500, 300, prediction_null_count=200) for m in range(4)]
    both = [one for pair in zip(sound, broken, strict=True) for one in pair]
    since = [outcomes(m, 500) for m in range(4, 30)]
    assert [one.message[:17] for one in judged(serving_health, *both, *since).findings] == ["several instances"]
    assert judged(prediction_outputs, *both, *since).findings == ()
    (outage,) = said(judged(serving_health, *both, outcomes(4, 1, 1)), "outage")
    assert "301 of the last 501 requests failed" in outage.message


@pytest.mark.parametrize(
    ("counts", "told"),
    [
        (range(10, 130, 10), True),
        (range(30, 150, 10), True),  # the first window of a running total may have been a busy one
        ([900, 950, 40, *range(50, 160, 10)], False),  # twelve, but from 40 on
        ([900, 950, 30, *range(40, 150, 10)], True),  # a restart: it counts anew
        (range(1000, 2000, 17), False),  # a morning: traffic doubles in an hour
        (range(100, 130), False),
        (range(1_000_000, 1_001_439), False),
        (range(1_000_000, 1_001_440), True),  # no traffic rises for a day
        (range(10, 120, 10), False),  # eleven
        ([*range(10, 120, 10), 119, 118], False),
        ([10] * 12, False),
        (range(130, 10, -10), False),
    ],
)
def test_running_totals_are_named(counts: Sequence[int], told: bool) -> None:
    result = judged(arithmetic, *(outcomes(minute, count) for minute, count in enumerate(counts)))
    assert bool(said(result, "running totals, not the counts of each window")) == told
    assert result.severity == (WARNING if told else None)


def test_traffic_that_grows_is_no_running_total_where_another_count_falls() -> None:
    windows = [outcomes(minute, 10 * minute + 10, failed=minute % 3) for minute in range(20)]
    assert judged(arithmetic, *windows).findings == ()


# -- a second reading of the specification -------------------------------------------------------------------------------


def ages(windows: Sequence[ServingWindow], now: datetime, policy: ServingPolicy) -> list[ServingWindow]:
    """Return the windows that are evidence, newest first."""
    kept = [one for one in windows if now - one.window_end <= timedelta(hours=policy.evidence_hours)]
    if policy.lookback_seconds is not None:
        kept = [one for one in kept if now - one.window_end < timedelta(seconds=policy.lookback_seconds)]
    return kept[::-1]


def until(windows: Sequence[ServingWindow], field: str, enough: int) -> tuple[list[ServingWindow], int]:
    taken, total = [], 0
    for one in windows:
        if total >= enough:
            break
        taken.append(one)
        total += getattr(one, field)
    return taken, total


def outage_plainly(windows: Sequence[ServingWindow], policy: ServingPolicy) -> bool:
    """Say whether the windows of one endpoint, newest first, are an outage."""
    asked, total = until(windows, "request_count", policy.failure_min_requests)
    enough = total >= policy.failure_min_requests
    if not enough:
        asked, total = until(windows, "request_count", 5)
        if total < 5:
            return False
    succeeded = sum(one.success_count for one in asked)
    lost = total - succeeded - sum(one.rejected_count for one in asked)
    if succeeded == 0:
        return True
    if not enough:
        return lost == total
    latest = next(one for one in windows if one.request_count)
    failed = latest.request_count - latest.success_count - latest.rejected_count
    bad = failed / latest.request_count * 100 > policy.failure_rate_pct
    bad = bad or latest.rejected_count / latest.request_count * 100 > policy.rejection_rate_pct
    return lost * 100 > policy.failure_rate_error_pct * total and bad


def predictions_plainly(windows: Sequence[ServingWindow], policy: ServingPolicy) -> Severity | None:
    """Say how bad the predictions of one endpoint are, by its windows, newest first."""
    asked, total = until(windows, "prediction_count", 100)
    if total == 0:
        return None
    kinds = ("prediction_null_count", "prediction_non_finite_count", "prediction_out_of_range_count")
    worst = max(sum(getattr(one, kind) for one in asked) * 100 for kind in kinds)
    if total >= 100:
        if worst > policy.prediction_error_pct * total:
            return ERROR
        return WARNING if worst > policy.prediction_warning_pct * total else None
    few, number = until(windows, "prediction_count", 5)
    if number >= 5 and sum(getattr(one, kind) for one in few for kind in kinds) == number:
        return ERROR
    return WARNING if worst > policy.prediction_warning_pct * total else None


@st.composite
def platforms(draw: Any) -> list[ServingWindow]:
    windows, minute = [], -draw(st.sampled_from([0, 30, 70, 1500]))
    for _ in range(draw(st.integers(1, 12))):
        minute += draw(st.sampled_from([1, 1, 1, 2, 30]))
        for name in draw(st.sampled_from([["/a"], ["/a", "/b"], ["/b"]])):
            requests = draw(st.sampled_from([0, 1, 2, 4, 5, 10, 20, 100]))
            rejected = draw(st.sampled_from([0, 0, 0, requests // 2, requests]))
            failed = draw(st.sampled_from([0, 0, (requests - rejected) // 2, requests - rejected]))
            succeeded = requests - rejected - failed
            counts = {"request_count": requests, "success_count": succeeded, "rejected_count": rejected}
            null = draw(st.sampled_from([0, 0, succeeded // 50, succeeded // 20, succeeded]))
            counts |= {
                "prediction_null_count": null,
                "prediction_non_finite_count": draw(st.integers(0, succeeded - null)),
            }
            counts |= {"failure_count": failed, "prediction_count": succeeded, "endpoint_name": name}
            windows.append(window(minute, **counts))
    return windows


@given(
    platforms(),
    st.sampled_from([0, 1, 59, 60]),
    st.builds(
        ServingPolicy,
        evidence_hours=st.sampled_from([0.5, 1.0, 24.0]),
        failure_min_requests=st.sampled_from([1, 5, 20, 100]),
        failure_rate_error_pct=st.sampled_from([10, 50, 99]),
        lookback_seconds=st.sampled_from([None, None, 1800.0, 7200.0]),
        max_staleness_minutes=st.just(9999),
    ),
)
@settings(max_examples=300)
def test_it_agrees_with_a_second_reading_of_the_specification(
    windows: list[ServingWindow], later: float, policy: ServingPolicy
) -> None:
    now = windows[-1].window_end + timedelta(minutes=later)
    (made,) = linked(
        deployment(*windows, events=[event(-9999)]), now=now, serving=policy.model_dump(exclude_unset=True)
    )
    by_endpoint = {
        name: ages([one for one in windows if one.endpoint_name == name], now, policy) for name in ("/a", "/b")
    }
    health, predictions = run_check(serving_health, made), run_check(prediction_outputs, made)
    assert health.status != "error", health.reason
    told = {name for name in by_endpoint if said(health, f"outage of endpoint {name}:")}
    assert told == {name for name, mine in by_endpoint.items() if outage_plainly(mine, policy)}
    answered = any(one.success_count for mine in by_endpoint.values() for one in mine)
    assert (predictions.status == "not_checked") == (not answered)
    for name, mine in by_endpoint.items():
        found = [one.severity for one in said(predictions, f"endpoint {name}")]
        assert max(found, default=None) == predictions_plainly(mine, policy), name
