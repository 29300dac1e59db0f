"""The error budget: both windows of an alert, request-weighted, and too few requests to say."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.core.check import run_check
from pytest_mlmonitor.core.context import context_of
from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.serving.checks.burn_rate import enough, slo_burn_rate
from pytest_mlmonitor.serving.model import ServingWindow
from tests.unit.support import at, deployment, event, linked, messages, only, window


def run(windows: Iterable[ServingWindow], now: float = 0, events: Any = (), **serving: Any) -> CheckResult:
    made = linked(deployment(*windows, events=events), now=at(now), serving={"slo_target_pct": 99.9, **serving})[0]
    assert slo_burn_rate.concerns(made, context_of(made))
    result = run_check(slo_burn_rate, made)
    assert result.status != "error", result.reason
    return result


def minutes(first: int, last: int, failures: int, requests: int = 1000) -> list[ServingWindow]:
    return [window(m, request_count=requests, failure_count=failures) for m in range(first, last)]


def test_within_budget() -> None:
    result = run(minutes(-360, 0, 1))
    assert (result.status, result.findings) == ("pass", ())
    assert {f.name: round(f.value, 9) for f in result.figures} == {"burn_rate_1h": 1.0, "burn_rate_6h": 1.0}
    assert {f.column for f in result.figures} == {"m"}


@pytest.mark.parametrize(
    ("windows", "alerts"),
    [
        (minutes(-360, 0, 6), []),  # exactly 6: strictly greater, as everywhere
        ([*minutes(-360, -30, 5), *minutes(-30, 0, 17)], []),  # 6 over six hours, 17 over thirty minutes
        ([*minutes(-360, -30, 7), *minutes(-30, 0, 6)], []),  # more than 6 over six hours, 6 over thirty minutes
        (minutes(-360, 0, 7), ["6 h"]),
        (minutes(-360, 0, 14), ["6 h"]),
        (minutes(-360, 0, 15), ["1 h", "6 h"]),
        ([*minutes(-360, -60, 0), *minutes(-60, 0, 15)], ["1 h"]),  # 2.5 over six hours
        ([*minutes(-360, -5, 200), *minutes(-5, 0, 0)], ["6 h"]),  # over in the last five minutes, not in thirty
        ([*minutes(-360, -30, 200), *minutes(-30, 0, 0)], []),  # over
        ([*minutes(-360, -5, 0), *minutes(-5, 0, 100)], []),  # only just begun: 8.3 over one hour
        ([*minutes(-360, -5, 0), *minutes(-5, 0, 500)], ["1 h", "6 h"]),
    ],
)
def test_both_windows_of_an_alert_must_burn(windows: list[ServingWindow], alerts: list[str]) -> None:
    result = run(windows)
    assert [message.split(" over ")[1].split(" and ")[0] for message in messages(result)] == alerts
    assert all(finding.severity == Severity.ERROR for finding in result.findings)


def test_what_the_finding_says() -> None:
    finding = only(run([*minutes(-360, -60, 0), *minutes(-60, 0, 20)]))
    assert finding.message == (
        "the error budget of 99.9 % burns at 20.0 times its pace over 1 h and at 20.0 over 5 min: expected at most 14.4"
    )
    assert finding.actual == "1,200 of 60,000 requests failed in 1 h"


def test_rejected_requests_are_the_clients() -> None:
    assert run([window(m, request_count=1000, rejected_count=900) for m in range(-360, 0)]).findings == ()


def test_busy_minutes_weigh_more() -> None:
    """Fifty-five minutes with one request that fails, five with thousands that do not."""
    quiet = [window(m, request_count=1, failure_count=1) for m in range(-60, -5)]
    result = run([*quiet, *minutes(-5, 0, 0, 10_000)])
    assert messages(result) == []


@pytest.mark.parametrize(("requests", "status"), [(69, "not_checked"), (70, "fail")])
def test_too_few_requests_are_said(requests: int, status: str) -> None:
    result = run([window(-3, request_count=requests, failure_count=2)])
    assert result.status == status
    if status == "not_checked":
        assert "69 requests in 1 h, 70 needed; 69 requests in 6 h, 167 needed" in str(result.reason)
    else:  # the slower alert needs more, and says so
        assert "one of two burn rates is not judged: 70 requests in 6 h, 167 needed" in messages(result)


def test_silence_is_not_health() -> None:
    assert "0 requests in 1 h" in str(run(minutes(-900, -700, 500)).reason)
    assert run([], events=[event()]).status == "not_checked"


@given(st.sampled_from([6.0, 14.4]), st.floats(94, 99.999))
def test_one_failure_among_enough_requests_does_not_alert(rate: float, target: float) -> None:
    budget = round(1 - target / 100, 12)
    needed = enough(rate, budget)
    assert 1 / needed / budget <= rate * (1 + 1e-9)
    assert needed == 1 or 1 / (needed - 1) / budget > rate * (1 - 1e-9)


def test_windows_ahead_of_the_time_do_not_count() -> None:
    assert run([*minutes(-60, 0, 0), *minutes(5, 10, 1000)]).findings == ()


def test_a_retired_deployment_is_information() -> None:
    drained = [event(-400), event(-1, traffic_status="drained")]
    result = run(minutes(-360, 0, 500), events=drained)
    assert result.severity == Severity.INFO
    assert all("retired" in message for message in messages(result))
    assert result.figures == ()


def test_the_policy_may_page() -> None:
    (made,) = linked(
        deployment(*minutes(-360, 0, 500)),
        now=at(0),
        serving={"slo_target_pct": 99},
        severity={"slo_burn_rate": "critical"},
    )
    assert run_check(slo_burn_rate, made).severity == Severity.CRITICAL


def test_without_the_option_there_is_no_item() -> None:
    (made,) = linked(deployment(window(0)))
    assert not slo_burn_rate.concerns(made, context_of(made))
    assert run_check(slo_burn_rate, made).status == "not_checked"


ROWS = st.dictionaries(
    st.integers(-370, -1), st.tuples(st.integers(0, 400), st.integers(0, 40)), min_size=1, max_size=40
)


@given(ROWS, st.sampled_from([95.0, 99.0, 99.9]))
def test_it_agrees_with_a_second_reading(rows: dict[int, tuple[int, int]], target: float) -> None:
    def ratio(length: int) -> tuple[int, float]:
        judged = [pair for minute, pair in rows.items() if minute >= -length]
        total = sum(requests for requests, _ in judged)
        return total, sum(failures for _, failures in judged) / total if total else 0.0

    expected = []
    for rate, hours in ((14.4, 1), (6, 6)):
        total, long = ratio(60 * hours)
        _, short = ratio(5 * hours)
        limit = rate * round(1 - target / 100, 9)
        if total >= 1 / limit and long > limit and short > limit:
            expected.append(f"{hours} h")
    windows = [window(m, request_count=r, failure_count=f) for m, (r, f) in rows.items()]
    result = run(windows, slo_target_pct=target)
    found = [f.message.split(" over ")[1].split(" and ")[0] for f in result.findings if f.severity == Severity.ERROR]
    assert found == expected
