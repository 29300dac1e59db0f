"""Which deployments are out of service, as deployment events say: what is silent on purpose is not unhealthy."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pytest_mlmonitor.contracts.serving import RETIRED
from pytest_mlmonitor.model import Deployment, DeploymentEvent
from pytest_mlmonitor.read.platform import of_artifact
from pytest_mlmonitor.words import instant


@dataclass(frozen=True)
class Retirement:
    """Since when a deployment is out of service, and why, in words that follow ``retired:``."""

    since: datetime
    why: str


def retirement_of(deployment: Deployment) -> Retirement | None:
    """Return since when and why a deployment is out of service, None for one that should serve.

    It is out of service when its last event drains it, or when a later deployment of the same service and environment is
    active (specification 2.3). A new activation brings it back. Events further ahead than the clock skew say nothing yet: a
    drain that is dated tomorrow does not excuse an outage today.
    """
    if not deployment.events:
        return None
    platform = of_artifact(deployment)
    last = platform.last_event(deployment)
    if last is None:
        return None
    if last.traffic_status in RETIRED:
        why = f"its last event ({last.activation_reason} at {instant(last.event_time)}) says {last.traffic_status}"
        return Retirement(_drained(deployment, last).event_time, why)
    newest = platform.serving(last.service_name, last.environment)
    if newest is None or newest.event_time <= last.event_time:
        return None
    return Retirement(newest.event_time, f"{newest.deployment_id} took over at {instant(newest.event_time)}")


def _drained(deployment: Deployment, last: DeploymentEvent) -> DeploymentEvent:
    """Return the first of the events up to ``last`` that drain it one after the other: draining, then drained."""
    first = last
    for event in reversed(deployment.events[: deployment.events.index(last)]):
        if event.traffic_status not in RETIRED:
            break
        first = event
    return first
