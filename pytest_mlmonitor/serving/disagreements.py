"""Where a deployment's windows, its events, its training run and their dataset contradict one another, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from pytest_mlmonitor.core.artifact import UNKNOWN, Artifact
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.names import bare, quoted
from pytest_mlmonitor.core.text.versions import version_key
from pytest_mlmonitor.core.text.words import instant, listing
from pytest_mlmonitor.serving.model import IDENTITY, DeploymentEvent, ServingWindow
from pytest_mlmonitor.training.model import TrainingRun

Speaker = ServingWindow | DeploymentEvent
"""What names the things that a deployment is linked to."""

_SHORT = 8
"""Characters by which a person tells run ids apart."""


def other_bundle(event: DeploymentEvent) -> Finding:
    """Return the finding that an event's URI and its bundle are not the same."""
    return Finding(
        Severity.ERROR,
        f"bundle_uri {quoted(event.bundle_uri, 200)} names another bundle than bundle_id {quoted(event.bundle_id, 200)}",
        f"a URI that ends in {quoted(event.bundle_run_id)}",
        quoted(event.bundle_uri, 200),
        "bundle_uri",
        event.location,
    )


def comparable(record: Speaker, field: str) -> str:
    """Return a field in a form in which equal values are equal: versions that are timestamps compare as instants."""
    value = getattr(record, field)
    text = instant(value) if isinstance(value, datetime) else str(value)
    return version_key(text) if field == "input_dataset_version" else text


def disagreements(windows: Sequence[ServingWindow], events: tuple[DeploymentEvent, ...]) -> Iterator[Finding]:
    """Yield what the windows say of themselves and no event says."""
    for field in IDENTITY:
        said = {comparable(event, field) for event in events}
        # A value that only some windows have is the business of identity_constant.
        for value in sorted({comparable(window, field) for window in windows} - said):
            window = next(w for w in windows if comparable(w, field) == value)
            yield Finding(
                Severity.ERROR,
                f"{field} is {quoted(value)} in the windows but {listing([quoted(v) for v in sorted(said)])} in the "
                f"activation event",
                "the same in windows and event",
                quoted(value),
                field,
                window.location,
                short=f"windows and activation event differ in {field}",
            )


def run_disagreements(record: Speaker, run: TrainingRun) -> Iterator[Finding]:
    """Yield what a record says of its training run and the run does not."""
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
            yield unknown(record, field)
            continue
        shown_served, shown_trained = (
            (instant(v) if isinstance(v, datetime) else quoted(v)) for v in (served, trained)
        )
        yield Finding(
            Severity.ERROR,
            f"{chain(record, run)} says {theirs} {shown_trained}, but the {_noun(record)} says {field} {shown_served}",
            shown_trained,
            shown_served,
            field,
            record.location,
        )


def dataset_disagreements(record: Speaker, run: TrainingRun) -> Iterator[Finding]:
    """Yield the dataset that a record names and its training run does not."""
    for field in ("input_dataset_name", "input_dataset_version"):
        served, trained = getattr(record, field), getattr(run, field)
        if trained in (None, UNKNOWN):
            continue
        if version_key(served) != version_key(trained):
            yield Finding(
                Severity.ERROR,
                f"{chain(record, run)} says {field} {quoted(trained)}, but the {_noun(record)} says {quoted(served)}",
                quoted(trained),
                quoted(served),
                field,
                record.location,
            )


def other_dataset(record: Speaker, run: TrainingRun, said: Artifact, learnt: Artifact) -> Finding:
    """Return the finding that a record names another dataset than the one that its run was trained on."""
    return Finding(
        Severity.ERROR,
        f"{chain(record, run)} was trained on {bare(learnt.ref.name, 80)}, but the {_noun(record)} says {bare(said.ref.name, 80)}",
        bare(learnt.ref.name, 80),
        bare(said.ref.name, 80),
        "input_dataset_name, input_dataset_version",
        record.location,
    )


def unknown(record: Speaker, field: str) -> Finding:
    """Return the finding that upstream did not know what to write."""
    return Finding(
        Severity.WARNING,
        f'{_said(record)}: {field} is "{UNKNOWN}": upstream should emit it',
        f"the real {field}",
        UNKNOWN,
        field,
        record.location,
    )


def chain(record: Speaker, run: TrainingRun | None = None) -> str:
    """Return the links from a deployment on, as far as they lead: ``dep-001 → bundle 43826da1 → run r_1``."""
    deployment, bundle = bare(record.deployment_id, 60), record.bundle_run_id
    if run is None:
        return f"{deployment} → bundle {bare(bundle, 40)}"
    # The run's id is the bundle's, and stands in full behind it.
    return f"{deployment} → bundle {bare(bundle[:_SHORT], 40)} → run {bare(run.ref.name, 40)}"


def _said(record: Speaker) -> str:
    return f"{bare(record.deployment_id, 60)} ({_noun(record)})"


def _noun(record: Speaker) -> str:
    return "event" if isinstance(record, DeploymentEvent) else "window"
