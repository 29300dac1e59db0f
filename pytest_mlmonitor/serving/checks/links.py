"""A deployment's links (specification 2.7): windows, events, the training run and its dataset."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from pytest_mlmonitor.core.artifact import UNKNOWN, NotChecked
from pytest_mlmonitor.core.check import check
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Finding, Severity, grouped
from pytest_mlmonitor.core.text.hours import weekly
from pytest_mlmonitor.core.text.names import bare, quoted, shown
from pytest_mlmonitor.core.text.words import count, duration, instant, listing
from pytest_mlmonitor.links.chain import dangling_dataset, roots_in_words
from pytest_mlmonitor.links.closure import Closure
from pytest_mlmonitor.links.identities.inputs import Inputs
from pytest_mlmonitor.links.identities.link_words import broken, unresolved
from pytest_mlmonitor.serving.disagreements import (
    Speaker,
    chain,
    comparable,
    dataset_disagreements,
    disagreements,
    other_bundle,
    other_dataset,
    run_disagreements,
    unknown,
)
from pytest_mlmonitor.serving.history import history_in
from pytest_mlmonitor.serving.model import IDENTITY, LINKS, Deployment, links_of, run_of
from pytest_mlmonitor.serving.record import EVENT_IDENTITY
from pytest_mlmonitor.serving.seen.retirement import Retirement
from pytest_mlmonitor.serving.views import Deployments
from pytest_mlmonitor.training.views import Runs


@check("deployment", category="lineage", action="Give every release a deployment_id of its own")
def identity_constant(deployment: Deployment, context: Context) -> Iterator[Finding]:
    """All windows of a deployment name the same service, model, bundle and dataset, and so do its events."""
    history = history_in(deployment, context)
    windows = [(served.first, served.windows) for served in history.served]
    events = [(event, 1) for event in deployment.events]
    speakers: tuple[tuple[Sequence[tuple[Speaker, int]], str, tuple[str, ...]], ...] = (
        (windows, "window", (*IDENTITY, *LINKS) if deployment.source is not None else IDENTITY),
        (events, "event", (*IDENTITY, *EVENT_IDENTITY)),
    )
    for records, noun, fields in speakers:
        for field in fields:
            numbers: Counter[str] = Counter()
            first: dict[str, Speaker] = {}
            for record, number in records:
                value = comparable(record, field)
                numbers[value] += number
                first.setdefault(value, record)
            if len(numbers) > 1:
                common, *_, rare = sorted(numbers, key=lambda value: -numbers[value])
                more = history.more_served if noun == "window" else 0
                # What a log of anybody's calls a deployment may be a service, which goes on to the next release.
                declared = deployment.source is not None
                yield Finding(
                    Severity.INFO if declared else Severity.ERROR,
                    f"{field} changes{'' if declared else ' within the deployment'}: {quoted(rare)} in "
                    f"{count(numbers[rare], noun)}, {quoted(common)} in the others"
                    + (f"; {count(more, noun)} not told apart" if more else ""),
                    f"one {field} per deployment",
                    listing([quoted(v) for v in numbers]),
                    field,
                    first[rare].location,
                )


@check("deployment", category="lineage", action="Make the deployment write its activation event")
def event_link(deployment: Deployment, context: Context) -> Iterator[Finding]:
    """Windows have an activation event that is no later than the first window and names the same things, and vice versa."""
    if deployment.metrics_dir is None or deployment.events_dir is None:
        raise NotChecked("a log of windows holds no activation events")
    history, events = history_in(deployment, context), deployment.events
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
            short=f"{count(history.windows, 'window')} but no activation event",
        )
        return
    yield from grouped(other_bundle(event) for event in events if run_of(event.bundle_uri) != event.bundle_run_id)
    if history.first is None:
        yield from _no_windows(deployment, context)
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
            short=f"activated {late} after the end of its first window",
        )
    yield from grouped(disagreements([served.first for served in history.served], events))


@check("deployment", category="lineage", action="Restore the run that it serves, or deploy a known one")
def run_link(deployment: Deployment, context: Context) -> Iterator[Finding]:
    """The bundle that is served is a training run that exists, with the same model name and version."""
    if deployment.source is not None:
        yield from _declared_run(deployment, context)
        return
    records = _speakers(deployment, context)
    yield from (unknown(r, "bundle_id") for r in records if r.bundle_id == UNKNOWN)
    if not context.platform.holds("training_run"):
        raise NotChecked("the roots hold no training run")
    for record in records:
        if record.bundle_id == UNKNOWN:
            continue
        run_id = record.bundle_run_id
        runs = context.view(Runs).by_id(run_id)
        if not runs:
            yield Finding(
                Severity.ERROR,
                f"{chain(record)} (bundle_id: no training run of that run_id under {roots_in_words(context.platform)})",
                "a training run under the roots",
                quoted(record.bundle_id, 200),
                "bundle_id",
                record.location,
                short=f"serves {bare(run_id, 40)}, which is no training run here",
            )
        # A bundle and a flat document may describe one run, and then disagree in the same words.
        yield from dict.fromkeys(finding for run in runs for finding in run_disagreements(record, run))


@check(
    "deployment", category="lineage", name="dataset_link", action="Restore the dataset that its model was trained on"
)
def deployment_dataset_link(deployment: Deployment, context: Context) -> Iterator[Finding]:
    """The dataset that the served model was trained on exists, and is the one its run names."""
    seen: set[tuple[str, str]] = set()
    for record in _speakers(deployment, context):
        key = (record.input_dataset_name, record.input_dataset_version)
        if key in seen:
            continue
        seen.add(key)
        if deployment.source is not None and UNKNOWN in key:
            raise NotChecked(
                "its windows do not say what it was trained on (fields.input_dataset_name, input_dataset_version)"
            )
        if UNKNOWN in key:
            yield unknown(record, "input_dataset_name" if key[0] == UNKNOWN else "input_dataset_version")
            continue
        edges = [context.link(Closure).resolved(deployment, link) for link in links_of(record)]
        runs = [run for edge in edges if edge.role == "serves" for run in edge.targets]
        said = context.link(Inputs).led_to(edge for edge in edges if edge.role == "trained_on")
        learnt = context.link(Inputs).of(*runs)
        # However either of them writes it: where both lead to one dataset they agree.
        if not {one.ref for one in said} & {one.ref for one in learnt}:
            words = list(dict.fromkeys(finding for run in runs for finding in dataset_disagreements(record, run)))
            yield from words or ([other_dataset(record, runs[0], said[0], learnt[0])] if said and learnt else [])
        if context.platform.holds("dataset") and not said:
            yield dangling_dataset(
                context.platform, chain(record, runs[0] if runs else None), key[0], key[1], record.location
            )
    if not context.platform.holds("dataset") and not any(UNKNOWN in key for key in seen):
        raise NotChecked("the roots hold no dataset")


def _declared_run(deployment: Deployment, context: Context) -> Iterator[Finding]:
    """Follow what a declared source says of the run that it serves, by whatever it says of it."""
    edges = [edge for edge in context.link(Closure).of(deployment) if edge.link.role == "serves"]
    if not edges:
        raise NotChecked(
            "its windows do not say which training run it serves (fields.run_id, model_uri, model_version, model_alias, commit "
            "or bundle_id)"
        )
    if not context.platform.holds("training_run"):
        raise NotChecked("the roots hold no training run")
    for edge in edges:
        yield from broken(context.platform, edge, bare(deployment.ref.name, 60), shown(deployment.ref.path))
    open_ends = unresolved(context.platform, edges)
    if len(open_ends) == len(edges):
        raise NotChecked(open_ends[0])
    for why in open_ends:
        yield Finding(
            Severity.INFO, f"not every run that it serves is known: {why}", location=shown(deployment.ref.path)
        )


def _refused_below(deployment: Deployment, directory: Path) -> Finding | None:
    place = f"{shown(directory)}{os.sep}"
    findings = (*deployment.unreadable, *deployment.violations)
    return next((f for f in findings if f.severity >= Severity.ERROR and (f.location or "").startswith(place)), None)


def _speakers(deployment: Deployment, context: Context) -> list[Speaker]:
    """Return one record per distinct set of links: the first event and window that say so."""
    found: dict[tuple[str, ...], Speaker] = {}
    windows = [served.first for served in history_in(deployment, context).served]
    records: list[Speaker] = [*deployment.events, *windows]
    for record in records:
        found.setdefault(tuple(getattr(record, field) for field in IDENTITY), record)
    return list(found.values())


def _no_windows(deployment: Deployment, context: Context) -> Iterator[Finding]:
    assert deployment.metrics_dir is not None
    activation, now = deployment.events[0], context.now
    waiting = (now - activation.event_time).total_seconds()
    retired = context.link(Retirement).of(deployment)
    expected = weekly.spans(context.settings.serving.expected_traffic)
    silent = weekly.time_within(activation.event_time, now, expected).total_seconds()
    tree_empty = not context.view(Deployments).windows_below(deployment.metrics_dir)
    # One that is out of service may never have had traffic, and its windows may be gone with the years.
    excused = retired is not None or silent <= context.settings.serving.max_staleness_minutes * 60
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
        keys=("serving.max_staleness_minutes",) if not excused else (),
        short=f"{since} but has no window",
    )
