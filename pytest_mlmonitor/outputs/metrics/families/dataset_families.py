"""Metrics of datasets: of each family what its newest build is, how old it may be, and what was measured of it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from prometheus_client.core import HistogramMetricFamily, Metric

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.record import RunRecord
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.core.store.counters import SeriesLabels
from pytest_mlmonitor.core.text.versions import family
from pytest_mlmonitor.datasets.build_time import BuildTime
from pytest_mlmonitor.datasets.checks.freshness import ALLOWED_AGE, BUILT
from pytest_mlmonitor.datasets.checks.record import FEATURES
from pytest_mlmonitor.datasets.kind import DATASET
from pytest_mlmonitor.outputs.metrics.series import capped, gauge, label_of, largest, smallest
from pytest_mlmonitor.tables.drift.feature_drift import DRIFT_SHARE
from pytest_mlmonitor.tables.profile import ROWS

BUILD_BUCKETS = (1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 1800.0, 3600.0, 7200.0)
_STATISTICS = frozenset({"psi", "ks", "chi2", "jensen_shannon", "wasserstein"})

_FIGURES = (
    (BUILT, "ml_dataset_built_timestamp_seconds", "When the newest build of a dataset was made."),
    (
        ALLOWED_AGE,
        "ml_dataset_freshness_threshold_seconds",
        "Age from which a dataset is too old, by contract or policy.",
    ),
    (ROWS, "ml_dataset_rows", "Rows of the newest build of a dataset."),
    (FEATURES, "ml_dataset_features", "Feature columns of the newest build of a dataset."),
    (DRIFT_SHARE, "ml_dataset_drift_share", "Share of the compared features that drifted from the reference."),
)
"""Figures of a dataset, each with its family."""


def build_families(platform: Artifacts) -> Iterator[Metric]:
    """Yield what is known of builds without any check; upstream gives no build start, so the histogram has no observation."""
    yield HistogramMetricFamily(
        "ml_dataset_build_duration_seconds",
        "Duration of dataset builds, where upstream emits a start.",
        labels=["dataset_name", "environment"],
    )
    newest: dict[str, BuildTime] = {}
    for dataset in platform.of_kind(DATASET.name, broken=True):
        built = dataset.build_time
        if built is not None and dataset.dataset_name:
            name = label_of(family(dataset.dataset_name))
            newest[name] = max(newest.get(name, built), built, key=lambda one: one.start)
    ages: dict[SeriesLabels, float] = {(name,): latest.age(platform.now) for name, latest in newest.items()}
    yield gauge(
        "ml_feature_freshness_seconds",
        "Age of the newest build of a dataset at the evaluation time.",
        ["dataset_name"],
        capped(ages, largest),
        platform.settings.environment,
    )


def dataset_families(record: RunRecord, platform: Artifacts) -> Iterator[Metric]:
    """Yield what checks measured of the newest build of each family."""
    found: dict[str, dict[SeriesLabels, float]] = {name: {} for name, _, _ in _FIGURES}
    nulls: dict[SeriesLabels, float] = {}
    drift: dict[SeriesLabels, float] = {}
    names: dict[ArtifactRef, str] = {}
    for result in _in_order(record.of_kind(DATASET.name)):  # a later build stands in the place of an earlier one
        if result.figures and result.ref not in names:
            names[result.ref] = _name_of(result.ref, platform)
        for figure in result.figures:
            name = names[result.ref]
            if figure.name in found:
                found[figure.name][name,] = figure.value
            elif figure.name == "null_rate":
                nulls[name, label_of(figure.column)] = figure.value
            elif figure.name in _STATISTICS:
                drift[name, label_of(figure.column), figure.name] = figure.value
    for figure_name, metric, text in _FIGURES:
        # Of those beyond the bound the oldest build counts, and the strictest limit.
        join = smallest if figure_name in (BUILT, ALLOWED_AGE, ROWS, FEATURES) else largest
        yield gauge(metric, text, ["dataset_name"], capped(found[figure_name], join), record.environment)
    yield gauge(
        "ml_null_rate",
        "Share of nulls in a column.",
        ["dataset_name", "column"],
        capped(nulls, largest, names=2),
        record.environment,
    )
    yield gauge(
        "ml_drift_score",
        "Distance of a feature from its reference.",
        ["dataset_name", "feature", "statistic"],
        capped(drift, largest, names=2),
        record.environment,
    )


def _name_of(ref: ArtifactRef, platform: Artifacts) -> str:
    """Return the family of a dataset as a label."""
    try:
        name = platform.kinds[ref.kind].family(platform.artifact(ref))
    except KeyError:  # the record of a run without its platform
        name = None
    return label_of(name if name is not None else family(ref.name.split("@", 1)[0]))


def _in_order(results: Iterable[CheckResult]) -> list[CheckResult]:
    """Return results by when their dataset was built; what lies in the future, or says no time, is the newest of nothing."""
    known = list(results)
    built = {result.ref: figure.value for result in known for figure in result.figures if figure.name == BUILT}
    return sorted(known, key=lambda one: (built.get(one.ref, -math.inf), one.ref))
