"""How often runs are made: an alert that ends by itself must not end before the next run says that it still fires."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.store.database import Store, StoreUnusable
from pytest_mlmonitor.core.store.kept.expositions import Suite, suites
from pytest_mlmonitor.core.store.run_history import PastRun, past_runs

UNKNOWN = timedelta(days=1)
"""Where nobody says it and there was no run before."""

_LEAST, _MOST = timedelta(minutes=5), timedelta(days=7)
_RUNS = 200
_GAPS = 10


def run_interval(settings: Settings, store: Store | None) -> timedelta:
    """Return how often runs are made: ``alerts.interval``, else the longest time between two of the last whole runs.

    The longest, since somebody who runs a nightly suite twice more by hand makes it no suite of every minute.
    """
    if settings.alerts.interval is not None:
        return timedelta(seconds=settings.alerts.interval)
    none: tuple[list[PastRun], list[Suite]] = ([], [])
    try:
        runs, known = store.transaction(lambda one: (past_runs(one, _RUNS), suites(one))) if store is not None else none
    except StoreUnusable:
        runs, known = none
    whole = [
        run.recorded_at for run in runs if run.complete and not run.narrowed and run.environment == settings.environment
    ][: _GAPS + 1]
    gaps = [later - earlier for later, earlier in pairwise(whole)]
    # Of runs nobody knows of which suite they were: a nightly one must not be taken for the one of every ten minutes beside it.
    own = Suite(settings.metrics.suite or "", settings.environment)
    several = any(one != own and one.environment == own.environment for one in known)
    return min(max(*gaps, UNKNOWN if several else _LEAST), _MOST) if gaps else UNKNOWN
