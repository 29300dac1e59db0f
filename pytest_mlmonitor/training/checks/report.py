"""The trainer's report: splits, confusion matrices, and the dataset they were counted on (specification 1.4)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from typing import Any

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.check import check
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.picture import Picture
from pytest_mlmonitor.core.text.names import quoted, shown
from pytest_mlmonitor.core.text.times import WIDEST_ZONE, parse_stamp, parse_timestamp
from pytest_mlmonitor.core.text.words import duration, instant, listing
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.datasets.views import Datasets
from pytest_mlmonitor.links.tables import Tables
from pytest_mlmonitor.tables.reader.client import TableReader
from pytest_mlmonitor.tables.scores.score_pictures import confusion_of_class_1
from pytest_mlmonitor.training.model import TrainingReport

RATE_TOLERANCE = 1e-6
"""Metrics are written in full precision; scorers differ in the last bits."""

SPLITS = ("train", "val", "test")


@check("training_report", category="contract", action="Split by time again, then train on the new splits")
def splits(report: TrainingReport, context: Context) -> Iterator[Finding]:
    """Train, validation and test split follow each other in time and do not overlap."""
    times = {name: _span(_document(report)["split"][name]) for name in SPLITS}
    for name, (start, end) in times.items():
        if end < start:
            yield _finding(
                report,
                f"split.{name} ends {instant(end)} before it starts {instant(start)}",
                f"split.{name}",
                "start ≤ end",
            )
    for before, after in pairwise(SPLITS):
        if times[after][0] <= times[before][1]:
            yield _finding(
                report,
                f"split.{after} starts {instant(times[after][0])}, not after split.{before} ends {instant(times[before][1])}",
                f"split.{after}",
                "splits in time order, not overlapping",
            )


@check("training_report", category="contract", action="Evaluate again on the whole test split")
def confusion_matrix(report: TrainingReport, context: Context) -> Iterator[Finding | Picture]:
    """The cells of every confusion matrix add up to the rows of the test split."""
    document = _document(report)
    rows = document["split"]["test"]["rows"]
    for name, metrics in _scored(document).items():
        total = sum(metrics["confusion_matrix"][cell] for cell in ("tp", "fp", "tn", "fn"))
        if total != rows:
            column = f"{name}.confusion_matrix"
            message = f"{column} adds up to {total:,}, but the test split has {rows:,} rows"
            yield _finding(report, message, column, f"{rows} in all")
    yield from confusion_of_class_1(document["lightgbm"]["metrics"]["confusion_matrix"])


@check("training_report", category="performance", action="Compute the metrics from the matrix, and write both")
def metrics_agree(report: TrainingReport, context: Context) -> Iterator[Finding]:
    """Accuracy, precision, recall, f1 and the test split's positive rate are those of the confusion matrix; areas are there."""
    document = _document(report)
    for name, metrics in _scored(document).items():
        cells = metrics["confusion_matrix"]
        tp, fp, tn, fn = (cells[cell] for cell in ("tp", "fp", "tn", "fn"))
        total = tp + fp + tn + fn
        if total != document["split"]["test"]["rows"]:
            continue  # confusion_matrix says so
        computed = {
            "accuracy": _ratio(tp + tn, total),
            "precision": _ratio(tp, tp + fp),
            "recall": _ratio(tp, tp + fn),
            "f1": _ratio(2 * tp, 2 * tp + fp + fn),
        }
        for metric, value in computed.items():
            if abs(metrics[metric] - value) > RATE_TOLERANCE:
                column = f"{name}.{metric}"
                message = f"{column} is {metrics[metric]:.6g}, but its confusion matrix gives {value:.6g}"
                yield _finding(report, message, column, f"{value:.6g}")
        both = tp + fp and tn + fn and tp + fn and tn + fp  # both classes are predicted, and both are there
        for metric in ("roc_auc", "pr_auc"):
            if both and metrics.get(metric) is None:
                column = f"{name}.{metric}"
                message = f"{column} is missing or null, although the scorer is not constant"
                yield _finding(report, message, column, "a number in 0..1")
        rate, positives = document["split"]["test"]["positive_rate"], _ratio(tp + fn, total)
        if abs(rate - positives) > RATE_TOLERANCE:
            column = "split.test.positive_rate"
            message = f"{column} is {rate:.6g}, but {name}.confusion_matrix holds a share of {positives:.6g} positives"
            yield _finding(report, message, column, f"{positives:.6g}")


@check("training_report", category="reconcile", action="Train again on the dataset as it is now")
def split_rows(report: TrainingReport, context: Context) -> Iterator[Finding]:
    """The rows of the three splits add up to those of the dataset."""
    document = _document(report)
    if report.input_path is None:
        raise NotChecked("the input_parquet cannot be read")
    problem = context.view(TableReader).cannot_open(report.input_path)
    if problem is not None and not context.view(Datasets).at(report.input_path):  # else its own checks say so
        message = f"input_parquet {report.input_path.name} {problem}"
        yield _finding(report, message, "input_parquet", "the training dataset")
        return
    found = context.view(TableReader).head(report.input_path)
    names = set(found.names)
    named = [*document["feature_null_rates"], *(e["feature"] for e in document["lightgbm"]["feature_importance_gain"])]
    unknown = [quoted(name) for name in dict.fromkeys(named) if name not in names]
    if unknown:
        message = f"feature_null_rates or feature_importance_gain names what is no column of {report.input_path.name}: "
        column = "feature_null_rates, feature_importance_gain"
        yield _finding(report, message + listing(unknown), column, "columns of the dataset")
    rows = found.rows
    total = sum(document["split"][name]["rows"] for name in SPLITS)
    if total != rows:
        message = f"split: train, val and test rows add up to {total:,}, but {report.input_path.name} holds {rows:,}"
        yield _finding(report, message, "split", f"{rows} rows in all")


@check("training_report", category="lineage", action="Correct the dataset or the times that the report names")
def input_dataset(report: TrainingReport, context: Context) -> Iterator[Finding]:
    """The report was written after its dataset was built and not in the future; its splits lie inside the dataset."""
    stamp = parse_stamp(_document(report)["run_timestamp"])
    # Differences, not sums: the first and the last representable day have no neighbours.
    ahead = (stamp - context.now - WIDEST_ZONE).total_seconds()
    if ahead > context.settings.clock_skew_seconds:
        message = f"run_timestamp {report.run_timestamp} lies {duration(ahead)} ahead in any time zone"
        found = _finding(report, message, "run_timestamp", "not in the future")
        yield replace(found, keys=("clock_skew_seconds",))
    for dataset in context.view(Datasets).at(report.input_path):
        yield from _outside(report, dataset, context)
        if dataset.build_time is not None:
            built = dataset.build_time.earliest
            early = (built - stamp - WIDEST_ZONE).total_seconds()
            if early > 0:
                message = f"run_timestamp {report.run_timestamp} lies before the dataset was built, {instant(built)}"
                yield _finding(report, message, "run_timestamp", "after the dataset's built_at")


def _outside(report: TrainingReport, dataset: Dataset, context: Context) -> Iterator[Finding]:
    times = context.link(Tables).of(dataset).extremes.get(dataset.event_ts or "")
    if times is None:
        return
    document = _document(report)
    start, end = _span(document["split"]["train"])[0], _span(document["split"]["test"])[1]
    if start < times[0] or end > times[1]:
        span = f"{instant(times[0])} to {instant(times[1])}"
        message = f"split: {instant(start)} to {instant(end)} reaches beyond the dataset, {span}"
        yield _finding(report, message, "split", "splits inside the dataset's event times")


def _document(report: TrainingReport) -> Any:
    if report.document is None:
        raise NotChecked("the report breaks its contract")
    return report.document


def _scored(document: Any) -> dict[str, Any]:
    scored = {f"baselines.{name}": metrics for name, metrics in document["baselines"].items()}
    return {"lightgbm.metrics": document["lightgbm"]["metrics"], **scored}


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _span(split: Any) -> tuple[datetime, datetime]:
    return parse_timestamp(split["start"], naive_is_utc=True), parse_timestamp(split["end"], naive_is_utc=True)


def _finding(report: TrainingReport, message: str, column: str, expected: str) -> Finding:
    return Finding(Severity.ERROR, message, expected, None, column, shown(report.ref.path))
