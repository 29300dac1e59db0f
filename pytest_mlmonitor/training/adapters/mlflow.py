"""Training runs of MLflow: its file store, or its SQLite database, read without MLflow (specification 8)."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

from pytest_mlmonitor.core.adapter import Adapter, Mark, Reading
from pytest_mlmonitor.core.artifact import UNKNOWN, ArtifactRef
from pytest_mlmonitor.core.editing import EditedFiles, Editing
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.names import safe, shown
from pytest_mlmonitor.formats.mlflow.stores import TrackingStores
from pytest_mlmonitor.formats.mlflow.tracked import COMMIT, FINISHED, TrackedInput, TrackedRun, TrackingStore
from pytest_mlmonitor.training.mapping import no_numbers
from pytest_mlmonitor.training.model import InputDataset, TrainingRun

_NOT_TRAINED_ON = frozenset(
    {"eval", "evaluation", "evaluate", "test", "testing", "val", "valid", "validation", "inference"}
)
"""Contexts of inputs that a model did not learn from."""

_ANY_MODEL = "model"
"""What MLflow's own loggers call every model."""


def read(ref: ArtifactRef, reading: Reading) -> list[TrainingRun]:
    """Read the runs of the store at ``ref.path``; those in the wastebasket are none."""
    store = reading.view(TrackingStores).at(ref.path, reading.discovery.files)
    if store is None:
        return []
    registered = _registered(store)
    return [_run(one, ref, registered.get(one.run_id, [])) for one in store.runs if not one.deleted]


def _registered(store: TrackingStore) -> dict[str, list[str]]:
    """Return the registered models that runs became, by run."""
    found: dict[str, list[str]] = {}
    for model in store.models:
        for version in model.versions:
            if version.run_id is not None:
                found.setdefault(version.run_id, []).append(version.model)
    return found


def _run(one: TrackedRun, ref: ArtifactRef, registered: list[str]) -> TrainingRun:
    own = ArtifactRef(ref.kind, one.path, one.run_id, ref.root)
    if one.unreadable:
        return TrainingRun(own, one.unreadable, run_id=one.run_id)
    model = _model(one, registered)
    emitted = {"started_at": one.started, "completed_at": one.ended}
    return TrainingRun(
        own,
        violations=tuple(_violations(one)),
        run_id=one.run_id,
        model_name=model or UNKNOWN,
        declared_family=None if model is not None else one.experiment,
        started_at=one.started,
        completed_at=one.ended,
        metrics={key: value for key, value in one.metrics.items() if math.isfinite(value)},
        artifact_path=one.artifact_uri,
        timed=one.started is not None and one.ended is not None,
        emitted={key: moment for key, moment in emitted.items() if moment is not None},
        document={**(one.meta or {}), "tags": dict(one.tags)},
        documents={one.path: one.lines} if one.lines is not None else {},
        inputs=tuple(_inputs(one)),
        status=one.status,
        # Of the code, which goes on while data stay: it says nothing of what the run was trained on.
        commit=one.tags.get(COMMIT),
    )


def _model(one: TrackedRun, registered: list[str]) -> str | None:
    """Return what a run is of: the registered model that it became, else the one that it logged; an experiment is no model.

    Which version of the registered model is the registry's affair: it numbers them as it likes, and deployments by other names.
    """
    if len(set(registered)) == 1:
        return registered[0]
    logged = [name for name, _ in Counter(one.models).most_common() if name != _ANY_MODEL]
    return logged[0] if len(logged) == 1 else None


def _violations(one: TrackedRun) -> Iterator[Finding]:
    yield from one.problems
    place = shown(one.path)
    if one.status == FINISHED and one.ended is None:
        words = "the run is FINISHED, and nothing says when it ended (end_time)"
        yield Finding(Severity.ERROR, words, "end_time", "missing", "end_time", place)
    # What was cut off may hold anything: that it was is said of the run as a whole.
    severity = Severity.ERROR if one.status == FINISHED else Severity.WARNING
    for name, value in one.metrics.items():
        if not math.isfinite(value):
            column, word = f"metrics.{safe(name)}", "NaN" if math.isnan(value) else "infinite"
            words = f"{column} is {word}: expected a finite number"
            yield Finding(severity, words, "a finite number", word, column, one.metric_places.get(name, place))
    for finding in no_numbers(one.metrics, "metrics.", (), place):
        at = one.metric_places.get((finding.column or "").removeprefix("metrics."), place)
        yield replace(finding, location=at, severity=min(finding.severity, severity))


def _inputs(one: TrackedRun) -> Iterable[InputDataset]:
    learnt = [given for given in one.inputs if (given.context or "").lower() not in _NOT_TRAINED_ON]
    kept = {given.source for given in one.inputs if given not in learnt and given.source is not None}
    return [_input(given, bool(learnt) and given.source in kept) for given in learnt or one.inputs]


def _input(given: TrackedInput, split: bool) -> InputDataset:
    path = given.source.removeprefix("file://") if given.source is not None else None
    return InputDataset(given.name, None, given.digest, path, given.rows, location=given.location, split=split)


def _late(reading: Reading) -> list[Mark]:
    """Return the stores that hold runs; the registry's adapter recognises them by name."""
    found = []
    for one in reading.discovery.found:
        if any(adapter.format == "mlflow" for adapter in one.adapters):
            store = reading.view(TrackingStores).at(one.ref.path, reading.discovery.files)
            if store is not None and store.runs:
                found.append(Mark(one.ref.path))
    return found


def _edit(run: TrainingRun, editing: Editing) -> EditedFiles:
    from pytest_mlmonitor.formats.mlflow.tracking_database import begins_like_one
    from pytest_mlmonitor.training.edited.tracked_files import edited_tracked_files
    from pytest_mlmonitor.training.edited.tracked_rows import edited_tracked_rows

    return (edited_tracked_rows if begins_like_one(run.ref.path) else edited_tracked_files)(run, editing)


MLFLOW = Adapter("training_run", "mlflow", read, late=_late, edit=_edit)
