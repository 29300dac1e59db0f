"""What runs of a suite leave behind of families: their verdicts run by run, and since when checks find something."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_mlmonitor.core.store.database import Store, Transaction
from pytest_mlmonitor.core.store.kept.expositions import Suite
from pytest_mlmonitor.core.store.kept.family_history import (
    RUNS,
    WHOLE,
    LastSaid,
    SuitePast,
    SuiteRun,
    forget_families,
    suite_past,
)
from pytest_mlmonitor.core.store.sqlite_store import SqliteStore

from ..conftest import store_at

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
NIGHTLY = Suite("nightly", "prod")
BIKE = "dataset:data/bike"
MODEL = "training_run:runs"
STALE = (BIKE, "freshness")


def at(hour: float) -> datetime:
    return NOON + timedelta(hours=hour)


def past(store: Store, hour: float, suite: Suite = NIGHTLY, clock: float | None = None) -> SuitePast:
    """Look back as of an hour after noon."""
    now = at(hour if clock is None else clock)
    return store.transaction(lambda transaction: suite_past(transaction, suite, at(hour), now))


def run(
    store: Store, hour: float, said: Mapping[tuple[str, str] | str, str], suite: Suite = NIGHTLY, recorded: float = 0
) -> None:
    """Keep a run as of an hour after noon."""
    verdicts = {(key, WHOLE) if isinstance(key, str) else key: verdict for key, verdict in said.items()}

    def work(transaction: Transaction) -> None:
        found = suite_past(transaction, suite, at(hour), at(hour))
        assert found.ongoing
        found.keep(transaction, SuiteRun(at(hour + recorded), at(hour), 1, 2, 3), verdicts)

    store.transaction(work)


def rows(store: Store, table: str) -> int:
    return int(store.transaction(lambda transaction: transaction.run(f"SELECT count(*) FROM {table}"))[0][0])  # noqa: S608


def test_the_first_run_has_no_past(store: Store) -> None:
    found = past(store, 0)
    assert (found.runs, found.ongoing, found.verdicts(BIKE), found.last(BIKE)) == ((), True, [], None)


def test_verdicts_stand_in_the_order_of_the_runs_and_none_where_nothing_was_judged(store: Store) -> None:
    run(store, 0, {BIKE: "ok", MODEL: "ok"})
    run(store, 1, {MODEL: "ok"})
    run(store, 2, {BIKE: "failed", MODEL: "ok"})
    found = past(store, 3)
    assert [one.evaluated_at for one in found.runs] == [at(0), at(1), at(2)]
    assert found.runs[-1] == SuiteRun(at(2), at(2), 1, 2, 3)
    assert found.verdicts(BIKE) == ["ok", None, "failed"]
    assert found.verdicts(MODEL) == ["ok"] * 3
    assert found.last(MODEL) == LastSaid("ok", at(0), 3)
    assert found.last(BIKE) == LastSaid("failed", at(2), 1)
    assert found.verdicts("dataset:data/new") == [None] * 3


def test_since_when_a_check_finds_something(store: Store) -> None:
    for hour, verdict in enumerate(["warned", "failed", "failed"]):
        run(store, hour, {BIKE: verdict, STALE: verdict})
    assert past(store, 3).last(*STALE) == LastSaid("failed", at(1), 2)
    assert past(store, 3).verdicts(*STALE) == ["warned", "failed", "failed"]
    run(store, 3, {BIKE: "ok"})
    assert past(store, 4).last(*STALE) is None
    run(store, 4, {BIKE: "failed", STALE: "failed"})
    assert past(store, 5).last(*STALE) == LastSaid("failed", at(4), 1)


def test_only_the_last_runs_are_looked_at_and_the_number_is_of_all(store: Store) -> None:
    for hour in range(30):
        run(store, hour, {BIKE: "failed", MODEL: "ok" if hour < 5 else "failed"})
    found = past(store, 30)
    assert len(found.runs) == RUNS - 1
    assert found.verdicts(MODEL) == ["failed"] * 19
    assert found.last(BIKE) == LastSaid("failed", at(0), 30)
    assert rows(store, "family_verdict") == 3, "what stays the same takes no room"


def test_suites_and_environments_know_nothing_of_one_another(store: Store) -> None:
    run(store, 0, {BIKE: "failed"})
    for other in (Suite("nightly", "dev"), Suite("", "prod")):
        assert past(store, 1, other).runs == ()
        run(store, 1, {BIKE: "ok"}, other)
    run(store, 2, {BIKE: "failed"})
    assert past(store, 3).last(BIKE) == LastSaid("failed", at(0), 2)


def test_a_run_of_the_past_sees_only_what_was_before_it(store: Store) -> None:
    for hour, verdict in enumerate(["ok", "ok", "failed"]):
        run(store, hour, {BIKE: verdict})
    found = past(store, 1.5)
    assert (found.ongoing, found.verdicts(BIKE), found.last(BIKE)) == (False, ["ok", "ok"], LastSaid("ok", at(0), 2))
    first = past(store, -1)
    assert (first.ongoing, first.runs, first.last(BIKE)) == (False, (), None)


def test_a_look_into_the_future_is_none_that_others_go_on_from(store: Store) -> None:
    run(store, 0, {BIKE: "ok"})
    found = past(store, 9000, clock=1)
    assert (found.ongoing, found.last(BIKE)) == (False, LastSaid("ok", at(0), 1))


def test_retention_forgets_runs_and_keeps_since_and_how_many(store: Store) -> None:
    for hour in range(4):
        run(store, hour, {BIKE: "failed", STALE: "failed", **({MODEL: "ok"} if hour < 2 else {})})
    store.transaction(lambda transaction: forget_families(transaction, at(2.5)))
    found = past(store, 4)
    assert [one.evaluated_at for one in found.runs] == [at(3)]
    assert found.verdicts(BIKE) == ["failed"]
    assert found.last(*STALE) == LastSaid("failed", at(0), 4)
    assert (rows(store, "suite_run"), rows(store, "family"), rows(store, "family_verdict")) == (1, 1, 2)


def test_a_suite_that_runs_no_more_is_forgotten(store: Store) -> None:
    run(store, 0, {BIKE: "failed"}, Suite("old", "prod"))
    run(store, 5, {BIKE: "failed"})
    store.transaction(lambda transaction: forget_families(transaction, at(1)))
    assert (rows(store, "suite_run"), rows(store, "family"), rows(store, "family_verdict")) == (1, 1, 1)
    assert past(store, 6).last(BIKE) == LastSaid("failed", at(5), 1)


def test_odd_names_are_stored_and_found(store: Store) -> None:
    odd, check = "dataset:a\x00b\udcff'); DROP TABLE family; --", "\ud800 check"
    run(store, 0, {odd: "failed", (odd, check): "failed"}, Suite("\x00", "é\udc00"))
    found = past(store, 1, Suite("\x00", "é\udc00"))
    assert (found.verdicts(odd), found.verdicts(odd, check)) == (["failed"], ["failed"])


def damage(store: Store, sql: str) -> None:
    store.transaction(lambda transaction: transaction.run(sql))


@pytest.mark.parametrize("table", ["suite_run", "family_verdict"])
def test_a_row_that_somebody_has_changed_is_not_believed(store: Store, table: str) -> None:
    for hour in range(3):
        run(store, hour, {BIKE: "ok", MODEL: "ok" if hour else "failed"})
    column = {"suite_run": "failed = 77", "family_verdict": "verdict = 'warned'"}[table]
    where = {"suite_run": "number = 1", "family_verdict": "verdict = 'failed'"}[table]
    damage(store, f"UPDATE {table} SET {column} WHERE {where}")  # noqa: S608
    found = past(store, 3)
    assert "damaged" in " ".join(store.notices)
    assert found.last(BIKE) == LastSaid("ok", at(0), 3)
    assert found.verdicts(MODEL) in ([None, "ok", "ok"], ["ok", "ok"])


def test_runs_that_were_lost_give_their_numbers_to_no_other(store: Store) -> None:
    for hour, verdict in enumerate(["ok", "ok", "failed", "ok"]):
        run(store, hour, {BIKE: verdict})
    damage(store, "DELETE FROM suite_run WHERE number > 1")
    assert past(store, 4).last(BIKE) == LastSaid("ok", at(3), 1)
    run(store, 4, {BIKE: "ok"})
    found = past(store, 5)
    assert found.verdicts(BIKE) == ["ok", "ok"]
    assert found.last(BIKE) == LastSaid("ok", at(3), 2)


def test_families_that_were_lost_give_their_verdicts_to_no_other(store: Store) -> None:
    run(store, 0, {BIKE: "failed"})
    damage(store, "DELETE FROM family")
    run(store, 1, {MODEL: "ok"})
    assert past(store, 2).verdicts(MODEL) == [None, "ok"]


def test_a_damaged_file_brings_its_history_over(tmp_path: Path) -> None:
    path = tmp_path / ".mlmonitor" / "store.db"
    store = SqliteStore(path)
    for hour in range(3):
        run(store, hour, {BIKE: "failed"})
    store.close()
    with open(path, "r+b") as file:
        file.write(bytes(100))
    again = SqliteStore(path)
    assert past(again, 3).last(BIKE) == LastSaid("failed", at(0), 3)
    assert again.notices


# Against a list of all that was said.


@dataclass(frozen=True)
class Said:
    """A run that was kept."""

    hour: float
    verdicts: Mapping[tuple[str, str], str]


KEYS = [(family, check) for family in ("a", "b") for check in (WHOLE, "x", "y")]
VERDICTS = st.dictionaries(st.sampled_from(KEYS), st.sampled_from(["ok", "failed", "warned"]))
NEXT_RUNS = st.tuples(VERDICTS, st.sampled_from([0, 1, 1, 1, -2]), st.sampled_from([None, None, None, 3, 30]))


def naive(kept: list[Said], key: tuple[str, str], number: int) -> LastSaid | None:
    """Return what the last of the kept runs said, of which this many are in the past."""
    before = [one.verdicts.get(key) for one in kept[:number]]
    if not before or before[-1] is None:
        return None
    runs = 0
    while runs < len(before) and before[-1 - runs] == before[-1]:
        runs += 1
    return LastSaid(before[-1], at(kept[number - runs].hour), runs)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(NEXT_RUNS, max_size=30))
def test_history_is_what_was_said(
    new_place: Callable[[], str], steps: list[tuple[dict[tuple[str, str], str], int, int | None]]
) -> None:
    store = store_at(new_place())
    kept: list[Said] = []
    forgotten, hour = 0, 0.0
    for verdicts, later, forget in steps:
        hour += later
        found = past(store, hour)
        number = sum(one.hour <= hour for one in kept)
        seen = kept[max(number - RUNS + 1, forgotten, 0) : number]
        assert [one.evaluated_at for one in found.runs] == [at(one.hour) for one in seen]
        if seen:
            for key in KEYS:
                assert found.verdicts(*key) == [one.verdicts.get(key) for one in seen]
                assert found.last(*key) == naive(kept, key, number)
        assert found.ongoing == (not kept or hour >= kept[-1].hour)
        if found.ongoing:
            run(store, hour, verdicts)
            kept.append(Said(hour, verdicts))
        if forget is not None and kept:  # never the last one: a run that is kept is younger than any retention
            before = min(hour - forget / 10, kept[-1].hour)
            store.transaction(lambda transaction, before=before: forget_families(transaction, at(before)))
            forgotten = max(forgotten, sum(one.hour < before for one in kept))
    store.close()
