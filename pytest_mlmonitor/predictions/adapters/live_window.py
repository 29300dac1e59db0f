"""``live_window.parquet`` of the ML monitoring stack: features of the newest requests, without predictions."""

from __future__ import annotations

from pytest_mlmonitor.core.adapter import Adapter
from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.predictions.model import Predictions


def read(ref: ArtifactRef) -> Predictions:
    """Return the window of live features ``ref.path``: a log of which only the features are judged."""
    return Predictions(ref, data_path=ref.path, log=True, features_only=True)


LIVE_WINDOW = Adapter("predictions", "live_window", read, ("live_window.parquet",), may_decline=False)
