"""Counters that the store keeps: predictions, requests, failures, records that were judged, and runs.

Without a store they are of what lies there now, and fall when that is deleted; runs are counted by a store only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from prometheus_client.core import CounterMetricFamily, Metric

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.record import RunRecord
from pytest_mlmonitor.core.store.counters import Counted, SeriesLabels
from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.datasets.checks.freshness import BUILT
from pytest_mlmonitor.outputs.metrics.series import OTHER, capped, label_of, total
from pytest_mlmonitor.serving.fold.fold import HOURLY, HOURS_ROW
from pytest_mlmonitor.serving.history import history_as_read
from pytest_mlmonitor.serving.kind import DEPLOYMENT
from pytest_mlmonitor.tables.profile import ROWS

PREDICTIONS_COUNTER = "ml_prediction"
REQUESTS_COUNTER = "ml_serving_requests"
FAILURES_COUNTER = "ml_serving_failures"
RECORDS_COUNTER = "ml_records"
RUNS_COUNTER = "mlmonitor_runs"

OUTCOMES = ("ok", "findings", "error")
"""How a run ended: exit status 0, 1, any other."""

_HOURLY = dict(zip((PREDICTIONS_COUNTER, REQUESTS_COUNTER, FAILURES_COUNTER, RECORDS_COUNTER), HOURLY, strict=True))
"""What of a window each counter adds up."""

_TEXTS = {
    PREDICTIONS_COUNTER: ("Predictions in serving windows", "model_name"),
    REQUESTS_COUNTER: ("Requests in serving windows", "model_name"),
    FAILURES_COUNTER: ("Failed requests in serving windows", "model_name"),
    RECORDS_COUNTER: ("Rows, windows and entries of logs", "kind"),
    RUNS_COUNTER: ("Runs over the whole platform", "outcome"),
}
_KEPT = " that were ever read."
_UNKEPT = " that lie there: without a store the total falls when they are deleted."

COUNTERS = tuple(_TEXTS)
"""Names under which the store keeps them, without ``_total``."""


def seen_in(record: RunRecord, platform: Artifacts, home: Path) -> dict[str, dict[Counted, int]]:
    """Return what a run sees of every counter but that of runs.

    Args:
        record: of the run.
        platform: that it read.
        home: directory from which artifacts are named, so that a project may move: that of the policy.
    """
    found: dict[str, Counter[Counted]] = {name: Counter() for name in _HOURLY}
    for deployment in platform.of_kind(DEPLOYMENT.name, broken=True):
        history = history_as_read(deployment)
        source = _source(deployment.ref, home)
        series = [((safe(one.first.model_name), safe(one.first.environment)), one.hours) for one in history.served]
        if history.more_hours:
            environment = history.first.environment if history.first is not None else platform.settings.environment
            series.append(((OTHER, safe(environment)), history.more_hours))
        for labels, hours in series:
            for name, column in _HOURLY.items():
                number = 1 + HOURLY.index(column)
                key = (DEPLOYMENT.name, record.environment) if name == RECORDS_COUNTER else labels
                for at in range(0, len(hours), HOURS_ROW):
                    found[name][Counted(key, source, hours[at])] += hours[at + number]
    built = {r.ref: int(f.value // 3600) for _, r in record.results for f in r.figures if f.name == BUILT}
    for _, result in record.results:
        for figure in result.figures:
            if figure.name == ROWS:  # a table that is built again in its place is counted again
                source, hour = _source(result.ref, home), built.get(result.ref, 0)
                counted = Counted((result.ref.kind, record.environment), source, hour)
                found[RECORDS_COUNTER][counted] = max(found[RECORDS_COUNTER][counted], int(figure.value))
    return {name: dict(seen) for name, seen in found.items()}


def outcome_of(record: RunRecord) -> str:
    """Return how a run ended."""
    return {0: "ok", 1: "findings"}.get(record.exit_status, "error")


def totals_of(record: RunRecord, platform: Artifacts) -> dict[str, dict[SeriesLabels, int]]:
    """Return the totals of a run without a store: of what it sees."""
    found: dict[str, dict[SeriesLabels, int]] = {}
    for name, seen in seen_in(record, platform, Path.cwd()).items():
        sums: Counter[SeriesLabels] = Counter()
        for counted, number in seen.items():
            sums[counted.labels] += number
        found[name] = dict(sums)
    return found


def counter_families(totals: Mapping[str, Mapping[SeriesLabels, int]], *, kept: bool) -> Iterator[Metric]:
    """Yield the counters; names beyond the bound are added up under ``_other``.

    Args:
        totals: by counter, by labels of which the last is the environment; those that are missing are of a store that cannot
            be used: what falls and rises again would be counted twice.
        kept: whether the totals are those of a store.
    """
    for name, (text, label) in _TEXTS.items():
        if name not in totals and name == RUNS_COUNTER:
            continue
        family = CounterMetricFamily(name, f"{text}{_KEPT if kept else _UNKEPT}", labels=[label, "environment"])
        shown: Counter[SeriesLabels] = Counter()
        for labels, number in totals.get(name, {}).items():
            shown[tuple(map(label_of, labels))] += number
        for labels, value in capped(shown, total, environment=True).items():
            family.add_metric(labels, value)
        yield family


def _source(ref: ArtifactRef, home: Path) -> str:
    """Return what an artifact is counted as; versions of one family at one place are told apart by their names."""
    place = ref.path.relative_to(home) if ref.path.is_relative_to(home) else ref.path
    return safe(f"{place}::{ref.name}")
