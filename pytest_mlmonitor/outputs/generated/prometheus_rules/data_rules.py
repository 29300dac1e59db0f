"""Rules about datasets and about what other tools report (specification 3)."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_mlmonitor.core.text.words import duration
from pytest_mlmonitor.datasets.kind import DATASET
from pytest_mlmonitor.external_reports.kind import EXTERNAL_REPORT
from pytest_mlmonitor.external_reports.model import MAX_AGE_SECONDS
from pytest_mlmonitor.outputs.generated.prometheus_rules.alert_rules import (
    CHECK_LABELS,
    DATASET_LABELS,
    RUN_LABELS,
    AlertRule,
    most,
    named,
    number,
    selector,
    subject_of,
    verdict,
)
from pytest_mlmonitor.outputs.generated.prometheus_rules.rule_context import RuleContext
from pytest_mlmonitor.predictions.kind import PREDICTIONS

DRIFT = "drift"
_ANY_OR_REPORTS = frozenset({None, EXTERNAL_REPORT.name})
_REPORT_LABELS = ("report", "environment", "suite")


def data_rules(context: RuleContext) -> Iterator[AlertRule]:
    """Yield the rules about freshness, drift and quality of data."""
    yield from _stale(context)
    yield from _drift(context)
    yield from _quality(context)


def _stale(context: RuleContext) -> Iterator[AlertRule]:
    """Yield what is too old: as the last run said, or, where none came since, by the clock.

    Between two runs a dataset may have been built that nobody looked at: by the clock it is stale when a run must have seen it so.
    """
    severity = context.severity(["freshness"], "error")
    if severity is not None:
        age = f"time() - {most(DATASET_LABELS, 'ml_dataset_built_timestamp_seconds')}"
        allowed = most(DATASET_LABELS, "ml_dataset_freshness_threshold_seconds")
        # What was too old when the last run looked is what that run made of it: accepted, superseded, or stale.
        judged = f"{most(DATASET_LABELS, 'ml_feature_freshness_seconds')} >= {allowed}"
        yield AlertRule(
            "MLMonitorDatasetStale",
            f"({named('dataset_name', 'fail', 'freshness', DATASET.name)})"
            f" or ({age} > {allowed} + {number(context.interval)} unless {judged})",
            "5m",
            severity,
            "Dataset {{ $labels.dataset_name }} is stale ({{ $labels.environment }})",
            "The last run found it older than its limit, or no newer build was seen for that long and "
            f"{duration(context.interval)} more. Look at the job that builds it.",
            subject=subject_of(DATASET.name, "freshness", "dataset_name"),
        )
    severity = context.severity(["report_fresh"], "warning")
    if severity is not None:
        made, limit = most(_REPORT_LABELS, "ml_external_report_timestamp_seconds"), _report_age(context)
        seen = most(RUN_LABELS, "mlmonitor_run_last_timestamp_seconds")
        # What was too old when the last run looked is what that run made of it.
        judged = f"{made} < on ({', '.join(RUN_LABELS)}) group_left () ({seen} - {number(limit)})"
        yield AlertRule(
            "MLMonitorReportOld",
            f"(time() - {made} > {number(limit + context.interval)} unless {judged})"
            f" or ({named('report', 'fail', 'report_fresh', EXTERNAL_REPORT.name)})",
            "5m",
            severity,
            "No newer report {{ $labels.report }} ({{ $labels.environment }})",
            f"Reports may be {duration(_report_age(context))} old. Look at the tool that writes them.",
            subject=subject_of(EXTERNAL_REPORT.name, "report_fresh", "report"),
        )


def _report_age(context: RuleContext) -> float:
    """Return how old a report may be: the longest that an entry of the policy allows one, else the check's limit."""
    entries = [*context.settings.overrides, *context.settings.source.values()]
    limits = [
        entry.freshness.limit
        for entry in entries
        if entry.freshness is not None and entry.freshness.limit is not None and _about_reports(entry)
    ]
    return max([MAX_AGE_SECONDS, *limits])


def _about_reports(entry: object) -> bool:
    """Return whether an override or a source is about reports, or may be."""
    kind = getattr(entry, "kind", None)
    if kind is None:
        kind = getattr(getattr(entry, "artifact", None), "kind", None)
    return kind in _ANY_OR_REPORTS


def _drift(context: RuleContext) -> Iterator[AlertRule]:
    limits = context.settings.drift
    kinds = sorted({check.kind for check in context.checks} - {PREDICTIONS.name})
    data = context.names(DRIFT, *kinds)
    predictions = context.names(DRIFT, PREDICTIONS.name)
    seen = "Which features, and from what: in the report of the last run, and on the board of drift."
    if context.severity(data, "critical") is not None:
        drifted = selector("ml_check_status", kind=kinds, check=data, status="fail")
        yield AlertRule(
            "MLMonitorDriftCritical",
            f"{most(CHECK_LABELS, drifted)} == 1",
            "5m",
            "critical",
            "{{ $labels.name }} drifted ({{ $labels.check }}, {{ $labels.environment }})",
            f"PSI of {limits.psi_error:g} or more, or as much by another figure, beyond chance. {seen}",
            ("MLMonitorDriftWarning",),
            CHECK_LABELS,
        )
        drifted = selector("ml_check_status", kind=kinds, check=data, status="warned")
        yield AlertRule(
            "MLMonitorDriftWarning",
            f"{most(CHECK_LABELS, drifted)} == 1",
            "15m",
            "warning",
            "{{ $labels.name }} begins to drift ({{ $labels.check }}, {{ $labels.environment }})",
            f"PSI of {limits.psi_warning:g} or more, or a distance D of {limits.ks:g}, beyond chance. {seen}",
        )
    severity = context.severity(predictions, "error")
    if severity is not None:
        words = "Predictions of {{ $labels.name }} drifted ({{ $labels.check }}, {{ $labels.environment }})"
        moved = f"Classes, scores or logged features moved. {seen}"
        milder = "MLMonitorPredictionDriftWarning"
        expression = verdict("fail", predictions, PREDICTIONS.name)
        yield AlertRule("MLMonitorPredictionDrift", expression, "10m", severity, words, moved, (milder,), CHECK_LABELS)
        yield AlertRule(milder, verdict("warned", predictions, PREDICTIONS.name), "10m", "warning", words, moved)


def _quality(context: RuleContext) -> Iterator[AlertRule]:
    checks = context.names("quality")
    severity = context.severity(checks, "error")
    if severity is not None:
        yield AlertRule(
            "MLMonitorQualityFailed",
            verdict("fail", checks),
            "5m",
            severity,
            "{{ $labels.name }} breaks a rule of quality: {{ $labels.check }} ({{ $labels.environment }})",
            "The report of the last run says which rows and columns. Whoever writes the data must act.",
        )
    missing = context.settings.quality.null_rate_error
    severity = context.severity(["null_rates"], "error")
    if severity is not None:
        rates = most(DATASET_LABELS, "ml_null_rate")
        # Of a column that may be empty no rate is too high: which one that is the check knows.
        yield AlertRule(
            "MLMonitorMissingValues",
            f"{rates} > {number(missing)} and ({named('dataset_name', 'fail', 'null_rates', DATASET.name)})",
            "10m",
            severity,
            "{{ $value | humanizePercentage }} of a column of {{ $labels.dataset_name }} are missing"
            " ({{ $labels.environment }})",
            f"More than {missing:.0%} of the values of a column that is not declared nullable.",
            subject=subject_of(DATASET.name, "null_rates", "dataset_name"),
        )
