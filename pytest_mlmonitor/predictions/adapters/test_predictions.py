"""Recognising the trainer's test predictions; the scan reads their rows (specification 1.4)."""

from __future__ import annotations

from pytest_mlmonitor.core.adapter import Adapter
from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.editing import EditedFiles, Editing
from pytest_mlmonitor.predictions.anchors import TEST_PREDICTIONS as NAME
from pytest_mlmonitor.predictions.model import Predictions
from pytest_mlmonitor.tables.reader.client import start


def read(ref: ArtifactRef) -> Predictions | None:
    """Return the test predictions in the file ``ref.path``, None for another predictions file."""
    match = NAME.fullmatch(ref.path.name)
    return Predictions(ref, data_path=ref.path, stamp=match.group(1)) if match else None


def _edit(predictions: Predictions, editing: Editing) -> EditedFiles:
    from pytest_mlmonitor.predictions.edited.edited_logs import edited_test_predictions

    return edited_test_predictions(predictions, editing)


TEST_PREDICTIONS = Adapter(
    "predictions", "test_predictions", read, ("test_predictions_*.parquet",), ahead=start, edit=_edit
)
