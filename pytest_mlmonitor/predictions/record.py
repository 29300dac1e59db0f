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

LOG_FIELDS = {
    "request_id": ("request_id", "prediction_id", "id"),
    "predicted_class": ("predicted_class", "prediction", "predicted_label", "y_pred"),
    "confidence": ("confidence", "probability", "score", "y_score"),
    "model_version": ("model_version",),
}
"""Fields of a prediction log of another platform, and the names they go by."""

LOG_TIMES = ("timestamp", "predicted_at", "prediction_time", "event_time", "created_at", "time", "ts")
"""Names by which an entry's time goes; no log must have one, it only says which of two logs is the earlier one."""

ENTITY_NAMES = ("entity_id", "entity")
EVENT_NAMES = ("event_ts", "event_time", "event_timestamp")
"""Names by which a log's entity and event time go where they are not called as in the dataset that has the labels."""
