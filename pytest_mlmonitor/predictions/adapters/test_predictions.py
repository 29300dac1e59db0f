"""Reading a predictions file: only recognised here, the scan reads its rows (specification 1.4)."""

from __future__ import annotations

from pytest_mlmonitor.core.artifact import ArtifactRef, Links
from pytest_mlmonitor.predictions.model import Predictions
from pytest_mlmonitor.training.report_record import PREDICTIONS_FILE


def read_predictions(ref: ArtifactRef, platform: Links) -> Predictions:
    """Return the predictions file ``ref.path``: the trainer's test predictions by its name, else a prediction log."""
    match = PREDICTIONS_FILE.fullmatch(ref.path.name)
    return Predictions(ref, platform, data_path=ref.path, log=match is None, stamp=match.group(1) if match else None)
