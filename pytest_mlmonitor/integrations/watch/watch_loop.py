"""The loop: one run after the other, never two at once, until somebody ends it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

from pytest_mlmonitor.integrations.watch.tick_schedule import Tick, TickSchedule
from pytest_mlmonitor.integrations.watch.watched_run import WatchedRun
from pytest_mlmonitor.outputs.metrics.families.watch_families import WatchState


class UntilStopped(Protocol):
    """What a loop waits by: see :class:`.StopSignals`."""

    @property
    def stopped(self) -> bool:
        """Whether the loop is to end."""

    def wait(self, seconds: float) -> None:
        """Wait so long, or until the loop is to end."""


@dataclass(frozen=True)
class WatchLoop:
    """Runs at the ticks of a schedule.

    Attributes:
        schedule: when runs are due, by ``clock``.
        run: makes one, and returns what became of it; None where it was stopped.
        told: is told of each run, of the ticks that it made be missed, and when the next one is due.
        published: is given what the watcher did so far, whenever that changes; it raises nothing.
        signals: what is waited by.
        clock: returns seconds that never go back.
    """

    schedule: TickSchedule
    run: Callable[[], WatchedRun | None]
    told: Callable[[WatchedRun, int, datetime | None], None]
    published: Callable[[WatchState], None]
    signals: UntilStopped
    clock: Callable[[], float]

    def go(self, state: WatchState) -> None:
        """Run until the end is asked for; what ``told`` raises ends it, too.

        Args:
            state: as it begins.
        """
        tick = self.schedule.first
        while not self.signals.stopped:
            state = replace(state, running=True, last_run=_now())
            self.published(state)
            ended = self.run()
            if ended is None:
                self.published(replace(state, running=False))
                return
            tick = self.schedule.after(tick, self.clock())
            state = _after(state, ended, tick)
            self.published(state)
            due = max(tick.at - self.clock(), 0.0)
            self.told(ended, tick.missed, None if self.signals.stopped else _now() + timedelta(seconds=due))
            self.signals.wait(tick.at - self.clock())


def _after(state: WatchState, ended: WatchedRun, tick: Tick) -> WatchState:
    ticks = dict(state.ticks)
    ticks[ended.outcome] = ticks.get(ended.outcome, 0) + 1
    ticks["skipped"] = ticks.get("skipped", 0) + tick.missed
    verdict = _now() if ended.outcome == "verdict" else state.last_verdict
    return replace(state, running=False, ticks=ticks, last_verdict=verdict)


def _now() -> datetime:
    return datetime.now(UTC)
