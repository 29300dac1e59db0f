"""A watcher put together: the loop, what is said of its runs, and where its metrics go."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from pytest_mlmonitor.core.open_store import open_store
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.text.names import shown
from pytest_mlmonitor.core.text.words import duration
from pytest_mlmonitor.integrations.suite_run import ProjectSuite
from pytest_mlmonitor.integrations.watch.monitoring_variables import ENABLED
from pytest_mlmonitor.integrations.watch.published_state import PublishedState
from pytest_mlmonitor.integrations.watch.run_lines import RunLines
from pytest_mlmonitor.integrations.watch.tick_schedule import TickSchedule, jitter_of
from pytest_mlmonitor.integrations.watch.watch_loop import UntilStopped, WatchLoop
from pytest_mlmonitor.integrations.watch.watch_plan import WatchPlan
from pytest_mlmonitor.integrations.watch.watched_run import WatchedRun, watched_run
from pytest_mlmonitor.outputs.metrics.families.watch_families import WatchState
from pytest_mlmonitor.outputs.metrics.metrics_place import MetricsPlace
from pytest_mlmonitor.outputs.metrics.serve import StoredRuns, listening

_LONG = 3600.0


def watch_project(
    project: Path,
    settings: Settings,
    plan: WatchPlan,
    signals: UntilStopped,
    *,
    lines: RunLines,
    told: Callable[[str], None],
    said: Callable[[str], None],
    address: tuple[str, int] | None = None,
) -> None:
    """Run the suite of a project every interval, until the end is asked for.

    Args:
        project: directory in which pytest is started.
        settings: the policy as it is now; every run reads it anew.
        plan: what is asked for.
        signals: what is waited by.
        lines: makes lines of runs.
        told: is told each of them; what it raises ends the watcher.
        said: is told whatever else people should know.
        address: host and port that metrics are served on.

    Raises:
        PolicyError: the address cannot be had, or the store lies inside an artifact root.
    """
    enabled = plan.variables.enabled
    state = WatchState(plan.interval if enabled else None, datetime.now(UTC), plan.run_limit)
    stored = open_store(settings, settings.file) is not None
    published = PublishedState(
        state,
        settings,
        StoredRuns(lambda: open_store(settings, settings.file)) if stored else None,
        _textfile(settings, project),
        said,
    )
    server = None
    if address is not None:
        server, _ = listening(published, address[1], address[0])
        said(f"metrics on http://{address[0]}:{server.server_port}/metrics, and /healthz")
    try:
        published.publish(state)
        if not enabled:
            said(f"{ENABLED} is false: nothing is run; set it to true and start this again, or end it")
            while not signals.stopped:
                signals.wait(_LONG)
            return
        for one in plan.variables.said:
            said(one)
        said(
            f"watching {shown(project)} every {duration(plan.interval)} ({plan.said_by}); "
            f"a run may take {duration(plan.run_limit)}"
        )
        _loop(project, plan, signals, published, lines, told).go(state)
    finally:
        if server is not None:
            server.shutdown()


def _loop(
    project: Path,
    plan: WatchPlan,
    signals: UntilStopped,
    published: PublishedState,
    lines: RunLines,
    told: Callable[[str], None],
) -> WatchLoop:
    suite = ProjectSuite(project, plan.words, out=plan.out, seconds=plan.run_limit, variables=plan.variables.handed_on)

    def run() -> WatchedRun | None:
        return watched_run(suite, lambda: signals.stopped, lambda: datetime.now(UTC), time.monotonic)

    def tell(ended: WatchedRun, missed: int, next_at: datetime | None) -> None:
        for line in lines.of(ended, missed, next_at):
            told(line)

    jitter = jitter_of(f"{socket.gethostname()}:{project}:{os.getpid()}", plan.interval)
    schedule = TickSchedule(time.monotonic(), plan.interval, jitter)
    return WatchLoop(schedule, run, tell, published.publish, signals, time.monotonic)


def _textfile(settings: Settings, project: Path) -> Path | None:
    """Return the text file of the watcher: beside that of the runs, where this is read by somebody; None in ``out``."""
    home = settings.file.parent if settings.file is not None else project
    runs = MetricsPlace(settings.metrics.file, home).elsewhere
    return runs.with_name(f"{runs.stem}.watch{runs.suffix}") if runs is not None else None
