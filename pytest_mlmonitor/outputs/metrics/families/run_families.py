"""Metrics of a run itself: when it was, how it ended, what it alerts of, which limits hold, and what other tools reported."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from prometheus_client.core import Metric

from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.record import RunRecord
from pytest_mlmonitor.core.store.counters import SeriesLabels
from pytest_mlmonitor.external_reports.kind import EXTERNAL_REPORT
from pytest_mlmonitor.outputs.alerts.alert import ALERT_SEVERITIES
from pytest_mlmonitor.outputs.metrics.series import capped, gauge, label_of, smallest


def run_families(record: RunRecord, platform: Artifacts) -> Iterator[Metric]:
    """Yield the run, the alerts that fire, the limits of drift, and the newest report of every monitor."""
    environment = record.environment
    success = record.succeeded
    last = record.evaluated_at if success else record.last_success
    for name, text, value in (
        ("mlmonitor_run_last_timestamp_seconds", "Evaluation time of the last run.", record.evaluated_at.timestamp()),
        ("mlmonitor_run_duration_seconds", "Wall time of the last run.", record.duration_seconds),
        (
            "mlmonitor_run_success",
            "1 when the last run judged everything and ended with exit status 0.",
            float(success),
        ),
        (
            "mlmonitor_run_last_success_timestamp_seconds",
            "Evaluation time of the last run that judged everything and ended with exit status 0.",
            last.timestamp() if last is not None else None,
        ),
        (
            "mlmonitor_store_usable",
            "1 when the store could be used.",
            float(record.store.problem is None) if record.store is not None else None,
        ),
    ):
        if value is not None:
            yield gauge(name, text, [], {(): value}, environment)
    if record.alerts is not None:
        firing: dict[SeriesLabels, float] = {(name,): float(record.alerts.get(name, 0)) for name in ALERT_SEVERITIES}
        yield gauge("mlmonitor_alerts", "Alerts that fire.", ["severity"], firing, environment)
    yield from _limits(platform)
    yield from _reports(platform)


def _limits(platform: Artifacts) -> Iterator[Metric]:
    """Yield the limits of drift that the policy sets for all datasets."""
    drift = platform.settings.drift
    limits: dict[SeriesLabels, float] = {
        ("psi", "warning"): drift.psi_warning,
        ("psi", "error"): drift.psi_error,
        ("ks", "warning"): drift.ks,
        ("share", "error"): drift.share,
        ("correlation", "warning"): drift.correlation,
    }
    text = (
        "From which distance a feature drifted, and from which share of drifted features a dataset did, by the policy."
    )
    yield gauge("ml_drift_threshold", text, ["statistic", "severity"], limits, platform.settings.environment)


def _reports(platform: Artifacts) -> Iterator[Metric]:
    """Yield when the newest report of every monitor was made; one of the future is no report yet."""
    until = platform.now + timedelta(seconds=platform.settings.clock_skew_seconds)
    newest: dict[SeriesLabels, float] = {}
    for report in platform.of_kind(EXTERNAL_REPORT.name):
        name = EXTERNAL_REPORT.family(report)
        if name is not None and report.at is not None and report.at <= until:
            key = (label_of(name),)
            newest[key] = max(newest.get(key, 0.0), report.at.timestamp())
    text = "When the newest report of another tool was made."
    yield gauge(
        "ml_external_report_timestamp_seconds",
        text,
        ["report"],
        capped(newest, smallest),
        platform.settings.environment,
    )
