"""Champions: which run serves a model now, and which run a promoted one took over from.

Deployment events say so where there are any; otherwise the registry does. Everything is indexed once by model and run, so
that asking for one run costs the same on a platform of any size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pytest_mlmonitor.core.artifact import UNKNOWN
from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.links.closure import Closure
from pytest_mlmonitor.registries.model import ModelRegistry
from pytest_mlmonitor.registries.views import production_of
from pytest_mlmonitor.serving.history import history_as_read
from pytest_mlmonitor.serving.model import DeploymentEvent, ServingWindow, links_of
from pytest_mlmonitor.serving.record import ASIDE, RETIRED
from pytest_mlmonitor.training.views import Runs

PRODUCTION = frozenset({"production", "prod", "live"})
"""Environments that alone decide who is champion, where a model has a deployment in any of them."""


@dataclass(frozen=True)
class Champion:
    """The run that serves a model.

    Attributes:
        run_id: the last segment of the event's bundle (specification 2.7), or what the registry says.
        version: the model's version as the event or the registry says.
        said_by: who says so, for people.
    """

    run_id: str
    version: str | None
    said_by: str


@dataclass(frozen=True)
class Promotion:
    """The first time that a run took the traffic of a service.

    Attributes:
        event: the activation.
        before: the run that served until then, None for the first of the service.
    """

    event: DeploymentEvent
    before: str | None


class Champions:
    """Champions by model name, and promotions by run.

    Attributes:
        serving: by model name, as deployment events say.
        promotions: by run id; restarts and rollbacks are none.
    """

    def __init__(self, platform: Artifacts) -> None:
        """Index the events and registries of a platform; events further ahead than the clock skew do not count."""
        self._until = until = platform.now + timedelta(seconds=platform.settings.clock_skew_seconds)
        self._runs = platform.view(Runs).by_id
        self.serving: dict[str, Champion] = {}
        self.promotions: dict[str, Promotion] = {}
        self._registered: dict[str, Champion] = {}
        self._heads: dict[str, DeploymentEvent] = {}
        lines: dict[tuple[str, str, str], list[DeploymentEvent]] = {}  # one champion at a time in each
        retired: set[tuple[str, str, str]] = set()
        for deployment in platform.of_kind("deployment"):
            events = [event for event in deployment.events if event.event_time <= until]
            if events and events[-1].traffic_status in RETIRED:
                retired.add(_deployment_key(events[-1]))
            for event in events:
                if event.traffic_status not in RETIRED | ASIDE and event.bundle_id != UNKNOWN:
                    lines.setdefault((event.service_name, event.environment, self._model(event)), []).append(event)
        decided = {model for _, environment, model in lines if environment.lower() in PRODUCTION}
        for (_, environment, model), events in sorted(lines.items()):
            if environment.lower() in PRODUCTION or model not in decided:
                events.sort(key=_order)
                self._promote(events)
                self._serve(model, [event for event in events if _deployment_key(event) not in retired])
        self._serve_by_windows(platform)
        for registry in platform.of_kind("model_registry"):
            self._register(registry)

    def of(self, model_name: str) -> Champion | None:
        """Return the champion of a model, None when nothing says which run serves it."""
        return self.serving.get(model_name) or self._registered.get(model_name)

    def _model(self, event: DeploymentEvent) -> str:
        """Return the model's name as its run says, so that an event that misnames it does not make two of one."""
        names = (run.model_name for run in self._runs(event.bundle_run_id))
        return next((name for name in names if name is not None and name != UNKNOWN), event.model_name)

    def _serve(self, model: str, events: Sequence[DeploymentEvent]) -> None:
        known = self._heads.get(model)
        if events and (known is None or _order(events[-1]) > _order(known)):
            head = self._heads[model] = events[-1]
            self.serving[model] = Champion(
                head.bundle_run_id, head.model_version, f"the deployment {head.deployment_id}"
            )

    def _serve_by_windows(self, platform: Artifacts) -> None:
        """Let deployments without events say by their windows which run serves, where all that answer for a model say one."""
        closure = platform.view(Closure)
        patience = timedelta(minutes=platform.settings.serving.max_staleness_minutes)
        found: dict[str, list[tuple[ServingWindow, Champion]]] = {}
        for deployment in platform.of_kind("deployment"):
            last = None if deployment.events or deployment.source is None else history_as_read(deployment).latest
            if last is None or last.window_end > self._until:
                continue
            edges = (closure.resolved(deployment, link) for link in links_of(last))
            for run in (run for edge in edges if edge.role == "serves" for run in edge.targets[:1]):
                if run.model_name not in (None, UNKNOWN) and run.run_id is not None:
                    champion = Champion(run.run_id, run.model_version, f"the deployment {deployment.ref.name}")
                    found.setdefault(run.model_name, []).append((last, champion))
        for model, pairs in found.items():
            newest = max(window.window_end for window, _ in pairs)
            answering = [pair for pair in pairs if newest - pair[0].window_end <= patience]
            live = [pair for pair in answering if pair[0].environment.lower() in PRODUCTION] or answering
            if len({champion.run_id for _, champion in live}) == 1:
                self.serving.setdefault(model, live[0][1])

    def _promote(self, events: Sequence[DeploymentEvent]) -> None:
        before: str | None = None  # the run that served strictly earlier: of two at one instant none came first
        last: DeploymentEvent | None = None
        for event in events:
            if last is not None and last.event_time < event.event_time:
                before = last.bundle_run_id
            known = self.promotions.get(event.bundle_run_id)
            if known is None or event.event_time < known.event.event_time:
                self.promotions[event.bundle_run_id] = Promotion(event, before)
            last = event

    def _register(self, registry: ModelRegistry) -> None:
        for version in production_of(registry):
            if version.run_id is not None:
                champion = Champion(version.run_id, version.version, registry.ref.path.name)
                names = {run.model_name for run in self._runs(version.run_id)} | {version.model_name}
                for name in names - {None, UNKNOWN}:
                    assert name is not None
                    self._registered.setdefault(name, champion)


def _order(event: DeploymentEvent) -> tuple[datetime, datetime, str]:
    return (event.event_time, event.bundle_created_at, event.deployment_id)


def _deployment_key(event: DeploymentEvent) -> tuple[str, str, str]:
    return (event.service_name, event.environment, event.deployment_id)
