"""How fast a deployment spends its error budget (Google, The Site Reliability Workbook, 2018, chapter 5 "Alerting on SLOs").

With an objective of 99.9 % one request of a thousand may fail. The burn rate is how many times faster than that requests do
fail: at 1 the budget of a month lasts a month, at 14.4 two per cent of it are gone in an hour, at 6 five per cent in six.
The chapter's sixth recommendation, "multiwindow, multi-burn-rate alerts", asks two windows at once: the long one says that it
matters, a short one of a twelfth of its length that it still goes on. Both pairs here page in the chapter's table 5-8; its third,
which opens a ticket at 1 over three days, needs more than the six hours that are remembered window by window.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.check import check
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Figure, Finding, Severity
from pytest_mlmonitor.core.measure import Measure
from pytest_mlmonitor.core.said import Said
from pytest_mlmonitor.core.text.words import count
from pytest_mlmonitor.serving.history import history_in
from pytest_mlmonitor.serving.model import Deployment
from pytest_mlmonitor.serving.seen.recent_counts import RecentWindow
from pytest_mlmonitor.serving.seen.retirement import Retirement


@dataclass(frozen=True, slots=True)
class BurnLimit:
    """A row of table 5-8: alert when the budget burns faster than ``rate`` over both times."""

    rate: float
    hours: int

    @property
    def long(self) -> timedelta:
        """The long time."""
        return timedelta(hours=self.hours)

    @property
    def short(self) -> timedelta:
        """The short one: a twelfth of it."""
        return self.long / 12

    @property
    def minutes(self) -> int:
        """The short one in minutes."""
        return self.hours * 5


_KEYS = ("serving.slo_target_pct",)

ALERTS = (BurnLimit(14.4, 1), BurnLimit(6.0, 6))


@check(
    "deployment",
    category="health",
    applies=lambda _, context: context.settings.serving.slo_target_pct is not None,
    action="Stop what makes requests fail: roll back first",
)
def slo_burn_rate(deployment: Deployment, context: Context) -> Iterator[Said]:
    """Requests do not fail so often that the error budget of ``serving.slo_target_pct`` is gone long before its time."""
    target = context.settings.serving.slo_target_pct
    history = history_in(deployment, context)
    if target is None:
        raise NotChecked("serving.slo_target_pct is not set")
    latest = history.newest
    budget = round(1 - target / 100, 12)
    now, recent = context.now, list(history.recent())
    retired = context.link(Retirement).of(deployment)
    too_few: list[str] = []
    alerts: list[tuple[BurnLimit, float, float, int, int]] = []
    for alert in ALERTS:
        requests, failures = _outcomes(recent, now, alert.long)
        if requests and retired is None:
            yield Figure(f"burn_rate_{alert.hours}h", latest.model_name, failures / requests / budget)
        needed = enough(alert.rate, budget)
        if requests < needed:
            too_few.append(f"{count(requests, 'request')} in {alert.hours} h, {needed:,} needed")
            continue
        over_long = failures / requests / budget
        short_requests, short_failures = _outcomes(recent, now, alert.short)
        over_short = short_failures / short_requests / budget if short_requests else 0.0
        if retired is None:  # it alerts where both are beyond the rate: the lower one says how far that is
            yield Measure(f"burn rate, {alert.hours} h", min(over_long, over_short), alert.rate, keys=_KEYS)
        if over_long > alert.rate and over_short > alert.rate:
            alerts.append((alert, over_long, over_short, requests, failures))
    for alert, over_long, over_short, requests, failures in alerts:
        yield Finding(
            Severity.ERROR,
            f"the error budget of {target:g} % burns at {over_long:.1f} times its pace over {alert.hours} h and at "
            f"{over_short:.1f} over {alert.minutes} min: expected at most {alert.rate:g}",
            f"burn rate ≤ {alert.rate:g} over {alert.hours} h or {alert.minutes} min (serving.slo_target_pct = {target:g})",
            f"{failures:,} of {requests:,} requests failed in {alert.hours} h",
            "failure_count",
            latest.location,
            keys=_KEYS,
        )
    if len(too_few) == len(ALERTS):
        raise NotChecked(f"too few requests to tell failures from accidents: {'; '.join(too_few)}")
    for words in too_few:
        yield Finding(
            Severity.INFO,
            f"one of two burn rates is not judged: {words}",
            None,
            words,
            "request_count",
            latest.location,
        )


def enough(rate: float, budget: float) -> int:
    """Return how many requests it takes until a single failed one no longer alerts by itself.

    The chapter's "Low-Traffic Services and Error Budget Alerting": with ten requests an hour and 99.9 % one failure is a burn
    rate of a hundred.

    Args:
        rate: burn rate that alerts.
        budget: share of requests that may fail.
    """
    return math.ceil(round(1 / (rate * budget), 9))


def _outcomes(recent: Sequence[RecentWindow], now: datetime, length: timedelta) -> tuple[int, int]:
    """Return the requests of the windows that end within ``length`` before ``now``, and how many of them failed."""
    counts = [window.counts for window in recent if window.end > now - length and window.start <= now]
    return sum(each["request_count"] for each in counts), sum(each["failure_count"] for each in counts)
