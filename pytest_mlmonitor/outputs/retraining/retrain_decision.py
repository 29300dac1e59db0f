"""A decision to train a model again, as the document that its file, its webhook and ``mlmonitor retrain`` hold.

Plain JSON values with types for the type checker; docs/retrain_decision.schema.json is made of them. Within a version keys are
only added.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final, TypedDict

from pytest_mlmonitor.core.policy.outlets.retrain_policy import RetrainReason
from pytest_mlmonitor.core.text.names import bare, safe, shown
from pytest_mlmonitor.core.text.words import listing
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.links.models.fed_models import FedModel
from pytest_mlmonitor.outputs.results_shape import Word
from pytest_mlmonitor.outputs.retraining.training_reasons import MEASURED, TrainingReason
from pytest_mlmonitor.training.model import TrainingRun

DECISION_VERSION: Final = 1

MOST_REASONS = 100
"""Reasons that are written down of one decision; the rest is counted."""

_MESSAGE = 500
"""Characters of a reason's message."""


class ReasonEntry(TypedDict):
    """A reason: a check that failed on what feeds the model or on what it does, or a limit of the policy."""

    category: RetrainReason
    check: str
    kind: str
    artifact: str
    family: str
    path: str | None
    severity: Word
    message: str
    evidence: list[str]


class DataEntry(TypedDict):
    """A version of a dataset."""

    name: str
    version: str | None
    path: str


class RunEntry(TypedDict):
    """A training run of the model that serves, or is in production; the newest one where none is."""

    run_id: str | None
    model_version: str | None


class RetrainDecision(TypedDict):
    """A decision to train a model again."""

    schema_version: int
    idempotency_key: str
    model: str
    environment: str
    decided_at: str
    evaluated_at: str | None
    dry_run: bool
    dry_run_reason: str | None
    forced: bool
    reasons: list[ReasonEntry]
    more_reasons: int
    evidence: list[str]
    dataset_name: str | None
    dataset_version: str | None
    datasets: list[DataEntry]
    trained_on: list[DataEntry]
    runs: list[RunEntry]
    trace_id: str | None


def decision_of(
    model: FedModel,
    reasons: Sequence[TrainingReason],
    *,
    environment: str,
    decided_at: datetime,
    evaluated_at: datetime,
    trace_id: str | None = None,
    dry_run: str | None = None,
) -> RetrainDecision:
    """Return a decision.

    Args:
        model: with what feeds it.
        reasons: the worst first.
        environment: the policy's.
        decided_at: by the clock.
        evaluated_at: the evaluation time of the run.
        trace_id: of the run.
        dry_run: why nobody is to act on it, None where somebody is.
    """
    entries = [_reason(one) for one in reasons[:MOST_REASONS]]
    datasets = [_data(one) for one in model.fed_by]
    about = {reason.ref for reason in reasons}
    first = next((entry for one, entry in zip(model.fed_by, datasets, strict=True) if one.ref in about), None)
    first = first or next(iter(datasets), None)
    return {
        "schema_version": DECISION_VERSION,
        "idempotency_key": _key(environment, model.name, entries, datasets, None if dry_run else decided_at),
        "model": safe(model.name),
        "environment": environment,
        "decided_at": _utc(decided_at),
        "evaluated_at": _utc(evaluated_at),
        "dry_run": dry_run is not None,
        "dry_run_reason": dry_run,
        "forced": False,
        "reasons": entries,
        "more_reasons": len(reasons) - len(entries),
        "evidence": list(dict.fromkeys(nodeid for entry in entries for nodeid in entry["evidence"])),
        "dataset_name": first["name"] if first is not None else None,
        "dataset_version": first["version"] if first is not None else None,
        "datasets": datasets,
        "trained_on": [_data(one) for one in model.trained_on],
        "runs": _runs(model.runs),
        "trace_id": trace_id,
    }


def forced_decision(model: str, environment: str, decided_at: datetime) -> RetrainDecision:
    """Return the decision of a person, who answers for it."""
    return {
        "schema_version": DECISION_VERSION,
        "idempotency_key": _key(environment, model, [], [], decided_at),
        "model": safe(model),
        "environment": environment,
        "decided_at": _utc(decided_at),
        "evaluated_at": None,
        "dry_run": False,
        "dry_run_reason": None,
        "forced": True,
        "reasons": [],
        "more_reasons": 0,
        "evidence": [],
        "dataset_name": None,
        "dataset_version": None,
        "datasets": [],
        "trained_on": [],
        "runs": [],
        "trace_id": None,
    }


def as_json(decision: RetrainDecision) -> str:
    """Return the text of a decision: ASCII, so that nothing out of an artifact can move a cursor or break an encoding."""
    return json.dumps(decision, ensure_ascii=True, indent=1) + "\n"


def in_words(decision: RetrainDecision) -> str:
    """Return why it was decided, in a few words: ``drift of bike_demand, r2 is 0.61 …``."""
    if decision["forced"]:
        return "asked for by hand"
    said = [
        one["message"] if one["kind"] == MEASURED else f"{one['category']} of {bare(one['artifact'], 60)}"
        for one in decision["reasons"]
    ]
    return listing(list(dict.fromkeys(said)) + ["…"] * decision["more_reasons"], 3)


def _reason(reason: TrainingReason) -> ReasonEntry:
    message = safe(reason.message)
    return {
        "category": reason.category,
        "check": safe(reason.check),
        "kind": reason.kind,
        "artifact": safe(reason.artifact),
        "family": safe(reason.family),
        "path": shown(reason.ref.path) if reason.ref is not None else None,
        "severity": reason.severity.word,  # type: ignore[typeddict-item]
        "message": message if len(message) <= _MESSAGE else f"{message[: _MESSAGE - 1]}…",
        "evidence": [safe(nodeid) for nodeid in reason.evidence[:MOST_REASONS]],
    }


def _data(dataset: Dataset) -> DataEntry:
    return {
        "name": safe(dataset.dataset_name or dataset.ref.name),
        "version": _optional(dataset.dataset_version),
        "path": shown(dataset.data_path or dataset.ref.path),
    }


def _runs(runs: Iterable[TrainingRun]) -> list[RunEntry]:
    """Return runs, each once: several documents may describe one."""
    known = dict.fromkeys((_optional(run.run_id), _optional(run.model_version)) for run in runs)
    return [{"run_id": run_id, "model_version": version} for run_id, version in known]


def _optional(text: str | None) -> str | None:
    return safe(text) if text is not None else None


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _key(
    environment: str,
    model: str,
    reasons: Sequence[ReasonEntry],
    datasets: Sequence[DataEntry],
    decided_at: datetime | None,
) -> str:
    """Return what tells a decision from every other: 32 hexadecimal digits; without a time that of a rehearsal."""
    why = sorted((one["kind"], one["artifact"], one["check"]) for one in reasons)
    what = [(one["name"], one["version"]) for one in datasets]
    when = decided_at.isoformat() if decided_at is not None else None
    return hashlib.sha256(json.dumps([environment, model, when, why, what]).encode("ascii")).hexdigest()[:32]
