"""Serving health per deployment (specification 2.3): the first rule that holds decides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from pytest_mlmonitor.core.check import check
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Figure, Finding, Severity
from pytest_mlmonitor.core.policy.thresholds import ServingPolicy
from pytest_mlmonitor.core.text.hours.weekly import time_within
from pytest_mlmonitor.core.text.names import bare, quoted
from pytest_mlmonitor.core.text.words import count, instant
from pytest_mlmonitor.serving.history import ServingHistory, history_in, history_of
from pytest_mlmonitor.serving.model import Deployment, ServingWindow
from pytest_mlmonitor.serving.seen.gaps import gaps_in_service
from pytest_mlmonitor.serving.seen.health_words import health_in_words
from pytest_mlmonitor.serving.seen.instances import readings, several_instances
from pytest_mlmonitor.serving.seen.limits import (
    Rates,
    not_said,
    outage,
    over,
    rates_of,
    rates_of_window,
    too_slow_or_failing,
)
from pytest_mlmonitor.serving.seen.retirement import Retirement, Standing
from pytest_mlmonitor.serving.window_policy import policy_in

_STATUSES = ("healthy", "degraded", "unhealthy")


@dataclass(frozen=True)
class ServingHealth:
    """The health of one deployment; field names and ``detail`` are those of specification 2.3."""

    deployment_id: str
    model_name: str
    model_version: str
    bundle_id: str
    input_dataset_name: str
    input_dataset_version: str
    status: str
    evaluated_windows: int
    latest_window_end: str
    missing_window_count: int
    detail: str

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON of specification 2.3."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class RuleInputs:
    """What the rules of specification 2.3 are asked of.

    Attributes:
        fresh: what staleness is counted from.
        missing: windows that are missing.
        gap_seconds: the largest gap.
        latest: the latest window.
        rates: of its requests, or of those of more windows.
    """

    fresh: datetime
    missing: int
    gap_seconds: float
    latest: ServingWindow
    rates: Rates


def decided(reading: RuleInputs, history: ServingHistory, policy: ServingPolicy, now: datetime) -> tuple[str, str]:
    """Return status and detail: the first rule that holds decides."""
    # Only time in which traffic is expected makes a deployment stale: a quiet night is no outage.
    silence = time_within(reading.fresh, now, history.terms.expected).total_seconds() / 60
    unhealthy = over("staleness ", silence, policy.max_staleness_minutes, "min")
    if unhealthy is None and not history.judged.requests and _traffic_was_expected(history):
        unhealthy = "request_count == 0 across all evaluated windows"
    missing = None
    if reading.missing > policy.max_missing_windows:
        missing = f"missing_windows={reading.missing} > {policy.max_missing_windows}"
    degraded = (
        missing
        or over("max_gap=", reading.gap_seconds / 60, policy.max_gap_minutes, "min")
        or next(too_slow_or_failing(reading.latest, reading.rates, policy), None)
    )
    status = "unhealthy" if unhealthy else "degraded" if degraded else "healthy"
    return status, unhealthy or degraded or "all checks passed"


def compute_health(deployment: Deployment, now: datetime, policy: ServingPolicy) -> ServingHealth:
    """Return the health of ``deployment`` at ``now``.

    Latest is the window with the greatest start, among equals the last in read order; identity, latencies and rates are
    its own (the rates those of more windows with ``serving.rate_windows``). All thresholds are strictly greater-than. With
    ``serving.expected_traffic`` staleness, gaps and missing windows are counted in expected time only.

    Raises:
        NotChecked: there is no window.
        ValueError: the deployment was made by hand, of windows of several deployments.
    """
    if not isinstance(deployment.history, ServingHistory):  # what was read is told apart by its ids
        ids = sorted({window.deployment_id for window in deployment.windows})
        if len(ids) > 1:
            some = ", ".join(map(quoted, ids[:5]))
            raise ValueError(
                f"windows of {len(ids)} deployments under one: {some}; expected windows of one deployment_id"
            )
    history = history_of(deployment, policy, now)
    latest, judged = history.newest, history.judged
    reading = RuleInputs(
        latest.window_end, judged.missing, judged.largest_gap_seconds, latest, rates_of(history, policy)
    )
    status, detail = decided(reading, history, policy, now)
    return ServingHealth(
        deployment_id=latest.deployment_id,
        model_name=latest.model_name,
        model_version=latest.model_version,
        bundle_id=latest.bundle_id,
        input_dataset_name=latest.input_dataset_name,
        input_dataset_version=latest.input_dataset_version,
        status=status,
        evaluated_windows=judged.windows,
        latest_window_end=instant(latest.window_end),
        missing_window_count=judged.missing,
        detail=detail,
    )


@check("deployment", category="health")
def serving_health(deployment: Deployment, context: Context) -> Iterator[Finding | Figure]:
    """The deployment answers: fresh windows, traffic, no gaps, no outage, latencies and rates within the policy."""
    policy = policy_in(deployment, context)
    health = compute_health(deployment, context.now, policy)
    history = history_in(deployment, context)
    latest = history.newest
    rates = rates_of(history, policy)
    retirement = context.link(Retirement)
    standing = retirement.standing(deployment, policy)
    retired = standing.role == "retired"
    status, detail = _as_judged(deployment, history, rates, retirement, context)
    outages = list(_outages(history, policy))
    worst = "unhealthy" if outages or standing.silence == Severity.ERROR else status
    yield Figure(f"serving_{'retired' if retired else worst}", health.model_name, 1.0)
    yield Figure(f"role_{standing.role}", health.model_name, 1.0)
    if not retired:
        yield Figure("failure_rate", health.model_name, rates.failed)
        if latest.rejected_count is not None:
            yield Figure("rejection_rate", health.model_name, rates.rejected)
        for name in ("latency_p95_ms", "latency_p99_ms"):
            if (latency := getattr(latest, name)) is not None:
                yield Figure(name, health.model_name, latency)
    yield from _fewer_windows(rates, policy, latest.location)
    if standing.silence is not None:
        yield _silence(standing, policy, latest.location, deployment.source)
        return
    yield from outages
    if status != "healthy":
        severity = Severity.ERROR if status == "unhealthy" else Severity.WARNING
        yield Finding(
            severity,
            f"{status}: {detail}{_unless_replaced(deployment, detail, retirement)}",
            "healthy (thresholds: serving.* in the policy)",
            f"{health.status}, {health.evaluated_windows} windows, latest until {health.latest_window_end}",
            None,
            latest.location,
            short=health_in_words(detail),
        )
    elif not outages:
        yield from _nothing_answered(history, policy)
    yield from several_instances(history)
    yield from not_said(latest, ("rejected_count", "latency_p95_ms", "latency_p99_ms"))


def _as_judged(
    deployment: Deployment, history: ServingHistory, rates: Rates, retirement: Retirement, context: Context
) -> tuple[str, str]:
    """Return status and detail as findings say them.

    Staleness counts from the last activation too, a gap that holds a drain or a take-over is none, and of several instances
    the worse reading counts.
    """
    policy, latest = policy_in(deployment, context), history.newest
    activated = retirement.activated(deployment)
    fresh = latest.window_end if activated is None else max(latest.window_end, activated)
    missing, widest = gaps_in_service(history, retirement.ends(deployment), policy)
    reading = RuleInputs(fresh, missing, widest, latest, rates)
    found = decided(reading, history, policy, context.now)
    for endpoint in history.endpoints:
        other = endpoint.conflicts.second if endpoint.conflicts is not None and endpoint.conflicts.now else None
        if other is not None and other.window_start == latest.window_start:
            second = replace(reading, latest=other, rates=rates_of_window(other))
            worse = decided(second, history, policy, context.now)
            if _STATUSES.index(worse[0]) > _STATUSES.index(found[0]):
                found = worse[0], f"{worse[1]} (the second record of the window: several instances)"
    return found


def _unless_replaced(deployment: Deployment, detail: str, retirement: Retirement) -> str:
    """Return how a source says that a silent deployment was replaced: its log has no events."""
    if not detail.startswith("staleness") or not retirement.perhaps_replaced(deployment):
        return ""
    return " (replaced? fields.service_name says which took over, where leaves it out)"


def _outages(history: ServingHistory, policy: ServingPolicy) -> Iterator[Finding]:
    for endpoint in history.endpoints:
        for last, words in readings(endpoint):
            found = outage(last, policy)
            if found is not None:
                seen, told = found
                yield Finding(
                    Severity.ERROR,
                    f"outage of endpoint {bare(endpoint.name)}: {told}{words}",
                    f"at most {policy.failure_rate_error_pct:g} % of the last {policy.failure_min_requests:,} requests of "
                    "an endpoint fail (serving.failure_rate_error_pct, serving.failure_min_requests)",
                    f"{seen.lost:,} failed, {seen.rejected:,} rejected, {seen.succeeded:,} succeeded of "
                    f"{count(seen.requests, 'request')}",
                    "failure_count, success_count, rejected_count",
                    endpoint.latest.location,
                )
                break  # the other reading of it says nothing new


def _nothing_answered(history: ServingHistory, policy: ServingPolicy) -> Iterator[Finding]:
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


def _silence(standing: Standing, policy: ServingPolicy, location: str, source: str | None) -> Finding:
    assert standing.answering is not None and standing.silence is not None
    since = f"silent since {instant(standing.answering)}"
    if standing.silence == Severity.ERROR:
        message = f"unhealthy: {since}, though it ran beside a newer deployment: {standing.reason}"
    else:
        how = "leave it out with where" if source else "drain it in an event"
        message = f"{since}: {how} ({standing.reason}, and it answered beside it)"
    return Finding(
        standing.silence,
        message,
        f"requests, or a drain: silence of at most {policy.max_staleness_minutes:g} min (serving.max_staleness_minutes; "
        f"an error until {policy.retire_after_minutes:g} min: serving.retire_after_minutes)",
        f"last request {instant(standing.answering)}",
        "traffic_status",
        location,
    )


def _traffic_was_expected(history: ServingHistory) -> bool:
    """Return whether traffic was expected at any time within the windows judged."""
    assert history.first is not None
    begin = history.terms.lookback or history.first.window_start
    end = max(history.newest.window_end, begin)
    return not history.terms.expected or time_within(begin, end, history.terms.expected).total_seconds() > 0


def _fewer_windows(rates: Rates, policy: ServingPolicy, location: str) -> Iterator[Finding]:
    wanted = policy.rate_windows
    if wanted is not None and rates.starts < wanted:
        yield Finding(
            Severity.INFO,
            f"failure and rejection rate are of {count(rates.starts, 'window')}, not of {wanted:,}: there are no more "
            "within the last six hours",
            f"the last {wanted:,} windows (serving.rate_windows)",
            count(rates.starts, "window"),
            "failure_count, rejected_count",
            location,
        )
