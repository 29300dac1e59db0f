"""A deployment's links (specification 2.7): windows, events, the training run and its dataset."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from pytest_mlmonitor.core.artifact import UNKNOWN
from pytest_mlmonitor.core.check import NotChecked, check, grouped
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.text import weekly
from pytest_mlmonitor.core.text.names import bare, quoted, shown
from pytest_mlmonitor.core.text.versions import version_key
from pytest_mlmonitor.core.text.words import count, duration, instant, listing
from pytest_mlmonitor.links.chain import dangling_dataset, roots_in_words
from pytest_mlmonitor.links.live import retirement_of
from pytest_mlmonitor.links.platform import of_artifact
from pytest_mlmonitor.serving.fold.fold import IDENTITY
from pytest_mlmonitor.serving.history import history_of
from pytest_mlmonitor.serving.model import Deployment, DeploymentEvent, ServingWindow
from pytest_mlmonitor.training.model import TrainingRun

_SHORT = 8
"""Characters by which a person tells run ids apart."""

EVENT_IDENTITY = ("bundle_uri", "bundle_created_at", "started_at", "completed_at")
"""Further fields that are constant in the events of a deployment."""


@check("deployment", category="lineage")
def identity_constant(deployment: Deployment, settings: Settings) -> Iterator[Finding]:
    """All windows of a deployment name the same service, model, bundle and dataset, and so do its events."""
    history = history_of(deployment, settings.serving)
    windows = [(served.first, served.windows) for served in history.served]
    events = [(event, 1) for event in deployment.events]
    speakers: tuple[tuple[Sequence[tuple[ServingWindow | DeploymentEvent, int]], str, tuple[str, ...]], ...] = (
        (windows, "window", IDENTITY),
        (events, "event", (*IDENTITY, *EVENT_IDENTITY)),
    )
    for records, noun, fields in speakers:
        for field in fields:
            numbers: Counter[str] = Counter()
            first: dict[str, ServingWindow | DeploymentEvent] = {}
            for record, number in records:
                value = _comparable(record, field)
                numbers[value] += number
                first.setdefault(value, record)
            if len(numbers) > 1:
                common, *_, rare = sorted(numbers, key=lambda value: -numbers[value])
                more = history.more_served if noun == "window" else 0
                yield Finding(
                    Severity.ERROR,
                    f"{field} changes within the deployment: {quoted(rare)} in {count(numbers[rare], noun)}, "
                    f"{quoted(common)} in the others" + (f"; {count(more, noun)} not told apart" if more else ""),
                    f"one {field} per deployment",
                    listing([quoted(v) for v in numbers]),
                    field,
                    first[rare].location,
                )


@check("deployment", category="lineage")
def event_link(deployment: Deployment, settings: Settings) -> Iterator[Finding]:
    """Windows have an activation event that is no later than the first window and names the same things, and vice versa."""
    assert deployment.metrics_dir is not None and deployment.events_dir is not None
    history, events = history_of(deployment, settings.serving), deployment.events
    for number, directory, noun in (
        (len(events), deployment.events_dir, "event"),
        (history.windows, deployment.metrics_dir, "window"),
    ):
        refused = _refused_below(deployment, directory)
        if not number and refused:
            raise NotChecked(f"the deployment's {noun} is there, but cannot be read: {refused.message}")
    if not events:
        assert history.first is not None  # a deployment has windows or events
        yield Finding(
            Severity.ERROR,
            f"deployment_id {quoted(deployment.ref.name)} has {count(history.windows, 'window')} but no activation event "
            f"below {shown(deployment.events_dir)}",
            "an activation event of the deployment",
            "no event",
            "deployment_id",
            history.first.location,
        )
        return
    yield from grouped(
        _other_bundle(event) for event in events if _bundle(event.bundle_uri) != _bundle(event.bundle_id)
    )
    if history.first is None:
        yield from _no_windows(deployment, settings)
        return
    first, activation = history.first, events[0]
    if activation.event_time > first.window_end:
        late = duration((activation.event_time - first.window_end).total_seconds())
        yield Finding(
            Severity.ERROR,
            f"event_time {instant(activation.event_time)} of the activation lies {late} after the end of the first window "
            f"{instant(first.window_end)}",
            "event_time ≤ end of the first window",
            instant(activation.event_time),
            "event_time",
            activation.location,
        )
    yield from grouped(_disagreements([served.first for served in history.served], events))


@check("deployment", category="lineage")
def run_link(deployment: Deployment, settings: Settings) -> Iterator[Finding]:
    """The bundle that is served is a training run that exists, with the same model name and version."""
    platform = of_artifact(deployment)
    records = _speakers(deployment, settings)
    unknown = [r for r in records if r.bundle_id == UNKNOWN]
    yield from (_unknown(r, "bundle_id") for r in unknown)
    if not platform.holds("training_run"):
        raise NotChecked("the roots hold no training run")
    for record in records:
        if record.bundle_id == UNKNOWN:
            continue
        run_id = record.bundle_run_id
        runs = platform.runs(run_id)
        if not runs:
            yield Finding(
                Severity.ERROR,
                f"{_chain(record)} (bundle_id: no training run of that run_id under {roots_in_words(platform)})",
                "a training run under the roots",
                quoted(record.bundle_id, 200),
                "bundle_id",
                record.location,
            )
        # A bundle and a flat document may describe one run, and then disagree in the same words.
        yield from dict.fromkeys(finding for run in runs for finding in _run_disagreements(record, run))


@check("deployment", category="lineage", name="dataset_link")
def deployment_dataset_link(deployment: Deployment, settings: Settings) -> Iterator[Finding]:
    """The dataset that the served model was trained on exists, and is the one its run names."""
    platform = of_artifact(deployment)
    seen: set[tuple[str, str]] = set()
    for record in _speakers(deployment, settings):
        key = (record.input_dataset_name, record.input_dataset_version)
        if key in seen:
            continue
        seen.add(key)
        if UNKNOWN in key:
            yield _unknown(record, "input_dataset_name" if key[0] == UNKNOWN else "input_dataset_version")
            continue
        runs = platform.runs(record.bundle_run_id)
        yield from dict.fromkeys(finding for run in runs for finding in _dataset_disagreements(record, run))
        if platform.holds("dataset") and platform.dataset(*key) is None:
            chain = _chain(record, runs[0] if runs else None)
            yield dangling_dataset(platform, chain, key[0], key[1], record.location)
    if not platform.holds("dataset") and not any(UNKNOWN in key for key in seen):
        raise NotChecked("the roots hold no dataset")


def _other_bundle(event: DeploymentEvent) -> Finding:
    return Finding(
        Severity.ERROR,
        f"bundle_uri {quoted(event.bundle_uri, 200)} names another bundle than bundle_id {quoted(event.bundle_id, 200)}",
        f"a URI that ends in {quoted(_bundle(event.bundle_id))}",
        quoted(event.bundle_uri, 200),
        "bundle_uri",
        event.location,
    )


def _bundle(path: str) -> str:
    """Return the run that a bundle's path names: its last segment (specification 2.7)."""
    return path.rstrip("/").rsplit("/", 1)[-1]


def _comparable(record: ServingWindow | DeploymentEvent, field: str) -> str:
    """Return a field in a form in which equal values are equal: versions that are timestamps compare as instants."""
    value = getattr(record, field)
    text = instant(value) if isinstance(value, datetime) else str(value)
    return version_key(text) if field == "input_dataset_version" else text


def _refused_below(deployment: Deployment, directory: Path) -> Finding | None:
    place = f"{shown(directory)}{os.sep}"
    findings = (*deployment.unreadable, *deployment.violations)
    return next((f for f in findings if f.severity >= Severity.ERROR and (f.location or "").startswith(place)), None)


def _speakers(deployment: Deployment, settings: Settings) -> list[ServingWindow | DeploymentEvent]:
    """Return one record per distinct set of links: the first event and window that say so."""
    found: dict[tuple[str, ...], ServingWindow | DeploymentEvent] = {}
    windows = [served.first for served in history_of(deployment, settings.serving).served]
    records: list[ServingWindow | DeploymentEvent] = [*deployment.events, *windows]
    for record in records:
        found.setdefault(tuple(getattr(record, field) for field in IDENTITY), record)
    return list(found.values())


def _no_windows(deployment: Deployment, settings: Settings) -> Iterator[Finding]:
    assert deployment.metrics_dir is not None
    activation, now = deployment.events[0], deployment.platform.now
    waiting = (now - activation.event_time).total_seconds()
    retired = retirement_of(deployment)
    expected = weekly.spans(settings.serving.expected_traffic)
    silent = weekly.time_within(activation.event_time, now, expected).total_seconds()
    tree_empty = not of_artifact(deployment).windows_below(deployment.metrics_dir)
    # One that is out of service may never have had traffic, and its windows may be gone with the years.
    excused = retired is not None or silent <= settings.serving.max_staleness_minutes * 60
    there = deployment.metrics_dir.is_dir()
    why = "which holds no readable window" if there else "which does not exist"
    tail = (f", {why}" if tree_empty else "") + (f"; retired: {retired}" if retired else "")
    since = f"was activated {duration(waiting)} ago"
    if waiting < 0:
        since = f"is to be activated in {duration(waiting)}"
    yield Finding(
        Severity.INFO if excused and not tree_empty else Severity.ERROR,
        f"deployment_id {quoted(deployment.ref.name)} {since} but has no window below "
        f"{shown(deployment.metrics_dir)}{tail}",
        "metrics windows of the deployment",
        "no window",
        "deployment_id",
        activation.location,
    )


def _disagreements(windows: Sequence[ServingWindow], events: tuple[DeploymentEvent, ...]) -> Iterator[Finding]:
    for field in IDENTITY:
        said = {_comparable(event, field) for event in events}
        # A value that only some windows have is the business of identity_constant.
        for value in sorted({_comparable(window, field) for window in windows} - said):
            window = next(w for w in windows if _comparable(w, field) == value)
            yield Finding(
                Severity.ERROR,
                f"{field} is {quoted(value)} in the windows but {listing([quoted(v) for v in sorted(said)])} in the "
                f"activation event",
                "the same in windows and event",
                quoted(value),
                field,
                window.location,
            )


def _run_disagreements(record: ServingWindow | DeploymentEvent, run: TrainingRun) -> Iterator[Finding]:
    pairs: list[tuple[str, object, str, object]] = [
        ("model_name", record.model_name, "candidate_name" if run.bundle else "model_name", run.model_name),
        ("model_version", record.model_version, "model_version", run.model_version),
    ]
    if isinstance(record, DeploymentEvent) and run.timed:
        pairs.append(("bundle_created_at", record.bundle_created_at, "completed_at", run.completed_at))
        pairs.append(("started_at", record.started_at, "started_at", run.started_at))
        if record.completed_at != record.bundle_created_at:
            pairs.append(("completed_at", record.completed_at, "completed_at", run.completed_at))
    for field, served, theirs, trained in pairs:
        if trained in (None, UNKNOWN) or served == trained:
            continue
        if served == UNKNOWN:
            yield _unknown(record, field)
            continue
        shown_served, shown_trained = (
            (instant(v) if isinstance(v, datetime) else quoted(v)) for v in (served, trained)
        )
        yield Finding(
            Severity.ERROR,
            f"{_chain(record, run)} says {theirs} {shown_trained}, but the {_noun(record)} says {field} {shown_served}",
            shown_trained,
            shown_served,
            field,
            record.location,
        )


def _dataset_disagreements(record: ServingWindow | DeploymentEvent, run: TrainingRun) -> Iterator[Finding]:
    for field in ("input_dataset_name", "input_dataset_version"):
        served, trained = getattr(record, field), getattr(run, field)
        if trained in (None, UNKNOWN):
            continue
        if version_key(served) != version_key(trained):
            yield Finding(
                Severity.ERROR,
                f"{_chain(record, run)} says {field} {quoted(trained)}, but the {_noun(record)} says {quoted(served)}",
                quoted(trained),
                quoted(served),
                field,
                record.location,
            )


def _unknown(record: ServingWindow | DeploymentEvent, field: str) -> Finding:
    return Finding(
        Severity.WARNING,
        f'{_said(record)}: {field} is "{UNKNOWN}": upstream should emit it',
        f"the real {field}",
        UNKNOWN,
        field,
        record.location,
    )


def _chain(record: ServingWindow | DeploymentEvent, run: TrainingRun | None = None) -> str:
    """Return the links from a deployment on, as far as they lead: ``dep-001 → bundle 43826da1 → run r_1``."""
    deployment, bundle = bare(record.deployment_id, 60), record.bundle_run_id
    if run is None:
        return f"{deployment} → bundle {bare(bundle, 40)}"
    # The run's id is the bundle's, and stands in full behind it.
    return f"{deployment} → bundle {bare(bundle[:_SHORT], 40)} → run {bare(run.ref.name, 40)}"


def _said(record: ServingWindow | DeploymentEvent) -> str:
    return f"{bare(record.deployment_id, 60)} ({_noun(record)})"


def _noun(record: ServingWindow | DeploymentEvent) -> str:
    return "event" if isinstance(record, DeploymentEvent) else "window"
