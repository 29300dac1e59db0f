"""Deployments by what links call them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.serving.history import history_as_read
from pytest_mlmonitor.serving.model import Deployment, DeploymentEvent, ServingWindow
from pytest_mlmonitor.serving.record import SERVING


class Deployments:
    """Every deployment of every tree, indexed once.

    Attributes:
        all: also those with unreadable lines.
    """

    def __init__(self, platform: Artifacts) -> None:
        self._platform = platform
        self.all: list[Deployment] = platform.of_kind("deployment", broken=True)
        self._until = platform.now + timedelta(seconds=platform.settings.clock_skew_seconds)
        self._services: dict[tuple[str, str], list[Deployment]] = {}
        self._active: dict[tuple[str, str], DeploymentEvent | None] = {}
        self._trees: set[Path | None] = {deployment.metrics_dir for deployment in self.all if deployment.windows}
        for deployment in self.all:
            if deployment.legible and deployment.events:
                last = deployment.events[-1]
                self._services.setdefault((last.service_name, last.environment), []).append(deployment)

    def of_service(self, service_name: str, environment: str) -> list[Deployment]:
        """Return the deployments whose last event is of that service and environment."""
        return self._services.get((service_name, environment), [])

    def past_events(self, deployment: Deployment) -> list[DeploymentEvent]:
        """Return the events of a deployment that lie no further ahead than the clock skew, in order."""
        return [event for event in deployment.events if event.event_time <= self._until]

    def last_event(self, deployment: Deployment) -> DeploymentEvent | None:
        """Return the last event of a deployment that lies no further ahead than the clock skew, None without one."""
        return next((event for event in reversed(deployment.events) if event.event_time <= self._until), None)

    def latest(self, deployment: Deployment) -> ServingWindow | DeploymentEvent | None:
        """Return what says what a deployment serves now: its last event, without one its latest window; None without any."""
        return self.last_event(deployment) or history_as_read(deployment).latest

    def serving(self, service_name: str, environment: str) -> DeploymentEvent | None:
        """Return the latest of the last events of a service's deployments that says that it serves, None without one."""
        key = (service_name, environment)
        if key not in self._active:
            last = (self.last_event(deployment) for deployment in self.of_service(*key))
            active = (event for event in last if event is not None and event.traffic_status == SERVING)
            self._active[key] = max(active, key=lambda event: event.event_time, default=None)
        return self._active[key]

    def windows_below(self, metrics_dir: Path | None) -> bool:
        """Return whether any deployment has windows in that metrics directory."""
        return metrics_dir in self._trees
