"""Retraining: what a run gives reason for is decided once, written down, and told to whoever trains."""

from __future__ import annotations

import shlex
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from pytest_mlmonitor.core.record import ExportReport
from pytest_mlmonitor.core.store.database import Store, StoreUnusable, Transaction
from pytest_mlmonitor.core.store.decisions import (
    KeptDecision,
    decide,
    forget_decisions,
    free_from,
    note_filed,
    waiting,
    withdraw_decision,
)
from pytest_mlmonitor.core.text.names import bare, safe, shown
from pytest_mlmonitor.core.text.words import count, listing
from pytest_mlmonitor.links.models.fed_models import FedModels
from pytest_mlmonitor.outputs.export import EXPORT_SECONDS, ExportContext
from pytest_mlmonitor.outputs.retraining.decision_files import (
    file_name,
    rehearsal_name,
    remove_decision,
    remove_rehearsals,
    write_decision,
)
from pytest_mlmonitor.outputs.retraining.decision_posts import is_named, post_decisions
from pytest_mlmonitor.outputs.retraining.reasons_over import ReasonsOver
from pytest_mlmonitor.outputs.retraining.retrain_decision import RetrainDecision, as_json, decision_of, in_words
from pytest_mlmonitor.outputs.retraining.training_reasons import ReasonsFound, reasons_in

NAME = "retrain"

_SAID = 3
"""Models of which the end of a run speaks."""


def export_retraining(context: ExportContext) -> Iterator[ExportReport]:
    """Decide what is to be trained again, and yield what became of it.

    A run that judged a part of the platform decides nothing, nor does one without a store: they write down what they would decide.
    """
    policy = context.settings.retrain
    if policy.off or not context.complete:
        return
    deadline = time.monotonic() + EXPORT_SECONDS
    found = reasons_in(context.record, context.platform, policy)
    rehearsed = _why_rehearsed(context)
    if rehearsed is None:
        assert context.store is not None
        yield from _decided(context, context.store, found, deadline)
        rehearsals: list[RetrainDecision] = []
    else:
        rehearsals = _decisions(context, found, rehearsed)
        yield from _rehearsed(context, rehearsals, rehearsed)
    if context.out is not None and context.whole:
        remove_rehearsals(context.out, [rehearsal_name(one["model"]) for one in rehearsals])
    if found.of_none and context.whole and "retrain" in context.settings.model_fields_set:
        names = listing(list(dict.fromkeys(bare(one.artifact, 60) for one in found.of_none)), 3)
        yield ExportReport(NAME, f"no retraining for {names}: no model is known to learn from it")


def _why_rehearsed(context: ExportContext) -> str | None:
    """Return why this run decides nothing, None where it does."""
    if context.settings.retrain.dry_run:
        return "retrain.dry_run"
    if not context.whole:
        return "a part of what the roots hold was judged"
    if context.store is None:
        return "there is no store: without a policy file nobody knows what was decided before"
    problem = context.record.store.problem if context.record.store is not None else None
    return f"the store {context.store.name} cannot be used ({problem})" if problem is not None else None


def _decisions(context: ExportContext, found: ReasonsFound, rehearsed: str | None) -> list[RetrainDecision]:
    models = context.platform.view(FedModels).by_name
    return [
        decision_of(
            models[model],
            reasons,
            environment=context.settings.environment,
            decided_at=context.clock,
            evaluated_at=context.record.evaluated_at,
            trace_id=context.record.trace_id,
            dry_run=rehearsed,
        )
        for model, reasons in found.by_model.items()
    ]


def _rehearsed(context: ExportContext, decisions: Sequence[RetrainDecision], why: str) -> Iterator[ExportReport]:
    """Write down what would be decided."""
    written = []
    for decision in decisions:
        name = rehearsal_name(decision["model"])
        if context.out is not None:
            failed = _write(context.out, name, as_json(decision))
            if failed is not None:
                yield failed
                continue
        written.append(bare(decision["model"], 60))
    if not decisions:
        return
    store = context.record.store
    if context.whole and not context.settings.retrain.dry_run and store is not None and store.problem is not None:
        names = listing([bare(one["model"], 60) for one in decisions], 3)
        yield ExportReport(NAME, problem=f"nothing is decided of {names}: {why}")
    elif written and (context.whole or context.out is not None):
        yield ExportReport(NAME, f"would train {listing(written, 3)} again (dry run: {why})")


@dataclass
class _Kept:
    """What one transaction did: decisions by what became of them."""

    new: list[RetrainDecision] = field(default_factory=list)
    held: list[tuple[str, datetime | None]] = field(default_factory=list)
    replaced: list[KeptDecision] = field(default_factory=list)
    withdrawn: list[KeptDecision] = field(default_factory=list)
    waiting: list[KeptDecision] = field(default_factory=list)


def _decided(context: ExportContext, store: Store, reasons: ReasonsFound, deadline: float) -> Iterator[ExportReport]:
    """Decide, in one transaction; then finish what is begun, by this run or by one that was killed: files and posts."""
    policy, environment = context.settings.retrain, context.settings.environment
    cooldown = timedelta(seconds=policy.cooldown or 0.0)
    before = context.clock - timedelta(days=context.settings.store_retention_days)

    decisions = _decisions(context, reasons, None)

    def work(transaction: Transaction) -> _Kept:
        kept = _Kept()
        forget_decisions(transaction, before)
        for decision in decisions:
            model = decision["model"]
            new = KeptDecision(decision["idempotency_key"], environment, model, as_json(decision), context.clock)
            older = waiting(transaction, environment, model)
            if decide(transaction, new, cooldown, policy.a_day):
                kept.new.append(decision)
                kept.replaced += older
            else:
                kept.held.append((model, free_from(transaction, environment, model, cooldown, policy.a_day)))
        for one in waiting(transaction, environment):
            if one.model not in reasons.by_model and over.is_over(one.told):
                if withdraw_decision(transaction, one.key):
                    kept.withdrawn.append(one)
            else:
                kept.waiting.append(one)
        return kept

    over = ReasonsOver(context.record, context.platform, policy)
    try:
        kept = store.transaction(work)
        if context.out is not None:
            for one in (*kept.replaced, *kept.withdrawn):
                remove_decision(context.out, file_name(one.model, one.key))
        yield from _filed(context, store, kept.waiting)
        posted: list[str] = []
        unsent = [one for one in kept.waiting if one.sent_at is None]
        if unsent and is_named(policy.webhook):
            posted, problems = post_decisions(store, unsent, policy.webhook, context.environ, context.clock, deadline)
            for problem in problems:
                yield ExportReport(NAME, problem=f"not posted, the next run tries again: {problem}")
    except StoreUnusable as error:
        yield ExportReport(NAME, problem=f"the store {store.name} cannot be used ({error}): the next run finishes it")
        return
    said = _said(kept, posted)
    if said:
        yield ExportReport(NAME, said)


def _filed(context: ExportContext, store: Store, decisions: Sequence[KeptDecision]) -> Iterator[ExportReport]:
    """Write the files of decisions that have none yet."""
    if context.out is None:
        return
    written = []
    for one in decisions:
        if one.filed_at is None:
            failed = _write(context.out, file_name(one.model, one.key), one.told)
            if failed is not None:
                yield failed
                continue
            written.append(one.key)

    def noted(transaction: Transaction) -> None:
        for key in written:
            note_filed(transaction, key, context.clock)

    if written:
        store.transaction(noted)


def _write(out: Path, name: str, text: str) -> ExportReport | None:
    """Write a file; return what is to be said where it could not be."""
    try:
        write_decision(out, name, text)
    except OSError as error:
        return ExportReport(NAME, problem=safe(error.strerror or str(error)), file=shown(out / name))
    return None


def _claiming(model: str) -> str:
    """Return the command that claims a decision, to be pasted into a shell: a name comes out of an artifact.

    >>> _claiming("$(touch x)")
    "mlmonitor retrain claim '$(touch x)'"
    """
    return f"mlmonitor retrain claim {shlex.quote(bare(model, 60))}"


def _said(kept: _Kept, posted: Sequence[str]) -> str:
    parts = []
    for decision in kept.new[:_SAID]:
        model = bare(decision["model"], 60)
        sent = ", posted" if decision["model"] in posted else ""
        parts.append(f"{model} is to be trained again: {in_words(decision)}{sent} ({_claiming(decision['model'])})")
    parts += [f"retraining of {bare(one.model, 60)} withdrawn: its reasons are gone" for one in kept.withdrawn[:_SAID]]
    more = [one for one in posted if one not in {decision["model"] for decision in kept.new}]
    parts += [f"retraining of {bare(model, 60)} posted" for model in more[:_SAID]]
    untaken = {one.model for one in kept.waiting}
    for model, until in kept.held[:_SAID]:
        named = bare(model, 60)
        when = f" until {until:%Y-%m-%d %H:%M} UTC" if until is not None else ""
        parts.append(
            f"{named} still waits to be trained again ({_claiming(model)})"
            if model in untaken
            else f"retraining of {named} held back{when}"
        )
    left = sum(max(len(some) - _SAID, 0) for some in (kept.new, kept.withdrawn, more, kept.held))
    parts += [f"{count(left, 'other model')}: mlmonitor retrain list"] if left else []
    return ", ".join(parts)
