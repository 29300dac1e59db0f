"""How often runs are made: an alert that ends by itself must not end before the next run says that it still fires."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.store.database import Store, StoreUnusable
from pytest_mlmonitor.core.store.run_history import past_runs

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
    try:
        runs = store.transaction(lambda transaction: past_runs(transaction, _RUNS)) if store is not None else []
    except StoreUnusable:
        runs = []
    whole = [
        run.recorded_at for run in runs if run.complete and not run.narrowed and run.environment == settings.environment
    ][: _GAPS + 1]
    gaps = [later - earlier for later, earlier in pairwise(whole)]
    return min(max(*gaps, _LEAST), _MOST) if gaps else UNKNOWN
