"""The kind ``predictions``."""

from __future__ import annotations

from pytest_mlmonitor.core.kind import Kind
from pytest_mlmonitor.core.text.times import stamp_of
from pytest_mlmonitor.core.text.versions import family
from pytest_mlmonitor.links.adjustments import of_versions
from pytest_mlmonitor.predictions.model import Predictions

PREDICTIONS = Kind(
    "predictions",
    artifact=Predictions,
    package="pytest_mlmonitor.predictions",
    formats=("test_predictions", "log"),
    topics=("table", "predictions", "quality", "drift", "report_metrics", "performance"),
    fixture="predictions",
    family=lambda predictions: family(predictions.ref.path.stem),
    order=lambda predictions: stamp_of(predictions.stamp),
    adjustments=of_versions,
    version=lambda predictions: predictions.stamp,
    sections=("quality", "drift", "performance"),
)
