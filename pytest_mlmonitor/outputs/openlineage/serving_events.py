"""Deployments as runs of OpenLineage: each serves one bundle, from its activation until it is drained or replaced."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.text.words import instant
from pytest_mlmonitor.links.closure import Closure
from pytest_mlmonitor.outputs.openlineage.facets import (
    LineageJob,
    LineageRun,
    RunEvent,
    RunState,
    facet,
    lineage_dataset,
)
from pytest_mlmonitor.outputs.openlineage.nodes import LineageNames, LineageNode, in_name, known, model_name, run_id
from pytest_mlmonitor.outputs.openlineage.training_events import TrainingEvents
from pytest_mlmonitor.serving.history import history_as_read
from pytest_mlmonitor.serving.model import Deployment, DeploymentEvent, ServingWindow, links_of
from pytest_mlmonitor.serving.record import RETIRED, SERVING
from pytest_mlmonitor.serving.views import Deployments

_ROLLED_BACK = ("rollback", "roll_back", "rolled")


@dataclass(frozen=True)
class _Tenure:
    """A deployment while it serves one bundle: what was said of it first and last, and how it ended."""

    first: DeploymentEvent | ServingWindow
    said: DeploymentEvent | ServingWindow
    started: datetime
    ended: tuple[RunState, datetime] | None


class ServingEvents:
    """The deployments."""

    def __init__(self, platform: Artifacts, names: LineageNames, trainings: TrainingEvents) -> None:
        self._names = names
        self._trainings = trainings
        self._closure = platform.view(Closure)
        self._deployments = platform.view(Deployments)

    def of(self, deployment: Deployment) -> Iterator[RunEvent]:
        """Yield what became of a deployment, by bundle: its start, the latest batch of windows, and its end where it is over."""
        latest = history_as_read(deployment).latest
        for tenure in self._tenures(deployment):
            said = tenure.said
            service = known(said.service_name) or known(said.model_name) or deployment.ref.name
            run = LineageRun(
                LineageJob(self._names.jobs, in_name(f"serving.{service}.{deployment.ref.name}"), "SERVING"),
                run_id("serving", self._names.jobs, said.environment, service, deployment.ref.name, said.bundle_id),
                self._facets(deployment, said, None),
                self._inputs(deployment, said),
                [lineage_dataset(self.node(deployment))],
            )
            first = replace(run, facets=self._facets(deployment, tenure.first, None))
            yield first.event("START", tenure.started)
            if latest is not None and latest.bundle_id == said.bundle_id:
                facets = self._facets(deployment, said, latest)
                yield replace(run, facets=facets, outputs=self._answered(deployment)).event(
                    "RUNNING", latest.window_end
                )
            if tenure.ended is not None:
                yield run.event(*tenure.ended)

    def node(self, deployment: Deployment) -> LineageNode:
        """Return what a deployment is called."""
        said = self._deployments.latest(deployment)
        service = (known(said.service_name) or known(said.model_name)) if said is not None else None
        environment = (known(said.environment) if said is not None else None) or self._names.environment
        return self._names.served(service or deployment.ref.name, environment, deployment.ref.name)

    def _tenures(self, deployment: Deployment) -> Iterator[_Tenure]:
        events = self._deployments.past_events(deployment)
        if not events:
            first, last = history_as_read(deployment).first, history_as_read(deployment).latest
            if first is not None and last is not None:
                yield _Tenure(last, last, first.window_start, None)
            return
        bundles: list[list[DeploymentEvent]] = []
        for event in events:
            if not bundles or bundles[-1][-1].bundle_id != event.bundle_id:
                bundles.append([])
            bundles[-1].append(event)
        for own, following in zip(bundles, [*bundles[1:], None], strict=True):
            ended = _ended(following[0]) if following is not None else self._end(deployment, own)
            yield _Tenure(own[0], own[-1], own[0].event_time, ended)

    def _end(self, deployment: Deployment, events: Sequence[DeploymentEvent]) -> tuple[RunState, datetime] | None:
        """Return how the last bundle of a deployment came to its end: drained, or taken over by another deployment."""
        last = events[-1]
        if last.traffic_status in RETIRED:
            drained = last
            for event in reversed(events):
                if event.traffic_status not in RETIRED:
                    break
                drained = event
            return _ended(drained)
        later = (
            event
            for other in self._deployments.of_service(last.service_name, last.environment)
            if other.ref != deployment.ref
            for event in self._deployments.past_events(other)
            if event.traffic_status == SERVING
            and event.model_name == last.model_name
            and event.event_time > last.event_time
        )
        newer = min(later, key=lambda event: event.event_time, default=None)
        return _ended(newer) if last.traffic_status == SERVING and newer is not None else None

    def _inputs(self, deployment: Deployment, said: DeploymentEvent | ServingWindow) -> list[dict[str, Any]]:
        """Return the model that is served, and the data that it was trained on, as far as anybody knows them."""
        edges = [self._closure.resolved(deployment, link) for link in links_of(said)]
        found = self._trainings.inputs([edge for edge in edges if edge.role == "trained_on"])
        runs = [edge.targets[0] for edge in edges if edge.role == "serves" and edge.targets]
        if runs and model_name(runs[0]) is not None:
            return [self._trainings.model(runs[0]), *found]
        name, version = known(said.model_name), known(said.model_version)
        if name is None:
            return found
        facets = facet("version", datasetVersion=version) if version is not None else {}
        return [lineage_dataset(self._names.model(name), facets), *found]

    def _facets(
        self, deployment: Deployment, said: DeploymentEvent | ServingWindow, latest: ServingWindow | None
    ) -> dict[str, Any]:
        judged = history_as_read(deployment).judged if latest is not None else None
        return facet(
            "mlmonitor_serving",
            deploymentId=deployment.ref.name,
            service=known(said.service_name),
            environment=known(said.environment),
            bundleId=known(said.bundle_id),
            activationReason=getattr(said, "activation_reason", None),
            trafficStatus=getattr(said, "traffic_status", None),
            windows=judged.windows if judged is not None else None,
            requests=judged.requests if judged is not None else None,
            missingWindows=judged.missing if judged is not None else None,
            lastWindowEnd=instant(latest.window_end) if latest is not None else None,
        )

    def _answered(self, deployment: Deployment) -> list[dict[str, Any]]:
        history = history_as_read(deployment)
        predictions = sum(sum(one.hours[1::2]) for one in history.served) + sum(history.more_hours[1::2])
        counted = facet("outputStatistics", rowCount=predictions)
        return [lineage_dataset(self.node(deployment), outputFacets=counted)]


def _ended(by: DeploymentEvent) -> tuple[RunState, datetime]:
    """Return how a bundle came to its end by an event: aborted where that event says that it was rolled back."""
    reason = by.activation_reason.lower()
    return ("ABORT" if any(word in reason for word in _ROLLED_BACK) else "COMPLETE", by.event_time)
