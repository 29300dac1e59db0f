"""Which deployments are out of service, which of them are silent, and what that excuses (specification 2.3)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any, Literal

from pytest_mlmonitor.core.artifact import UNKNOWN
from pytest_mlmonitor.core.context import Artifacts, Context
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.policy.thresholds import ServingPolicy
from pytest_mlmonitor.core.text.words import duration, instant
from pytest_mlmonitor.serving.history import history_as_read
from pytest_mlmonitor.serving.model import Deployment, DeploymentEvent, ServingWindow
from pytest_mlmonitor.serving.record import ASIDE, RETIRED, SERVING
from pytest_mlmonitor.serving.views import Deployments

EXCUSED = frozenset({"health", "performance", "drift"})
"""Categories whose findings are information where a deployment is out of service and silent."""

Role = Literal["active", "canary", "draining", "retired"]

ROLES: tuple[Role, ...] = ("active", "canary", "draining", "retired")
"""What a deployment is to its service: it alone takes its traffic; it answers beside a newer one, or is meant to; it should
stop to answer; it is out of service and silent."""

Service = tuple[str, str, str]
"""Service, environment and model: what deployments take over from one another."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a deployment stands in the life of its service.

    Attributes:
        role: see :data:`ROLES`.
        reason: why it is out of service, in words; None for one that is not.
        excuse: why its findings of health are information, in words; None while they count.
        silence: severity of its silence where it ran beside a newer one and nobody drained it; None otherwise.
        answering: end of its latest window with requests.
        ended: when it was drained, or another one took over; None where neither is so.
    """

    role: Role
    reason: str | None = None
    excuse: str | None = None
    silence: Severity | None = None
    answering: datetime | None = None
    ended: datetime | None = None


class Retirement:
    """Which deployments are out of service, and why.

    A deployment is out of service when its last event drains it, or when there is a later active deployment of its service,
    environment and model. A new activation brings it back. Events further ahead than the clock skew say nothing yet: a
    drain that is dated tomorrow does not excuse an outage today.
    """

    def __init__(self, platform: Artifacts) -> None:
        self._platform = platform
        self._deployments = platform.view(Deployments)
        self._active: dict[Service, list[DeploymentEvent]] = {}
        self._activations: dict[Service, list[DeploymentEvent]] = {}
        for deployment in self._deployments.all:
            events = self._deployments.past_events(deployment) if deployment.legible else []
            for event in events:
                if event.traffic_status == SERVING:
                    self._activations.setdefault(_service(event), []).append(event)
            if events and events[-1].traffic_status == SERVING:
                for event in takewhile(lambda one: one.traffic_status not in RETIRED, reversed(events)):
                    if event.traffic_status == SERVING:
                        self._active.setdefault(_service(event), []).append(event)
        self._of_sources: dict[tuple[str | None, ...], list[tuple[datetime, str, datetime | None]]] | None = None
        for known in (*self._active.values(), *self._activations.values()):
            known.sort(key=_time)

    def of(self, deployment: Deployment) -> str | None:
        """Return why the findings of a deployment's health are information, None for one that is judged in full."""
        return self.standing(deployment).excuse

    def excuse(self, deployment: Deployment, policy: ServingPolicy) -> str | None:
        """Return the same where a deployment is judged by ``policy``: what is excused has no value beyond a limit either."""
        return self.standing(deployment, policy).excuse

    def standing(self, deployment: Deployment, policy: ServingPolicy | None = None) -> Standing:
        """Return where a deployment stands.

        Args:
            deployment: one of the platform's, or made by hand.
            policy: by which it is judged; the platform's where there is none.
        """
        events, now = self._deployments.past_events(deployment), self._platform.now
        took_over = None if events else self._taken_over(deployment)
        if not events and took_over is None:
            return Standing("active")
        if policy is None:
            policy = self._platform.settings_of(deployment.ref, deployment).serving
        patience = timedelta(minutes=policy.max_staleness_minutes)
        answering = history_as_read(deployment).answering
        silent = answering is None or now - answering > patience
        request = "no request was seen" if answering is None else f"last request {instant(answering)}"
        last = events[-1] if events else None
        if last is not None and last.traffic_status in RETIRED:
            drained = _drained(events)
            reason = (
                f"its last event ({last.activation_reason} at {instant(last.event_time)}) says {last.traffic_status}"
            )
            if silent:
                return Standing("retired", reason, f"retired; {request}; {reason}", None, answering, drained)
            if now - drained <= patience:
                grace = (
                    f"retired: draining since {instant(drained)}, may answer for {duration(patience.total_seconds())}"
                )
                return Standing("draining", reason, grace, None, answering, drained)
            return Standing("draining", reason, None, None, answering, drained)
        if last is not None:
            newer = self._newer(last)
            if newer is None:
                return Standing("canary" if last.traffic_status in ASIDE else "active", answering=answering)
            took_over = newer.deployment_id, newer.event_time
        assert took_over is not None
        ended = took_over[1]
        reason = f"{took_over[0]} took over at {instant(took_over[1])}"
        beside = answering is not None and answering - took_over[1] > patience
        if not silent:
            return Standing("canary" if beside else "draining", reason, None, None, answering, ended)
        excuse = f"retired; {request}; {reason}"
        if beside:
            assert answering is not None
            still = timedelta(minutes=policy.retire_after_minutes)
            if now - answering <= still:
                return Standing("canary", reason, excuse, Severity.ERROR, answering, ended)
            if now - answering <= still + timedelta(hours=policy.evidence_hours):
                return Standing("retired", reason, excuse, Severity.WARNING, answering, ended)
        return Standing("retired", reason, excuse, None, answering, ended)

    def _taken_over(self, deployment: Deployment) -> tuple[str, datetime] | None:
        """Return which deployment of a source took over from another one, and when its windows began; None where none did.

        A log has no events. Of one service, or one model where it names no service, the deployment that began later took over,
        as long as it answers longer.
        """
        first, answering = _begun(deployment), history_as_read(deployment).answering
        if first is None:
            return None
        for start, name, last in self._series().get((deployment.source, *_service(first)), ()):
            if start > first.window_start and last is not None and (answering is None or last > answering):
                return name, start
        return None

    def perhaps_replaced(self, deployment: Deployment) -> bool:
        """Return whether a later deployment of its source may be its successor, and neither says of which service it is."""
        first = history_as_read(deployment).first
        if deployment.source is None or first is None or _begun(deployment) is not None:
            return False
        later = (one for one in self._deployments.all if one.source == deployment.source)
        return any(
            begun.window_start > first.window_start
            for one in later
            if (begun := history_as_read(one).first) is not None
        )

    def _series(self) -> Mapping[tuple[str | None, ...], list[tuple[datetime, str, datetime | None]]]:
        """Return start, name and latest answer of the deployments of each source and service, in order of their starts."""
        if self._of_sources is None:
            self._of_sources = {}
            for one in self._deployments.all:
                if (first := _begun(one)) is not None:
                    found = first.window_start, one.ref.name, history_as_read(one).answering
                    self._of_sources.setdefault((one.source, *_service(first)), []).append(found)
            for series in self._of_sources.values():
                series.sort(key=lambda one: one[:2])
        return self._of_sources

    def ends(self, deployment: Deployment) -> list[tuple[datetime, datetime | None]]:
        """Return when a deployment was drained, or another one of its service took over, in order.

        With each stands when the deployment itself was activated then, or next; None where it was not.
        """
        events = self._deployments.past_events(deployment)
        drains = [event.event_time for event in events if event.traffic_status in RETIRED]
        others = [event.event_time for event in self.others(deployment)]
        own = [event.event_time for event in events if event.traffic_status not in RETIRED]
        return [(end, next((time for time in own if time >= end), None)) for end in sorted(drains + others)]

    def others(self, deployment: Deployment) -> list[DeploymentEvent]:
        """Return the activations of the other deployments of its services, those of each service in order."""
        services = {_service(event) for event in self._deployments.past_events(deployment)}
        return [
            event
            for service in services
            for event in self._activations.get(service, ())
            if event.deployment_id != deployment.ref.name
        ]

    def activated(self, deployment: Deployment) -> datetime | None:
        """Return when a deployment was last activated, None where no event says so."""
        events = self._deployments.past_events(deployment)
        times = (event.event_time for event in reversed(events) if event.traffic_status not in RETIRED)
        return next(times, None)

    def _newer(self, last: DeploymentEvent) -> DeploymentEvent | None:
        """Return the first activation of an active deployment of the service after a deployment's own last event."""
        known = self._active.get(_service(last), [])
        at = bisect_right(known, last.event_time, key=_time)
        return known[at] if at < len(known) else None


def excused(finding: Finding, check: Any, deployment: Deployment, context: Context) -> Finding:
    """Return a finding as it is said of a deployment out of service and silent: info, with the reason (specification 2.3)."""
    if check.category not in EXCUSED or finding.severity < Severity.WARNING:
        return finding
    standing = context.link(Retirement).standing(deployment, context.settings.serving)
    if standing.excuse is None:
        return finding
    if standing.silence is not None and check.name == "serving_health":  # which judges nothing but its silence
        return finding if standing.silence == Severity.ERROR else replace(finding, severity=standing.silence)
    return replace(finding, severity=Severity.INFO, message=f"{finding.message}; {standing.excuse}")


def _drained(events: list[DeploymentEvent]) -> datetime:
    """Return when the drain began that the last event says."""
    *_, first = takewhile(lambda event: event.traffic_status in RETIRED, reversed(events))
    return first.event_time


def _begun(deployment: Deployment) -> ServingWindow | None:
    """Return the first window of a source's deployment that says of which service or model it is, None where none does."""
    first = history_as_read(deployment).first if deployment.source else None
    said = first is not None and not (first.service_name == UNKNOWN and first.model_name == UNKNOWN)
    return first if said else None


def _service(event: DeploymentEvent | ServingWindow) -> Service:
    return event.service_name, event.environment, event.model_name


def _time(event: DeploymentEvent) -> datetime:
    return event.event_time
