"""Gaps between windows that count against a deployment: not those in which it was out of service (specification 2.3)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from pytest_mlmonitor.core.policy.thresholds import ServingPolicy
from pytest_mlmonitor.core.text.hours.weekly import stretches_within, time_within
from pytest_mlmonitor.serving.history import ServingHistory

Ends = Sequence[tuple[datetime, datetime | None]]
"""When a deployment was drained or another one took over, and when it was activated then or next."""


def excused_gap(after: datetime, before: datetime, ends: Ends, policy: ServingPolicy) -> bool:
    """Return whether a gap holds the end of a service, or begins right after one while the service is not there again.

    Args:
        after: start of the last window before it.
        before: start of the first window behind it.
        ends: of the deployment's service.
        policy: says for how long a deployment may still answer then (``serving.max_staleness_minutes``).
    """
    patience = timedelta(minutes=policy.max_staleness_minutes)
    for end, again in ends:
        in_service_again = again is not None and again <= after
        if (
            after - end <= patience and end <= before and not in_service_again
        ):  # a difference never leaves Python's years
            return True
    return False


def gaps_in_service(history: ServingHistory, ends: Ends, policy: ServingPolicy) -> tuple[int, float]:
    """Return the missing windows and the seconds of the largest gap, without gaps that hold the end of a service.

    The latest gaps and the widest of all are known one by one; what else is missing counts.

    Args:
        history: of the deployment.
        ends: of its service.
        policy: thresholds of serving health.
    """
    missing, largest, terms = history.judged.missing, history.judged.largest_gap_seconds, history.terms
    steps = _steps(history)
    excused = {times for times in steps if excused_gap(*times, ends, policy)}
    if not excused:
        return missing, largest
    for times in excused:
        windows = steps[times] / terms.length
        if windows > terms.factor:
            missing -= max(int(windows) - 1, 1)
    rest = (step.total_seconds() for times, step in steps.items() if times not in excused)
    return missing, max(rest, default=min(largest, terms.length.total_seconds()))


def gaps_of_day(
    history: ServingHistory, ends: Ends, policy: ServingPolicy, since: datetime
) -> list[tuple[datetime, datetime]]:
    """Return the gaps with missing windows that count, as far as they lie in a day and in time in which traffic is expected.

    Args:
        history: of the deployment.
        ends: of its service.
        policy: thresholds of serving health.
        since: when the day begins.
    """
    terms, found = history.terms, []
    for (after, before), step in sorted(_steps(history).items()):
        counts = step / terms.length > terms.factor and before - after > terms.length
        if counts and since < before and not excused_gap(after, before, ends, policy):
            found += stretches_within(max(after + terms.length, since), min(before, terms.now), terms.expected)
    return found


def _steps(history: ServingHistory) -> dict[tuple[datetime, datetime], timedelta]:
    """Return the distances of two starts that are known one by one and judged, in time in which traffic is expected."""
    terms = history.terms
    steps = {(after, before): step for step, after, before in history.wide}
    for gap in history.gaps:
        if (gap.after, gap.before) not in steps:
            steps[gap.after, gap.before] = time_within(gap.after, gap.before, terms.expected)
    if terms.lookback is not None:
        steps = {times: step for times, step in steps.items() if terms.lookback - times[0] < terms.length}
    return steps
