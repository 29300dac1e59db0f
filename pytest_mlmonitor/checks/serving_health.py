"""Serving health per deployment (specification 2.3): the first rule that holds decides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from pytest_mlmonitor.checking import NotChecked, check
from pytest_mlmonitor.model import Deployment, Finding, Severity
from pytest_mlmonitor.read.platform import of_artifact
from pytest_mlmonitor.settings import ServingPolicy, Settings
from pytest_mlmonitor.words import instant

SERVING = "serving"
"""``traffic_status`` of a deployment that takes traffic."""

RETIRED = frozenset({"draining", "drained", "retired", "stopped", "inactive"})
"""``traffic_status`` that says a deployment is meant to be silent; an unknown word retires nothing."""


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
    its own. All thresholds are strictly greater-than.

    Raises:
        NotChecked: there is no window.
    """
    windows = deployment.windows
    if policy.lookback_seconds is not None:
        since = now - timedelta(seconds=policy.lookback_seconds)
        # A deployment that fell silent before is judged by its last window: it is stale.
        windows = tuple(w for w in windows if w.window_end > since) or windows[-1:]
    if not windows:
        raise NotChecked("no readable window to judge")
    latest = windows[-1]
    missing, largest_gap = 0, 0.0
    for before, after in pairwise(windows):
        gap = (after.window_start - before.window_start).total_seconds()
        largest_gap = max(largest_gap, gap)
        if gap > policy.expected_window_seconds * policy.max_allowed_gap_factor:
            missing += max(int(gap / policy.expected_window_seconds) - 1, 1)
    staleness = (now - latest.window_end).total_seconds() / 60
    requests = latest.request_count
    failure_rate = 100 * latest.failure_count / requests if requests else 0.0
    rejection_rate = 100 * latest.rejected_count / requests if requests else 0.0

    def over(name: str, value: float, limit: float, unit: str) -> str | None:
        return f"{name}{value:.1f}{unit} > {limit:.1f}{unit}" if value > limit else None

    unhealthy = over("staleness ", staleness, policy.max_staleness_minutes, "min")
    if unhealthy is None and not any(w.request_count for w in windows):
        unhealthy = "request_count == 0 across all evaluated windows"
    degraded = (
        (f"missing_windows={missing} > {policy.max_missing_windows}" if missing > policy.max_missing_windows else None)
        or over("max_gap=", largest_gap / 60, policy.max_gap_minutes, "min")
        or over("p95=", latest.latency_p95_ms, policy.latency_p95_ms, "ms")
        or over("p99=", latest.latency_p99_ms, policy.latency_p99_ms, "ms")
        or over("failure_rate=", failure_rate, policy.failure_rate_pct, "%")
        or over("rejection_rate=", rejection_rate, policy.rejection_rate_pct, "%")
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
        evaluated_windows=len(windows),
        latest_window_end=instant(latest.window_end),
        missing_window_count=missing,
        detail=unhealthy or degraded or "all checks passed",
    )


def retirement(deployment: Deployment, others: Sequence[Deployment]) -> str | None:
    """Return why a deployment is out of service, or None.

    It is when its last event drains it, or when a later deployment of the same service and environment is active.

    Args:
        deployment: the deployment.
        others: deployments of the same service and environment.
    """
    if not deployment.events:
        return None
    last = deployment.events[-1]
    if last.traffic_status in RETIRED:
        return f"its last event ({last.activation_reason} at {instant(last.event_time)}) says {last.traffic_status}"
    newest = max(
        (other.events[-1] for other in others if other.events[-1].traffic_status == SERVING),
        key=lambda event: event.event_time,
        default=last,
    )
    if newest.event_time > last.event_time:
        return f"{newest.deployment_id} took over at {instant(newest.event_time)}"
    return None


@check("deployment", category="health")
def serving_health(deployment: Deployment, settings: Settings) -> Iterator[Finding]:
    """The deployment answers: fresh windows, traffic, no gaps, latencies and rates within the policy."""
    health = compute_health(deployment, deployment.platform.now, settings.serving)
    if health.status == "healthy":
        return
    others: Sequence[Deployment] = ()
    if deployment.events:
        last = deployment.events[-1]
        others = of_artifact(deployment).of_service(last.service_name, last.environment)
    retired = retirement(deployment, others)
    severity = Severity.ERROR if health.status == "unhealthy" else Severity.WARNING
    latest = deployment.windows[-1]
    yield Finding(
        Severity.INFO if retired else severity,
        f"{health.status}: {health.detail}" + (f"; retired: {retired}" if retired else ""),
        "healthy (thresholds: serving.* in the policy)",
        f"{health.status}, {health.evaluated_windows} windows, latest until {health.latest_window_end}",
        None,
        latest.location,
    )
