"""Drift of predictions against those before them: classes and scores (specification 2.5)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.check import check
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Figure, Finding, Severity
from pytest_mlmonitor.core.text.names import bare, shown
from pytest_mlmonitor.core.text.words import listing
from pytest_mlmonitor.predictions.model import Predictions
from pytest_mlmonitor.predictions.prediction_log import PredictionLog
from pytest_mlmonitor.predictions.views import Logs, Order
from pytest_mlmonitor.tables.drift.feature_drift import FeatureDrift
from pytest_mlmonitor.tables.drift.findings import finding
from pytest_mlmonitor.tables.drift.limits import DriftLimits
from pytest_mlmonitor.tables.drift.verdict import judged_distributions
from pytest_mlmonitor.tables.reader.client import TableReader

_OF_TESTS = (("y_pred", "categorical"), ("y_score", "numeric"))


@check("predictions", category="drift")
def prediction_drift(predictions: Predictions, context: Context) -> Iterator[Finding | Figure]:
    """Classes and scores are distributed as in the predictions before: PSI and KS distance stay below ``drift.*``."""
    before = context.view(Order).before(predictions)
    if before is None:
        what = "no earlier log of this name (but for its digits)" if predictions.log else "no earlier test predictions"
        raise NotChecked(f"no reference: {what} under the roots")
    found = _compared(predictions, before, context)
    for one in found:
        for statistic, value in one.statistics():
            yield Figure(statistic, one.feature, value)
    name, place = before.ref.path.name, shown(predictions.ref.path)
    limits = DriftLimits.of(context.settings)
    for moved in judged_distributions(found, limits, checks=1).moved:
        yield finding(moved, limits, f"{name} (the predictions before)", place)
    if all(one.reason is not None for one in found):
        raise NotChecked(f"nothing could be compared with {name}: {listing([str(one.reason) for one in found], 2)}")
    for one in found:
        if one.reason is not None:
            message = f"{bare(one.feature)} is not compared with {name}: {one.reason}"
            yield Finding(Severity.INFO, message, None, one.reason, one.feature, place)


def _compared(predictions: Predictions, before: Predictions, context: Context) -> list[FeatureDrift]:
    if not predictions.log:
        return context.view(TableReader).drift(predictions.ref.path, (before.ref.path,), _OF_TESTS)
    mine, theirs = (context.view(Logs).of(one.ref.path) for one in (predictions, before))
    return _logs(mine, theirs, context)


def _logs(mine: PredictionLog, theirs: PredictionLog, context: Context) -> list[FeatureDrift]:
    numbers = mine.continuous or theirs.continuous
    predicted = mine.names.get("predicted_class", "predicted_class")
    confidence = mine.names.get("confidence", "confidence")
    same = {theirs.names.get("predicted_class"), theirs.names.get("confidence")} == {predicted, confidence}
    if same and mine.path.suffix == theirs.path.suffix == ".parquet":
        kind = "numeric" if numbers else "categorical"
        return context.view(TableReader).drift(mine.path, (theirs.path,), ((predicted, kind), (confidence, "numeric")))
    from pytest_mlmonitor.tables.drift.compare import compare_classes, compare_numbers  # numpy: for two logs alone

    sides: Any = (mine, theirs)
    if numbers:
        first = compare_numbers(predicted, *(side.values for side in sides))
    else:
        first = compare_classes(predicted, *(side.classes for side in sides))
    return [first, compare_numbers(confidence, *(side.confidences for side in sides))]
