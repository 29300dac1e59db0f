"""Metrics of serving: what the checks of deployments measured, by model and by the role that a deployment has in its service.

A model has a few deployments at a time and a new one every week, so a deployment is no label; its role is one of four. Of several
deployments of one role the worst counts: an alert that averages a broken deployment with a sound one never fires.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.finding import Figure
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.core.store.counters import Counted, SeriesLabels
from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.serving.history import history_as_read
from pytest_mlmonitor.serving.kind import DEPLOYMENT
from pytest_mlmonitor.serving.seen.retirement import ROLES

STATUSES = ("healthy", "degraded", "unhealthy", "retired")
OTHER = "_other"

PREDICTIONS_COUNTER = "ml_prediction"
"""Under which the store keeps the predictions of all windows that any run read, by model and environment."""


def predictions_seen(platform: Artifacts, home: Path) -> dict[Counted, int]:
    """Return the predictions in the windows that lie there, by deployment and hour.

    Args:
        platform: that was read.
        home: directory from which the trees are named, so that a project may move: that of the policy.
    """
    seen: Counter[Counted] = Counter()
    for deployment in platform.of_kind(DEPLOYMENT.name, broken=True):
        history = history_as_read(deployment)
        path = deployment.ref.path
        tree = path.relative_to(home) if path.is_relative_to(home) else path
        source = safe(f"{tree}::{deployment.ref.name}")
        series = [((safe(one.first.model_name), safe(one.first.environment)), one.hours) for one in history.served]
        if history.more_hours:
            environment = history.first.environment if history.first is not None else platform.settings.environment
            series.append(((OTHER, safe(environment)), history.more_hours))
        for labels, hours in series:
            for at in range(0, len(hours), 2):
                seen[Counted(labels, source, hours[at])] += hours[at + 1]
    return dict(seen)


def predictions_in(seen: Mapping[Counted, int]) -> dict[SeriesLabels, int]:
    """Return how many predictions were seen, by model and environment."""
    found: Counter[SeriesLabels] = Counter()
    for counted, number in seen.items():
        found[counted.labels] += number
    return dict(found)


def prediction_family(totals: Mapping[SeriesLabels, int], max_series: int, *, kept: bool) -> Metric:
    """Return the counter of predictions.

    Args:
        totals: by model and environment.
        max_series: the models of more are added up under ``_other``, by environment.
        kept: whether the totals are those of a store.
    """
    text = "Predictions in all serving windows that were ever read."
    if not kept:
        text = (
            "Predictions in the serving windows that lie there: without a store the total falls when they are deleted."
        )
    counter = CounterMetricFamily(PREDICTIONS_COUNTER, text, labels=["model_name", "environment"])
    capped: Counter[SeriesLabels] = Counter()
    named = set(sorted(labels for labels in totals if labels[0] != OTHER)[:max_series])
    for (model, environment), number in totals.items():
        capped[model if (model, environment) in named else OTHER, environment] += number
    for labels, number in sorted(capped.items()):
        counter.add_metric(labels, number)
    return counter


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
    """Return the role that the figure ``role_…`` of ``serving_health`` says."""
    role = figure.name.removeprefix("role_")
    return role if role in ROLES and role != figure.name else None


def _gauge(name: str, text: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, labels=["model_name", "role", *labels, "environment"])


def _of(worst: dict[tuple[str, str, str], float], figure: str, most: int) -> list[tuple[tuple[str, str], float]]:
    return sorted(((model, role), value) for (name, model, role), value in worst.items() if name == figure)[:most]
