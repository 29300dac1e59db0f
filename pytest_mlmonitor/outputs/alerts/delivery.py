"""What a service was told of an alert, and what it is due to hear."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from pytest_mlmonitor.outputs.alerts.alert import ALERT_SEVERITIES, AlertSeverity

LEASE = timedelta(seconds=60)
"""How long a claim holds of which nobody said what became of it: whoever made it was killed."""


@dataclass(frozen=True)
class Delivery:
    """What one service knows of an alert.

    Attributes:
        state: what it was told last, ``firing`` or ``resolved``; ``owed``: it heard nothing since the alert began, although it
            should have.
        severity: that it was told last.
        fired_at: when it was last told that the alert fires, by the clock; None for never.
        claimed_at: when a run began to tell it; None while none does.
    """

    state: Literal["owed", "firing", "resolved"] = "owed"
    severity: AlertSeverity | None = None
    fired_at: datetime | None = None
    claimed_at: datetime | None = None

    def is_claimed(self, at: datetime) -> bool:
        """Return whether another run tells the service just now."""
        return self.claimed_at is not None and abs(at - self.claimed_at) < LEASE


@dataclass(frozen=True)
class DeliveryRules:
    """Who is told of what, and how often.

    Attributes:
        routes: the senders that can be used, by severity.
        senders: all that can be used.
        renewed: those of them that must hear in every run of what still fires, and keep their own cooldown.
        cooldown: how long the same alert is not sent again.
        escalation: whether one that became worse is sent at once.
    """

    routes: Callable[[AlertSeverity], Sequence[str]]
    senders: Collection[str]
    renewed: Collection[str] = ()
    cooldown: timedelta = timedelta(hours=1)
    escalation: bool = True


@dataclass(frozen=True)
class DueNow:
    """Who is to be told of an alert now.

    Attributes:
        senders: their names.
        held_until: when the next of those may be told who heard of it within the cooldown; None where there are none.
        busy: whether another run tells somebody just now.
    """

    senders: tuple[str, ...] = ()
    held_until: datetime | None = None
    busy: bool = False


def due_of_firing(
    severity: AlertSeverity,
    deliveries: Mapping[str, Delivery],
    rules: DeliveryRules,
    at: datetime,
    *,
    found: bool = True,
) -> DueNow:
    """Return who is to be told that an alert fires.

    Args:
        severity: of the alert.
        deliveries: what each service knows of it.
        rules: who is told of what.
        at: now, by the clock.
        found: whether this run found what it is about; what an earlier one found, and this one does not know, is not repeated.
    """
    now: list[str] = []
    held: list[datetime] = []
    busy = False
    for name in rules.routes(severity):
        known = deliveries.get(name, Delivery())
        if name in rules.renewed:
            now.append(name)
        elif known.is_claimed(at):
            busy = True
        elif not found and known.state != "owed":
            continue
        elif _may_repeat(known, severity, rules, at):
            now.append(name)
        elif known.fired_at is not None:
            held.append(known.fired_at + rules.cooldown)
    return DueNow(tuple(now), min(held, default=None), busy)


def due_of_resolved(deliveries: Mapping[str, Delivery], rules: DeliveryRules, at: datetime) -> DueNow:
    """Return who is to be told that an alert is over: whoever heard, or should have heard, that it fires."""
    wanting = [name for name, known in deliveries.items() if known.state != "resolved" and name in rules.senders]
    busy = [name for name in wanting if name not in rules.renewed and deliveries[name].is_claimed(at)]
    return DueNow(tuple(name for name in wanting if name not in busy), None, bool(busy))


def _may_repeat(known: Delivery, severity: AlertSeverity, rules: DeliveryRules, at: datetime) -> bool:
    if known.state != "firing":  # the last they heard is that all is well, which is not true any more
        return True
    if (
        known.fired_at is None or abs(at - known.fired_at) >= rules.cooldown
    ):  # a clock that was set back holds nothing up
        return True
    return rules.escalation and _rank(severity) > _rank(known.severity)


def _rank(severity: AlertSeverity | None) -> int:
    return ALERT_SEVERITIES.index(severity) if severity is not None else -1


def claimed(known: Delivery | None, at: datetime, *, firing: bool) -> Delivery:
    """Return a delivery that a run begins; until it is settled nobody else begins it.

    Args:
        known: what the service knows.
        at: now, by the clock.
        firing: whether it is told that the alert fires.
    """
    known = known or Delivery()
    if firing and known.state == "resolved":
        known = replace(known, state="owed")
    return replace(known, claimed_at=at)


def settled(known: Delivery | None, at: datetime, severity: AlertSeverity, *, firing: bool, sent: bool) -> Delivery:
    """Return a delivery that was begun at a time, as it is now that it is over.

    Args:
        known: what is kept of it; others may have begun it anew meanwhile.
        at: when it was begun.
        severity: that was told.
        firing: whether it was told that the alert fires.
        sent: whether it was told at all.
    """
    known = known or Delivery()
    if known.claimed_at == at:
        known = replace(known, claimed_at=None)
    if not sent:
        return known
    if firing:
        return replace(known, state="firing", severity=severity, fired_at=at)
    return replace(known, state="resolved")
