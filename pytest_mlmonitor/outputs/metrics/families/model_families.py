"""Metrics of models: how long they were trained, what predictions measured, and how far their data drifted."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from prometheus_client.core import HistogramMetricFamily, Metric

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.policy.better_side import better_side
from pytest_mlmonitor.core.record import RunRecord
from pytest_mlmonitor.core.store.counters import SeriesLabels
from pytest_mlmonitor.links.models.fed_models import FedModels
from pytest_mlmonitor.outputs.metrics.series import MAX_SERIES, OTHER, capped, gauge, label_of, largest
from pytest_mlmonitor.predictions.kind import PREDICTIONS
from pytest_mlmonitor.tables.drift.feature_drift import DRIFT_SHARE, STATISTICS
from pytest_mlmonitor.tables.profile import ROWS
from pytest_mlmonitor.training.kind import TRAINING_RUN

TRAINING_BUCKETS = (1.0, 10.0, 60.0, 300.0, 900.0, 1800.0, 3600.0, 7200.0, 14400.0, 43200.0)
_NOT_OF_MODELS = frozenset({ROWS, DRIFT_SHARE})
_DIGITS = re.compile(r"[0-9]+")
_NUMBERS = re.compile(r"[-_.]*[0-9]+(?:[-_.:T]*[0-9]+)*Z?")


def training_family(platform: Artifacts) -> Metric:
    """Return the histogram of how long trainings took; a bundle and a flat document of one run count once."""
    histogram = HistogramMetricFamily(
        "ml_training_duration_seconds", "Duration of training runs.", labels=["model_name", "environment"]
    )
    durations: dict[str, list[float]] = {}
    seen: set[str | None] = set()
    for run in platform.of_kind(TRAINING_RUN.name, broken=True):
        if not run.timed or not run.model_name or run.run_id in seen:
            continue
        seen.add(run.run_id)
        seconds = (run.completed_at - run.started_at).total_seconds()
        durations.setdefault(label_of(run.model_name), []).append(max(seconds, 0.0))
    names = sorted(durations)
    kept = {name: durations[name] for name in names[:MAX_SERIES]}
    for name in names[MAX_SERIES:]:
        kept[OTHER] = [*kept.get(OTHER, ()), *durations[name]]
    for model, found in kept.items():
        buckets = [(str(limit), sum(s <= limit for s in found)) for limit in TRAINING_BUCKETS]
        buckets.append(("+Inf", len(found)))
        histogram.add_metric([model, platform.settings.environment], buckets, sum(found))
    return histogram


def model_families(record: RunRecord, platform: Artifacts) -> Iterator[Metric]:
    """Yield what the latest predictions measured: how right their model is, how far they moved; and its data's drift."""
    measured: dict[SeriesLabels, float] = {}
    moved: dict[SeriesLabels, float] = {}
    found = record.of_kind(PREDICTIONS.name)
    # The confidence of a whole log comes last, and stands in the place of that of its labelled rows.
    for result in sorted(found, key=lambda one: (_in_order(one.ref), one.check != "performance")):
        for figure in result.figures:
            if figure.name in STATISTICS:
                moved[_numberless(result.ref), label_of(figure.column), figure.name] = figure.value
            elif figure.name not in _NOT_OF_MODELS:
                measured[label_of(figure.column), figure.name] = figure.value
    yield gauge(
        "ml_model_metric",
        "Metrics of a model on predictions: of the trainer's test (test_...), or where labels arrived later.",
        ["model_name", "metric"],
        capped(measured, worse_metric),
        record.environment,
    )
    yield gauge(
        "ml_prediction_drift_score",
        "Distance of predictions from those before them, and of logged features from the training data.",
        ["predictions", "column", "statistic"],
        capped(moved, largest, names=2),
        record.environment,
    )
    results = (result for _, result in record.results)
    shares: dict[SeriesLabels, float] = {}
    for name, share in platform.view(FedModels).drift_shares(results).items():
        shares[label_of(name),] = max(share, shares.get((label_of(name),), 0.0))
    text = "Share of drifted features in the newest data that a model learns from."
    yield gauge("ml_model_drift_share", text, ["model_name"], capped(shares, largest), record.environment)


def worse_metric(labels: SeriesLabels) -> Callable[[float, float], float]:
    """Join the metrics of several models by the worse one; where its name does not say which that is, by the smaller."""
    return max if better_side(labels[1]) == "lower" else min


def _numberless(ref: ArtifactRef) -> str:
    """Return the name of a predictions file without its numbers: dates and stamps would make a series of every file."""
    return label_of(_NUMBERS.sub("", ref.path.stem).strip("-_.") or "predictions")


def _in_order(ref: ArtifactRef) -> tuple[list[int], str]:
    """Return a key that sorts files of one name by the numbers in it."""
    return [int(digits) for digits in _DIGITS.findall(ref.path.name)], str(ref.path)
