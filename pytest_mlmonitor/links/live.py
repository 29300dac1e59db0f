"""Which deployments are out of service, as deployment events say: what is silent on purpose is not unhealthy."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pytest_mlmonitor.core.context import Artifacts, Context
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.words import instant
from pytest_mlmonitor.serving.model import Deployment
from pytest_mlmonitor.serving.record import RETIRED
from pytest_mlmonitor.serving.views import Deployments

EXCUSED = frozenset({"health", "performance", "drift"})
"""Categories whose findings are information where a deployment is out of service."""


class Retirement:
    """Which deployments are out of service, and why.

    A deployment is out of service when its last event drains it, or when a later deployment of the same service and environment
    is active (specification 2.3). A new activation brings it back. Events further ahead than the clock skew say nothing yet: a
    drain that is dated tomorrow does not excuse an outage today.
    """

    def __init__(self, platform: Artifacts) -> None:
        self._deployments = platform.view(Deployments)

    def of(self, deployment: Deployment) -> str | None:
        """Return why a deployment is out of service, None for one that should serve."""
        last = self._deployments.last_event(deployment)
        if last is None:
            return None
        if last.traffic_status in RETIRED:
            return f"its last event ({last.activation_reason} at {instant(last.event_time)}) says {last.traffic_status}"
        newest = self._deployments.serving(last.service_name, last.environment)
        if newest is None or newest.event_time <= last.event_time:
            return None
        return f"{newest.deployment_id} took over at {instant(newest.event_time)}"


def excused(finding: Finding, check: Any, deployment: Deployment, context: Context) -> Finding:
    """Return a finding as it is said of a deployment out of service: info, with the reason (specification 2.3)."""
    if check.category not in EXCUSED or finding.severity < Severity.WARNING:
        return finding
    retired = context.link(Retirement).of(deployment)
    if retired is None:
        return finding
    return replace(finding, severity=Severity.INFO, message=f"{finding.message}; retired: {retired}")
