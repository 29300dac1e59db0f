"""Metrics of serving: what the checks of deployments measured, by model and by the role that a deployment has in its service.

A model has a few deployments at a time and a new one every week, so a deployment is no label; its role is one of four. Of several
deployments of one role the worst counts: an alert that averages a broken deployment with a sound one never fires.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from prometheus_client.core import GaugeMetricFamily, Metric

from pytest_mlmonitor.core.finding import Figure
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.core.text.names import safe

STATUSES = ("healthy", "degraded", "unhealthy", "retired")
ROLES = ("active", "canary", "draining", "retired")
"""Role of a deployment in its service: the figure ``role_…`` of ``serving_health`` says which, else it counts as active."""


def serving_families(results: Iterable[CheckResult], environment: str, max_series: int) -> Iterator[Metric]:
    """Yield deployments by status, their ratios, latencies and burn rates.

    Args:
        results: of a run, about deployments.
        environment: label of every series.
        max_series: of one family; the first models in order are kept.
    """
    deployments: Counter[tuple[str, str, str]] = Counter()
    worst: dict[tuple[str, str, str], float] = {}
    known = list(results)
    roles = {result.ref: role for result in known for figure in result.figures if (role := _role(figure)) is not None}
    for result in known:
        role = roles.get(result.ref, ROLES[0])
        for figure in result.figures:
            model = safe(figure.column)
            status = figure.name.removeprefix("serving_")
            if status in STATUSES:
                deployments[model, role, status] += 1
            else:
                key = figure.name, model, role
                worst[key] = max(worst.get(key, 0.0), figure.value)
    models = sorted({(model, role) for model, role, _ in deployments})
    health = _gauge("ml_serving_health", "Deployments of a model by serving health.", "status")
    for model, role in models[: max_series // len(STATUSES)]:
        for status in STATUSES:  # also those that there are none of: a rule on an absent series never fires
            health.add_metric([model, role, status, environment], deployments[model, role, status])
    yield health
    for outcome, verb in (("failure", "failed"), ("rejection", "were rejected")):
        text = f"Share of requests that {verb}, of the worst deployment that is not retired."
        ratio = _gauge(f"ml_serving_{outcome}_ratio", text)
        for labels, value in _of(worst, f"{outcome}_rate", max_series):
            ratio.add_metric([*labels, environment], value)
        yield ratio
    latency = _gauge(
        "ml_serving_latency_seconds", "Latency in the latest window, of the slowest such deployment.", "percentile"
    )
    for percentile in ("p95", "p99"):
        for labels, value in _of(worst, f"latency_{percentile}_ms", max_series // 2):
            latency.add_metric([*labels, percentile, environment], value / 1000)
    yield latency
    burn = _gauge("ml_serving_burn_rate", "Rate at which the error budget burns, of the worst deployment.", "window")
    for hours in ("1h", "6h"):
        for labels, value in _of(worst, f"burn_rate_{hours}", max_series // 2):
            burn.add_metric([*labels, hours, environment], value)
    yield burn


def _role(figure: Figure) -> str | None:
    role = figure.name.removeprefix("role_")
    return role if role in ROLES and role != figure.name else None


def _gauge(name: str, text: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, labels=["model_name", "role", *labels, "environment"])


def _of(worst: dict[tuple[str, str, str], float], figure: str, most: int) -> list[tuple[tuple[str, str], float]]:
    return sorted(((model, role), value) for (name, model, role), value in worst.items() if name == figure)[:most]
