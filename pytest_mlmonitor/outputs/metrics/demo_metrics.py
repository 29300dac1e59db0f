"""Sample values of the four metric families, so that dashboards and rules can be tried without a platform."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from pytest_mlmonitor.outputs.metrics.families.dataset_families import BUILD_BUCKETS
from pytest_mlmonitor.outputs.metrics.families.model_families import TRAINING_BUCKETS

# Names and values are those of the reference implementation (specification, head).
_DATASET = "demo_dataset"
_MODEL = "demo_model"
_BUILD_SECONDS = 120.0
_TRAINING_SECONDS = 150.0
_PREDICTIONS = 10
_AGE_SECONDS = 300.0


class DemoCollector(Collector):
    """One dataset and one model, with the constant values of the reference implementation's demo."""

    def __init__(self, environment: str) -> None:
        """Label every series with ``environment``."""
        self._environment = environment

    def collect(self) -> Iterator[Metric]:
        """Yield the four families."""
        yield self._histogram(
            "ml_dataset_build_duration_seconds", "dataset_name", _DATASET, BUILD_BUCKETS, _BUILD_SECONDS
        )
        yield self._histogram("ml_training_duration_seconds", "model_name", _MODEL, TRAINING_BUCKETS, _TRAINING_SECONDS)
        counter = CounterMetricFamily("ml_prediction", "Sample predictions.", labels=["model_name", "environment"])
        counter.add_metric([_MODEL, self._environment], _PREDICTIONS)
        yield counter
        gauge = GaugeMetricFamily(
            "ml_feature_freshness_seconds", "Sample age of a dataset.", labels=["dataset_name", "environment"]
        )
        gauge.add_metric([_DATASET, self._environment], _AGE_SECONDS)
        yield gauge

    def _histogram(self, name: str, label: str, value: str, limits: tuple[float, ...], seconds: float) -> Metric:
        histogram = HistogramMetricFamily(name, "One sample observation.", labels=[label, "environment"])
        buckets = [(str(limit), float(seconds <= limit)) for limit in limits] + [("+Inf", 1.0)]
        histogram.add_metric([value, self._environment], buckets, seconds)
        return histogram


def prediction_total(model_name: str, count: int, environment: str) -> dict[str, Any]:
    """Return the sample of ``ml_prediction_total`` after ``count`` predictions, as a client library counts them."""
    from prometheus_client import CollectorRegistry, Counter

    registry = CollectorRegistry()
    counter = Counter("ml_prediction_total", "Predictions.", ["model_name", "environment"], registry=registry)
    for _ in range(count):
        counter.labels(model_name, environment).inc()
    labels = {"model_name": model_name, "environment": environment}
    value = registry.get_sample_value("ml_prediction_total", labels)
    return {"metric": "ml_prediction_total", "labels": labels, "value": value}
