"""What a deployment shows against its limits, whether or not it is beyond them: how bad it is, or how much room is left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pytest_mlmonitor.core.measure import Measure
from pytest_mlmonitor.core.policy.thresholds import ServingPolicy
from pytest_mlmonitor.serving.model import ServingWindow
from pytest_mlmonitor.serving.seen.limits import Rates


def share(what: str, value: float, limit_pct: float, column: str | None, *keys: str) -> Measure:
    """Return a share against a limit in percent.

    Both are rounded alike: a rate that is exactly at its limit is not beyond it, and a hundredth of a float must not say it is.

    Args:
        what: in words.
        value: 0 to 1.
        limit_pct: in percent.
        column: endpoint or field, None where there is one only.
        keys: of the serving policy.
    """
    return Measure(
        what,
        round(value, 9),
        round(limit_pct / 100, 9),
        "share",
        column=column,
        keys=tuple(f"serving.{key}" for key in keys),
    )


def minutes(what: str, seconds: float, limit_minutes: float, column: str | None, *keys: str) -> Measure:
    """Return a while against a limit in minutes; both are rounded alike, as in :func:`share`."""
    limit, dotted = round(limit_minutes * 60, 6), tuple(f"serving.{key}" for key in keys)
    return Measure(what, round(max(seconds, 0.0), 6), limit, "seconds", column=column, keys=dotted)


def silence(what: str, seconds: float, policy: ServingPolicy, column: str | None = None) -> Measure:
    """Return how long nothing was heard, against ``serving.max_staleness_minutes``."""
    return minutes(what, seconds, policy.max_staleness_minutes, column, "max_staleness_minutes")


def latency_and_rates(
    window: ServingWindow, rates: Rates, policy: ServingPolicy, column: str | None = None
) -> Iterator[Measure]:
    """Yield latencies and rates against the limits that :func:`.limits.too_slow_or_failing` asks.

    Args:
        window: whose latencies they are; what it does not say is no measure.
        rates: of it, or of more windows.
        policy: the thresholds.
        column: endpoint, None for the deployment.
    """
    for name in ("p95", "p99"):
        key = f"latency_{name}_ms"
        if (latency := getattr(window, key)) is not None:
            yield Measure(name, latency, getattr(policy, key), "milliseconds", column=column, keys=(f"serving.{key}",))
    yield share("failed requests", rates.failed, policy.failure_rate_pct, column, "failure_rate_pct")
    if window.rejected_count is not None:
        yield share("rejected requests", rates.rejected, policy.rejection_rate_pct, column, "rejection_rate_pct")


def tightest(measures: Iterable[Measure]) -> Iterator[Measure]:
    """Yield of each sort of measure the worst one, or that with the least room left: there may be a thousand endpoints."""
    worst: dict[str, Measure] = {}
    for one in measures:
        known = worst.get(one.what)
        if known is None or _badness(one) > _badness(known):
            worst[one.what] = one
    yield from worst.values()


def _badness(measure: Measure) -> tuple[bool, float]:
    return measure.is_beyond, measure.ratio if measure.ratio is not None else measure.value
