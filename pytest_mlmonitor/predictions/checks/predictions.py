"""Predictions against the dataset they were made for, and prediction logs of other platforms (specification 1.4)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pytest_mlmonitor.core.check import NotChecked, check, grouped
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.text.names import quoted, shown
from pytest_mlmonitor.core.text.times import parse_stamp
from pytest_mlmonitor.core.text.words import count
from pytest_mlmonitor.datasets.builtin import ENTITY, EVENT_TS, TARGET
from pytest_mlmonitor.links.platform import Platform, of_artifact
from pytest_mlmonitor.predictions.adapters.log import entries, is_share
from pytest_mlmonitor.predictions.labels import report_of
from pytest_mlmonitor.predictions.model import Predictions
from pytest_mlmonitor.predictions.record import LOG_FIELDS
from pytest_mlmonitor.tables.unreadable import Unreadable


@check("predictions", category="reconcile", applies=lambda predictions: not predictions.log)
def dataset_rows(predictions: Predictions, settings: Settings) -> Iterator[Finding]:
    """Every prediction is of a row of the dataset, and ``y_true`` is that row's target."""
    path = predictions.data_path
    assert path is not None
    yield from _report_rows(predictions, path)
    dataset = _dataset_of(predictions)
    try:
        joined = of_artifact(predictions).join(path, dataset, (ENTITY, EVENT_TS), "y_true", TARGET)
    except Unreadable as error:
        raise NotChecked(f"cannot be compared: {error}") from None
    location = shown(path)
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


@check("predictions", category="contract", applies=lambda predictions: predictions.log)
def prediction_log(predictions: Predictions, settings: Settings) -> Iterator[Finding]:
    """A prediction log names request, class and model version; confidences are shares, request ids unique."""
    path = predictions.data_path
    assert path is not None
    yield from grouped(_log_findings(path, of_artifact(predictions)))


def _report_rows(predictions: Predictions, path: Path) -> Iterator[Finding]:
    stamp = predictions.stamp or ""
    try:
        parse_stamp(stamp)
    except ValueError as error:
        message = f"the file name {quoted(path.name)} carries {quoted(stamp)}, {error}"
        yield Finding(
            Severity.ERROR, message, "test_predictions_YYYYMMDD_HHMMSS.parquet", None, "file name", shown(path)
        )
    report = report_of(predictions)
    if report is None or report.document is None:
        return
    try:
        rows = of_artifact(predictions).head(path).rows
    except Unreadable:
        return  # readable says so
    tested = report.document["split"]["test"]["rows"]
    if rows != tested:
        message = (
            f"{path.name} holds {rows:,} predictions, but the test split of {report.ref.path.name} has {tested:,} rows"
        )
        yield Finding(Severity.ERROR, message, f"{tested} rows", f"{rows} rows", "table", shown(path))


def _dataset_of(predictions: Predictions) -> Path:
    platform = of_artifact(predictions)
    report = report_of(predictions)
    if report is not None and report.input_path is not None:
        return report.input_path
    paths: set[Path] = {dataset.data_path for dataset in platform.of_kind("dataset") if dataset.data_path is not None}
    if len(paths) != 1:
        raise NotChecked(f"no training report of the same stamp, and the roots hold {count(len(paths), 'dataset')}")
    return paths.pop()


def _log_findings(path: Path, platform: Platform) -> Iterator[Finding]:
    seen: dict[str, int] = {}
    total = 0
    for number, entry in entries(path, platform.columns):
        if isinstance(entry, Finding):
            yield entry
            continue
        total += 1
        location = f"{shown(path)}:{number}"
        fields = {name: next((a for a in aliases if a in entry), None) for name, aliases in LOG_FIELDS.items()}
        for name in LOG_FIELDS:
            key = fields[name]
            value = entry.get(key) if key else None
            if value is None or (isinstance(value, str) and not value.strip()):
                message = f"{name} is missing or empty"
                yield Finding(Severity.ERROR, message, f"a {name} in every entry", None, name, location)
        request = entry.get(fields["request_id"] or "")
        if request is not None and seen.setdefault(str(request), number) != number:
            message = f"request_id {quoted(request)} occurs again (first in entry {seen[str(request)]})"
            yield Finding(Severity.ERROR, message, "request_id unique", quoted(request), "request_id", location)
        confidence = entry.get(fields["confidence"] or "")
        if confidence is not None and not is_share(confidence):
            message = f"confidence is {quoted(confidence)}: expected a number in 0..1"
            yield Finding(Severity.ERROR, message, "0..1", quoted(confidence), "confidence", location)
    if not total:
        yield Finding(Severity.ERROR, f"{path.name} holds no prediction", "at least one", "none", None, shown(path))
