"""Claims: of many that want to do a thing at once, one may; and it is not done again for a while."""

from __future__ import annotations

from datetime import datetime, timedelta

from pytest_mlmonitor.core.store.database import Transaction
from pytest_mlmonitor.core.store.store_tables import mark_of, vouched
from pytest_mlmonitor.core.store.stored_times import day_of
from pytest_mlmonitor.core.text.times import microseconds_of

RETRAIN_COOLDOWN = timedelta(hours=12)
RETRAIN_A_DAY = 2
"""How often a retraining may be claimed (specification 3)."""

CLAIMS_LOST = "claims_lost_at"
"""Fact: when the store was damaged so that claims may have been lost, by the clock."""

_ALWAYS = 2**31
_ROW = "SELECT key, claimed_at, day, claims, mark FROM claim WHERE key = ?"


def claim(
    transaction: Transaction,
    key: str,
    at: datetime,
    cooldown: timedelta = RETRAIN_COOLDOWN,
    a_day: int | None = RETRAIN_A_DAY,
    *,
    force: bool = False,
) -> bool:
    """Return whether whoever asks may do what ``key`` names; who is told so first has claimed it.

    After a damage that may have cost claims nobody gets one for as long as the cooldown: it cannot be known.

    Args:
        transaction: of the store. The claim counts once it has ended.
        key: what is claimed, e.g. ``retrain/bike_demand``.
        at: now, UTC.
        cooldown: how long after a claim there is no other.
        a_day: claims of one day (UTC) at most; None for any number.
        force: grant it whatever was claimed before; it counts like any other.
    """
    _known(transaction, key)
    now, wait, most = microseconds_of(at), cooldown // timedelta(microseconds=1), _ALWAYS if a_day is None else a_day
    if force:
        wait, most = -(2**62), _ALWAYS
    else:
        lost = transaction.run("SELECT number FROM fact WHERE name = ?", (CLAIMS_LOST,))
        if lost and now - lost[0][0] < wait:
            return False
    granted = transaction.run(
        """INSERT INTO claim (key, claimed_at, day, claims, mark) VALUES (?, ?, ?, 1, 0)
        ON CONFLICT (key) DO UPDATE SET claimed_at = excluded.claimed_at,
        day = excluded.day, claims = CASE WHEN claim.day = excluded.day THEN claim.claims + 1 ELSE 1 END
        WHERE excluded.claimed_at - claim.claimed_at >= ? AND (claim.day <> excluded.day OR claim.claims < ?)
        RETURNING claims""",
        (key, now, day_of(at), wait, most),
    )
    if granted:
        _mark(transaction, key)
    return bool(granted)


def release(transaction: Transaction, key: str, at: datetime) -> None:
    """Give back a claim that was granted at a time, because what it was for did not happen."""
    _known(transaction, key)
    transaction.run("DELETE FROM claim WHERE key = ? AND claimed_at = ? AND claims = 1", (key, microseconds_of(at)))
    transaction.run(
        "UPDATE claim SET claims = claims - 1, claimed_at = 0 WHERE key = ? AND claimed_at = ?",
        (key, microseconds_of(at)),
    )
    _mark(transaction, key)


def _known(transaction: Transaction, key: str) -> None:
    """Look at what is claimed before anybody relies on it."""
    for row in transaction.run(_ROW, (key,)):
        vouched(row)


def _mark(transaction: Transaction, key: str) -> None:
    for row in transaction.run(_ROW, (key,)):
        transaction.run("UPDATE claim SET mark = ? WHERE key = ?", (mark_of(row[:-1]), key))
