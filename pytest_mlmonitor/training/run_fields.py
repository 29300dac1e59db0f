"""The fields of a training run that a declared source may map, and what each holds (specification 8)."""

from __future__ import annotations

from pytest_mlmonitor.core.references.units import FieldForm

MAPPED_OF_RUNS: dict[str, FieldForm] = {
    "run_id": "text",
    "model_name": "text",
    "model_version": "text",
    "dataset_name": "text",
    "dataset_version": "text",
    "dataset_path": "text",
    "dataset_digest": "text",
    "dataset_rows": "count",
    "commit": "text",
    "started_at": "time",
    "completed_at": "time",
    "created_at": "time",
    "artifact_path": "text",
}
