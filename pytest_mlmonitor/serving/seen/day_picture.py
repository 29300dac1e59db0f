"""The picture of a deployment's last day: what was served, limits, gaps, and what happened, in plain numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.policy.thresholds import ServingPolicy
from pytest_mlmonitor.core.text.hours.weekly import stretches_within, time_within
from pytest_mlmonitor.core.text.names import bare
from pytest_mlmonitor.core.text.times import EPOCH
from pytest_mlmonitor.serving.history import ServingHistory
from pytest_mlmonitor.serving.model import Deployment
from pytest_mlmonitor.serving.record import ASIDE, RETIRED
from pytest_mlmonitor.serving.seen.gaps import gaps_of_day
from pytest_mlmonitor.serving.seen.retirement import Retirement, Standing
from pytest_mlmonitor.serving.seen.served_day import STEP_SECONDS, served_day

MAX_FINE = 100
"""Deployments without a fault that are drawn: nobody looks at the picture of each of ten thousand, and each takes 5 KB."""

MAX_WRONG = 1_000
"""Deployments with a fault that are drawn."""

MAX_EVENTS = 20
"""Events that are named, the latest ones: a deployment may be activated every minute."""


class DrawnDays:
    """The deployments of a platform whose day is drawn: as many as anybody looks at, however many there are."""

    def __init__(self, _: Artifacts) -> None:
        self._drawn: dict[bool, set[ArtifactRef]] = {True: set(), False: set()}

    def has_room(self, ref: ArtifactRef, *, fine: bool) -> bool:
        """Return whether the day of a deployment is drawn; asked again, it says the same.

        Args:
            ref: the deployment.
            fine: whether nothing is wrong with its health.
        """
        drawn = self._drawn[fine]
        if ref not in drawn and len(drawn) < (MAX_FINE if fine else MAX_WRONG):
            drawn.add(ref)
        return ref in drawn


def day_picture(
    deployment: Deployment,
    history: ServingHistory,
    policy: ServingPolicy,
    retirement: Retirement,
    standing: Standing,
    fresh: datetime,
) -> dict[str, Any]:
    """Return the data of a picture ``serving`` (docs/report.md).

    Args:
        deployment: with windows.
        history: of it.
        policy: as it holds for it.
        retirement: knows its service.
        standing: of the deployment.
        fresh: what its staleness is counted from.
    """
    day, now = served_day(history), history.terms.now
    since = EPOCH + timedelta(seconds=day.start)
    # Not asdict(), which looks into each of 720 numbers: a fifth of the health of fifty deployments.
    served = {one.name: getattr(day, one.name) for one in fields(day)}
    drawn = {name: list(value) if isinstance(value, tuple) else value for name, value in served.items()}
    gaps = gaps_of_day(history, retirement.ends(deployment), policy, since)
    retired = standing.ended or standing.answering if standing.role == "retired" else None
    if retired is None:
        gaps += _silence(history, policy, max(standing.answering or fresh, since) if standing.silence else fresh, since)
    events = sorted(one for one in _events(deployment, history, retirement, standing) if since <= one[0] <= now)
    return {
        **drawn,
        "step": STEP_SECONDS,
        "limits": {
            "p95": policy.latency_p95_ms,
            "p99": policy.latency_p99_ms,
            "failed": policy.failure_rate_pct / 100,
            "rejected": policy.rejection_rate_pct / 100,
        },
        "gaps": [[_seconds(first), _seconds(last)] for first, last in gaps],
        "retired": None if retired is None else max(_seconds(retired), day.start),
        "events": [[_seconds(moment), words] for moment, words in events[-MAX_EVENTS:]],
    }


def _silence(
    history: ServingHistory, policy: ServingPolicy, fresh: datetime, since: datetime
) -> list[tuple[datetime, datetime]]:
    """Return the time since the last sign of life where that is longer than the policy allows."""
    terms = history.terms
    if time_within(fresh, terms.now, terms.expected) <= timedelta(minutes=policy.max_staleness_minutes):
        return []
    return stretches_within(max(fresh, since), terms.now, terms.expected)


def _events(
    deployment: Deployment, history: ServingHistory, retirement: Retirement, standing: Standing
) -> Iterator[tuple[datetime, str]]:
    begun = min([one.event_time for one in deployment.events] + [history.newest.window_start])
    for event in deployment.events:
        status = event.traffic_status
        words = "drained" if status in RETIRED else f"activated as {status}" if status in ASIDE else "activated"
        yield event.event_time, words
    for other in retirement.others(deployment):
        if other.event_time > begun:
            yield other.event_time, f"{bare(other.deployment_id, 40)} took over"
    if not deployment.events and standing.ended is not None:  # the log of a source has no events
        yield standing.ended, "another deployment took over"
    if history.terms.lookback is not None:
        yield history.terms.lookback, "judged from here"


def _seconds(moment: datetime) -> int:
    return int((moment - EPOCH).total_seconds())
