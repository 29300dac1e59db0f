"""Windows that were lost: minutes without a window between two in which there was much to do.

The serving layer emits nothing for a minute without traffic, so a missing window alone says little. Between two busy
minutes it says that requests were answered and never recorded, or that nobody was there to answer them.
"""

from __future__ import annotations

from collections.abc import Iterator

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.check import check
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.measure import Measure
from pytest_mlmonitor.core.said import Said
from pytest_mlmonitor.core.text.hours.weekly import time_within
from pytest_mlmonitor.core.text.names import shown
from pytest_mlmonitor.core.text.words import count, duration, instant
from pytest_mlmonitor.serving.fold.fold import MAX_GAPS, Gap, Terms
from pytest_mlmonitor.serving.history import history_in
from pytest_mlmonitor.serving.model import Deployment
from pytest_mlmonitor.serving.seen.gaps import excused_gap
from pytest_mlmonitor.serving.seen.retirement import Retirement
from pytest_mlmonitor.serving.window_policy import policy_in

_KEYS = ("serving.busy_requests",)

SHOWN = 5
"""Gaps that are named, the latest ones."""


@check(
    "deployment",
    category="health",
    applies=lambda _, context: context.settings.serving.busy_requests is not None,
    action="Find out why metrics were not written then",
)
def lost_windows(deployment: Deployment, context: Context) -> Iterator[Said]:
    """No window is missing between two with at least ``serving.busy_requests`` requests each."""
    policy = policy_in(deployment, context)
    busy = policy.busy_requests
    history = history_in(deployment, context)
    if busy is None:
        raise NotChecked("serving.busy_requests is not set")
    if history.latest is None:
        raise NotChecked("no readable window to judge")
    since = history.terms.lookback
    judged = [gap for gap in history.gaps if since is None or gap.before > since]
    ends = context.link(Retirement).ends(deployment)
    judged = [gap for gap in judged if not excused_gap(gap.after, gap.before, ends, policy)]
    found = [gap for gap in judged if min(gap.requests_before, gap.requests_after) >= busy]
    if not found:
        return
    lost = sum(_lost(gap, history.terms) for gap in found)
    latest = found[-1]
    at_least = "at least " if len(history.gaps) == MAX_GAPS else ""
    named = "; ".join(_named(gap, history.terms) for gap in reversed(found[-SHOWN:]))
    more = f"; … and {count(len(found) - SHOWN, 'more gap')}" if len(found) > SHOWN else ""
    minutes = duration(lost * policy.expected_window_seconds)
    if context.link(Retirement).excuse(deployment, context.settings.serving) is None:
        yield Measure("lost windows", lost, 0, "count", keys=_KEYS)
    yield Finding(
        Severity.WARNING,
        f"{at_least}{count(lost, 'window')} lost ({minutes} of busy time): none from "
        f"{instant(latest.after + history.terms.length)} until {instant(latest.before)}, though the windows beside hold "
        f"{latest.requests_before:,} and {latest.requests_after:,} requests",
        f"no window missing between two with {busy:,} requests or more (serving.busy_requests)",
        f"{named}{more}",
        "window_start",
        _file(deployment, latest),
        keys=_KEYS,
    )


def _lost(gap: Gap, terms: Terms) -> int:
    """Return how many windows fit between the two, in time in which traffic is expected."""
    return max(int(time_within(gap.after, gap.before, terms.expected) / terms.length) - 1, 1)


def _file(deployment: Deployment, gap: Gap) -> str | None:
    """Return the file of the window that the gap follows (specification 1.3 says where it stands)."""
    if deployment.metrics_dir is None:
        return None
    return shown(deployment.metrics_dir / f"{gap.after:%Y-%m-%d}" / f"{gap.after:%H}" / f"metrics_{gap.after:%M}.jsonl")


def _named(gap: Gap, terms: Terms) -> str:
    beside = f"{gap.requests_before:,} and {gap.requests_after:,} requests"
    return f"{_lost(gap, terms)} between {instant(gap.after)} and {instant(gap.before)} ({beside})"
