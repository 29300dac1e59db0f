"""Predictions against the dataset they were made for, and prediction logs of other platforms (specification 1.4)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.check import check
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Figure, Finding, Severity
from pytest_mlmonitor.core.text.names import quoted, shown
from pytest_mlmonitor.core.text.times import parse_stamp
from pytest_mlmonitor.core.text.words import count, with_places
from pytest_mlmonitor.datasets.builtin import ENTITY, EVENT_TS, TARGET
from pytest_mlmonitor.datasets.views import Datasets
from pytest_mlmonitor.links.labels import Labels
from pytest_mlmonitor.predictions.model import Predictions
from pytest_mlmonitor.predictions.record import REQUIRED
from pytest_mlmonitor.predictions.views import Logs, Order
from pytest_mlmonitor.tables.logs.form import LogFault
from pytest_mlmonitor.tables.profile import ROWS
from pytest_mlmonitor.tables.reader.client import TableReader
from pytest_mlmonitor.tables.unreadable import expected_of


@check(
    "predictions",
    category="reconcile",
    applies=lambda predictions: not predictions.log,
    action="Predict again on the dataset that the report names",
)
def dataset_rows(predictions: Predictions, context: Context) -> Iterator[Finding]:
    """Every prediction is of a row of the dataset, and ``y_true`` is that row's target."""
    yield from _report_rows(predictions, context)
    dataset = _dataset_of(predictions, context)
    joined = context.view(TableReader).join(predictions.file, dataset, (ENTITY, EVENT_TS), "y_true", TARGET)
    location = shown(predictions.file)
    if joined.unknown:
        first = joined.unknown_sample[0]
        yield Finding(
            Severity.ERROR,
            f"{ENTITY}, {EVENT_TS}: {count(joined.unknown, 'prediction')} of rows that are not in {dataset.name}, "
            f"first {ENTITY}={quoted(first[ENTITY])}, {EVENT_TS}={first[EVENT_TS]}",
            f"keys of {dataset.name}",
            "; ".join(f"{row[ENTITY]} {row[EVENT_TS]}" for row in joined.unknown_sample),
            f"{ENTITY}, {EVENT_TS}",
            location,
        )
    if joined.differing:
        first = joined.differing_sample[0]
        yield Finding(
            Severity.ERROR,
            f"y_true differs from {TARGET} of {dataset.name} in {count(joined.differing, 'row')}, "
            f"first {ENTITY}={quoted(first[ENTITY])}, {EVENT_TS}={first[EVENT_TS]}: {first['mine']}, not {first['theirs_min']}",
            f"y_true == {TARGET}",
            f"{joined.differing} rows differ",
            "y_true",
            location,
        )


@check(
    "predictions",
    category="contract",
    applies=lambda predictions: predictions.log,
    action="Repair the logger of the service, or map its fields",
)
def prediction_log(predictions: Predictions, context: Context) -> Iterator[Finding | Figure]:
    """A prediction log names request, class and model version; ids are unique, shares add up, and no time is still to come."""
    path, logs = predictions.file, context.view(Logs)
    refusal = logs.refusal(predictions)
    if refusal is not None:
        expected = expected_of(refusal) if path.suffix == ".parquet" else "a JSONL file"
        yield Finding(Severity.ERROR, f"{path.name} {refusal}", expected, None, None, shown(path))
        return
    yield Figure(ROWS, "table", logs.of(predictions).rows)
    for fault in logs.of(predictions).faults:
        if predictions.features_only and fault.severity < Severity.WARNING:
            continue  # what it lacks is not meant to be there
        yield _lost(_fault(fault, path), predictions, context)


def _report_rows(predictions: Predictions, context: Context) -> Iterator[Finding]:
    path, stamp = predictions.file, predictions.stamp or ""
    try:
        parse_stamp(stamp)
    except ValueError as error:
        message = f"the file name {quoted(path.name)} carries {quoted(stamp)}, {error}"
        yield Finding(
            Severity.ERROR, message, "test_predictions_YYYYMMDD_HHMMSS.parquet", None, "file name", shown(path)
        )
    report = context.link(Labels).report_of(predictions)
    if report is None or report.document is None:
        return
    rows = context.view(TableReader).head(path).rows
    tested = report.document["split"]["test"]["rows"]
    if rows != tested:
        message = (
            f"{path.name} holds {rows:,} predictions, but the test split of {report.ref.path.name} has {tested:,} rows"
        )
        yield Finding(Severity.ERROR, message, f"{tested} rows", f"{rows} rows", "table", shown(path))


def _dataset_of(predictions: Predictions, context: Context) -> Path:
    report = context.link(Labels).report_of(predictions)
    if report is not None and report.input_path is not None:
        return report.input_path
    paths = {dataset.data_path for dataset in context.view(Datasets).all if dataset.data_path is not None}
    if len(paths) != 1:
        raise NotChecked(f"no training report of the same stamp, and the roots hold {count(len(paths), 'dataset')}")
    return paths.pop()


def _lost(finding: Finding, predictions: Predictions, context: Context) -> Finding:
    """Return the finding of a field that no entry has; it is an error where entries of the log before had it."""
    if finding.severity > Severity.INFO or finding.column not in REQUIRED:
        return finding
    before = context.view(Order).before(predictions)
    if before is None or finding.column not in context.view(Logs).of(before).names:
        return finding
    return replace(finding, severity=Severity.ERROR, message=f"{finding.message}; {before.file.name} has it")


def _fault(fault: LogFault, path: Path) -> Finding:
    """Return the finding of a fault, with the places of the first entries that have it."""
    places = list(fault.places) or [shown(path) if not line else f"{shown(path)}:{line}" for line in fault.lines]
    names = [os.path.basename(place) for place in places[1:]]
    return Finding(
        fault.severity,
        with_places(fault.message, fault.entries - 1, names),
        fault.expected,
        fault.actual,
        fault.column,
        places[0],
        ahead=fault.ahead,
    )
