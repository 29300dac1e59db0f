"""Serving windows: counts that add up, times that fit, records in their place (specification 1.3 and 2.10)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.check import check
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.measure import Measure
from pytest_mlmonitor.core.said import Said
from pytest_mlmonitor.core.text.names import bare, shown
from pytest_mlmonitor.core.text.words import count
from pytest_mlmonitor.links import time_order
from pytest_mlmonitor.serving.fold.last import SERIES
from pytest_mlmonitor.serving.history import ServedEndpoint, history_in
from pytest_mlmonitor.serving.model import Deployment
from pytest_mlmonitor.serving.seen.limits import not_said
from pytest_mlmonitor.serving.window_rules import RULED

STARTED = 3
"""Windows' requests that a running total holds at most when it begins: the first window may have been a busy one."""

LONG = 1_440
"""Windows in a row that rise where no traffic does: a day of minutes."""

_EVENT_TIMES = ("event_time", "bundle_created_at", "started_at", "completed_at")


@check("deployment", category="contract", reads_broken=True, action="Write each record to the file of its time (UTC)")
def placement(deployment: Deployment, context: Context) -> Iterator[Finding]:
    """Every record stands in the file that its time says."""
    yield from deployment.misplaced


@check(
    "deployment",
    category="contract",
    reads_broken=True,
    applies=lambda deployment: bool(deployment.rewritten),
    action="Ask who changed it; --mlmonitor-full accepts the file",
)
def append_only(deployment: Deployment, context: Context) -> Iterator[Finding]:
    """No file changed what an earlier run had read of it."""
    yield from deployment.rewritten


@check("deployment", category="contract", reads_broken=True, action="Write one record for each window")
def duplicates(deployment: Deployment, context: Context) -> Iterator[Finding]:
    """Every window and event is recorded once."""
    yield from deployment.duplicates


@check("deployment", category="contract", action="Correct how the serving layer counts")
def arithmetic(deployment: Deployment, context: Context) -> Iterator[Finding]:
    """Outcomes add up to requests, causes to failures, and percentiles are in order."""
    _need_windows(deployment)
    history = history_in(deployment, context)
    yield from history.arithmetic
    for endpoint in history.endpoints:
        yield from _running_totals(endpoint, declared=deployment.source is not None)
    if history.latest is not None:
        yield from not_said(history.latest, RULED)


@check("deployment", category="contract", action="Make windows equally long, one after the other")
def window_times(deployment: Deployment, context: Context) -> Iterator[Finding]:
    """Windows are as long as they should be and do not overlap on one endpoint."""
    _need_windows(deployment)
    yield from history_in(deployment, context).times


@check("deployment", category="contract", action="Set the clock of the machine that wrote it")
def not_in_future(deployment: Deployment, context: Context) -> Iterator[Said]:
    """Nothing lies more than the clock skew ahead of the evaluation time."""
    now, skew = context.now, context.settings.clock_skew_seconds
    history = history_in(deployment, context)
    ahead: dict[bool, list[tuple[float, str, str]]] = {}
    for window in history.ahead:
        seconds = (window.furthest - now).total_seconds()
        ahead.setdefault(seconds > skew, []).append((seconds, window.location, window.fields))
    for event in deployment.events:
        late = {field: (getattr(event, field) - now).total_seconds() for field in _EVENT_TIMES}
        late = {field: seconds for field, seconds in late.items() if seconds > 0}
        if late:
            furthest = max(late.values())
            ahead.setdefault(furthest > skew, []).append((furthest, event.location, ", ".join(late)))
    if ahead:
        most = max(seconds for found in ahead.values() for seconds, *_ in found)
        yield Measure("ahead of now", most, skew, "seconds", keys=("clock_skew_seconds",))
    for beyond, found in ahead.items():
        seconds, location, field = max(found)
        more = len(found) - 1 + (history.more_ahead if beyond else 0)
        others = f" ({count(more, 'other record')} too)" if more else ""
        lies = "lie up to" if "," in field else "lies"
        yield time_order.ahead(f"{field} {lies}", seconds, context, field, location, others)


def _running_totals(endpoint: ServedEndpoint, *, declared: bool) -> Iterator[Finding]:
    """Yield that the counts of an endpoint are those since it started, and not those of each window.

    Traffic that grows in the morning rises for an hour and more without any fall where it is large; so running totals are
    what began about where one window adds, or never fell for longer than a day goes up.
    """
    rows = endpoint.last.outcomes[-SERIES:]
    if endpoint.rising < SERIES or len(rows) < SERIES:
        return
    added = (endpoint.latest.request_count - endpoint.rising_from) / (endpoint.rising - 1)
    if (endpoint.rising_from > STARTED * added and endpoint.rising < LONG) or any(
        b < a for one, two in pairwise(rows) for a, b in zip(one[3:7], two[3:7], strict=True)
    ):
        return
    yield Finding(
        Severity.WARNING,
        f"request_count of endpoint {bare(endpoint.name)} grew in each of its last {len(rows)} windows, from {rows[0][2]:,} "
        f"to {rows[-1][2]:,}, and no other count fell: running totals, not the counts of each window"
        + (" (cumulative = true in the source)" if declared else ""),
        "counts of what happened within the window",
        f"{', '.join(f'{row[2]:,}' for row in rows[-3:])} in the last windows",
        "request_count, success_count, rejected_count, failure_count, prediction_count",
        endpoint.latest.location,
    )


def _need_windows(deployment: Deployment) -> None:
    if not deployment.windows:
        place = deployment.metrics_dir or deployment.ref.path
        raise NotChecked(f"no readable window {'in' if deployment.metrics_dir is None else 'below'} {shown(place)}")
