"""What a run says, by the names that an edit has for it: those of a declared source's ``fields``, and ``metrics.NAME``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_mlmonitor.core.artifact import UNKNOWN
from pytest_mlmonitor.core.editing import Editing
from pytest_mlmonitor.training.model import TrainingRun

METRIC = "metrics."


def said_fields(run: TrainingRun) -> dict[str, Any]:
    """Return what a run says; what stands in for what it does not say is not among it."""
    one = run.inputs[0] if len(run.inputs) == 1 else None
    found = {
        "run_id": run.run_id,
        "model_name": run.model_name,
        "model_version": run.model_version,
        "dataset_name": one.name if one is not None else run.input_dataset_name,
        "dataset_version": one.version if one is not None else run.input_dataset_version,
        "dataset_path": one.path if one is not None else None,
        "dataset_digest": one.digest if one is not None else None,
        **run.emitted,
        **{f"{METRIC}{name}": value for name, value in run.metrics.items()},
    }
    return {name: value for name, value in found.items() if value not in (None, UNKNOWN)}


def changed_fields(run: TrainingRun, editing: Editing) -> Mapping[str, Any]:
    """Return what a run shall say otherwise."""
    return editing.change(said_fields(run)) or {}
