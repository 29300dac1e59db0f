"""Prometheus metrics of a run (specification 3), from one collector: for a text file, or served.

Label values come from names upstream chose, never from run ids, versions or paths; base units in names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.files.atomic import write_atomically
from pytest_mlmonitor.core.policy.better_side import better_side
from pytest_mlmonitor.core.record import RunRecord
from pytest_mlmonitor.core.store.counters import SeriesLabels
from pytest_mlmonitor.core.text.versions import family
from pytest_mlmonitor.datasets.build_time import BuildTime
from pytest_mlmonitor.datasets.kind import DATASET
from pytest_mlmonitor.outputs.metrics.series import MAX_SERIES, OTHER, capped, counted, filled, label_of, largest, total
from pytest_mlmonitor.outputs.metrics.serving_metrics import (
    environments_of,
    prediction_family,
    predictions_in,
    predictions_seen,
    serving_families,
)
from pytest_mlmonitor.predictions.kind import PREDICTIONS
from pytest_mlmonitor.serving.kind import DEPLOYMENT
from pytest_mlmonitor.tables.drift.feature_drift import STATISTICS
from pytest_mlmonitor.training.kind import TRAINING_RUN

BUILD_BUCKETS = (1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 1800.0, 3600.0, 7200.0)
TRAINING_BUCKETS = (1.0, 10.0, 60.0, 300.0, 900.0, 1800.0, 3600.0, 7200.0, 14400.0, 43200.0)
_DIGITS = re.compile(r"[0-9]+")
_NUMBERS = re.compile(r"[-_.]*[0-9]+(?:[-_.:T]*[0-9]+)*Z?")


class PlatformCollector(Collector):
    """The four families of the platform, computed from its artifacts."""

    def __init__(self, platform: Artifacts, predictions: Mapping[SeriesLabels, int] | None = None) -> None:
        """Collect from a platform at its evaluation time; its environment is on every series but those of serving.

        Args:
            platform: that was read.
            predictions: all that were ever counted, by model and environment; without a store those that lie there.
        """
        self._platform = platform
        self._predictions = predictions
        self._environment = platform.settings.environment

    def collect(self) -> Iterator[Metric]:
        """Yield the families; upstream gives no build start, so the build histogram has no observation."""
        yield HistogramMetricFamily(
            "ml_dataset_build_duration_seconds",
            "Duration of dataset builds, where upstream emits a start.",
            labels=["dataset_name", "environment"],
        )
        durations: dict[str, list[float]] = {}
        counted: set[str | None] = set()  # a bundle and a flat document may describe one run
        newest: dict[str, BuildTime] = {}
        for run in self._platform.of_kind(TRAINING_RUN.name, broken=True):
            if not run.timed or not run.model_name or run.run_id in counted:
                continue
            counted.add(run.run_id)
            seconds = (run.completed_at - run.started_at).total_seconds()
            durations.setdefault(label_of(run.model_name), []).append(max(seconds, 0.0))
        for dataset in self._platform.of_kind(DATASET.name, broken=True):
            built = dataset.build_time
            if built is not None and dataset.dataset_name:
                name = label_of(family(dataset.dataset_name))
                newest[name] = max(newest.get(name, built), built, key=lambda one: one.start)
        yield self._training(durations)
        kept = self._predictions
        totals = predictions_in(predictions_seen(self._platform, Path.cwd())) if kept is None else kept
        yield prediction_family(totals, kept=kept is not None)
        gauge = GaugeMetricFamily(
            "ml_feature_freshness_seconds",
            "Age of the newest build of a dataset at the evaluation time.",
            labels=["dataset_name", "environment"],
        )
        ages: dict[SeriesLabels, float] = {(name,): latest.age(self._platform.now) for name, latest in newest.items()}
        yield filled(gauge, capped(ages, largest), self._environment)

    def _training(self, durations: dict[str, list[float]]) -> Metric:
        histogram = HistogramMetricFamily(
            "ml_training_duration_seconds", "Duration of training runs.", labels=["model_name", "environment"]
        )
        names = sorted(durations)
        kept = {name: durations[name] for name in names[:MAX_SERIES]}
        for name in names[MAX_SERIES:]:
            kept[OTHER] = [*kept.get(OTHER, ()), *durations[name]]
        for model, seconds in kept.items():
            buckets = [(str(limit), sum(s <= limit for s in seconds)) for limit in TRAINING_BUCKETS]
            buckets.append(("+Inf", len(seconds)))
            histogram.add_metric([model, self._environment], buckets, sum(seconds))
        return histogram


class RunCollector(Collector):
    """Outcomes of one check run."""

    def __init__(self, record: RunRecord, environments: Mapping[ArtifactRef, str]) -> None:
        """Collect from ``record``; deployments have their windows' ``environments``."""
        self._record = record
        self._environments = environments

    def collect(self) -> Iterator[Metric]:
        """Yield results by check and status, findings by severity, artifacts by verdict, and the run itself."""
        record, environment = self._record, self._record.environment
        results = GaugeMetricFamily(
            "ml_check_results", "Results of the last run.", labels=["kind", "check", "status", "environment"]
        )
        findings = GaugeMetricFamily(
            "ml_check_findings", "Findings of the last run.", labels=["category", "severity", "environment"]
        )
        artifacts = GaugeMetricFamily(
            "ml_artifacts", "Artifacts of the last run.", labels=["kind", "verdict", "environment"]
        )
        accepted = GaugeMetricFamily(
            "ml_accepted_findings",
            "Findings of the last run that the policy accepts.",
            labels=["kind", "check", "environment"],
        )
        by_check = counted((r.ref.kind, r.check, r.status) for _, r in record.results)
        by_severity = counted((r.category, f.severity.word) for _, r in record.results for f in r.findings)
        excused = counted(
            (r.ref.kind, r.check) for _, r in record.results for f in r.findings if f.accepted is not None
        )
        by_verdict = counted((j.ref.kind, j.verdict) for j in record.artifacts())
        for metric, numbers, names in (
            (results, by_check, 2),
            (findings, by_severity, 1),
            (artifacts, by_verdict, 1),
            (accepted, excused, 2),
        ):
            yield filled(metric, capped(numbers, total, names=names), environment)
        yield from self._figures()
        yield from self._model_figures()
        yield from serving_families(record.of_kind(DEPLOYMENT.name), self._environments, environment)
        for name, text, value in (
            (
                "mlmonitor_run_last_timestamp_seconds",
                "Evaluation time of the last run.",
                record.evaluated_at.timestamp(),
            ),
            ("mlmonitor_run_duration_seconds", "Wall time of the last run.", record.duration_seconds),
            (
                "mlmonitor_run_success",
                "1 when the last run judged everything and ended with exit status 0.",
                float(record.exit_status == 0 and not record.narrowed),
            ),
        ):
            gauge = GaugeMetricFamily(name, text, labels=["environment"])
            gauge.add_metric([environment], value)
            yield gauge
        if record.store is not None:
            usable = GaugeMetricFamily(
                "mlmonitor_store_usable", "1 when the store could be used.", labels=["environment"]
            )
            usable.add_metric([environment], float(record.store.problem is None))
            yield usable

    def _figures(self) -> Iterator[Metric]:
        """Yield what the newest build of every family measured: null rates, and drift by statistic."""
        environment = self._record.environment
        nulls = GaugeMetricFamily(
            "ml_null_rate", "Share of nulls in a column.", labels=["dataset_name", "column", "environment"]
        )
        drift = GaugeMetricFamily(
            "ml_drift_score",
            "Distance of a feature from its reference.",
            labels=["dataset_name", "feature", "statistic", "environment"],
        )
        values: dict[tuple[str, str, str], float] = {}
        for result in sorted(self._record.of_kind(DATASET.name), key=lambda one: one.ref.name):
            name = label_of(family(result.ref.name.split("@", 1)[0]))
            for figure in result.figures:  # a later build of a family stands in the place of an earlier one
                values[name, label_of(figure.column), figure.name] = figure.value
        for metric, wanted in ((nulls, {"null_rate"}), (drift, {"psi", "ks", "chi2", "jensen_shannon", "wasserstein"})):
            length = 3 if metric is drift else 2
            found: dict[SeriesLabels, float] = {
                key[:length]: value for key, value in values.items() if key[2] in wanted
            }
            yield filled(metric, capped(found, largest, names=2), environment)

    def _model_figures(self) -> Iterator[Metric]:
        """Yield what the latest predictions measured: how right their model is, and how far they moved."""
        environment = self._record.environment
        models = GaugeMetricFamily(
            "ml_model_metric",
            "Metrics of a model on predictions: of the trainer's test (test_...), or where labels arrived later.",
            labels=["model_name", "metric", "environment"],
        )
        drift = GaugeMetricFamily(
            "ml_prediction_drift_score",
            "Distance of predictions from those before them, and of logged features from the training data.",
            labels=["predictions", "column", "statistic", "environment"],
        )
        measured: dict[SeriesLabels, float] = {}
        moved: dict[SeriesLabels, float] = {}
        found = self._record.of_kind(PREDICTIONS.name)
        # The confidence of a whole log comes last, and stands in the place of that of its labelled rows.
        for result in sorted(found, key=lambda one: (_in_order(one.ref), one.check != "performance")):
            for figure in result.figures:
                if figure.name in STATISTICS:
                    moved[_numberless(result.ref), label_of(figure.column), figure.name] = figure.value
                else:
                    measured[label_of(figure.column), figure.name] = figure.value
        yield filled(models, capped(measured, _worse_metric), environment)
        yield filled(drift, capped(moved, largest, names=2), environment)


def _worse_metric(labels: SeriesLabels) -> Callable[[float, float], float]:
    """Join the metrics of several models by the worse one; where its name does not say which that is, by the smaller."""
    return max if better_side(labels[1]) == "lower" else min


def _numberless(ref: ArtifactRef) -> str:
    """Return the name of a predictions file without its numbers: dates and stamps would make a series of every file."""
    return label_of(_NUMBERS.sub("", ref.path.stem).strip("-_.") or "predictions")


def _in_order(ref: ArtifactRef) -> tuple[list[int], str]:
    """Return a key that sorts files of one name by the numbers in it."""
    return [int(digits) for digits in _DIGITS.findall(ref.path.name)], str(ref.path)


def registry_of(collectors: Iterable[Collector]) -> CollectorRegistry:
    """Return a registry of its own: the global one is shared by everything in the process."""
    registry = CollectorRegistry(auto_describe=False)
    for collector in collectors:
        registry.register(collector)
    return registry


def write_metrics(directory: Path, record: RunRecord, platform: Artifacts) -> Path:
    """Write ``metrics.prom`` (text format 0.0.4) into ``directory`` and return its path.

    Raises:
        OSError: it could not be written.
    """
    path = directory / "metrics.prom"
    collectors = [PlatformCollector(platform, record.predictions), RunCollector(record, environments_of(platform))]
    write_atomically(path, generate_latest(registry_of(collectors)))
    return path
