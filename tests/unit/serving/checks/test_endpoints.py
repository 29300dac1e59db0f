"""Every endpoint by its own latest window."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_mlmonitor.core.check import run_check
from pytest_mlmonitor.core.context import context_of
from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.serving.checks.endpoints import endpoint_health
from pytest_mlmonitor.serving.model import ServingWindow
from tests.unit.support import at, deployment, event, linked, messages, only, window

SLOW = {"latency_p95_ms": 600.0, "latency_p99_ms": 700.0}


def a(minute: float, **fields: Any) -> ServingWindow:
    return window(minute, endpoint_name="/a", **fields)


def b(minute: float, **fields: Any) -> ServingWindow:
    return window(minute, endpoint_name="/b", **fields)


def run(*windows: ServingWindow, now: float = 2, events: Any = (), **serving: Any) -> CheckResult:
    (made,) = linked(deployment(*windows, events=events), now=at(now), serving={"per_endpoint": True, **serving})
    assert endpoint_health.concerns(made, context_of(made))
    return run_check(endpoint_health, made)


def test_a_slow_endpoint_is_not_masked_by_the_one_recorded_after_it() -> None:
    finding = only(run(a(0), b(0), a(1, **SLOW), b(1)))
    assert finding.severity == Severity.WARNING
    assert finding.message == "endpoint /a degraded: p95=600.0ms > 500.0ms"
    assert (finding.column, finding.location) == ("endpoint_name", "metrics_1.jsonl:1")


def test_all_faults_of_an_endpoint_are_one_finding() -> None:
    result = run(a(0, failure_count=2, rejected_count=3, **SLOW), b(0, latency_p99_ms=1000.1))
    assert messages(result) == [
        "endpoint /a degraded: p95=600.0ms > 500.0ms, failure_rate=20.0% > 5.0%, rejection_rate=30.0% > 5.0%",
        "endpoint /b degraded: p99=1000.1ms > 1000.0ms",
    ]


def test_what_an_endpoint_once_was_does_not_count() -> None:
    assert run(a(0, **SLOW), b(0, **SLOW), a(1), b(1)).status == "pass"


@pytest.mark.parametrize(("minute", "silent"), [(19, False), (20, True)])
def test_an_endpoint_that_fell_silent(minute: float, silent: bool) -> None:
    """It is compared with its sisters, and its old latencies say nothing of now."""
    result = run(a(9, **({} if not silent else SLOW)), b(minute), now=minute + 1)
    assert messages(result) == (
        ["endpoint /a degraded: silence 11.0min > 10.0min before the deployment's latest"] if silent else []
    )
    assert run(a(9), b(19), now=600).status == "pass"  # all are silent: serving_health says so once


def test_silence_counts_in_expected_time() -> None:
    assert run(a(0), b(600), now=601, expected_traffic=["mon 06:00-22:00"]).status == "pass"


def test_a_retired_deployment_is_information() -> None:
    drained = [event(-1), event(3, traffic_status="drained")]
    finding = only(run(a(0, **SLOW), b(0), events=drained, now=60))
    assert finding.severity == Severity.INFO
    assert "retired" in finding.message


@pytest.mark.parametrize(
    ("windows", "serving"), [([a(0), b(0)], {}), ([a(0)], {"per_endpoint": True}), ([], {"per_endpoint": True})]
)
def test_otherwise_there_is_no_item(windows: list[ServingWindow], serving: dict[str, Any]) -> None:
    (made,) = linked(deployment(*windows, events=[event()]), serving=serving)
    assert not endpoint_health.concerns(made, context_of(made))


def test_called_by_a_person_it_needs_no_option() -> None:
    (made,) = linked(deployment(a(0), b(0)), now=at(1))
    assert endpoint_health(made).status == "pass"
    (silent,) = linked(deployment(events=[event()]), now=at(1))
    assert run_check(endpoint_health, silent).status == "not_checked"


def test_names_of_endpoints_are_data() -> None:
    finding = only(run(window(0, endpoint_name="/\x1b[31m\n::", **SLOW), b(0)))
    assert "\x1b" not in finding.message and "\n" not in finding.message
