"""The kind ``predictions``."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from pytest_mlmonitor.core.kind import Kind
from pytest_mlmonitor.core.text.levels import stamp_of_path
from pytest_mlmonitor.core.text.times import stamp_of
from pytest_mlmonitor.core.text.versions import family
from pytest_mlmonitor.links.adjustments import of_versions
from pytest_mlmonitor.predictions.log_fields import MAPPED
from pytest_mlmonitor.predictions.model import Predictions

if TYPE_CHECKING:
    from pytest_mlmonitor.core.fact_context import Fact, FactContext


def _order(predictions: Predictions) -> datetime | None:
    """Return when predictions were made: by their training, else by the dates in their path, as a daily log has them."""
    if predictions.declared is not None:
        version = predictions.declared.sourced.version
        return version.value if version is not None and isinstance(version.value, datetime) else None
    path, root = predictions.ref.path.with_suffix(""), predictions.ref.root
    moment = stamp_of(predictions.stamp)
    stamp = stamp_of_path(path.relative_to(root).parts) if moment is None and path.is_relative_to(root) else None
    return stamp.moment if stamp is not None else moment


def _family(predictions: Predictions) -> str | None:
    declared = predictions.declared
    return family(predictions.ref.path.stem) if declared is None else declared.sourced.family


def _version(predictions: Predictions) -> str | None:
    declared = predictions.declared
    if declared is None or declared.sourced.version is None:
        return predictions.stamp
    return declared.sourced.version.text


def _prediction_facts(predictions: Predictions, context: FactContext) -> Iterator[Fact]:
    from pytest_mlmonitor.predictions.facts.prediction_facts import prediction_facts

    return prediction_facts(predictions, context)


PREDICTIONS = Kind(
    "predictions",
    artifact=Predictions,
    package="pytest_mlmonitor.predictions",
    formats=("test_predictions", "log", "live_window", "sagemaker_capture", "declared"),
    topics=(
        "table",
        "predictions",
        "model_versions",
        "quality",
        "features",
        "drift",
        "report_metrics",
        "performance",
    ),
    fixture="predictions",
    family=_family,
    order=_order,
    adjustments=of_versions,
    version=_version,
    sections=("quality", "drift", "performance"),
    mapped=MAPPED,
    facts=_prediction_facts,
)
