"""Of many that claim at once one gets it, and nobody for a while."""

from __future__ import annotations

import multiprocessing
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pytest_mlmonitor.core.store.claims import claim, release
from pytest_mlmonitor.core.store.database import Store
from pytest_mlmonitor.core.store.sqlite_store import SqliteStore

from .conftest import store_at

MIDNIGHT = datetime(2026, 11, 28, tzinfo=UTC)


def at(hours: float) -> datetime:
    return MIDNIGHT + timedelta(hours=hours)


def claimed(store: Store, hours: float, key: str = "retrain/bike", *, force: bool = False) -> bool:
    return store.transaction(lambda transaction: claim(transaction, key, at(hours), force=force))


def test_twelve_hours_and_two_a_day(store: Store) -> None:
    hours = (0, 1, 12, 23.9, 24, 36)
    assert [claimed(store, one) for one in hours] == [True, False, True, False, True, True]


def test_a_third_on_one_day_is_not_granted(store: Store) -> None:
    short = timedelta(hours=1)
    granted = [
        store.transaction(lambda transaction, one=one: claim(transaction, "retrain/bike", at(one), short))
        for one in (0, 2, 4, 24)
    ]
    assert granted == [True, True, False, True]


def test_another_key_is_another_matter(store: Store) -> None:
    assert claimed(store, 0)
    assert claimed(store, 0, "retrain/taxi")


def test_force_is_granted_and_counts(store: Store) -> None:
    assert claimed(store, 0)
    assert claimed(store, 1, force=True)
    assert not claimed(store, 12.5)
    assert not claimed(store, 13), "two of this day are claimed"


def test_what_did_not_happen_is_given_back(store: Store) -> None:
    assert claimed(store, 0)
    store.transaction(lambda transaction: release(transaction, "retrain/bike", at(0)))
    assert claimed(store, 1)
    assert claimed(store, 13)
    store.transaction(lambda transaction: release(transaction, "retrain/bike", at(13)))
    assert claimed(store, 14)
    assert not claimed(store, 23)


def test_a_claim_that_was_taken_over_is_not_given_back(store: Store) -> None:
    assert claimed(store, 0)
    assert claimed(store, 12)
    store.transaction(lambda transaction: release(transaction, "retrain/bike", at(0)))
    assert not claimed(store, 13)


def test_a_claim_that_is_taken_back_did_not_happen(store: Store) -> None:
    def claim_and_fail(transaction: object) -> None:
        claim(transaction, "retrain/bike", at(0))  # type: ignore[arg-type]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.transaction(claim_and_fail)
    assert claimed(store, 0)


def test_a_lost_table_of_claims_grants_none(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    store = SqliteStore(path)
    now = datetime.now(UTC)
    assert store.transaction(lambda transaction: claim(transaction, "retrain/bike", now))
    store.close()
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE claim")
    connection.close()
    again = SqliteStore(path)
    for key in ("retrain/bike", "retrain/taxi"):
        assert not again.transaction(lambda transaction, key=key: claim(transaction, key, now))
    assert "damaged" in again.notices[0]
    later = now + timedelta(hours=13)
    assert again.transaction(lambda transaction: claim(transaction, "retrain/bike", later))
    assert again.transaction(lambda transaction: claim(transaction, "retrain/taxi", now, force=True))


def _claim_often(place: str, results: object) -> None:
    store = store_at(place)
    won = sum(claimed(store, 0) for _ in range(150))
    results.put(won)  # type: ignore[attr-defined]


@pytest.mark.slow(turn=2)
def test_of_six_processes_that_claim_150_times_one_wins_once(place: str) -> None:
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    processes = [context.Process(target=_claim_often, args=(place, results)) for _ in range(6)]
    for process in processes:
        process.start()
    won = [results.get(timeout=120) for _ in processes]
    for process in processes:
        process.join()
    assert sum(won) == 1
