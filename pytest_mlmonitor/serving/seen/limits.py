"""When what a serving layer shows is too slow or fails too often, and how it is said: of deployments and of endpoints alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.policy.thresholds import ServingPolicy
from pytest_mlmonitor.core.text.words import count, listing
from pytest_mlmonitor.serving.history import ServingHistory
from pytest_mlmonitor.serving.model import ServingWindow
from pytest_mlmonitor.serving.seen.last_seen import LastRequests, LastSeen

FEW = 5
"""Requests or predictions that say something where there are fewer than a rate is formed of: all of the last ones are bad."""


@dataclass(frozen=True, slots=True)
class Rates:
    """What became of the requests judged.

    Attributes:
        starts: how many starts of windows they are of.
    """

    requests: int
    failures: int
    rejections: int
    starts: int = 1

    @property
    def failed(self) -> float:
        """Share of requests that failed; 0 without requests (specification 2.3)."""
        return self.failures / self.requests if self.requests else 0.0

    @property
    def rejected(self) -> float:
        """Share of requests that were rejected; 0 without requests."""
        return self.rejections / self.requests if self.requests else 0.0

    @property
    def failed_pct(self) -> float:
        """The same in percent: 100 is multiplied first, so that 5 of 100 are 5 and not a hair more."""
        return 100 * self.failures / self.requests if self.requests else 0.0

    @property
    def rejected_pct(self) -> float:
        """The same in percent."""
        return 100 * self.rejections / self.requests if self.requests else 0.0


def rates_of_window(window: ServingWindow) -> Rates:
    """Return the rates of one window."""
    return Rates(window.request_count, window.failure_count, window.rejected_count or 0)


def rates_of(history: ServingHistory, policy: ServingPolicy) -> Rates:
    """Return the rates that a deployment is judged by: of its latest window, or of its last ``serving.rate_windows``.

    Several windows are weighted by their requests: a minute with two requests of which one failed says less than a busy one.
    They are counted by their starts, with every endpoint that has a window then, so that no minute is cut in two. Windows are
    remembered one by one for six hours; there may be fewer than asked for.
    """
    assert history.latest is not None
    wanted, since = policy.rate_windows, history.terms.lookback
    if wanted is None:
        return rates_of_window(history.latest)
    rows = [row for row in history.recent() if since is None or row.end > since]
    starts = sorted({row.start for row in rows})[-wanted:]
    if not starts:
        return rates_of_window(history.latest)
    counts = [row.counts for row in rows if row.start >= starts[0]]
    return Rates(
        sum(each["request_count"] for each in counts),
        sum(each["failure_count"] for each in counts),
        sum(each.get("rejected_count", 0) for each in counts),
        len(starts),
    )


def not_said(window: ServingWindow, fields: Iterable[str]) -> Iterator[Finding]:
    """Yield which of the fields that a rule asks a declared source does not say: what they are for is not judged."""
    absent = [field for field in fields if field in window.absent]
    if absent:
        yield Finding(
            Severity.INFO,
            f"not judged: the windows do not say {listing(absent, 3)}",
            "fields of the source",
            "absent",
            ", ".join(absent),
            window.location,
        )


class Fault(NamedTuple):
    """What is beyond a limit, in words, and the keys of the policy that say the limit."""

    words: str
    keys: tuple[str, ...] = ()


def over(name: str, value: float | None, limit: float, unit: str, key: str) -> Fault | None:
    """Return e.g. ``p95=612.0ms > 500.0ms`` where a value is there and strictly greater than its limit; ``key`` is of serving."""
    if value is None or value <= limit:
        return None
    return Fault(f"{name}{value:.1f}{unit} > {limit:.1f}{unit}", (f"serving.{key}",))


def too_slow_or_failing(window: ServingWindow, rates: Rates, policy: ServingPolicy) -> Iterator[Fault]:
    """Yield what breaks one of the last four rules of specification 2.3, in their order.

    Args:
        window: whose latencies are judged.
        rates: of it, or of more windows.
        policy: the thresholds.
    """
    found = (
        over("p95=", window.latency_p95_ms, policy.latency_p95_ms, "ms", "latency_p95_ms"),
        over("p99=", window.latency_p99_ms, policy.latency_p99_ms, "ms", "latency_p99_ms"),
        over("failure_rate=", rates.failed_pct, policy.failure_rate_pct, "%", "failure_rate_pct"),
        over("rejection_rate=", rates.rejected_pct, policy.rejection_rate_pct, "%", "rejection_rate_pct"),
    )
    return (fault for fault in found if fault is not None)


def outage(last: LastSeen, policy: ServingPolicy) -> tuple[LastRequests, str] | None:
    """Return the last requests of an endpoint where they are an outage, and how that is said (specification 2.3).

    Whole windows are counted, newest first: until they hold ``serving.failure_min_requests``, or where there are fewer, until
    they hold :data:`FEW`.
    """
    seen = last.requests_until(policy.failure_min_requests)
    enough = seen.requests >= policy.failure_min_requests
    if not enough:
        seen = last.requests_until(FEW)
        if seen.requests < FEW:
            return None
    of = f"the last {count(seen.requests, 'request')}"
    if seen.succeeded == 0:
        rejected = f", {seen.rejected:,} were rejected" if seen.rejected else ""
        return seen, f"none of {of} was answered with success{rejected}"
    if enough and 100 * seen.lost > policy.failure_rate_error_pct * seen.requests and _latest_is_bad(last, policy):
        share = f"{100 * seen.lost / seen.requests:.1f}% > {policy.failure_rate_error_pct:.1f}%"
        return seen, f"{seen.lost:,} of {of} failed: {share}"
    return None


def _latest_is_bad(last: LastSeen, policy: ServingPolicy) -> bool:
    """Return whether the latest window with requests is bad by its rates: an outage that is over is none."""
    _, _, requests, succeeded, rejected, failed, *_ = last.outcomes[-1]
    lost = max(requests - succeeded - rejected, failed)  # timeouts may be counted apart from the failures
    return 100 * lost > policy.failure_rate_pct * requests or 100 * rejected > policy.rejection_rate_pct * requests
