"""Metrics of ``mlmonitor watch`` itself: whether it runs, and when it last came to a verdict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from prometheus_client.core import CounterMetricFamily, Metric

from pytest_mlmonitor.outputs.metrics.series import gauge

WATCH_OUTCOMES = ("verdict", "no_verdict", "busy", "skipped")
"""What became of a tick: a run came to a verdict, came to none, was not made since another one was going on in the same directory,
or was not made since the run before was longer than the interval."""

PATIENCE = 3
"""Intervals without a verdict after which a watcher stands still: one may go wrong by itself, and be well the next time."""


@dataclass(frozen=True)
class WatchState:
    """What a watcher did so far; times are UTC.

    Attributes:
        interval: seconds between two runs; None where nothing is run (``MONITORING_ENABLED=false``).
        started_at: when it began.
        run_limit: seconds that a run may take.
        running: whether a run is going on.
        last_run: when the last run began.
        last_verdict: when the last run ended that came to a verdict.
        ticks: how many came to which of :data:`WATCH_OUTCOMES`.
    """

    interval: float | None
    started_at: datetime
    run_limit: float = 0.0
    running: bool = False
    last_run: datetime | None = None
    last_verdict: datetime | None = None
    ticks: Mapping[str, int] = field(default_factory=dict)

    def stands_still(self, now: datetime) -> float | None:
        """Return for how many seconds there has been no verdict, where that is too long; None where all is well.

        The first run may take as long as a run may: it reads what later ones remember.
        """
        if self.interval is None:
            return None
        allowed = PATIENCE * self.interval
        if not self.ticks.get("verdict") and not self.ticks.get("no_verdict"):
            allowed = max(allowed, self.run_limit)
        silent = (now - (self.last_verdict or self.started_at)).total_seconds()
        return silent if silent > allowed else None


def watch_families(state: WatchState, environment: str) -> Iterator[Metric]:
    """Yield the families of a watcher; one that runs nothing says no times, so that no rule waits for it."""
    times = (
        ("mlmonitor_watch_start_timestamp_seconds", "When mlmonitor watch began.", state.started_at),
        ("mlmonitor_watch_last_run_timestamp_seconds", "When the last run of mlmonitor watch began.", state.last_run),
        (
            "mlmonitor_watch_last_verdict_timestamp_seconds",
            "When the last run of mlmonitor watch ended that came to a verdict.",
            state.last_verdict,
        ),
    )
    if state.interval is not None:
        text = "Seconds between two runs of mlmonitor watch."
        yield gauge("mlmonitor_watch_interval_seconds", text, [], {(): state.interval}, environment)
        for name, text, moment in times:
            if moment is not None:
                yield gauge(name, text, [], {(): moment.timestamp()}, environment)
    text = "1 while mlmonitor watch has a run going on."
    yield gauge("mlmonitor_watch_running", text, [], {(): float(state.running)}, environment)
    text = "Ticks of mlmonitor watch since it began, by what became of them."
    ticks = CounterMetricFamily("mlmonitor_watch_runs", text, labels=["outcome", "environment"])
    for outcome in WATCH_OUTCOMES:
        ticks.add_metric([outcome, environment], state.ticks.get(outcome, 0))
    yield ticks
