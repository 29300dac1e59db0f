"""What the store keeps of metrics: counters that never fall, and the last whole run's families for ``serve-metrics``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.record import RunRecord
from pytest_mlmonitor.core.store.counters import Counted, SeriesLabels, close_gone, count, count_one, totals
from pytest_mlmonitor.core.store.database import Store, Transaction
from pytest_mlmonitor.core.store.kept.expositions import (
    Exposition,
    Suite,
    forget_expositions,
    keep_exposition,
    last_success,
)
from pytest_mlmonitor.core.store.stored_times import day_of
from pytest_mlmonitor.outputs.metrics.families.counter_families import COUNTERS, OUTCOMES, RUNS_COUNTER, outcome_of


def suite_of(settings: Settings) -> Suite:
    """Return whose runs those under a policy are."""
    return Suite(settings.metrics.suite or "", settings.environment)


def keep_counters(
    transaction: Transaction,
    record: RunRecord,
    seen: Mapping[str, Mapping[Counted, int]],
    settings: Settings,
    clock: datetime,
    *,
    complete: bool,
) -> None:
    """Count what a run saw, and itself where it judged the whole platform; note all totals in its record.

    Args:
        transaction: of the store.
        record: of the run.
        seen: by counter.
        settings: the policy.
        clock: now, UTC.
        complete: whether the run came to its end.
    """
    suite = suite_of(settings)
    for name, numbers in seen.items():
        count(transaction, suite.counter(name), numbers, day_of(clock))
    if not record.narrowed:
        outcome = outcome_of(record) if complete else "error"
        count_one(transaction, suite.counter(RUNS_COUNTER), (outcome, record.environment), day_of(clock))
    forgotten = clock - timedelta(days=settings.store_retention_days)
    close_gone(transaction, day_of(forgotten))  # what still lies there was just seen
    forget_expositions(transaction, forgotten)
    record.counters = totals_of_suite(transaction, suite)
    record.last_success = last_success(transaction, suite)


def totals_of_suite(transaction: Transaction, suite: Suite) -> dict[str, dict[SeriesLabels, int]]:
    """Return all totals of a suite, by counter."""
    found = {name: totals(transaction, suite.counter(name)) for name in COUNTERS}
    none = {(outcome, suite.environment): 0 for outcome in OUTCOMES}
    return {**found, RUNS_COUNTER: none | found[RUNS_COUNTER]}


def keep_families(store: Store, record: RunRecord, text: str, settings: Settings, clock: datetime) -> None:
    """Keep the families of a whole run, for ``serve-metrics``.

    Raises:
        StoreUnusable: they are not kept.
    """
    success = record.evaluated_at if record.succeeded else None
    store.transaction(
        lambda transaction: keep_exposition(transaction, Exposition(suite_of(settings), clock, success, text))
    )
