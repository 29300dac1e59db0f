"""The metrics of the last whole run of every suite, as they are served, and when one last succeeded."""

from __future__ import annotations

import json
from datetime import datetime
from typing import NamedTuple

from pytest_mlmonitor.core.store.database import Transaction, storable
from pytest_mlmonitor.core.store.store_tables import mark_of, vouched
from pytest_mlmonitor.core.store.stored_times import moment_of
from pytest_mlmonitor.core.text.times import microseconds_of

_COLUMNS = "suite, environment, recorded_at, succeeded_at, body, mark"


class Suite(NamedTuple):
    """Whose runs: several suites, and several environments of one, may have one store.

    Attributes:
        name: the policy's ``metrics.suite``, empty without.
        environment: the policy's.
    """

    name: str
    environment: str

    def counter(self, name: str) -> str:
        """Return under which name the store keeps a counter of this suite."""
        return f"{name} {json.dumps([self.name, self.environment])}"


class Exposition(NamedTuple):
    """Metrics of the last whole run of a suite.

    Attributes:
        suite: whose.
        recorded_at: when the run ended, by the clock; UTC.
        succeeded_at: as of when the last one that succeeded judged; UTC, None where none is known.
        body: text format of Prometheus, without counters.
    """

    suite: Suite
    recorded_at: datetime
    succeeded_at: datetime | None
    body: str


def keep_exposition(transaction: Transaction, exposition: Exposition) -> None:
    """Keep what is served of a suite in the place of what was; of two successes the later one is kept."""
    before = last_success(transaction, exposition.suite)
    now = exposition.succeeded_at
    succeeded = max((one for one in (before, now) if one is not None), default=None)
    row = (
        *map(storable, exposition.suite),
        microseconds_of(exposition.recorded_at),
        microseconds_of(succeeded) if succeeded is not None else 0,
        storable(exposition.body),
    )
    transaction.run(
        f"""INSERT INTO exposition ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT (suite, environment) DO UPDATE SET recorded_at = excluded.recorded_at,
        succeeded_at = excluded.succeeded_at, body = excluded.body, mark = excluded.mark""",  # noqa: S608 (ours)
        (*row, mark_of(row)),
    )


def expositions(transaction: Transaction) -> list[Exposition]:
    """Return what is served, the latest run first."""
    rows = transaction.run(f"SELECT {_COLUMNS} FROM exposition ORDER BY recorded_at DESC, suite, environment")  # noqa: S608
    return [
        Exposition(Suite(name, environment), moment_of(at), moment_of(succeeded) if succeeded else None, body)
        for name, environment, at, succeeded, body in map(vouched, rows)
    ]


def suites(transaction: Transaction) -> list[Suite]:
    """Return whose runs there were."""
    return [Suite(*row) for row in transaction.run("SELECT suite, environment FROM exposition")]


def last_success(transaction: Transaction, suite: Suite) -> datetime | None:
    """Return as of when the last run of a suite that succeeded judged, None where none is known."""
    rows = transaction.run(
        f"SELECT {_COLUMNS} FROM exposition WHERE suite = ? AND environment = ?",  # noqa: S608
        tuple(map(storable, suite)),
    )
    found = [row[3] for row in map(vouched, rows) if row[3]]
    return moment_of(found[0]) if found else None


def forget_expositions(transaction: Transaction, before: datetime) -> None:
    """Forget suites that have not run since a time: nobody serves them any more."""
    transaction.run("DELETE FROM exposition WHERE recorded_at < ?", (microseconds_of(before),))
