"""Metrics of serving: what the checks of deployments measured, by model and by the role that a deployment has in its service.

A model has a few deployments at a time and a new one every week, so a deployment is no label; its role is one of four. Of several
deployments of one role the worst counts: an alert that averages a broken deployment with a sound one never fires.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.finding import Figure
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.core.store.counters import Counted, SeriesLabels
from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.outputs.metrics.series import OTHER, capped, filled, label_of, largest, total
from pytest_mlmonitor.serving.history import history_as_read
from pytest_mlmonitor.serving.kind import DEPLOYMENT
from pytest_mlmonitor.serving.seen.retirement import ROLES

STATUSES = ("healthy", "degraded", "unhealthy", "retired")

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


def prediction_family(totals: Mapping[SeriesLabels, int], *, kept: bool) -> Metric:
    """Return the counter of predictions; models and environments beyond the bound are added up under ``_other``.

    Args:
        totals: by model and environment.
        kept: whether the totals are those of a store.
    """
    text = "Predictions in all serving windows that were ever read."
    if not kept:
        text = (
            "Predictions in the serving windows that lie there: without a store the total falls when they are deleted."
        )
    counter = CounterMetricFamily(PREDICTIONS_COUNTER, text, labels=["model_name", "environment"])
    shown: Counter[SeriesLabels] = Counter()
    for labels, number in totals.items():
        shown[tuple(map(label_of, labels))] += number
    for labels, value in capped(shown, total, environment=True).items():
        counter.add_metric(labels, value)
    return counter


def environments_of(platform: Artifacts) -> dict[ArtifactRef, str]:
    """Return the environment that the latest window of each deployment names."""
    found = {}
    for deployment in platform.of_kind(DEPLOYMENT.name, broken=True):
        latest = history_as_read(deployment).latest
        if latest is not None:
            found[deployment.ref] = latest.environment
    return found


def serving_families(
    results: Iterable[CheckResult], environments: Mapping[ArtifactRef, str], environment: str
) -> Iterator[Metric]:
    """Yield deployments by status, their ratios, latencies and burn rates.

    Args:
        results: of a run, about deployments.
        environments: of deployments (:func:`environments_of`), a label of their series.
        environment: of the others.
    """
    deployments: dict[SeriesLabels, float] = {}
    worst: dict[str, dict[tuple[str, str, str], float]] = {}
    known = list(results)
    roles = {result.ref: role for result in known for figure in result.figures if (role := _role(figure)) is not None}
    for result in known:
        role = roles.get(result.ref, ROLES[0])
        where = label_of(environments.get(result.ref, environment))
        for figure in result.figures:
            model = label_of(figure.column)
            status = figure.name.removeprefix("serving_")
            if status in STATUSES:
                for one in STATUSES:  # also those that there are none of: a rule on an absent series never fires
                    deployments.setdefault((model, role, one, where), 0.0)
                deployments[model, role, status, where] += 1
            else:
                values = worst.setdefault(figure.name, {})
                values[model, role, where] = max(values.get((model, role, where), 0.0), figure.value)
    health = _gauge("ml_serving_health", "Deployments of a model by serving health.", "status")
    yield filled(health, capped(deployments, total, environment=True))
    for outcome, verb in (("failure", "failed"), ("rejection", "were rejected")):
        text = f"Share of requests that {verb}, of the worst deployment that is not retired."
        ratio = _gauge(f"ml_serving_{outcome}_ratio", text)
        shares: dict[SeriesLabels, float] = dict(worst.get(f"{outcome}_rate", {}).items())
        yield filled(ratio, capped(shares, largest, environment=True))
    latency = _gauge(
        "ml_serving_latency_seconds", "Latency in the latest window, of the slowest such deployment.", "percentile"
    )
    slowest: dict[SeriesLabels, float] = {
        (model, role, percentile, where): value / 1000
        for percentile in ("p95", "p99")
        for (model, role, where), value in worst.get(f"latency_{percentile}_ms", {}).items()
    }
    yield filled(latency, capped(slowest, largest, environment=True))
    burn = _gauge("ml_serving_burn_rate", "Rate at which the error budget burns, of the worst deployment.", "window")
    fastest: dict[SeriesLabels, float] = {
        (model, role, hours, where): value
        for hours in ("1h", "6h")
        for (model, role, where), value in worst.get(f"burn_rate_{hours}", {}).items()
    }
    yield filled(burn, capped(fastest, largest, environment=True))


def _role(figure: Figure) -> str | None:
    """Return the role that the figure ``role_…`` of ``serving_health`` says."""
    role = figure.name.removeprefix("role_")
    return role if role in ROLES and role != figure.name else None


def _gauge(name: str, text: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, labels=["model_name", "role", *labels, "environment"])
