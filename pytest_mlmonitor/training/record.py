"""Records of a training run: bundle metadata, bundle metrics, and the flat ``training_metadata.json``."""

from __future__ import annotations

from typing import ClassVar

from pytest_mlmonitor.records.contract import NonBlank, NonNegative, Record, Timestamp


class BundleMetadata(Record):
    """``metadata.json`` of a bundle; the fields after ``created_at`` come from newer orchestrators (1.2)."""

    run_id: NonBlank
    candidate_name: NonBlank
    model_type: NonBlank
    created_at: Timestamp
    model_version: NonBlank | None = None
    input_dataset_name: NonBlank | None = None
    input_dataset_version: NonBlank | None = None
    started_at: Timestamp | None = None
    completed_at: Timestamp | None = None


class BundleMetrics(Record):
    """``metrics.json`` of a bundle: error metrics of the test split, else of the validation split (1.2)."""

    open_ended: ClassVar[bool] = True

    test_rmse: NonNegative | None = None
    test_mae: NonNegative | None = None
    val_rmse: NonNegative | None = None
    val_mae: NonNegative | None = None


class RunMetrics(Record):
    """``metrics`` of a flat run."""

    open_ended: ClassVar[bool] = True

    rmse: NonNegative
    mae: NonNegative


class TrainingMetadata(Record):
    """A flat ``training_metadata.json`` (1.2)."""

    run_id: NonBlank
    model_name: NonBlank
    model_version: NonBlank
    input_dataset_name: NonBlank
    input_dataset_version: NonBlank
    started_at: Timestamp
    completed_at: Timestamp
    metrics: RunMetrics
    artifact_path: NonBlank
