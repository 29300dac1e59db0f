"""Runs by hand: what they say of families of artifacts, without any artifact."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from pytest_mlmonitor.core.store.database import Transaction
from pytest_mlmonitor.core.store.sqlite_file import SqliteTransaction
from pytest_mlmonitor.core.store.store_tables import MAKE_VERSION, bring_forward
from pytest_mlmonitor.outputs.alerts.alert import Alert, AlertSeverity
from pytest_mlmonitor.outputs.alerts.alert_book import AlertBook, AlertPlan
from pytest_mlmonitor.outputs.alerts.alert_state import AlertRules
from pytest_mlmonitor.outputs.alerts.delivery import DeliveryRules
from pytest_mlmonitor.outputs.alerts.groups.judged_run import AlertGroup, JudgedMember, JudgedRun, MemberStatus
from pytest_mlmonitor.outputs.alerts.sent_alerts import SendOutcome

T = TypeVar("T")

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
CHECK = "freshness"
ALL_ROUTES: Mapping[AlertSeverity, tuple[str, ...]] = {
    "warning": ("slack",),
    "error": ("slack",),
    "critical": ("slack", "pagerduty"),
    "emergency": ("slack", "pagerduty"),
}


class MemoryStore:
    """Transactions on tables in memory."""

    def __init__(self) -> None:
        self._connection = sqlite3.connect(":memory:", isolation_level=None)
        self._connection.execute(MAKE_VERSION)
        bring_forward(SqliteTransaction(self._connection), 0)

    def transaction(self, work: Callable[[Transaction], T]) -> T:
        self._connection.execute("BEGIN")
        done = work(SqliteTransaction(self._connection))
        self._connection.execute("COMMIT")
        return done

    def close(self) -> None:
        self._connection.close()


@dataclass(frozen=True)
class Said:
    """What a run says of one version of a family."""

    status: MemberStatus
    severity: AlertSeverity = "error"
    newer: str | None = None
    ended: str = ""


Run = Mapping[str, Mapping[str, Said]]
"""By family and version."""


def book_of(
    run: Run,
    at: datetime,
    *,
    whole: bool = True,
    senders: Iterable[str] = ("slack", "pagerduty"),
    cooldown: timedelta = timedelta(hours=1),
    renewed: Iterable[str] = (),
    gone_after: timedelta = timedelta(days=7),
    escalation: bool = True,
) -> AlertBook:
    """Return what a run makes of alerts."""
    members: dict[tuple[str, str], JudgedMember] = {}
    severities: dict[str, AlertSeverity] = {}
    groups: dict[str, AlertGroup] = {}
    for family, versions in run.items():
        for version, said in versions.items():
            newer = f"{family}/{said.newer}" if said.newer is not None else None
            place = f"{family}/{version}"
            members[CHECK, place] = JudgedMember(place, said.status, said.ended, newer)
            severities[place] = said.severity
        own = [members[CHECK, f"{family}/{version}"] for version in versions]
        current = [member for member in own if member.newer is None]
        if current:
            groups[family] = AlertGroup(family, CHECK, current)

    def alert_of(group: AlertGroup) -> Alert:
        worst = max(
            (severities[member.place] for member in group.failing),
            key=("warning", "error", "critical", "emergency").index,
        )
        return Alert(group.key, "dataset", group.key, CHECK, "freshness", worst, "firing", "STALE", "local")

    names = tuple(senders)
    judged = JudgedRun(
        groups, members, lambda _: None, lambda place: (CHECK, place) not in members, whole, whole and not members
    )
    return AlertBook(
        "local",
        judged,
        AlertRules(alert_of, at, gone_after),
        DeliveryRules(
            lambda severity: [name for name in ALL_ROUTES[severity] if name in names],
            names,
            tuple(renewed),
            cooldown,
            escalation,
        ),
    )


def begun(store: MemoryStore, book: AlertBook) -> AlertPlan:
    """Return what is to be told."""
    return store.transaction(lambda transaction: book.begin(transaction, timedelta(days=90)))


def told(store: MemoryStore, book: AlertBook, failing: Iterable[str] = ()) -> dict[str, list[str]]:
    """Tell what is due; return the states of what each sender that did not fail was told, the worst first."""
    plan = begun(store, book)
    settle(store, book, plan, failing)
    return {
        name: [f"{alert.key} {alert.state}" for alert in alerts]
        for name, alerts in plan.due.items()
        if name not in failing
    }


def settle(store: MemoryStore, book: AlertBook, plan: AlertPlan, failing: Iterable[str] = ()) -> None:
    """Note what became of what was to be told."""
    outcomes = {
        name: SendOutcome(frozenset(), "away") if name in failing else SendOutcome(frozenset(one.key for one in alerts))
        for name, alerts in plan.due.items()
    }
    store.transaction(lambda transaction: book.settle(transaction, plan, outcomes))
