"""When runs are due, whatever they take: by a clock that a test sets."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.integrations.watch.tick_schedule import JITTER, Tick, TickSchedule, jitter_of
from pytest_mlmonitor.integrations.watch.watch_loop import WatchLoop
from pytest_mlmonitor.integrations.watch.watched_run import WatchedRun
from pytest_mlmonitor.outputs.metrics.families.watch_families import WatchState

BEGAN = datetime(2026, 11, 29, tzinfo=UTC)
INTERVALS = st.floats(1, 7 * 86_400)
SHARES = st.lists(st.floats(0, 5), min_size=1, max_size=30)
"""How long runs take, in intervals."""


@dataclass
class Day:
    """Time that goes by only while a run is going on, or is waited for."""

    takes: list[float]
    now: float = 1000.0
    begun: list[float] = field(default_factory=list)
    ended: list[float] = field(default_factory=list)
    outcomes: list[str] = field(default_factory=list)
    missed: list[int] = field(default_factory=list)
    states: list[WatchState] = field(default_factory=list)
    stopped: bool = False

    def wait(self, seconds: float) -> None:
        self.now += max(seconds, 0)

    def clock(self) -> float:
        return self.now

    def run(self) -> WatchedRun | None:
        if len(self.begun) == len(self.takes):
            self.stopped = True
            return None
        self.begun.append(self.now)
        self.now += self.takes[len(self.begun) - 1]
        self.ended.append(self.now)
        outcome = self.outcomes[len(self.begun) - 1] if self.outcomes else "verdict"
        return WatchedRun(outcome, BEGAN, self.takes[len(self.begun) - 1])

    def told(self, run: WatchedRun, missed: int, next_at: datetime | None) -> None:
        self.missed.append(missed)

    def live(self, interval: float, jitter: float) -> Day:
        schedule = TickSchedule(self.now, interval, jitter)
        loop = WatchLoop(schedule, self.run, self.told, self.states.append, self, self.clock)
        loop.go(WatchState(interval, BEGAN))
        return self


@given(INTERVALS, st.text(max_size=20))
def test_the_jitter_of_a_watcher_is_its_own_and_below_a_tenth(interval: float, seed: str) -> None:
    assert 0 <= jitter_of(seed, interval) < JITTER * interval
    assert jitter_of(seed, interval) == jitter_of(seed, interval)


def test_a_hundred_watchers_do_not_begin_together() -> None:
    moments = sorted(jitter_of(f"host-{n}:/project:1", 600.0) for n in range(100))
    assert moments[0] < 6 and moments[-1] > 54, "they use the whole of the tenth"
    assert sum(later - earlier < 0.01 for earlier, later in pairwise(moments)) < 10


@given(INTERVALS, st.floats(0, 1, exclude_max=True), SHARES)
def test_runs_begin_at_ticks_one_after_the_other(interval: float, share: float, shares: list[float]) -> None:
    jitter = share * JITTER * interval
    day = Day([one * interval for one in shares]).live(interval, jitter)
    assert day.begun[0] == 1000.0, "the first at once"
    little = 1e-6 * (1 + day.now)
    for run, (end, begin) in enumerate(zip(day.ended, day.begun[1:], strict=False)):
        assert begin >= end, "never two at once"
        assert begin - end < interval * (1 + JITTER) + little, "and none later than the next tick"
        ticks = (begin - 1000.0 - jitter) / interval
        assert abs(ticks - round(ticks)) < 1e-6 * max(ticks, 1), "at a tick"
        before = 0 if run == 0 else round((day.begun[run] - 1000.0 - jitter) / interval)
        assert round(ticks) == before + 1 + day.missed[run], "whatever was skipped is said"
    if all(one <= 0.9 for one in shares):
        assert sum(day.missed) == 0


def test_a_tick_that_is_due_this_very_moment_is_not_missed() -> None:
    schedule = TickSchedule(0.0, 10.0)
    assert schedule.after(Tick(0, 0.0), 10.0) == Tick(1, 10.0, 0)
    assert schedule.after(Tick(0, 0.0), 10.5) == Tick(2, 20.0, 1)
    assert schedule.after(Tick(0, 0.0), 45.0) == Tick(5, 50.0, 4)


def test_the_state_says_what_became_of_every_tick() -> None:
    day = Day([2.0, 25.0, 1.0], outcomes=["verdict", "no_verdict", "busy"]).live(10.0, 0.0)
    last = day.states[-1]
    assert last.ticks == {"verdict": 1, "no_verdict": 1, "busy": 1, "skipped": 2}
    assert not last.running and any(one.running for one in day.states)
    verdicts = [one.last_verdict for one in day.states]
    assert verdicts[0] is None and len(set(verdicts)) == 2, "only a verdict is one"


def test_a_watcher_stands_still_after_three_intervals_without_a_verdict() -> None:
    began = WatchState(600.0, BEGAN, run_limit=3600.0)

    def after(state: WatchState, minutes: float) -> float | None:
        return state.stands_still(BEGAN.replace(hour=int(minutes // 60), minute=int(minutes % 60)))

    assert after(began, 59) is None, "the first run may take an hour"
    assert after(began, 61) == 61 * 60
    failing = replace(began, ticks={"no_verdict": 1})
    assert after(failing, 30) is None and after(failing, 31) == 31 * 60
    well = replace(began, ticks={"verdict": 1}, last_verdict=BEGAN.replace(minute=30))
    assert after(well, 60) is None and after(well, 61) == 31 * 60
    assert after(replace(began, interval=None), 600) is None, "nobody waits for one that is switched off"
