"""Outages of endpoints (specification 2.3), and deployments of which nothing was answered, as they are said."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.measure import Measure
from pytest_mlmonitor.core.policy.thresholds import ServingPolicy
from pytest_mlmonitor.core.text.names import bare
from pytest_mlmonitor.core.text.words import count
from pytest_mlmonitor.serving.history import ServingHistory
from pytest_mlmonitor.serving.seen.instances import readings
from pytest_mlmonitor.serving.seen.limits import outage
from pytest_mlmonitor.serving.seen.room_left import share

_KEYS = ("failure_rate_error_pct", "failure_min_requests")


def outages_of(history: ServingHistory, policy: ServingPolicy) -> Iterator[tuple[Measure, Finding]]:
    """Yield the endpoints that are out: how many of their requests are lost, and what is said of it."""
    for endpoint in history.endpoints:
        for last, words in readings(endpoint):
            found = outage(last, policy)
            if found is not None:
                seen, told = found
                lost = seen.lost / seen.requests if seen.succeeded else 1.0
                finding = Finding(
                    Severity.ERROR,
                    f"outage of endpoint {bare(endpoint.name)}: {told}{words}",
                    f"at most {policy.failure_rate_error_pct:g} % of the last {policy.failure_min_requests:,} requests of "
                    "an endpoint fail (serving.failure_rate_error_pct, serving.failure_min_requests)",
                    f"{seen.lost:,} failed, {seen.rejected:,} rejected, {seen.succeeded:,} succeeded of "
                    f"{count(seen.requests, 'request')}",
                    "failure_count, success_count, rejected_count",
                    endpoint.latest.location,
                    keys=tuple(f"serving.{key}" for key in _KEYS),
                )
                yield share("lost requests", lost, policy.failure_rate_error_pct, bare(endpoint.name), *_KEYS), finding
                break  # the other reading of it says nothing new


def nothing_answered(history: ServingHistory, policy: ServingPolicy) -> Iterator[Finding]:
    """Yield that no request succeeded, where there are too few for an outage and no other rule saw it."""
    seen = [endpoint.last.requests_until(policy.failure_min_requests) for endpoint in history.endpoints]
    requests = sum(one.requests for one in seen)
    if requests and not any(one.succeeded for one in seen):
        yield Finding(
            Severity.WARNING,
            f"none of the last {count(requests, 'request')} was answered with success",
            "requests that are answered with success",
            f"0 of {count(requests, 'request')}",
            "success_count",
            history.newest.location,
        )
