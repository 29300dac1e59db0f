"""The alerts that the store keeps: what a run makes of them, who is told, and what became of that.

A run writes twice: before it tells anybody it claims what it is about to tell, and afterwards it notes what was told. Of two runs
at once one tells; what a run did not tell, since it failed or was killed, the next one does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from pytest_mlmonitor.core.store.database import Transaction
from pytest_mlmonitor.core.store.kept_alerts import forget_alerts, keep_alerts, kept_alerts
from pytest_mlmonitor.outputs.alerts.alert import Alert
from pytest_mlmonitor.outputs.alerts.alert_state import AlertRules, AlertState, after_run
from pytest_mlmonitor.outputs.alerts.delivery import (
    DeliveryRules,
    DueNow,
    claimed,
    due_of_firing,
    due_of_resolved,
    settled,
)
from pytest_mlmonitor.outputs.alerts.groups.judged_run import JudgedRun
from pytest_mlmonitor.outputs.alerts.sent_alerts import SendOutcome
from pytest_mlmonitor.outputs.alerts.stored_alerts import kept_form, state_of
from pytest_mlmonitor.outputs.messages.alert_wording import worst_first


@dataclass
class AlertPlan:
    """What a run is to tell.

    Attributes:
        due: alerts by the sender's name, the worst first.
        firing: those that fire, by key.
        failing: keys of those of them that the run itself found.
        held_until: by key, of those that fire and that nobody is told of: until when.
        busy: keys of those that another run tells just now.
    """

    due: dict[str, list[Alert]] = field(default_factory=dict)
    firing: dict[str, Alert] = field(default_factory=dict)
    failing: set[str] = field(default_factory=set)
    held_until: dict[str, datetime] = field(default_factory=dict)
    busy: set[str] = field(default_factory=set)

    def add(self, alert: Alert, due: DueNow) -> None:
        """Add an alert that is to be told to somebody, or not."""
        for name in due.senders:
            self.due.setdefault(name, []).append(alert)
        if due.busy:
            self.busy.add(alert.key)
        elif not due.senders and due.held_until is not None:
            self.held_until[alert.key] = due.held_until

    def sort(self) -> None:
        """Put the worst first, of what fires and of what is over."""
        self.due = {name: worst_first(alerts) for name, alerts in self.due.items()}


@dataclass(frozen=True)
class AlertBook:
    """Alerts of one scope.

    Attributes:
        scope: whose they are.
        run: what the run says.
        rules: how alerts begin and end.
        delivery: who is told.
    """

    scope: str
    run: JudgedRun
    rules: AlertRules
    delivery: DeliveryRules

    def begin(self, transaction: Transaction, retention: timedelta) -> AlertPlan:
        """Return what is to be told, and claim it.

        Args:
            transaction: of the store.
            retention: how long alerts are kept that are over.
        """
        at = self.rules.at
        kept = {key: state_of(one) for key, one in kept_alerts(transaction, self.scope).items()}
        now = {
            **{key: state for key, state in kept.items() if not state.fires},
            **after_run(kept, self.run, self.rules),
        }
        plan = AlertPlan()
        changed = []
        for key, state in now.items():
            due = self._due(state)
            plan.add(self._with_what_was_told(state, kept.get(key)), due)
            if state.fires:
                plan.firing[key] = state.alert
                if self._is_found(state):
                    plan.failing.add(key)
            mine = [name for name in due.senders if name not in self.delivery.renewed]
            begun = {name: claimed(state.deliveries.get(name), at, firing=state.fires) for name in mine}
            claiming = replace(state, deliveries={**state.deliveries, **begun})
            if claiming != kept.get(key):
                changed.append(kept_form(claiming))
        keep_alerts(transaction, self.scope, changed)
        forget_alerts(transaction, self.scope, at - retention)
        plan.sort()
        return plan

    def without_store(self) -> AlertPlan:
        """Return what is to be told where nobody knows what was told before: everything that fails."""
        plan = AlertPlan()
        for key, state in after_run({}, self.run, self.rules).items():
            plan.add(state.alert, self._due(state))
            plan.firing[key] = state.alert
            plan.failing.add(key)
        plan.sort()
        return plan

    def settle(self, transaction: Transaction, plan: AlertPlan, outcomes: Mapping[str, SendOutcome]) -> None:
        """Note what was told; what was not may be told by the next run."""
        kept = kept_alerts(transaction, self.scope)
        states: dict[str, AlertState] = {}
        for name, alerts in plan.due.items():
            for alert in alerts:
                if alert.key not in kept:
                    continue
                state = states.get(alert.key) or state_of(kept[alert.key])
                known = settled(
                    state.deliveries.get(name),
                    self.rules.at,
                    alert.severity,
                    firing=alert.state == "firing",
                    sent=alert.key in outcomes[name].sent,
                )
                states[alert.key] = replace(state, deliveries={**state.deliveries, name: known})
        keep_alerts(transaction, self.scope, map(kept_form, states.values()))

    def _with_what_was_told(self, state: AlertState, before: AlertState | None) -> Alert:
        """Return an alert with what a sender that renews alerts was told of it, which would go on to fire there."""
        alert = state.alert
        for name in self.delivery.renewed:
            known = state.deliveries.get(name)
            if before is not None and known is not None and known.state == "firing" and known.severity is not None:
                summary = f"goes on as {alert.severity}: {alert.summary}" if state.fires else alert.summary
                earlier = replace(before.alert, severity=known.severity, state="resolved", summary=summary)
                return replace(alert, told_as=earlier)
        return alert

    def _due(self, state: AlertState) -> DueNow:
        known, at = state.deliveries, self.rules.at
        if not state.fires:
            return due_of_resolved(known, self.delivery, at)
        return due_of_firing(state.alert.severity, known, self.delivery, at, found=self._is_found(state))

    def _is_found(self, state: AlertState) -> bool:
        """Return whether this run found what an alert is about."""
        members = (self.run.members.get((state.alert.check, place)) for place in state.holders)
        return any(one is not None and one.newer is None and one.status in ("failing", "crashed") for one in members)
