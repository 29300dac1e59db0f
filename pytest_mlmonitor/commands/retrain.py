"""``mlmonitor retrain``: decisions to train models again, and the one consumer who takes each of them."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Annotated, NoReturn, cast

import typer

from pytest_mlmonitor.commands.answer import print_json
from pytest_mlmonitor.commands.roots import policy_around
from pytest_mlmonitor.core.open_store import open_store
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.store.database import Damage, Store, StoreUnusable, T, Transaction
from pytest_mlmonitor.core.store.decisions import (
    KeptDecision,
    decide,
    free_from,
    give_back,
    latest_decisions,
    take,
)
from pytest_mlmonitor.core.text.names import quoted, safe
from pytest_mlmonitor.core.text.near import did_you_mean
from pytest_mlmonitor.core.text.words import instant, listing
from pytest_mlmonitor.outputs.retraining.retrain_decision import RetrainDecision, as_json, forced_decision, in_words

NOT_CLAIMED, COULD_NOT = 1, 3

AsJson = Annotated[bool, typer.Option("--json", help="print JSON")]


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    group = typer.Typer(
        no_args_is_help=True,
        rich_markup_mode=None,
        help="Take or list decisions to train models again.",
    )
    group.command("claim")(claim)
    group.command("list")(list_decisions)
    app.add_typer(group, name="retrain")


def claim(
    model: Annotated[str, typer.Argument(help="name of the model, as its runs and deployments have it")],
    force: Annotated[
        bool, typer.Option("--force", help="claim it although nothing is decided: you answer for it, and it counts")
    ] = False,
    as_json_: AsJson = False,
) -> None:
    """Take the decision to train MODEL again, where one waits; nobody else gets it then.

    Exits 0 where it is yours, 1 where there is nothing to take, 3 where the store cannot be used, or nothing can be printed: then
    the decision waits on.
    """
    if not model.strip():
        raise typer.BadParameter("it is empty", param_hint="MODEL")
    settings, store = _opened()
    model, now = safe(model), datetime.now(UTC)  # as it stands in decisions

    def work(transaction: Transaction) -> KeptDecision | str:
        taken = take(transaction, settings.environment, model, now)
        if taken is None and force:
            taken = _forced(transaction, settings, model, now)
        return taken if taken is not None else _why_none(transaction, settings, model)

    found = _done(store, work)
    if isinstance(found, str):
        if as_json_:
            print_json({"claimed": False, "model": model, "reason": found, "decision": None})
        else:
            _say(found)
        raise typer.Exit(NOT_CLAIMED)
    try:
        _tell(found, as_json_)
    except BrokenPipeError:
        _close_output()  # whoever reads has read what it wanted: ``… | grep -q claimed``
    except OSError as error:
        _close_output()
        _take_back(found, error)


def _tell(taken: KeptDecision, as_json_: bool) -> None:
    """Print a decision that was taken.

    Raises:
        OSError: it could not be printed.
    """
    decision = _decision(taken)
    if as_json_:
        print_json({"claimed": True, "model": taken.model, "reason": None, "decision": decision})
    else:
        head = f"claimed {safe(taken.model)}: {in_words(decision)}"
        typer.echo(f"{head}\ndecided {instant(taken.decided_at)}, key {taken.key}")
    if sys.stdout is not None:
        sys.stdout.flush()


def _take_back(taken: KeptDecision, error: OSError) -> NoReturn:
    """Give a decision back that could not be printed; what ``--force`` made is claimed by it again."""
    by_force = taken.taken_at == taken.decided_at
    if not by_force:
        _done(_opened()[1], partial(give_back, key=taken.key))
    again = f"mlmonitor retrain claim {taken.model}{' --force' if by_force else ''}"
    _fail(f"the decision could not be printed ({error.strerror or error}), so it is not taken: {again}")


def _close_output() -> None:
    """Let nobody try to print the rest when the process ends: that would change its exit status."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def list_decisions(
    as_json_: AsJson = False,
    most: Annotated[int, typer.Option("--most", min=1, help="decisions, the newest first")] = 100,
) -> None:
    """List the decisions to train models again, the newest first: which wait, which were taken, and why they were made."""
    settings, store = _opened()
    found = _done(store, partial(latest_decisions, environment=settings.environment, most=most))
    if as_json_:
        print_json(
            [
                {
                    "state": one.state,
                    "taken_at": instant(one.taken_at) if one.taken_at is not None else None,
                    "posted_at": instant(one.sent_at) if one.sent_at is not None else None,
                    "decision": _decision(one),
                }
                for one in found
            ]
        )
        return
    for one in found:
        typer.echo(f"{one.state:<9}  {instant(one.decided_at)}  {safe(one.model)}: {in_words(_decision(one))}")
    if not found:
        typer.echo("nothing is decided yet")


def _opened() -> tuple[Settings, Store]:
    settings, file = policy_around()
    store = open_store(settings, file)
    if store is None:
        _fail(
            "there is no store: decisions are kept beside a policy file, mlmonitor.toml or [tool.mlmonitor], and none is here or "
            "above: call it in the directory of that file"
        )
    return settings, store


def _done(store: Store, work: Callable[[Transaction], T]) -> T:
    """Return what ``work`` returns; end with status 3 where the store cannot be used."""
    try:
        found = store.transaction(work)
    except (StoreUnusable, Damage) as error:
        _fail(f"the store {store.name} cannot be used: {error}")
    finally:
        store.close()
    for notice in store.notices:
        _say(f"the store {store.name} {notice}")
    return found


def _forced(transaction: Transaction, settings: Settings, model: str, now: datetime) -> KeptDecision:
    policy, environment = settings.retrain, settings.environment
    decision = forced_decision(model, environment, now)
    kept = KeptDecision(
        decision["idempotency_key"], environment, model, as_json(decision), now, state="taken", taken_at=now
    )
    decide(transaction, kept, timedelta(seconds=policy.cooldown or 0.0), policy.a_day, force=True)
    return kept


def _why_none(transaction: Transaction, settings: Settings, model: str) -> str:
    """Return why there is nothing to take, and what to do."""
    known = latest_decisions(transaction, settings.environment)
    own = next((one for one in known if one.model == model), None)
    where = f" in the environment {settings.environment}"
    if own is None:
        names = list(dict.fromkeys(one.model for one in known))
        if not names:
            return f"nothing is decided{where} yet: a run decides it, or --force does"
        near = did_you_mean(model, names)
        others = listing([quoted(name, 60) for name in names], 5)
        return f"nothing is decided of {quoted(model)}{where}{near}; decided of: {others}"
    policy = settings.retrain
    cooldown = timedelta(seconds=policy.cooldown or 0.0)
    free = free_from(transaction, settings.environment, own.model, cooldown, policy.a_day)
    became = {
        "taken": f"was taken {instant(own.taken_at or own.decided_at)}",
        "withdrawn": "was withdrawn: its reasons are gone",
        "replaced": "was replaced",
        "waiting": "waits",
    }[own.state]
    again = f"; the next may be decided from {instant(free)} on, and --force claims it now" if free is not None else ""
    return f"nothing to claim: the decision of {instant(own.decided_at)} {became}{again}"


def _decision(kept: KeptDecision) -> RetrainDecision:
    try:
        return cast("RetrainDecision", json.loads(kept.told))
    except ValueError:
        _fail(f"the store holds a decision that is none: {kept.key}")


def _say(message: str) -> None:
    typer.echo(f"mlmonitor: {safe(message)}", err=True)


def _fail(message: str) -> NoReturn:
    _say(message)
    raise typer.Exit(COULD_NOT)
