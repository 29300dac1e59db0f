"""Reading the ML monitoring stack's ``drift_report_*.json``: which features and predictions differ from the training data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_mlmonitor.core.adapter import Adapter
from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.names import bare, quoted
from pytest_mlmonitor.core.text.words import listing, within
from pytest_mlmonitor.external_reports.anchors import DRIFT as NAMES
from pytest_mlmonitor.external_reports.model import ExternalReport
from pytest_mlmonitor.external_reports.report_reading import FieldPath, ReportReading, as_flag
from pytest_mlmonitor.external_reports.report_words import contradiction, counted, limits_said, titled
from pytest_mlmonitor.records.documents import read_object
from pytest_mlmonitor.records.numbers import is_number

_OVERALL = ("overall_drifted", "overall_drift_detected", "drift_detected", "dataset_drift")
_FEATURES = ("feature_results", "features", "feature_drift", "results")
_DRIFTED = ("drifted", "is_drifted", "drift_detected")
_MILD = frozenset({"warning", "low", "minor", "moderate", "medium"})
_ROOM = 200


@dataclass(frozen=True)
class _Compared:
    """What the report says of a feature, or of the predictions."""

    name: str
    drifted: bool
    severity: str
    words: str
    at: FieldPath


def read(ref: ArtifactRef) -> ExternalReport | None:
    """Read a drift report; one that says nothing in the words of the stack is something else."""
    document = read_object(ref.path)
    data = document.data
    if data is None:
        return ExternalReport(ref, document.unreadable, form="drift")
    if not any(key in data for key in (*_OVERALL, "feature_results", "prediction_drift")):
        return None
    reading = ReportReading(document, data)
    overall = reading.flag(data, _OVERALL)
    features = list(_features(reading))
    predictions = _predictions(reading)
    at, zoned = reading.time()
    subject = reading.subject()
    wrong = [one for one in (*features, *predictions) if one.drifted]
    window = reading.window()
    said = list(_said(reading, titled("drift report", subject, at), overall, wrong, features))
    contradictions = [*_contradictions(reading, overall, features, predictions), *reading.other_name(at)]
    return ExternalReport(
        ref,
        violations=reading.violations(),
        documents={ref.path: document.places},
        form="drift",
        subject=subject,
        passed=None if overall is None else not overall,
        at=at,
        zoned=zoned,
        window=window,
        said=tuple(said),
        contradictions=tuple(contradictions),
        document=data,
    )


def _features(reading: ReportReading) -> Iterator[_Compared]:
    for at, entry in reading.entries(_FEATURES, "feature"):
        name = next((entry[key] for key in ("feature", "name", "column") if isinstance(entry.get(key), str)), None)
        if name is None:
            reading.wrong((*at, "feature"), f"{at[0]}[{at[-1]}] names no feature", "feature: its name", "absent")
        yield _compared(reading, entry, at, bare(name, 60) if name is not None else "a feature")


def _predictions(reading: ReportReading) -> list[_Compared]:
    entry = reading.data.get("prediction_drift")
    if entry is None:
        return []
    if not isinstance(entry, Mapping):
        reading.wrong(("prediction_drift",), f"prediction_drift is {quoted(entry)}: expected an object", "an object")
        return []
    return [_compared(reading, entry, ("prediction_drift",), "the predictions")]


def _compared(reading: ReportReading, entry: Mapping[str, Any], at: FieldPath, name: str) -> _Compared:
    drifted = reading.flag(entry, _DRIFTED, at)
    psi = reading.number(entry, "psi", at, 0.0)
    p = reading.number(entry, "p_value", at, 0.0, 1.0)
    statistic = reading.number(entry, "statistic", at, 0.0)
    limit = next((entry[key] for key in ("threshold", "limit") if is_number(entry.get(key))), None)
    method = bare(entry["method"], 20) if isinstance(entry.get("method"), str) else "statistic"
    severity = entry["severity"].strip().lower() if isinstance(entry.get("severity"), str) else ""
    figures = [
        *([f"psi {psi:.4g}"] if psi is not None else []),
        *([f"{method} {statistic:.4g}"] if statistic is not None else []),
        *([f"p {p:.2g}"] if p is not None else []),
        *([f"limit {limit:g}"] if limit is not None else []),
        *([bare(severity, 20)] if severity not in ("", "none") else []),
    ]
    return _Compared(name, bool(drifted), severity, f"{name} ({', '.join(figures)})" if figures else name, at)


def _said(
    reading: ReportReading,
    title: str,
    overall: bool | None,
    wrong: Sequence[_Compared],
    features: Sequence[_Compared],
) -> Iterator[Finding]:
    if overall:
        mild = bool(wrong) and all(one.severity in _MILD for one in wrong)
        drifted = [one for one in wrong if one in features]
        of = f" in {len(drifted):,} of {counted(features, 'feature')}" if features and drifted else ""
        which = f": {within([one.words for one in wrong], _ROOM)}" if wrong else ", and not of what"
        yield Finding(
            Severity.WARNING if mild else Severity.ERROR,
            f"{title} says drift{of}{which}",
            f"no drift, by its own limits{limits_said(reading.data)}",
            within([one.words for one in wrong], 1_000) or "overall_drifted: true",
            wrong[0].name if len(wrong) == 1 else None,
            reading.where(wrong[0].at if wrong else ()),
        )
    elif not features and overall is not None and any(key in reading.data for key in _FEATURES):
        yield Finding(
            Severity.WARNING,
            f"{title} says no drift, and compared no feature",
            "at least one feature compared",
            "none",
            "feature_results",
            reading.where(("feature_results",)),
        )


def _contradictions(
    reading: ReportReading, overall: bool | None, features: Sequence[_Compared], predictions: Sequence[_Compared]
) -> Iterator[Finding]:
    data = reading.data
    drifted = [one for one in features if one.drifted]
    wrong = [one for one in (*features, *predictions) if one.drifted]
    for one in (*features, *predictions):
        if one.severity == "critical" and not one.drifted:
            message = f"{one.words} is critical, but drifted is false"
            yield contradiction(message, "drifted: true", "false", one.name, reading.where(one.at))
    if overall is False and wrong:
        message = (
            f"overall_drifted is false, but the report says that {within([one.words for one in wrong], _ROOM)} drifted"
        )
        yield contradiction(message, "true", "false", "overall_drifted", reading.where(wrong[0].at))
    if overall and not wrong and features:
        message = (
            f"overall_drifted is true, but none of {counted(features, 'feature')} drifted, nor did the predictions"
        )
        yield contradiction(message, "false", "true", "overall_drifted", reading.where(("overall_drifted",)))
    named = reading.names("drifted_features")
    named = [bare(name, 60) for name in named] if named is not None else None
    if named is not None and features and set(named) != {one.name for one in drifted}:
        actual, expected = listing(sorted(named)) or "none", listing(sorted(one.name for one in drifted)) or "none"
        message = f"drifted_features says {actual}, but by feature_results it is {expected}"
        yield contradiction(message, expected, actual, "drifted_features", reading.where(("drifted_features",)))
    summary = data.get("summary")
    if not isinstance(summary, Mapping) or not any(key in data for key in _FEATURES):
        return
    severities = [one.severity for one in (*features, *predictions)]
    share = round(100 * len(drifted) / max(len(features), 1), 1)
    counts: dict[str, float] = {
        "total_features_checked": len(features),
        "drifted_count": len(drifted),
        "critical_count": severities.count("critical"),
        "warning_count": severities.count("warning"),
        "drift_rate_pct": share,
    }
    for key, expected_count in counts.items():
        value = summary.get(key)
        tolerance = 0.06 if key == "drift_rate_pct" else 0
        if value is not None and not (is_number(value) and abs(value - expected_count) <= tolerance):
            message = f"summary.{key} is {quoted(value, 20)}, but by feature_results it is {expected_count:g}"
            place = ("summary", key)
            yield contradiction(
                message, f"{expected_count:g}", quoted(value, 20), f"summary.{key}", reading.where(place)
            )
    said = as_flag(summary.get("prediction_drifted"))
    if predictions and said is not None and said != predictions[0].drifted:
        message = (
            f"summary.prediction_drifted is {str(said).lower()}, but prediction_drift says {predictions[0].drifted}"
        )
        place = ("summary", "prediction_drifted")
        yield contradiction(
            message, str(predictions[0].drifted).lower(), str(said).lower(), ".".join(place), reading.where(place)
        )


DRIFT = Adapter("external_report", "drift", read, NAMES)
