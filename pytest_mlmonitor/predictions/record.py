"""Contracts of predictions files (specification 1.4)."""

from __future__ import annotations

from pytest_mlmonitor.tables.contract.row_terms import Threshold
from pytest_mlmonitor.tables.contract.table import Column, TableContract
from pytest_mlmonitor.tables.families import INTEGERS

TEST_PREDICTIONS = TableContract(
    name="test_predictions",
    columns=(
        Column("station_id", ("string", "large_string"), not_blank=True),
        Column("obs_ts", ("timestamp[us]", "timestamp[ns]", "timestamp[ms]", "timestamp[s]")),
        Column("y_true", INTEGERS, values=(0, 1)),
        Column("y_score", ("double",), minimum=0, maximum=1),
        Column("y_pred", INTEGERS, values=(0, 1)),
    ),
    key=("station_id", "obs_ts"),
    rules=(Threshold("y_pred", "y_score", 0.5),),
    extra="warning",
    ordered=False,
)
"""The trainer's own ``test_predictions_*.parquet``."""

REQUIRED = ("request_id", "predicted_class", "confidence", "model_version")
"""Fields of every entry of a prediction log that has them at all."""

UNJUDGED = {
    "request_id": "whether one was logged twice is not judged",
    "confidence": "how sure the model is is not judged",
    "model_version": "which model predicted is not known",
}
"""Of these a whole log may lack any (specification 8: rules whose fields are missing are not checked); what that costs."""

LOG_FIELDS = {
    "request_id": ("request_id", "prediction_id", "inference_id", "id"),
    "predicted_class": (
        "predicted_class",
        "prediction",
        "predicted_label",
        "y_pred",
        "predicted",
        "predicted_value",
        "y_hat",
    ),
    "confidence": ("confidence", "probability", "score", "y_score"),
    "model_version": ("model_version",),
    "label": ("ground_truth", "label", "y_true", "actual", "target", "true_label", "actual_label", "true_class"),
    "time": ("timestamp", "predicted_at", "prediction_time", "event_time", "created_at", "time", "ts"),
    "latency": (
        "latency_ms",
        "latency",
        "latency_s",
        "latency_seconds",
        "duration_ms",
        "response_time_ms",
        "inference_time_ms",
        "processing_time_ms",
        "elapsed_ms",
    ),
    "probabilities": ("probabilities", "class_probabilities", "probas", "proba", "predict_proba"),
    "features": ("features", "input_features", "feature_values", "inputs", "input", "instances", "instance"),
}
"""Fields of a prediction log of another platform, and the names they go by."""

ENTITY_NAMES = ("entity_id", "entity")
EVENT_NAMES = ("event_ts", "event_time", "event_timestamp")
"""Names by which a log's entity and event time go where they are not called as in the dataset that has the labels."""
