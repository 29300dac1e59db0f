"""Options of serving health on the scenarios of ``good/p5`` that they were made for."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from pytest_mlmonitor.core.check import run_check
from pytest_mlmonitor.core.context import context_of
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.kinds import Platform, built_in

from .shared import GOOD, READER, WHY_SKIPPED

pytestmark = pytest.mark.skipif(not GOOD.is_dir(), reason=WHY_SKIPPED)


def found(scenario: str, check: str, **serving: Any) -> list[tuple[str, str]]:
    """Return the severity and message of every finding of ``check`` in a scenario."""
    times = json.loads((GOOD / "p5" / "scenarios.json").read_text(encoding="utf-8"))
    now = datetime.fromisoformat(times[scenario]["eval_time"])
    platform = Platform([GOOD / "p5" / scenario], Settings(serving=serving), now, reader=READER)
    (made,) = [each for each in built_in() if (each.kind, each.name) == ("deployment", check)]
    results = [run_check(made, d, platform.settings) for d in platform.deployments() if made.concerns(d, context_of(d))]
    return [(finding.severity.word, finding.message) for result in results for finding in result.findings]


def test_windows_that_the_real_service_lost() -> None:
    """It was sent 514 requests, and 387 are in its windows: what is lost shows where traffic is steady."""
    ((severity, message),) = found("http_app_realtime", "lost_windows", busy_requests=50)
    assert severity == "warning"
    assert "1 window lost (1 min of busy time): none from 2026-04-24T12:30:00Z until 2026-04-24T12:31:00Z" in message
    first, second = found("http_app", "lost_windows", busy_requests=4)
    assert first[0] == "info" and "3 windows lost" in first[1] and "dep-a-http-2 took over" in first[1]
    assert second[0] == "warning" and "none from 2026-04-24T10:17:00Z until 2026-04-24T10:18:00Z" in second[1]


def test_no_window_of_the_other_scenarios_is_lost() -> None:
    for scenario in ("healthy", "midnight", "rollback", "two_endpoints", "single_window"):
        assert found(scenario, "lost_windows", busy_requests=20) == []


@pytest.mark.parametrize(
    ("scenario", "endpoint"),
    [
        ("two_endpoints_first_slow", "/predict"),
        ("two_endpoints_second_slow", "/predict/batch"),
        ("two_endpoints", None),
    ],
)
def test_the_slow_endpoint_is_the_one_that_is_slow(scenario: str, endpoint: str | None) -> None:
    messages = [message for _, message in found(scenario, "endpoint_health", per_endpoint=True)]
    assert [message.split()[1] for message in messages] == ([endpoint] if endpoint else [])


def test_an_endpoint_alone_is_judged_once() -> None:
    assert found("degraded_p95", "endpoint_health", per_endpoint=True) == []


def test_a_failure_rate_of_one_minute_and_of_thirty() -> None:
    assert "failure_rate=" in found("degraded_failure_rate", "serving_health")[0][1]
    assert found("degraded_failure_rate", "serving_health", rate_windows=30) == []
    assert found("recovered", "serving_health") == []
    assert found("recovered", "serving_health", rate_windows=30, failure_rate_pct=4)[0][0] == "warning"


def test_a_stale_deployment_in_a_quiet_hour() -> None:
    assert found("unhealthy_stale", "serving_health")[0][0] == "error"
    assert found("unhealthy_stale", "serving_health", expected_traffic=["06:00-16:00"]) == []
