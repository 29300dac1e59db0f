"""Chronology of a deployment: what is served was complete and written before (specification 2.6)."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.check import check
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Finding, Severity, grouped
from pytest_mlmonitor.core.text.words import instant
from pytest_mlmonitor.links.time_order import in_order
from pytest_mlmonitor.serving.model import Deployment
from pytest_mlmonitor.training.views import Runs


@check("deployment", category="lineage", name="chronology", action="Correct the times of its events, or redeploy")
def deployment_chronology(deployment: Deployment, context: Context) -> Iterator[Finding]:
    """A deployment serves a bundle that was complete and written before it was activated."""
    if not deployment.events:
        raise NotChecked("the deployment has no readable event")
    found: list[Finding] = []
    for event in deployment.events:
        found += in_order([("started_at", event.started_at), ("completed_at", event.completed_at)], event.location)
        found += in_order(
            [("bundle_created_at", event.bundle_created_at), ("event_time", event.event_time)], event.location
        )
        if event.completed_at >= event.started_at and event.completed_at != event.bundle_created_at:
            found.append(
                Finding(
                    Severity.ERROR,
                    f"completed_at {instant(event.completed_at)} differs from bundle_created_at "
                    f"{instant(event.bundle_created_at)}",
                    "bundle_created_at == completed_at",
                    instant(event.completed_at),
                    "completed_at, bundle_created_at",
                    event.location,
                )
            )
        for run in context.view(Runs).by_id(event.bundle_run_id):
            if run.created_at is not None:
                times = [("the bundle's created_at", run.created_at), ("event_time", event.event_time)]
                found += in_order(times, event.location)
    yield from grouped(found)
