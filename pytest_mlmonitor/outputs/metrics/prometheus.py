"""Prometheus metrics of a run (specification 3): all families at once, for a text file, a Pushgateway, or a server.

Label values come from names upstream chose, never from run ids, versions or paths; base units in names.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from prometheus_client.registry import Collector
from prometheus_client.samples import Sample

from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.files.atomic import write_atomically
from pytest_mlmonitor.core.policy.outlets.metrics_policy import MetricsPolicy
from pytest_mlmonitor.core.record import RunRecord
from pytest_mlmonitor.core.store.counters import SeriesLabels
from pytest_mlmonitor.core.store.kept.expositions import Suite
from pytest_mlmonitor.outputs.metrics.families.champion_families import champion_families
from pytest_mlmonitor.outputs.metrics.families.check_families import check_families
from pytest_mlmonitor.outputs.metrics.families.counter_families import (
    PREDICTIONS_COUNTER,
    counter_families,
    totals_of,
)
from pytest_mlmonitor.outputs.metrics.families.dataset_families import build_families, dataset_families
from pytest_mlmonitor.outputs.metrics.families.model_families import model_families, training_family
from pytest_mlmonitor.outputs.metrics.families.run_families import run_families
from pytest_mlmonitor.outputs.metrics.families.serving_families import (
    environments_of,
    serving_families,
    window_families,
)
from pytest_mlmonitor.outputs.metrics.series import label_of
from pytest_mlmonitor.serving.kind import DEPLOYMENT

LOCAL = "local"
"""Environment of whoever names none."""

METRICS_FILE = "metrics.prom"
"""What the text file is called by default."""


class PlatformCollector(Collector):
    """The four families that need no check, computed from artifacts."""

    def __init__(self, platform: Artifacts) -> None:
        """Collect from a platform at its evaluation time; its environment is on every series but those of serving."""
        self._platform = platform

    def collect(self) -> Iterator[Metric]:
        """Yield the families."""
        totals = totals_of(RunRecord(self._platform.now), self._platform)
        yield from build_families(self._platform)
        yield training_family(self._platform)
        for metric in counter_families(totals, kept=False):
            if metric.name == PREDICTIONS_COUNTER:
                yield metric


def families_of(record: RunRecord, platform: Artifacts) -> Iterator[Metric]:
    """Yield every family of a run but its counters."""
    yield from build_families(platform)
    yield training_family(platform)
    yield from dataset_families(record, platform)
    yield from check_families(record, platform)
    yield from model_families(record, platform)
    yield from champion_families(platform)
    served = record.of_kind(DEPLOYMENT.name)
    yield from serving_families(served, environments_of(platform), record.environment)
    yield from window_families(served, platform)
    yield from run_families(record, platform)


def counters_of(record: RunRecord, platform: Artifacts) -> Iterator[Metric]:
    """Yield the counters of a run: those of the store, or of what lies there without one."""
    kept = record.counters
    totals = totals_of(record, platform) if kept is None else kept
    yield from counter_families(totals, kept=kept is not None)


def counters_of_suite(totals: Mapping[str, Mapping[SeriesLabels, int]], suite: Suite) -> str:
    """Return the text of counters that the store keeps of a suite."""
    labels = {"suite": label_of(suite.name)} if suite.name else {}
    return text_of(counter_families(totals, kept=True), labels, suite.environment).decode("utf-8")


def labels_of(policy: MetricsPolicy, *, job: bool) -> dict[str, str]:
    """Return the labels that stand on every series beside its own.

    Args:
        policy: section ``metrics``.
        job: whether ``job`` is among them: where a Pushgateway or a server is scraped, that comes from elsewhere.
    """
    named = {"suite": policy.suite, "job": policy.job if job else None}
    return {name: label_of(value) for name, value in named.items() if value is not None}


def text_of(metrics: Iterable[Metric], labels: Mapping[str, str], environment: str = LOCAL) -> bytes:
    """Return metrics in text format 0.0.4, with further labels on every series.

    Args:
        metrics: of a run.
        labels: on every series.
        environment: the policy's. Windows name their own, and runs of two environments may see the same windows: what is not of
            the policy's environment says which run it is of (``run_environment``), unless that has none of its own.
    """
    return generate_latest(registry_of([_Labelled(metrics, labels, environment)]))


class _Labelled(Collector):
    """Metrics, each series with further labels."""

    def __init__(self, metrics: Iterable[Metric], labels: Mapping[str, str], environment: str) -> None:
        self._metrics = metrics
        self._own = dict(labels)
        self._foreign = self._own if environment == LOCAL else {**labels, "run_environment": label_of(environment)}
        self._environment = environment

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics."""
        for metric in self._metrics:
            labelled = copy.copy(metric)
            labelled.samples = [one._replace(labels={**one.labels, **self._more(one)}) for one in metric.samples]
            yield labelled

    def _more(self, sample: Sample) -> dict[str, str]:
        return self._own if sample.labels.get("environment") == self._environment else self._foreign


def registry_of(collectors: Iterable[Collector]) -> CollectorRegistry:
    """Return a registry of its own: the global one is shared by everything in the process."""
    registry = CollectorRegistry(auto_describe=False)
    for collector in collectors:
        registry.register(collector)
    return registry


def write_metrics(directory: Path, record: RunRecord, platform: Artifacts, name: str = METRICS_FILE) -> Path:
    """Write the metrics of a run into a file of text format 0.0.4, whole or not at all, and return its path.

    Raises:
        OSError: it could not be written.
    """
    path = directory / name
    labels = labels_of(platform.settings.metrics, job=True)
    metrics = [*families_of(record, platform), *counters_of(record, platform)]
    write_atomically(path, text_of(metrics, labels, platform.settings.environment))
    return path
