"""Lineage events in the platform's own form (specification 3), one JSON object a line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.artifact import UNKNOWN
from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.files.atomic import append_lines
from pytest_mlmonitor.core.record import RunRecord
from pytest_mlmonitor.core.result import VERDICTS
from pytest_mlmonitor.core.text.redaction import concealed
from pytest_mlmonitor.core.text.words import instant
from pytest_mlmonitor.datasets.kind import DATASET
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.links.identities.inputs import Inputs
from pytest_mlmonitor.serving.kind import DEPLOYMENT
from pytest_mlmonitor.serving.model import Deployment
from pytest_mlmonitor.training.kind import TRAINING_RUN
from pytest_mlmonitor.training.model import TrainingRun

Event = dict[str, Any]


def dataset_event(dataset: Dataset) -> Event:
    """Return ``dataset_build_completed``.

    Raises:
        ValueError: naming the fields that the dataset's metadata lacks.
    """
    missing = [
        field
        for field in ("dataset_name", "dataset_version", "built_at", "row_count", "feature_count")
        if getattr(dataset, field) is None
    ]
    if missing or dataset.built_at is None:
        raise ValueError(f"no lineage event without {', '.join(missing)}")
    return {
        "event_type": "dataset_build_completed",
        "event_time": instant(dataset.built_at),
        "inputs": None,
        "outputs": {"dataset": {"name": dataset.dataset_name, "version": dataset.dataset_version}},
        "metadata": {"row_count": dataset.row_count, "feature_count": dataset.feature_count},
    }


def training_event(run: TrainingRun) -> Event:
    """Return ``training_run_completed``; "unknown" links stay as they are in this form.

    Raises:
        ValueError: naming the fields that the run's metadata lacks.
    """
    missing = [field for field in ("run_id", "model_name", "started_at", "completed_at") if getattr(run, field) is None]
    # A time that is there and broken has no stand-in: better no event than a made-up duration.
    said = run.document or {}
    missing += [f for f in ("started_at", "completed_at") if said.get(f) is not None and f not in run.emitted]
    if missing or run.started_at is None or run.completed_at is None:
        raise ValueError(f"no lineage event without {', '.join(missing)}")
    return {
        "event_type": "training_run_completed",
        "event_time": instant(run.completed_at),
        "inputs": {"dataset": {"name": run.input_dataset_name, "version": run.input_dataset_version}},
        "outputs": {"model": {"name": run.model_name, "version": run.model_version}},
        "metadata": {
            "run_id": run.run_id,
            "duration_seconds": (run.completed_at - run.started_at).total_seconds(),
        },
    }


def deployment_events(deployment: Deployment) -> Iterator[Event]:
    """Yield ``serving_deployment_activated`` for every event of the deployment."""
    for event in deployment.events:
        yield {
            "event_type": "serving_deployment_activated",
            "event_time": instant(event.event_time),
            "inputs": {
                "model": {"name": event.model_name, "version": event.model_version},
                "dataset": {"name": event.input_dataset_name, "version": event.input_dataset_version},
            },
            "outputs": {"deployment": {"name": event.deployment_id, "version": event.model_version}},
            "metadata": {
                "service_name": event.service_name,
                "environment": event.environment,
                "bundle_id": event.bundle_id,
                "activation_reason": event.activation_reason,
                "traffic_status": event.traffic_status,
            },
        }


def check_event(record: RunRecord) -> Event:
    """Return ``check_run_completed``: the verdict of this run."""
    judged = record.artifacts()
    return {
        "event_type": "check_run_completed",
        "event_time": instant(record.evaluated_at),
        "inputs": None,
        "outputs": None,
        "metadata": {
            "environment": record.environment,
            "counts": record.counts(),
            "verdicts": {v: sum(j.verdict == v for j in judged) for v in reversed(VERDICTS)},
            "exit_status": record.exit_status,
            "narrowed": record.narrowed,
            "duration_seconds": round(record.duration_seconds, 3),
        },
    }


def _with_its_dataset(run: TrainingRun, platform: Artifacts) -> TrainingRun:
    """Return a run with the dataset that its path or digest leads to, where it names none."""
    if run.input_dataset_name not in (None, UNKNOWN):
        return run
    found = platform.view(Inputs).of(run)
    if len(found) != 1:
        return run
    return replace(run, input_dataset_name=found[0].dataset_name, input_dataset_version=found[0].dataset_version)


def events_of(platform: Artifacts) -> Iterator[Event]:
    """Yield the events of everything that says enough of itself; a broken artifact has findings instead."""
    for dataset in platform.of_kind(DATASET.name, broken=True):
        yield from _complete(dataset_event, dataset)
    for run in platform.of_kind(TRAINING_RUN.name, broken=True):
        yield from _complete(training_event, _with_its_dataset(run, platform))
    for deployment in platform.of_kind(DEPLOYMENT.name, broken=True):
        yield from deployment_events(deployment)


def _complete(event_of: Callable[[Any], Event], artifact: Any) -> Iterator[Event]:
    try:
        yield event_of(artifact)
    except ValueError:
        return


def write_lineage(directory: Path, record: RunRecord, platform: Artifacts) -> Path:
    """Append this run's events to ``lineage-YYYY-MM-DD.ndjson`` (the day of the evaluation) and return its path.

    An event that the day's file already holds is not repeated: builds and activations do not happen twice because they
    are looked at twice. The check run itself always is.

    Raises:
        OSError: the file could not be written.
    """
    path = directory / f"lineage-{record.evaluated_at:%Y-%m-%d}.ndjson"
    known = set(path.read_text(encoding="utf-8", errors="replace").split("\n")) if path.exists() else set()
    lines = dict.fromkeys(line for line in map(encode, events_of(platform)) if line not in known)
    append_lines(path, [*lines, encode(check_event(record))])
    return path


def append_event(directory: Path, event: Event) -> Path:
    """Append one event to ``lineage-YYYY-MM-DD.ndjson`` (today, UTC), whether or not it is there, and return the path.

    Raises:
        OSError: the file could not be written.
    """
    path = directory / f"lineage-{datetime.now(UTC):%Y-%m-%d}.ndjson"
    append_lines(path, [encode(event)])
    return path


def encode(event: Event) -> str:
    """Return an event as one line of ASCII JSON."""
    return concealed(json.dumps(event, ensure_ascii=True, allow_nan=False))
