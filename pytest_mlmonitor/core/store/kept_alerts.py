"""Alerts as they are kept between runs: which of them fire, since when, and what was said of them to whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from pytest_mlmonitor.core.store.database import Transaction, storable
from pytest_mlmonitor.core.store.store_tables import mark_of, vouched
from pytest_mlmonitor.core.store.stored_times import moment_of
from pytest_mlmonitor.core.text.times import microseconds_of

FIRING = "firing"
RESOLVED = "resolved"


class KeptAlert(NamedTuple):
    """An alert.

    Attributes:
        key: by which it is known again.
        state: ``firing`` or ``resolved``.
        severity: as it was last judged.
        since: when it began to fire, by the clock; UTC.
        seen_at: when a run last judged what it is about, likewise.
        told: everything else, as JSON; this room does not look into it.
    """

    key: str
    state: str
    severity: str
    since: datetime
    seen_at: datetime
    told: str


def kept_alerts(transaction: Transaction, scope: str) -> dict[str, KeptAlert]:
    """Return the alerts of a scope by their keys.

    Args:
        transaction: of the store.
        scope: whose alerts: runs of another environment or suite know nothing of these.
    """
    rows = transaction.run(
        "SELECT scope, key, state, severity, since, seen_at, told, mark FROM alert WHERE scope = ?", (scope,)
    )
    found = (vouched(row) for row in rows)
    return {
        key: KeptAlert(key, state, severity, moment_of(since), moment_of(seen_at), told)
        for _, key, state, severity, since, seen_at, told in found
    }


def keep_alerts(transaction: Transaction, scope: str, alerts: Iterable[KeptAlert]) -> None:
    """Keep alerts, each in the place of what was kept of it."""
    rows = []
    for one in alerts:
        times = microseconds_of(one.since), microseconds_of(one.seen_at)
        row = tuple(map(storable, (scope, one.key, one.state, one.severity, *times, one.told)))
        rows.append((*row, mark_of(row)))
    transaction.run_many(
        """INSERT INTO alert (scope, key, state, severity, since, seen_at, told, mark) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (scope, key) DO UPDATE SET state = excluded.state, severity = excluded.severity, since = excluded.since,
        seen_at = excluded.seen_at, told = excluded.told, mark = excluded.mark""",
        rows,
    )


def forget_alerts(transaction: Transaction, scope: str, before: datetime) -> None:
    """Forget alerts that do not fire and were last looked at before a time."""
    transaction.run(
        "DELETE FROM alert WHERE scope = ? AND state = ? AND seen_at < ?", (scope, RESOLVED, microseconds_of(before))
    )


def firing_alerts(transaction: Transaction, scope: str) -> Counter[str]:
    """Return how many alerts of a scope fire, by severity."""
    rows = transaction.run(
        "SELECT severity, COUNT(*) FROM alert WHERE scope = ? AND state = ? GROUP BY severity", (scope, FIRING)
    )
    return Counter({str(severity): int(number) for severity, number in rows})
