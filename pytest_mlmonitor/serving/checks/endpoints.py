"""Serving health of every endpoint: in the specification's rules the latest window of one endpoint speaks for all."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.check import check
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.measure import Measure
from pytest_mlmonitor.core.said import Said
from pytest_mlmonitor.core.text.hours.weekly import time_within
from pytest_mlmonitor.core.text.names import bare
from pytest_mlmonitor.core.text.words import count, instant
from pytest_mlmonitor.serving.history import history_in
from pytest_mlmonitor.serving.model import Deployment
from pytest_mlmonitor.serving.seen.limits import Fault, over, rates_of_window, too_slow_or_failing
from pytest_mlmonitor.serving.seen.retirement import Retirement
from pytest_mlmonitor.serving.seen.room_left import latency_and_rates, silence, tightest
from pytest_mlmonitor.serving.window_policy import policy_in


def _switched_on(deployment: Deployment, context: Context) -> bool:
    """One endpoint alone is what ``serving_health`` judges; saying everything twice helps nobody."""
    policy = context.settings.serving
    return policy.per_endpoint and len(history_in(deployment, context).endpoints) > 1


@check(
    "deployment", category="health", applies=_switched_on, action="Look at the logs of that endpoint, then roll back"
)
def endpoint_health(deployment: Deployment, context: Context) -> Iterator[Said]:
    """Every endpoint answers, by its own latest window: no silence, latencies and rates within the policy."""
    policy = policy_in(deployment, context)
    history = history_in(deployment, context)
    if history.latest is None:
        raise NotChecked("no readable window to judge")
    newest = max(endpoint.latest.window_end for endpoint in history.endpoints)
    measures: list[Measure] = []
    for endpoint in history.endpoints:
        window = endpoint.latest
        # Compared with its sisters, not with the clock: when all are silent, serving_health says so once.
        silent = time_within(window.window_end, newest, history.terms.expected).total_seconds()
        still = over("silence ", silent / 60, policy.max_staleness_minutes, "min", "max_staleness_minutes")
        measures.append(silence("silence", silent, policy, bare(endpoint.name)))
        if still is not None:
            found = [Fault(f"{still.words} before the deployment's latest", still.keys)]
        else:
            rates = rates_of_window(window)
            found = list(too_slow_or_failing(window, rates, policy))
            measures += latency_and_rates(window, rates, policy, bare(endpoint.name))
        if found:
            faults = [fault.words for fault in found]
            yield Finding(
                Severity.WARNING,
                f"endpoint {bare(endpoint.name)} degraded: {', '.join(faults)}",
                "every endpoint healthy (serving.per_endpoint; thresholds: serving.* in the policy)",
                f"{'; '.join(faults)}; {count(endpoint.windows, 'window')}, latest until {instant(window.window_end)}",
                "endpoint_name",
                window.location,
                keys=tuple(key for fault in found for key in fault.keys),
            )
    if context.link(Retirement).excuse(deployment, context.settings.serving) is None:
        yield from tightest(measures)
    if history.more_endpoints:
        yield Finding(
            Severity.INFO,
            f"{count(history.more_endpoints, 'window')} of further endpoints than the first {len(history.endpoints):,} are "
            "not judged one by one",
            column="endpoint_name",
        )
