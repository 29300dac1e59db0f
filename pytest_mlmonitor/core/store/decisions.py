"""Decisions to train a model again: a run makes one, at most so often; one consumer takes it, and no other.

A decision waits until it is taken, until a newer one of its model replaces it, or until its reasons are gone. What still has to
be done for it (its file written, its webhook posted) is noted with it: whoever dies in between leaves it to the next run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from pytest_mlmonitor.core.store.claims import claim
from pytest_mlmonitor.core.store.database import Damage, Row, RowValues, Transaction, storable
from pytest_mlmonitor.core.store.store_tables import mark_of, vouched
from pytest_mlmonitor.core.store.stored_times import day_of, moment_of
from pytest_mlmonitor.core.text.times import EPOCH, microseconds_of

DecisionState = Literal["waiting", "taken", "replaced", "withdrawn"]

DECISION_STATES: tuple[DecisionState, ...] = ("waiting", "taken", "replaced", "withdrawn")

LEASE = timedelta(seconds=60)
"""How long one run alone may try to post a decision; an exporter has five seconds."""

_COLUMNS = "key, environment, model, state, decided_at, taken_at, filed_at, sent_at, tried_at, told, mark"
_INSERT = f"INSERT INTO decision ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 (the columns are ours)
_OF_MODEL = f"""SELECT {_COLUMNS} FROM decision WHERE environment = ? AND model = ? AND state = ?
    ORDER BY decided_at DESC, key"""  # noqa: S608
_LATEST = f"SELECT {_COLUMNS} FROM decision WHERE environment = ? ORDER BY decided_at DESC, key LIMIT ?"  # noqa: S608
_OF_KEY = f"SELECT {_COLUMNS} FROM decision WHERE key = ?"  # noqa: S608
_ALL_WAITING = f"SELECT {_COLUMNS} FROM decision WHERE environment = ? AND state = ? ORDER BY decided_at, key"  # noqa: S608


@dataclass(frozen=True)
class KeptDecision:
    """A decision as it is kept.

    Attributes:
        key: by which it is known again, to whoever takes it, too.
        environment: the policy's.
        model: that is to be trained.
        told: the decision as JSON.
        decided_at: by the clock, UTC.
        state: what became of it.
        taken_at: when somebody took it, None while nobody has.
        filed_at: when its file was written, None while it is not.
        sent_at: when its webhook took it, None while it has not.
        tried_at: when somebody began to post it, None where nobody is at it.
    """

    key: str
    environment: str
    model: str
    told: str
    decided_at: datetime
    state: DecisionState = "waiting"
    taken_at: datetime | None = None
    filed_at: datetime | None = None
    sent_at: datetime | None = None
    tried_at: datetime | None = None


def decide(
    transaction: Transaction,
    decision: KeptDecision,
    cooldown: timedelta,
    a_day: int,
    *,
    force: bool = False,
) -> bool:
    """Keep a decision where its model may have one now, in the place of one that still waits; return whether it may.

    Args:
        transaction: of the store.
        decision: a new one.
        cooldown: how long after a decision there is no other of the model.
        a_day: decisions of one day (UTC) at most.
        force: keep it whatever was decided before; it counts like any other.
    """
    key = claim_key(decision.environment, decision.model)
    if not claim(transaction, key, decision.decided_at, cooldown, a_day, force=force):
        return False
    for other in waiting(transaction, decision.environment, decision.model):
        _change(transaction, other, replace(other, state="replaced"))
    transaction.run(_INSERT, _row(decision))
    return True


def claim_key(environment: str, model: str) -> str:
    """Return what is claimed by a decision: one environment's model does not hold back another's."""
    return str(storable(f"retrain/{environment}/{model}"))


def free_from(
    transaction: Transaction, environment: str, model: str, cooldown: timedelta, a_day: int
) -> datetime | None:
    """Return from when on a model may have another decision; None where it never had one."""
    rows = transaction.run(
        "SELECT key, claimed_at, day, claims, mark FROM claim WHERE key = ?", (claim_key(environment, model),)
    )
    if not rows:
        return None
    _, claimed_at, day, claims = vouched(rows[0])
    moment = moment_of(claimed_at) + cooldown
    return max(moment, EPOCH + timedelta(days=day + 1)) if claims >= a_day and day_of(moment) == day else moment


def waiting(transaction: Transaction, environment: str, model: str | None = None) -> list[KeptDecision]:
    """Return the decisions of an environment, or of one model of it, that nobody has taken."""
    if model is None:
        rows = transaction.run(_ALL_WAITING, (storable(environment), "waiting"))
    else:
        rows = transaction.run(_OF_MODEL, (storable(environment), storable(model), "waiting"))
    return [_decision(row) for row in rows]


def latest_decisions(transaction: Transaction, environment: str, most: int = 100) -> list[KeptDecision]:
    """Return the latest decisions of an environment, the newest first."""
    return [_decision(row) for row in transaction.run(_LATEST, (storable(environment), most))]


def take(transaction: Transaction, environment: str, model: str, at: datetime) -> KeptDecision | None:
    """Return the decision of a model that waits; it is taken then, by whoever is told it first. None where none waits."""
    for decision in waiting(transaction, environment, model):
        taken = replace(decision, state="taken", taken_at=at)
        if _change(transaction, decision, taken):
            return taken
    return None


def give_back(transaction: Transaction, key: str) -> None:
    """Let a decision wait again of which whoever took it could not be told; where a newer one waits, that has replaced it."""
    for row in transaction.run(_OF_KEY, (key,)):
        taken = _decision(row)
        if taken.state == "taken":
            newer = waiting(transaction, taken.environment, taken.model)
            _change(transaction, taken, replace(taken, state="replaced" if newer else "waiting", taken_at=None))


def withdraw_decision(transaction: Transaction, key: str) -> bool:
    """Take back a decision whose reasons are gone; return whether it still waited."""
    found = _waiting_one(transaction, key)
    return found is not None and _change(transaction, found, replace(found, state="withdrawn"))


def begin_posting(transaction: Transaction, key: str, at: datetime) -> bool:
    """Return whether whoever asks is to post a decision: it still waits, was not posted, and nobody else is at it."""
    found = _waiting_one(transaction, key)
    if found is None or found.sent_at is not None:
        return False
    if found.tried_at is not None and abs(at - found.tried_at) < LEASE:
        return False
    return _change(transaction, found, replace(found, tried_at=at))


def end_posting(transaction: Transaction, key: str, sent_at: datetime | None) -> None:
    """Note that a decision was posted; without a time that it was not, so that the next run does it."""
    _note(transaction, key, lambda one: replace(one, sent_at=sent_at, tried_at=None))


def note_filed(transaction: Transaction, key: str, at: datetime) -> None:
    """Note that the file of a decision is written."""
    _note(transaction, key, lambda one: replace(one, filed_at=at))


def forget_decisions(transaction: Transaction, before: datetime) -> None:
    """Forget decisions that were made before a time."""
    transaction.run("DELETE FROM decision WHERE decided_at < ?", (microseconds_of(before),))


def _note(transaction: Transaction, key: str, noted: Callable[[KeptDecision], KeptDecision]) -> None:
    """Change what is noted of a decision, whatever became of it."""
    for row in transaction.run(_OF_KEY, (key,)):
        before = _decision(row)
        _change(transaction, before, noted(before))


def _waiting_one(transaction: Transaction, key: str) -> KeptDecision | None:
    found = [_decision(row) for row in transaction.run(_OF_KEY, (key,))]
    return next((one for one in found if one.state == "waiting"), None)


def _change(transaction: Transaction, before: KeptDecision, after: KeptDecision) -> bool:
    """Put a decision in the place of what it was; return whether it still was that: of two that take it only one does."""
    row = _row(after)
    return bool(
        transaction.run(
            """UPDATE decision SET state = ?, taken_at = ?, filed_at = ?, sent_at = ?, tried_at = ?, mark = ?
            WHERE key = ? AND state = ? AND mark = ? RETURNING key""",
            (row[3], *row[5:9], row[10], row[0], before.state, _row(before)[10]),
        )
    )


def _row(decision: KeptDecision) -> RowValues:
    times = (decision.taken_at, decision.filed_at, decision.sent_at, decision.tried_at)
    values: list[str | int] = [
        storable(decision.key),
        storable(decision.environment),
        storable(decision.model),
        decision.state,
        microseconds_of(decision.decided_at),
        *(microseconds_of(time) if time is not None else 0 for time in times),
        storable(decision.told),
    ]
    return [*values, mark_of(values)]


def _decision(row: Row) -> KeptDecision:
    key, environment, model, state, decided_at, *times, told = vouched(row)
    if state not in DECISION_STATES:
        raise Damage(f"the state of a decision is {state!r}")
    taken_at, filed_at, sent_at, tried_at = (moment_of(time) if time else None for time in times)
    return KeptDecision(
        key, environment, model, told, moment_of(decided_at), state, taken_at, filed_at, sent_at, tried_at
    )
