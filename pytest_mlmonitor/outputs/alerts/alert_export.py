"""Alerts of a run: which are due, who gets them, and what became of them."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from pytest_mlmonitor.core.policy.outlets.secret_values import secret_values
from pytest_mlmonitor.core.record import ExportReport
from pytest_mlmonitor.core.store.database import StoreUnusable
from pytest_mlmonitor.core.store.kept_alerts import firing_alerts
from pytest_mlmonitor.core.text.names import safe, shown
from pytest_mlmonitor.core.text.words import count
from pytest_mlmonitor.outputs.alerts.alert_book import AlertBook, AlertPlan
from pytest_mlmonitor.outputs.alerts.alert_state import AlertRules
from pytest_mlmonitor.outputs.alerts.alert_words import said_of_plan
from pytest_mlmonitor.outputs.alerts.delivery import DeliveryRules
from pytest_mlmonitor.outputs.alerts.groups.alert_groups import AlertGroups, scope_of
from pytest_mlmonitor.outputs.alerts.outbox import OUTBOX_NAME, Outbox
from pytest_mlmonitor.outputs.alerts.routes import MAIN, AlertRoutes
from pytest_mlmonitor.outputs.alerts.run_interval import run_interval
from pytest_mlmonitor.outputs.alerts.sent_alerts import SendOutcome, send_all
from pytest_mlmonitor.outputs.ci.ci_job import job_url
from pytest_mlmonitor.outputs.export import EXPORT_SECONDS, ExportContext
from pytest_mlmonitor.outputs.senders.configured import configured_senders
from pytest_mlmonitor.outputs.senders.sender import Sender

NAME = "alerts"

_SETTLING = 0.5
"""Seconds of those of an exporter that are left for noting what was told."""


def export_alerts(context: ExportContext) -> Iterator[ExportReport]:
    """Tell whoever must act of a run, and yield what became of that.

    A run that judged a part, or did not come to its end, tells nobody of anything unless it is asked to.
    """
    if context.settings.alerts.off:
        return
    if not (context.whole or context.asked.alerts):
        context.record.alerts = _known_to_fire(context)
        if _keeps_quiet(context):
            yield ExportReport(NAME, said="stopped before its end: no alert is told (--mlmonitor-alerts tells them)")
        return
    book, senders, reports = _prepared(context)
    yield from reports
    plan, unknown = _begun(context, book)
    context.record.alerts = Counter(alert.severity for alert in plan.firing.values())
    # To decide takes seconds where there are a hundred thousand results: that is no time of the senders.
    deadline = time.monotonic() + EXPORT_SECONDS - _SETTLING
    outcomes = send_all(senders, plan.due, deadline) if plan.due else {}
    if unknown is None and plan.due:
        try:
            assert context.store is not None
            context.store.transaction(lambda transaction: book.settle(transaction, plan, outcomes))
        except StoreUnusable as unusable:
            yield ExportReport(NAME, problem=f"what was sent cannot be noted, and may be sent again: {unusable}")
    yield from _told(context, plan, outcomes, senders, unknown)


def _prepared(context: ExportContext) -> tuple[AlertBook, dict[str, Sender], list[ExportReport]]:
    """Return what a run makes of alerts, by whom it may tell of them, and who cannot be told of any."""
    settings, policy = context.settings, context.settings.alerts
    interval = run_interval(settings, context.store) if _asks_interval(context) else timedelta(0)
    found = configured_senders(policy, context.environ, interval)
    senders: dict[str, Sender] = dict(found.senders)
    reports = [ExportReport(NAME, problem=f"{name}: {problem}") for name, problem in found.problems.items()]
    place = _outbox(context)
    if place is not None:
        senders[Outbox.name] = Outbox(place, context.clock)
    configured = [*found.senders, *found.problems]
    routes = AlertRoutes(policy, list(found.senders), configured, [Outbox.name] if place is not None else [])
    groups = AlertGroups(
        context.record,
        context.platform,
        context.home,
        whole=context.whole,
        report_url=policy.report_url or job_url(context.environ),
        secrets=secret_values(settings, context.environ),
    )
    rules = AlertRules(groups.alert_of, context.clock, timedelta(days=policy.gone_after_days))
    cooldown = timedelta(seconds=policy.cooldown or 0)
    delivery = DeliveryRules(routes, list(senders), (MAIN,), cooldown, policy.escalation)
    return AlertBook(scope_of(settings), groups.judged(), rules, delivery), senders, reports


def _keeps_quiet(context: ExportContext) -> bool:
    """Return whether somebody waits for alerts of a run that has some, and that was stopped: with ``-x`` that is every one."""
    if context.complete or context.record.narrowed:
        return False
    if not any(result.status in ("fail", "error") for _, result in context.record.results):
        return False
    found = configured_senders(context.settings.alerts, context.environ, timedelta(0))
    return bool(found.senders or found.problems)


def _known_to_fire(context: ExportContext) -> Counter[str] | None:
    """Return how many alerts fire as far as earlier runs know; None where nobody does."""
    scope = scope_of(context.settings)
    try:
        store = context.store
        return store.transaction(lambda transaction: firing_alerts(transaction, scope)) if store is not None else None
    except StoreUnusable:
        return None


def _asks_interval(context: ExportContext) -> bool:
    manager = context.settings.alerts.alertmanager
    return manager.url is not None or manager.url_env is not None


def _outbox(context: ExportContext) -> Path | None:
    """Return the file that alerts are appended to, None for none."""
    said = context.settings.alerts.outbox
    if said is not None:
        return context.home / said
    return context.out / OUTBOX_NAME if context.out is not None else None


def _begun(context: ExportContext, book: AlertBook) -> tuple[AlertPlan, str | None]:
    """Return what is to be told, and why nobody knows what was told before; None where the store does."""
    if context.store is None:
        return book.without_store(), "there is no store"
    retention = timedelta(days=context.settings.store_retention_days)
    try:
        return context.store.transaction(lambda transaction: book.begin(transaction, retention)), None
    except StoreUnusable:
        return book.without_store(), "the store cannot be used"


def _told(
    context: ExportContext,
    plan: AlertPlan,
    outcomes: dict[str, SendOutcome],
    senders: dict[str, Sender],
    unknown: str | None,
) -> Iterator[ExportReport]:
    for name, outcome in outcomes.items():
        if outcome.problem is None:
            continue
        unsent = len(plan.due[name]) - len(outcome.sent)
        missing = count(unsent, "alert")
        sender = senders[name]
        if isinstance(sender, Outbox) and sender.failed:
            yield ExportReport(NAME, problem=outcome.problem, file=_shown_file(context, sender))
        elif not unsent:  # somebody was told, and others were not
            yield ExportReport(NAME, problem=f"{name}: {outcome.problem}")
        elif unknown is None:
            yield ExportReport(NAME, problem=f"{name}: {outcome.problem}; the next run sends {missing} again")
        else:
            yield ExportReport(NAME, problem=f"{name}: {outcome.problem}; {missing} not sent")
    outbox = senders.get(Outbox.name)
    places = {Outbox.name: shown(outbox.path)} if isinstance(outbox, Outbox) else {}
    said = said_of_plan(plan, outcomes, places, unknown)
    if said:
        yield ExportReport(NAME, said=said)


def _shown_file(context: ExportContext, outbox: Outbox) -> str:
    if context.out is not None and outbox.path.parent == context.out:
        return outbox.path.name
    return safe(str(outbox.path))
