"""A decision is made at most so often, taken by one consumer, and finished by whoever comes after one that died."""

from __future__ import annotations

import itertools
import multiprocessing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from pytest_mlmonitor.core.store.database import Store
from pytest_mlmonitor.core.store.decisions import (
    LEASE,
    KeptDecision,
    begin_posting,
    decide,
    end_posting,
    forget_decisions,
    free_from,
    give_back,
    latest_decisions,
    note_filed,
    take,
    waiting,
    withdraw_decision,
)
from pytest_mlmonitor.core.store.sqlite_store import SqliteStore
from tests.unit.core.store.conftest import store_at

MIDNIGHT = datetime(2026, 11, 28, tzinfo=UTC)
COOLDOWN = timedelta(hours=12)


def at(hours: float) -> datetime:
    return MIDNIGHT + timedelta(hours=hours)


def new(hours: float, model: str = "bike", environment: str = "production", **fields: Any) -> KeptDecision:
    return KeptDecision(f"{environment}-{model}-{hours}", environment, model, '{"why": "x"}', at(hours), **fields)


def decided(store: Store, hours: float, model: str = "bike", environment: str = "production") -> bool:
    decision = new(hours, model, environment)
    return store.transaction(lambda transaction: decide(transaction, decision, COOLDOWN, 2))


def taken(store: Store, hours: float, model: str = "bike") -> KeptDecision | None:
    return store.transaction(lambda transaction: take(transaction, "production", model, at(hours)))


def states(store: Store) -> list[tuple[str, str]]:
    found = store.transaction(lambda transaction: latest_decisions(transaction, "production"))
    return [(one.key.rpartition("-")[2], one.state) for one in reversed(found)]


def test_one_in_twelve_hours_and_two_a_day(store: Store) -> None:
    hours = (0, 1, 12, 23.9, 24, 36)
    assert [decided(store, one) for one in hours] == [True, False, True, False, True, True]


def test_what_is_given_back_waits_again_unless_a_newer_one_does(store: Store) -> None:
    assert decided(store, 0)
    first = taken(store, 1)
    assert first is not None
    store.transaction(partial(give_back, key=first.key))
    assert states(store) == [("0", "waiting")]
    assert taken(store, 2) is not None and decided(store, 12)
    store.transaction(partial(give_back, key=first.key))
    assert states(store) == [("0", "replaced"), ("12", "waiting")]


def test_a_model_and_an_environment_hold_no_other_back(store: Store) -> None:
    assert decided(store, 0)
    assert decided(store, 0, "taxi")
    assert decided(store, 0, "bike", "staging")
    assert not decided(store, 0, "bike", "staging")


def test_it_is_taken_once(store: Store) -> None:
    decided(store, 0)
    first = taken(store, 1)
    assert first == replace(new(0), state="taken", taken_at=at(1))
    assert taken(store, 1) is None and taken(store, 13) is None
    assert taken(store, 1, "taxi") is None


def test_another_environment_takes_nothing(store: Store) -> None:
    decided(store, 0, "bike", "staging")
    assert taken(store, 1) is None


def test_a_newer_one_stands_in_the_place_of_one_that_waits(store: Store) -> None:
    decided(store, 0)
    decided(store, 12)
    assert states(store) == [("0", "replaced"), ("12", "waiting")]
    found = taken(store, 13)
    assert found is not None and found.decided_at == at(12)
    assert taken(store, 13) is None


def test_what_was_taken_is_not_replaced(store: Store) -> None:
    decided(store, 0)
    taken(store, 1)
    decided(store, 12)
    assert states(store) == [("0", "taken"), ("12", "waiting")]


def test_force_is_granted_and_counts(store: Store) -> None:
    decided(store, 0)
    forced = new(1, state="taken", taken_at=at(1))
    assert store.transaction(lambda transaction: decide(transaction, forced, COOLDOWN, 2, force=True))
    assert states(store) == [("0", "replaced"), ("1", "taken")]
    assert not decided(store, 12.9)
    assert not decided(store, 13.1), "two of this day are made"
    assert decided(store, 24)


def test_when_the_next_may_be_made(store: Store) -> None:
    def free() -> datetime | None:
        return store.transaction(lambda transaction: free_from(transaction, "production", "bike", COOLDOWN, 2))

    assert free() is None
    decided(store, 0)
    assert free() == at(12)
    decided(store, 12)
    assert free() == at(24)
    decided(store, 30)
    assert free() == at(42)


def test_what_is_withdrawn_is_taken_by_nobody(store: Store) -> None:
    decided(store, 0)
    key = new(0).key
    assert store.transaction(lambda transaction: withdraw_decision(transaction, key))
    assert not store.transaction(lambda transaction: withdraw_decision(transaction, key))
    assert taken(store, 1) is None
    assert states(store) == [("0", "withdrawn")]


def test_what_is_taken_is_not_withdrawn(store: Store) -> None:
    decided(store, 0)
    taken(store, 1)
    assert not store.transaction(lambda transaction: withdraw_decision(transaction, new(0).key))


# -- files and posts --------------------------------------------------------------------------------------------------


def begun(store: Store, hours: float) -> bool:
    return store.transaction(lambda transaction: begin_posting(transaction, new(0).key, at(hours)))


def ended(store: Store, sent_at: datetime | None) -> None:
    store.transaction(lambda transaction: end_posting(transaction, new(0).key, sent_at))


def test_one_run_posts_it(store: Store) -> None:
    decided(store, 0)
    assert begun(store, 1)
    assert not begun(store, 1)
    ended(store, at(1))
    assert not begun(store, 2)


def test_what_could_not_be_posted_is_posted_by_the_next(store: Store) -> None:
    decided(store, 0)
    assert begun(store, 1)
    ended(store, None)
    assert begun(store, 1)


def test_whoever_died_while_posting_is_stood_in_for(store: Store) -> None:
    decided(store, 0)
    lease = LEASE.total_seconds() / 3600
    assert begun(store, 1)
    assert not begun(store, 1 + 0.9 * lease)
    assert begun(store, 1 + lease)


def test_a_clock_that_goes_back_holds_nothing_up_for_ever(store: Store) -> None:
    decided(store, 0)
    assert begun(store, 100)
    assert begun(store, 1)


def test_what_is_taken_is_posted_no_more(store: Store) -> None:
    decided(store, 0)
    taken(store, 1)
    assert not begun(store, 1)


def test_what_is_noted_stays_whatever_becomes_of_it(store: Store) -> None:
    decided(store, 0)
    begun(store, 1)
    taken(store, 1)
    store.transaction(lambda transaction: note_filed(transaction, new(0).key, at(2)))
    ended(store, at(3))
    (found,) = store.transaction(lambda transaction: latest_decisions(transaction, "production"))
    assert (found.state, found.taken_at, found.filed_at, found.sent_at) == ("taken", at(1), at(2), at(3))


def test_old_ones_are_forgotten(store: Store) -> None:
    decided(store, 0)
    decided(store, 24)
    store.transaction(lambda transaction: forget_decisions(transaction, at(1)))
    assert states(store) == [("24", "waiting")]


def test_strange_names_are_kept(store: Store) -> None:
    name = "a\x00b\ud800 %s ' ; DROP TABLE decision"
    decision = new(0, name)
    assert store.transaction(lambda transaction: decide(transaction, decision, COOLDOWN, 2))
    assert not store.transaction(lambda transaction: decide(transaction, decision, COOLDOWN, 2))
    assert taken(store, 1, name) is not None
    assert taken(store, 1, name) is None


# -- several at once --------------------------------------------------------------------------------------------------


def _all_at_once(place: str, ready: Any, answers: Any, number: int) -> None:
    store = store_at(place)
    ready.wait()
    mine = replace(new(0), key=f"of-{number}")
    made = store.transaction(lambda transaction: decide(transaction, mine, COOLDOWN, 2))
    answers.put(("decided", made))
    for _ in range(200):
        if store.transaction(partial(waiting, environment="production")):
            break
    won = store.transaction(lambda transaction: take(transaction, "production", "bike", at(1)))
    answers.put(("taken", won is not None))
    store.close()


@pytest.mark.slow(turn=0)
def test_of_eight_processes_one_decides_and_one_takes_it(place: str) -> None:
    store_at(place).transaction(partial(waiting, environment="production"))
    context = multiprocessing.get_context("spawn")
    ready, answers = context.Barrier(8), context.Queue()
    workers = [context.Process(target=_all_at_once, args=(place, ready, answers, one)) for one in range(8)]
    for worker in workers:
        worker.start()
    found = [answers.get(timeout=120) for _ in range(16)]
    for worker in workers:
        worker.join(60)
    assert found.count(("decided", True)) == 1
    assert found.count(("taken", True)) == 1


# -- whatever happens in whatever order -------------------------------------------------------------------------------


class Decisions(RuleBasedStateMachine):
    """Runs and consumers at any times: no decision is taken twice, nor more made than the policy allows, and none is lost."""

    def __init__(self) -> None:
        super().__init__()
        self._directory = TemporaryDirectory()
        self.store = SqliteStore(Path(self._directory.name) / "store.db")
        self.hours = 0.0
        self.made: list[KeptDecision] = []
        self.taken: list[str] = []
        self.withdrawn: list[str] = []
        self.posted: list[str] = []

    def teardown(self) -> None:
        self.store.close()
        self._directory.cleanup()

    @rule(hours=st.sampled_from([0.0, 0.01, 1.0, 5.0, 11.9, 12.0, 30.0]))
    def time_passes(self, hours: float) -> None:
        self.hours += hours

    @rule(model=st.sampled_from(["bike", "taxi"]))
    def a_run_has_reasons(self, model: str) -> None:
        decision = replace(new(self.hours, model), key=f"k{len(self.made)}")
        if self.store.transaction(lambda transaction: decide(transaction, decision, COOLDOWN, 2)):
            self.made.append(decision)

    @rule(model=st.sampled_from(["bike", "taxi"]))
    def a_consumer_takes(self, model: str) -> None:
        found = taken(self.store, self.hours, model)
        newest = next((one for one in reversed(self.made) if one.model == model), None)
        if found is not None:
            assert newest is not None and found.key == newest.key
            self.taken.append(found.key)
        elif newest is not None:
            assert newest.key in {*self.taken, *self.withdrawn}, "a decision that nobody has cannot be had"

    @rule(well=st.booleans())
    def a_run_posts(self, well: bool) -> None:
        for one in self.store.transaction(partial(waiting, environment="production")):
            if self.store.transaction(partial(begin_posting, key=one.key, at=at(self.hours))):
                assert one.key not in self.posted
                self.store.transaction(partial(end_posting, key=one.key, sent_at=at(self.hours) if well else None))
                self.posted += [one.key] if well else []

    @rule()
    def a_run_sees_that_reasons_are_gone(self) -> None:
        for one in self.store.transaction(partial(waiting, environment="production")):
            assert self.store.transaction(partial(withdraw_decision, key=one.key))
            self.withdrawn.append(one.key)

    @invariant()
    def nothing_is_taken_twice(self) -> None:
        assert len(set(self.taken)) == len(self.taken)
        assert not set(self.taken) & set(self.withdrawn)

    @invariant()
    def no_more_than_the_policy_allows(self) -> None:
        for model in ("bike", "taxi"):
            times = [one.decided_at for one in self.made if one.model == model]
            assert all(later - earlier >= COOLDOWN for earlier, later in itertools.pairwise(times))
            days = [time.date() for time in times]
            assert all(days.count(day) <= 2 for day in days)

    @invariant()
    def every_one_is_accounted_for(self) -> None:
        found = self.store.transaction(lambda transaction: latest_decisions(transaction, "production", 1000))
        assert {one.key for one in found} == {one.key for one in self.made}


TestDecisions = Decisions.TestCase
TestDecisions.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)


@pytest.mark.parametrize("change", ["state = 'waiting'", "taken_at = 0", "model = 'other'", "told = '{}'"])
def test_what_somebody_changed_is_no_decision_any_more(tmp_path: Path, change: str) -> None:
    import sqlite3

    store = SqliteStore(tmp_path / "store.db")
    decided(store, 0)
    taken(store, 1)
    store.close()
    with sqlite3.connect(tmp_path / "store.db") as connection:
        connection.execute(f"UPDATE decision SET {change}")  # noqa: S608
    store = SqliteStore(tmp_path / "store.db")
    assert taken(store, 2) is None
    assert taken(store, 2, "other") is None
