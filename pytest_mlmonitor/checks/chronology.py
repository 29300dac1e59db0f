"""Chronology: dataset built_at ≤ started_at ≤ completed_at ≤ created_at ≤ event_time (specification 2.6)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise

from pytest_mlmonitor.checking import NotChecked, check, grouped
from pytest_mlmonitor.model import UNKNOWN, Deployment, Finding, Severity, TrainingRun
from pytest_mlmonitor.names import shown
from pytest_mlmonitor.read.platform import of_artifact
from pytest_mlmonitor.settings import Settings
from pytest_mlmonitor.words import duration, instant

_ORDER = ("started_at", "completed_at", "created_at")


@check("training_run", category="lineage")
def chronology(run: TrainingRun, settings: Settings) -> Iterator[Finding]:
    """A run starts after its dataset was built, ends after it started, and was written after it ended."""
    location = shown(run.ref.path)
    times: list[tuple[str, datetime | None]] = [(name, run.emitted[name]) for name in _ORDER if name in run.emitted]
    if not times:
        raise NotChecked("the run has no readable times")
    built = _built_at(run)
    if built is not None:
        times.insert(0, ("the dataset's built_at", built))
    yield from _in_order(times, location)
    now = run.platform.now
    for name, moment in times:
        if moment is not None and name != "the dataset's built_at":
            yield from _not_ahead(name, moment, now, settings.clock_skew_seconds, location)


@check("deployment", category="lineage", name="chronology")
def deployment_chronology(deployment: Deployment, settings: Settings) -> Iterator[Finding]:
    """A deployment serves a bundle that was complete and written before it was activated."""
    if not deployment.events:
        raise NotChecked("the deployment has no readable event")
    found: list[Finding] = []
    for event in deployment.events:
        found += _in_order([("started_at", event.started_at), ("completed_at", event.completed_at)], event.location)
        found += _in_order(
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
        for run in of_artifact(deployment).runs(event.bundle_run_id):
            if run.created_at is not None:
                times = [("the bundle's created_at", run.created_at), ("event_time", event.event_time)]
                found += _in_order(times, event.location)
    yield from grouped(found)


def _built_at(run: TrainingRun) -> datetime | None:
    if run.input_dataset_name in (None, UNKNOWN) or run.input_dataset_version in (None, UNKNOWN):
        return None
    assert run.input_dataset_name is not None and run.input_dataset_version is not None
    dataset = of_artifact(run).dataset(run.input_dataset_name, run.input_dataset_version)
    return dataset.built_at if dataset else None


def _in_order(times: Sequence[tuple[str, datetime | None]], location: str) -> Iterator[Finding]:
    known = [(name, moment) for name, moment in times if moment is not None]
    for (before, earlier), (after, later) in pairwise(known):
        if later < earlier:
            gap = duration((earlier - later).total_seconds())
            yield Finding(
                Severity.ERROR,
                f"{after} {instant(later)} lies {gap} before {before} {instant(earlier)}",
                f"{before} ≤ {after}",
                f"{instant(later)} < {instant(earlier)}",
                f"{before}, {after}",
                location,
            )


def _not_ahead(name: str, moment: datetime, now: datetime, skew: float, location: str) -> Iterator[Finding]:
    seconds = (moment - now).total_seconds()
    if seconds > 0:
        yield Finding(
            Severity.ERROR if seconds > skew else Severity.INFO,
            f"{name} {instant(moment)} lies {duration(seconds)} ahead of the evaluation time {instant(now)}",
            f"at most {skew:g} s ahead (clock_skew_seconds)",
            f"{seconds:g} s ahead",
            name,
            location,
        )
