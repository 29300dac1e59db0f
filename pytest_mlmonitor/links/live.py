"""Which deployments are out of service, as deployment events say: what is silent on purpose is not unhealthy."""

from __future__ import annotations

from dataclasses import replace

from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.words import instant
from pytest_mlmonitor.links.platform import of_artifact
from pytest_mlmonitor.serving.model import Deployment
from pytest_mlmonitor.serving.record import RETIRED


def retirement_of(deployment: Deployment) -> str | None:
    """Return why a deployment is out of service, None for one that should serve.

    It is out of service when its last event drains it, or when a later deployment of the same service and environment is
    active (specification 2.3). A new activation brings it back. Events further ahead than the clock skew say nothing yet: a
    drain that is dated tomorrow does not excuse an outage today.
    """
    platform = of_artifact(deployment)
    last = platform.last_event(deployment)
    if last is None:
        return None
    if last.traffic_status in RETIRED:
        return f"its last event ({last.activation_reason} at {instant(last.event_time)}) says {last.traffic_status}"
    newest = platform.serving(last.service_name, last.environment)
    if newest is None or newest.event_time <= last.event_time:
        return None
    return f"{newest.deployment_id} took over at {instant(newest.event_time)}"


def excused(finding: Finding, retired: str | None) -> Finding:
    """Return a finding as it is said of a deployment out of service: info, with the reason (specification 2.3)."""
    if retired is None:
        return finding
    return replace(finding, severity=Severity.INFO, message=f"{finding.message}; retired: {retired}")
