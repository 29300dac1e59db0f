"""Serving health per deployment (specification 2.3): the first rule that holds decides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from pytest_mlmonitor.core.check import check
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Figure, Finding, Severity
from pytest_mlmonitor.core.measure import Measure
from pytest_mlmonitor.core.picture import Picture
from pytest_mlmonitor.core.policy.thresholds import ServingPolicy
from pytest_mlmonitor.core.said import Said
from pytest_mlmonitor.core.text.hours.weekly import time_within
from pytest_mlmonitor.core.text.names import quoted
from pytest_mlmonitor.core.text.words import count, instant
from pytest_mlmonitor.serving.history import ServingHistory, history_in, history_of
from pytest_mlmonitor.serving.model import Deployment, ServingWindow
from pytest_mlmonitor.serving.seen.day_picture import DrawnDays, day_picture
from pytest_mlmonitor.serving.seen.gaps import gaps_in_service
from pytest_mlmonitor.serving.seen.health_words import health_in_words
from pytest_mlmonitor.serving.seen.instances import several_instances
from pytest_mlmonitor.serving.seen.limits import (
    Fault,
    Rates,
    not_said,
    over,
    rates_of,
    rates_of_window,
    too_slow_or_failing,
)
from pytest_mlmonitor.serving.seen.outages import nothing_answered, outages_of
from pytest_mlmonitor.serving.seen.retirement import Retirement, Standing
from pytest_mlmonitor.serving.seen.room_left import latency_and_rates, minutes, silence
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

    def stale_seconds(self, history: ServingHistory, now: datetime) -> float:
        """Return how long nothing was heard: only time in which traffic is expected, for a quiet night is no outage."""
        return time_within(self.fresh, now, history.terms.expected).total_seconds()

    def measures(self, history: ServingHistory, policy: ServingPolicy, now: datetime) -> Iterator[Measure]:
        """Yield every value that a rule asks against its limit."""
        yield silence("staleness", self.stale_seconds(history, now), policy)
        keys = ("serving.max_missing_windows", "serving.max_allowed_gap_factor")
        yield Measure("missing windows", max(self.missing, 0), policy.max_missing_windows, "count", keys=keys)
        yield minutes("largest gap", self.gap_seconds, policy.max_gap_minutes, None, "max_gap_minutes")
        yield from latency_and_rates(self.latest, self.rates, policy)


def decided(reading: RuleInputs, history: ServingHistory, policy: ServingPolicy, now: datetime) -> tuple[str, Fault]:
    """Return the status, and what the first rule that holds says, which decides."""
    stale = reading.stale_seconds(history, now) / 60
    unhealthy = over("staleness ", stale, policy.max_staleness_minutes, "min", "max_staleness_minutes")
    if unhealthy is None and not history.judged.requests and _traffic_was_expected(history):
        unhealthy = Fault("request_count == 0 across all evaluated windows")
    missing = None
    if reading.missing > policy.max_missing_windows:
        keys = ("serving.max_missing_windows", "serving.max_allowed_gap_factor")
        missing = Fault(f"missing_windows={reading.missing} > {policy.max_missing_windows}", keys)
    degraded = (
        missing
        or over("max_gap=", reading.gap_seconds / 60, policy.max_gap_minutes, "min", "max_gap_minutes")
        or next(too_slow_or_failing(reading.latest, reading.rates, policy), None)
    )
    status = "unhealthy" if unhealthy else "degraded" if degraded else "healthy"
    return status, unhealthy or degraded or Fault("all checks passed")


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
    status, fault = decided(reading, history, policy, now)
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
        detail=fault.words,
    )


@check("deployment", category="health", action="Look at the deployment's logs; restart it or roll it back")
def serving_health(deployment: Deployment, context: Context) -> Iterator[Said]:
    """The deployment answers: fresh windows, traffic, no gaps, no outage, latencies and rates within the policy."""
    policy = policy_in(deployment, context)
    health = compute_health(deployment, context.now, policy)
    history = history_in(deployment, context)
    latest = history.newest
    rates = rates_of(history, policy)
    retirement = context.link(Retirement)
    standing = retirement.standing(deployment, policy)
    retired = standing.role == "retired"
    status, fault, reading = _as_judged(deployment, history, rates, retirement, context)
    outages = list(outages_of(history, policy))
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
    fine = status == "healthy" and not outages and standing.silence is None
    if context.view(DrawnDays).has_room(deployment.ref, fine=fine):
        yield Picture("serving", day_picture(deployment, history, policy, retirement, standing, reading.fresh))
    in_full = retirement.excuse(deployment, context.settings.serving) is None
    if in_full:
        yield from reading.measures(history, policy, context.now)
    yield from _fewer_windows(rates, policy, latest.location)
    if standing.silence is not None:
        yield from _silence(standing, policy, context.now, latest.location, deployment.source)
        return
    for lost, outage in outages:
        if in_full:
            yield lost
        yield outage
    if status != "healthy":
        severity = Severity.ERROR if status == "unhealthy" else Severity.WARNING
        yield Finding(
            severity,
            f"{status}: {fault.words}{_unless_replaced(deployment, fault.words, retirement)}",
            "healthy (thresholds: serving.* in the policy)",
            f"{health.status}, {health.evaluated_windows} windows, latest until {health.latest_window_end}",
            None,
            latest.location,
            keys=fault.keys,
            short=health_in_words(fault.words),
        )
    elif not outages:
        yield from nothing_answered(history, policy)
    yield from several_instances(history)
    yield from not_said(latest, ("rejected_count", "latency_p95_ms", "latency_p99_ms"))


def _as_judged(
    deployment: Deployment, history: ServingHistory, rates: Rates, retirement: Retirement, context: Context
) -> tuple[str, Fault, RuleInputs]:
    """Return the status and what decides it as findings say them, and the values that were asked.

    Staleness counts from the last activation too, a gap that holds a drain or a take-over is none, and of several instances
    the worse reading counts.
    """
    policy, latest = policy_in(deployment, context), history.newest
    activated = retirement.activated(deployment)
    fresh = latest.window_end if activated is None else max(latest.window_end, activated)
    missing, widest = gaps_in_service(history, retirement.ends(deployment), policy)
    reading = RuleInputs(fresh, missing, widest, latest, rates)
    status, fault = decided(reading, history, policy, context.now)
    for endpoint in history.endpoints:
        other = endpoint.conflicts.second if endpoint.conflicts is not None and endpoint.conflicts.now else None
        if other is not None and other.window_start == latest.window_start:
            second = replace(reading, latest=other, rates=rates_of_window(other))
            worse = decided(second, history, policy, context.now)
            if _STATUSES.index(worse[0]) > _STATUSES.index(status):
                words = f"{worse[1].words} (the second record of the window: several instances)"
                status, fault, reading = worse[0], worse[1]._replace(words=words), second
    return status, fault, reading


def _unless_replaced(deployment: Deployment, detail: str, retirement: Retirement) -> str:
    """Return how a source says that a silent deployment was replaced: its log has no events."""
    if not detail.startswith("staleness") or not retirement.perhaps_replaced(deployment):
        return ""
    return " (replaced? fields.service_name says which took over, where leaves it out)"


def _silence(
    standing: Standing, policy: ServingPolicy, now: datetime, location: str, source: str | None
) -> Iterator[Said]:
    assert standing.answering is not None and standing.silence is not None
    since = f"silent since {instant(standing.answering)}"
    if standing.silence == Severity.ERROR:
        message = f"unhealthy: {since}, though it ran beside a newer deployment: {standing.reason}"
    else:
        how = "leave it out with where" if source else "drain it in an event"
        message = f"{since}: {how} ({standing.reason}, and it answered beside it)"
    yield silence("silence", (now - standing.answering).total_seconds(), policy)
    yield Finding(
        standing.silence,
        message,
        f"requests, or a drain: silence of at most {policy.max_staleness_minutes:g} min (serving.max_staleness_minutes; "
        f"an error until {policy.retire_after_minutes:g} min: serving.retire_after_minutes)",
        f"last request {instant(standing.answering)}",
        "traffic_status",
        location,
        keys=("serving.max_staleness_minutes", "serving.retire_after_minutes"),
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
