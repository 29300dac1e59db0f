"""Metrics of serving: what the checks of deployments measured, by model and by the role that a deployment has in its service.

A model has a few deployments at a time and a new one every week, so a deployment is no label; its role is one of four. Of several
deployments of one role the worst counts: an alert that averages a broken deployment with a sound one never fires.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from prometheus_client.core import GaugeMetricFamily, Metric

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.finding import Figure
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.core.store.counters import SeriesLabels
from pytest_mlmonitor.outputs.metrics.series import capped, gauge, label_of, largest, smallest, total
from pytest_mlmonitor.serving.history import history_as_read, history_in
from pytest_mlmonitor.serving.kind import DEPLOYMENT
from pytest_mlmonitor.serving.seen.gaps import gaps_in_service
from pytest_mlmonitor.serving.seen.retirement import ROLES, Retirement
from pytest_mlmonitor.serving.window_policy import policy_in

STATUSES = ("healthy", "degraded", "unhealthy", "retired")


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
    """Yield deployments by status, their ratios, latencies and burn rates, what they use, and whether they answer.

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
    health = capped(deployments, total, environment=True)
    yield _gauge("ml_serving_health", "Deployments of a model by serving health.", health, "status")
    for outcome, verb in (("failure", "failed"), ("rejection", "were rejected")):
        text = f"Share of requests that {verb}, of the worst deployment that is not retired."
        yield _gauge(f"ml_serving_{outcome}_ratio", text, _worst({"": worst.get(f"{outcome}_rate", {})}))
    latencies = {
        percentile: {key: value / 1000 for key, value in worst.get(f"latency_{percentile}_ms", {}).items()}
        for percentile in ("p95", "p99")
    }
    text = "Latency in the latest window, of the slowest such deployment."
    yield _gauge("ml_serving_latency_seconds", text, _worst(latencies), "percentile")
    burning = {hours: worst.get(f"burn_rate_{hours}", {}) for hours in ("1h", "6h")}
    text = "Rate at which the error budget burns, of the worst deployment."
    yield _gauge("ml_serving_burn_rate", text, _worst(burning), "window")
    yield from _asked_families(worst)


def _asked_families(worst: Mapping[str, Mapping[tuple[str, str, str], float]]) -> Iterator[Metric]:
    """Yield what a Prometheus said of deployments, and what they answered themselves; none where nothing was asked."""
    used = {resource: worst.get(f"resource_{resource}", {}) for resource in ("cpu", "memory", "gpu")}
    if any(used.values()):
        text = "What a deployment uses, as a share, of the one that uses most (1 is all that there may be, of CPU one core)."
        yield _gauge("ml_serving_resource_ratio", text, _worst(used), "resource")
    for figure, name, text in (
        ("resource_memory_bytes", "ml_serving_memory_bytes", "Memory in use, of the deployment that uses most."),
        (
            "endpoints_failed",
            "ml_serving_endpoints_failed",
            "URLs that do not answer as they should, of the worst deployment.",
        ),
        ("endpoint_seconds", "ml_serving_endpoint_answer_seconds", "Time until a URL answered, of the slowest."),
    ):
        if figure in worst:
            yield _gauge(name, text, _worst({"": worst[figure]}))


def window_families(results: Iterable[CheckResult], platform: Artifacts) -> Iterator[Metric]:
    """Yield until when there are windows, and how many are missing, of deployments that are not retired.

    Args:
        results: of a run, about deployments.
        platform: that it read.
    """
    roles = {result.ref: role for result in results for figure in result.figures if (role := _role(figure)) is not None}
    ends: dict[SeriesLabels, float] = {}
    missing: dict[tuple[str, str, str], float] = {}
    for deployment in platform.of_kind(DEPLOYMENT.name):
        role, context = roles.get(deployment.ref), platform.context(deployment.ref)
        if role in (None, "retired"):
            continue
        history, policy = history_in(deployment, context), policy_in(deployment, context)
        latest = history.newest
        key = (label_of(latest.model_name), label_of(role), label_of(latest.environment))
        end = latest.window_end.timestamp()
        ends[key] = min(ends.get(key, end), end)
        gone, _ = gaps_in_service(history, context.link(Retirement).ends(deployment), policy)
        missing[key] = max(missing.get(key, 0.0), gone)
    text = "End of the latest window, of the deployment that has been silent for longest and is not retired."
    yield _gauge("ml_serving_window_end_timestamp_seconds", text, capped(ends, smallest, environment=True))
    text = "Windows that are missing between others, of the worst deployment that is not retired."
    yield _gauge("ml_serving_missing_windows", text, _worst({"": missing}))


def _worst(values: Mapping[str, Mapping[tuple[str, str, str], float]]) -> dict[SeriesLabels, float]:
    """Return the series of a family: by a further label (none where it is empty), by model, role and environment."""
    found: dict[SeriesLabels, float] = {
        (model, role, *([more] if more else []), where): value
        for more, those in values.items()
        for (model, role, where), value in those.items()
    }
    return capped(found, largest, environment=True)


def _role(figure: Figure) -> str | None:
    """Return the role that the figure ``role_…`` of ``serving_health`` says."""
    role = figure.name.removeprefix("role_")
    return role if role in ROLES and role != figure.name else None


def _gauge(name: str, text: str, values: Mapping[SeriesLabels, float], *labels: str) -> GaugeMetricFamily:
    return gauge(name, text, ["model_name", "role", *labels], values)
