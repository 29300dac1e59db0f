"""Serving health of every endpoint: in the specification's rules the latest window of one endpoint speaks for all."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.check import check
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.hours.weekly import time_within
from pytest_mlmonitor.core.text.names import bare
from pytest_mlmonitor.core.text.words import count, instant
from pytest_mlmonitor.serving.history import history_in
from pytest_mlmonitor.serving.model import Deployment
from pytest_mlmonitor.serving.seen.limits import rates_of_window, too_slow_or_failing
from pytest_mlmonitor.serving.window_policy import policy_in


def _switched_on(deployment: Deployment, context: Context) -> bool:
    """One endpoint alone is what ``serving_health`` judges; saying everything twice helps nobody."""
    policy = context.settings.serving
    return policy.per_endpoint and len(history_in(deployment, context).endpoints) > 1


@check("deployment", category="health", applies=_switched_on)
def endpoint_health(deployment: Deployment, context: Context) -> Iterator[Finding]:
    """Every endpoint answers, by its own latest window: no silence, latencies and rates within the policy."""
    policy = policy_in(deployment, context)
    history = history_in(deployment, context)
    if history.latest is None:
        raise NotChecked("no readable window to judge")
    newest = max(endpoint.latest.window_end for endpoint in history.endpoints)
    for endpoint in history.endpoints:
        window = endpoint.latest
        # Compared with its sisters, not with the clock: when all are silent, serving_health says so once.
        silent = time_within(window.window_end, newest, history.terms.expected).total_seconds() / 60
        if silent > policy.max_staleness_minutes:
            faults = [f"silence {silent:.1f}min > {policy.max_staleness_minutes:.1f}min before the deployment's latest"]
        else:
            faults = list(too_slow_or_failing(window, rates_of_window(window), policy))
        if faults:
            yield Finding(
                Severity.WARNING,
                f"endpoint {bare(endpoint.name)} degraded: {', '.join(faults)}",
                "every endpoint healthy (serving.per_endpoint; thresholds: serving.* in the policy)",
                f"{'; '.join(faults)}; {count(endpoint.windows, 'window')}, latest until {instant(window.window_end)}",
                "endpoint_name",
                window.location,
            )
    if history.more_endpoints:
        yield Finding(
            Severity.INFO,
            f"{count(history.more_endpoints, 'window')} of further endpoints than the first {len(history.endpoints):,} are "
            "not judged one by one",
            column="endpoint_name",
        )
