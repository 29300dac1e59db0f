"""Quality of prediction logs: how sure the model is, and whether it predicts what it learnt (specification 2.4)."""

from __future__ import annotations

import math
from collections.abc import Iterator

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.check import check
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Figure, Finding, Severity
from pytest_mlmonitor.core.measure import Measure
from pytest_mlmonitor.core.text.names import quoted, shown
from pytest_mlmonitor.core.text.words import count, listing
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.links.in_force import Contracts
from pytest_mlmonitor.links.labels import Labels, model_of
from pytest_mlmonitor.predictions.model import Predictions
from pytest_mlmonitor.predictions.views import Logs, Order
from pytest_mlmonitor.tables.logs.form import GatheredLog
from pytest_mlmonitor.tables.reader.client import TableReader
from pytest_mlmonitor.tables.scores.class_names import class_name
from pytest_mlmonitor.training.views import Runs

MAX_ROWS = 1_000_000
"""The classes of a larger dataset are taken from its contract, or not at all: its target is read whole."""

_MEAN = ("quality.mean_confidence_min",)


def _is_log(predictions: Predictions) -> bool:
    return predictions.log


@check("predictions", category="quality", applies=_is_log, action="Compare the inputs with the training data; retrain")
def mean_confidence(predictions: Predictions, context: Context) -> Iterator[Finding | Figure | Measure]:
    """On average a log's predictions are as sure as ``quality.mean_confidence_min``."""
    log = context.view(Logs).of(predictions)
    confidences = log.whole.confidences
    if not confidences:
        raise NotChecked("no entry has a confidence in 0..1")
    sure = [max(score, 1 - score) for score in confidences] if log.of_positive else confidences
    mean, least = math.fsum(sure) / len(sure), context.settings.quality.mean_confidence_min
    yield Figure("mean_confidence", model_of(context.link(Labels).runs_of(log)), mean)
    yield Measure("mean confidence", mean, least, "score", "below", log.names["confidence"], _MEAN)
    if mean < least:
        yield Finding(
            Severity.WARNING,
            f"confidence is {mean:.3f} on average of {count(len(confidences), 'prediction')}: "
            f"expected at least {least:g}",
            f"mean ≥ {least:g}",
            f"{mean:.6f}",
            log.names["confidence"],
            shown(log.path),
            keys=_MEAN,
        )


@check("predictions", category="quality", applies=_is_log, action="Check which model version and label map are served")
def unseen_classes(predictions: Predictions, context: Context) -> Iterator[Finding | Measure]:
    """A log predicts no class that the model's training data, or without them the log before it, never had."""
    log = context.view(Logs).of(predictions)
    if log.continuous:
        raise NotChecked("numbers are predicted, not classes")
    if not log.whole.classes:
        raise NotChecked("no entry has a predicted class")
    known, source = _known(predictions, log, context)
    unseen = {name: rows for name, rows in log.whole.classes.most_common() if name not in known}
    if unseen:
        rows = sum(unseen.values())
        yield Measure("unknown classes", rows / log.whole.classes.total(), 0.0, "share", "above", _class_field(log))
        named = [f"{quoted(name, 40)} ({n:,})" for name, n in unseen.items()]
        yield Finding(
            Severity.WARNING,
            f"{count(len(unseen), 'class', 'classes')} that {source} never had, in {count(rows, 'prediction')}: "
            f"{listing(named, 5)}",
            f"classes of {source}: {listing([quoted(name, 40) for name in sorted(known)], 10)}",
            listing(named, 20),
            _class_field(log),
            shown(log.path),
        )


def _class_field(log: GatheredLog) -> str:
    return log.names["predicted_class"]


def _known(predictions: Predictions, log: GatheredLog, context: Context) -> tuple[set[str], str]:
    trained = _trained_on(log, context)
    why = "no run of its model version with a dataset is under the roots"
    if trained:
        found = [_classes(dataset, context) for dataset in trained]
        classes = {name for one in found for name in one or ()}
        if classes and None not in found:
            return classes, f"the target of {listing([dataset.ref.name for dataset in trained], 2)}"
        why = f"the target of {trained[0].ref.name} cannot be read or is too large"
    before = context.view(Order).before(predictions)
    if before is None:
        raise NotChecked(f"{why}, and no earlier log of this name")
    classes = set(context.view(Logs).of(before).whole.classes)
    if not classes:
        raise NotChecked(f"{why}, and {before.ref.path.name} has no predicted class")
    return classes, before.ref.path.name


def _trained_on(log: GatheredLog, context: Context) -> list[Dataset]:
    """Return the datasets of the runs that made the log's models; none when one of them is not known."""
    labels = context.link(Labels)
    found: dict[str, Dataset] = {}
    for version in log.model_versions:
        datasets = labels.datasets_of(context.view(Runs).of_version(version))
        if not datasets:
            return []
        found |= {str(dataset.ref): dataset for dataset in datasets}
    return list(found.values())


def _classes(dataset: Dataset, context: Context) -> set[str] | None:
    """Return the values of a dataset's target, None when they are not known."""
    for contract in context.link(Contracts).tables(dataset):
        column = contract.column(dataset.target or "")
        if column is not None and column.values is not None:
            return set(map(class_name, column.values))
    if dataset.data_path is None or dataset.target is None:
        return None
    try:
        if context.view(TableReader).head(dataset.data_path).rows > MAX_ROWS:
            return None
        values = context.view(TableReader).columns(dataset.data_path, [dataset.target]).get(dataset.target)
    except NotChecked:
        return None
    return {class_name(value) for value in values if value is not None} if values else None
