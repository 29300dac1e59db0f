"""Drift of predictions against those before them: classes and scores (specification 2.5)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.check import check
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Figure, Finding, Severity
from pytest_mlmonitor.core.text.names import bare, shown
from pytest_mlmonitor.core.text.words import listing
from pytest_mlmonitor.links.drift.chains import Chains, History
from pytest_mlmonitor.links.drift.version_comparison import ColumnFinding, Reference, VersionComparison
from pytest_mlmonitor.predictions.model import Predictions
from pytest_mlmonitor.predictions.prediction_log import PredictionLog
from pytest_mlmonitor.predictions.views import Logs, Order
from pytest_mlmonitor.tables.drift.drift_limits import DriftLimits
from pytest_mlmonitor.tables.drift.feature_drift import FeatureDrift
from pytest_mlmonitor.tables.drift.verdict import judged_distributions
from pytest_mlmonitor.tables.drift.wording import finding
from pytest_mlmonitor.tables.reader.client import TableReader

_OF_TESTS = (("y_pred", "categorical"), ("y_score", "numeric"))


@check("predictions", category="drift", compares=True)
def prediction_drift(predictions: Predictions, context: Context) -> Iterator[Finding | Figure]:
    """Classes and scores are distributed as in the predictions before: PSI and KS distance stay below ``drift.*``."""
    order = context.view(Order)
    history = History(order.versions(predictions), order.moment, order.moment)
    found = context.link(Chains).judged(history, PREDICTIONS, context)
    if found is None:
        what = "no earlier log of this name (but for its digits)" if predictions.log else "no earlier test predictions"
        raise NotChecked(f"no reference: {what} under the roots")
    yield from found.figures
    yield from PREDICTIONS.said(predictions, found, context)
    if found.reason is not None:
        raise NotChecked(found.reason)


def _of_predictions(
    predictions: Predictions, reference: Reference, context: Context
) -> Iterator[ColumnFinding | Figure]:
    found = _compared(predictions, reference, context)
    for one in found:
        for statistic, value in one.statistics():
            yield Figure(statistic, one.feature, value)
    place, limits = shown(predictions.ref.path), DriftLimits.of(context.settings)
    for moved in judged_distributions(found, limits, checks=1):
        yield ColumnFinding(finding(moved, limits, str(reference), place), moved.figure)
    if all(one.reason is not None for one in found):
        reasons = listing([str(one.reason) for one in found], 2)
        raise NotChecked(f"nothing could be compared with {reference.name}: {reasons}")
    for one in found:
        if one.reason is not None:
            message = f"{bare(one.feature)} is not compared with {reference.name}: {one.reason}"
            yield ColumnFinding(Finding(Severity.INFO, message, None, one.reason, one.feature, place))


PREDICTIONS = VersionComparison("prediction_drift", _of_predictions)


def _compared(predictions: Predictions, reference: Reference, context: Context) -> list[FeatureDrift]:
    if not predictions.log:
        return context.view(TableReader).drift(
            predictions.ref.path, reference.paths, _OF_TESTS, distances=context.settings.drift.distances
        )
    logs = context.view(Logs)
    return _logs(logs.of(predictions.ref.path), [logs.of(path) for path in reference.paths], context)


def _logs(mine: PredictionLog, theirs: Sequence[PredictionLog], context: Context) -> list[FeatureDrift]:
    numbers = mine.continuous or any(log.continuous for log in theirs)
    predicted = mine.names.get("predicted_class", "predicted_class")
    confidence = mine.names.get("confidence", "confidence")
    named = [{log.names.get("predicted_class"), log.names.get("confidence")} for log in theirs]
    paths = [mine.path, *(log.path for log in theirs)]
    if all(names == {predicted, confidence} for names in named) and all(p.suffix == ".parquet" for p in paths):
        features = ((predicted, "numeric" if numbers else "categorical"), (confidence, "numeric"))
        return context.view(TableReader).drift(
            mine.path, tuple(paths[1:]), features, distances=context.settings.drift.distances
        )
    from pytest_mlmonitor.tables.drift.compare import compare_classes, compare_numbers  # numpy: for two logs alone

    if numbers:
        first = compare_numbers(predicted, mine.values, [value for log in theirs for value in log.values])
    else:
        first = compare_classes(predicted, mine.classes, sum((Counter(log.classes) for log in theirs), Counter()))
    return [
        first,
        compare_numbers(confidence, mine.confidences, [value for log in theirs for value in log.confidences]),
    ]
