"""Metrics of serving: what the checks of deployments measured, by model.

A model has a few deployments at a time and a new one every week, so a deployment is no label. Of several active ones the worst
counts: an alert that averages a broken deployment with a sound one never fires.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from prometheus_client.core import GaugeMetricFamily, Metric

from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.core.text.names import safe

STATUSES = ("healthy", "degraded", "unhealthy", "retired")


def serving_families(results: Iterable[CheckResult], environment: str, max_series: int) -> Iterator[Metric]:
    """Yield deployments by status, their ratios, latencies and burn rates.

    Args:
        results: of a run, about deployments.
        environment: label of every series.
        max_series: of one family; the first models in order are kept.
    """
    deployments: Counter[tuple[str, str]] = Counter()
    worst: dict[tuple[str, str], float] = {}
    for result in results:
        for figure in result.figures:
            model = safe(figure.column)
            status = figure.name.removeprefix("serving_")
            if status in STATUSES:
                deployments[model, status] += 1
            else:
                worst[figure.name, model] = max(worst.get((figure.name, model), 0.0), figure.value)
    models = sorted({model for model, _ in deployments})
    health = _gauge("ml_serving_health", "Deployments of a model by serving health.", "status")
    for model in models[: max_series // len(STATUSES)]:
        for status in STATUSES:  # also those that there are none of: a rule on an absent series never fires
            health.add_metric([model, status, environment], deployments[model, status])
    yield health
    for outcome, verb in (("failure", "failed"), ("rejection", "were rejected")):
        text = f"Share of requests that {verb}, of the worst active deployment."
        ratio = _gauge(f"ml_serving_{outcome}_ratio", text)
        for model, value in _of(worst, f"{outcome}_rate", max_series):
            ratio.add_metric([model, environment], value)
        yield ratio
    latency = _gauge(
        "ml_serving_latency_seconds", "Latency in the latest window, of the slowest active deployment.", "percentile"
    )
    for percentile in ("p95", "p99"):
        for model, value in _of(worst, f"latency_{percentile}_ms", max_series // 2):
            latency.add_metric([model, percentile, environment], value / 1000)
    yield latency
    burn = _gauge("ml_serving_burn_rate", "Rate at which the error budget burns, of the worst deployment.", "window")
    for hours in ("1h", "6h"):
        for model, value in _of(worst, f"burn_rate_{hours}", max_series // 2):
            burn.add_metric([model, hours, environment], value)
    yield burn


def _gauge(name: str, text: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, labels=["model_name", *labels, "environment"])


def _of(worst: dict[tuple[str, str], float], figure: str, most: int) -> list[tuple[str, float]]:
    return sorted((model, value) for (name, model), value in worst.items() if name == figure)[:most]
