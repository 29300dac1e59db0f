"""Serving health per deployment (specification 2.3): the first rule that holds decides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from pytest_mlmonitor.core.check import check
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Figure, Finding, Severity
from pytest_mlmonitor.core.policy.thresholds import ServingPolicy
from pytest_mlmonitor.core.text.names import quoted
from pytest_mlmonitor.core.text.weekly import time_within
from pytest_mlmonitor.core.text.words import count, instant
from pytest_mlmonitor.links.live import Retirement
from pytest_mlmonitor.serving.history import ServingHistory, history_in, history_of
from pytest_mlmonitor.serving.limits import Rates, over, rates_of, too_slow_or_failing
from pytest_mlmonitor.serving.model import Deployment


@dataclass(frozen=True)
class ServingHealth:
    """The health of one deployment; field names and ``detail`` are those of specification 2.3."""

    deployment_id: str
    model_name: str
    model_version: str
    bundle_id: str
    input_dataset_name: str
    input_dataset_version: str
    status: str
    evaluated_windows: int
    latest_window_end: str
    missing_window_count: int
    detail: str

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON of specification 2.3."""
        return asdict(self)


def compute_health(deployment: Deployment, now: datetime, policy: ServingPolicy) -> ServingHealth:
    """Return the health of ``deployment`` at ``now``.

    Latest is the window with the greatest start, among equals the last in read order; identity, latencies and rates are
    its own (the rates those of more windows with ``serving.rate_windows``). All thresholds are strictly greater-than. With
    ``serving.expected_traffic`` staleness, gaps and missing windows are counted in expected time only.

    Raises:
        NotChecked: there is no window.
        ValueError: the deployment was made by hand, of windows of several deployments.
    """
    if not isinstance(deployment.history, ServingHistory):  # what was read is told apart by its ids
        ids = sorted({window.deployment_id for window in deployment.windows})
        if len(ids) > 1:
            some = ", ".join(map(quoted, ids[:5]))
            raise ValueError(
                f"windows of {len(ids)} deployments under one: {some}; expected windows of one deployment_id"
            )
    history = history_of(deployment, policy, now)
    latest, judged = history.newest, history.judged
    # Only time in which traffic is expected makes a deployment stale: a quiet night is no outage.
    silence = time_within(latest.window_end, now, history.terms.expected).total_seconds() / 60
    unhealthy = over("staleness ", silence, policy.max_staleness_minutes, "min")
    if unhealthy is None and not judged.requests and _traffic_was_expected(history):
        unhealthy = "request_count == 0 across all evaluated windows"
    missing = None
    if judged.missing > policy.max_missing_windows:
        missing = f"missing_windows={judged.missing} > {policy.max_missing_windows}"
    degraded = (
        missing
        or over("max_gap=", judged.largest_gap_seconds / 60, policy.max_gap_minutes, "min")
        or next(too_slow_or_failing(latest, rates_of(history, policy), policy), None)
    )
    status = "unhealthy" if unhealthy else "degraded" if degraded else "healthy"
    return ServingHealth(
        deployment_id=latest.deployment_id,
        model_name=latest.model_name,
        model_version=latest.model_version,
        bundle_id=latest.bundle_id,
        input_dataset_name=latest.input_dataset_name,
        input_dataset_version=latest.input_dataset_version,
        status=status,
        evaluated_windows=judged.windows,
        latest_window_end=instant(latest.window_end),
        missing_window_count=judged.missing,
        detail=unhealthy or degraded or "all checks passed",
    )


@check("deployment", category="health")
def serving_health(deployment: Deployment, context: Context) -> Iterator[Finding | Figure]:
    """The deployment answers: fresh windows, traffic, no gaps, latencies and rates within the policy."""
    policy = context.settings.serving
    health = compute_health(deployment, context.now, policy)
    history = history_in(deployment, context)
    latest = history.newest
    rates = rates_of(history, policy)
    retired = context.link(Retirement).of(deployment) if health.status != "healthy" else None
    yield Figure(f"serving_{'retired' if retired else health.status}", health.model_name, 1.0)
    if retired is None:
        yield Figure("failure_rate", health.model_name, rates.failed)
        yield Figure("rejection_rate", health.model_name, rates.rejected)
        yield Figure("latency_p95_ms", health.model_name, latest.latency_p95_ms)
        yield Figure("latency_p99_ms", health.model_name, latest.latency_p99_ms)
    yield from _fewer_windows(rates, policy, latest.location)
    if health.status == "healthy":
        return
    severity = Severity.ERROR if health.status == "unhealthy" else Severity.WARNING
    yield Finding(
        severity,
        f"{health.status}: {health.detail}",
        "healthy (thresholds: serving.* in the policy)",
        f"{health.status}, {health.evaluated_windows} windows, latest until {health.latest_window_end}",
        None,
        latest.location,
    )


def _traffic_was_expected(history: ServingHistory) -> bool:
    """Return whether traffic was expected at any time within the windows judged."""
    assert history.first is not None
    begin = history.terms.lookback or history.first.window_start
    end = max(history.newest.window_end, begin)
    return not history.terms.expected or time_within(begin, end, history.terms.expected).total_seconds() > 0


def _fewer_windows(rates: Rates, policy: ServingPolicy, location: str) -> Iterator[Finding]:
    wanted = policy.rate_windows
    if wanted is not None and rates.starts < wanted:
        yield Finding(
            Severity.INFO,
            f"failure and rejection rate are of {count(rates.starts, 'window')}, not of {wanted:,}: there are no more "
            "within the last six hours",
            f"the last {wanted:,} windows (serving.rate_windows)",
            count(rates.starts, "window"),
            "failure_count, rejected_count",
            location,
        )
