"""Counters never fall, and count everything once: whoever sees it, in whatever order, and when it is gone."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable, Mapping

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_mlmonitor.core.store import counters
from pytest_mlmonitor.core.store.counters import Counted, SeriesLabels
from pytest_mlmonitor.core.store.database import INTEGER_LIMIT, RowValues, Store, Transaction

from .conftest import store_at

TODAY = 20_000
MODEL = ("bike", "production")


def seen(store: Store, numbers: Mapping[int, int], source: str = "tree", today: int = TODAY) -> dict[SeriesLabels, int]:
    """Let a run see numbers by period, and return the totals."""
    found = {Counted(MODEL, source, period): number for period, number in numbers.items()}
    store.transaction(lambda transaction: counters.count(transaction, "predictions", found, today))
    return totals(store)


def totals(store: Store) -> dict[SeriesLabels, int]:
    return store.transaction(lambda transaction: counters.totals(transaction, "predictions"))


def test_what_was_counted_is_not_counted_again(store: Store) -> None:
    assert seen(store, {1: 10, 2: 5}) == {MODEL: 15}
    assert seen(store, {1: 10, 2: 5}) == {MODEL: 15}


def test_a_late_file_counts_and_a_deleted_one_stays_counted(store: Store) -> None:
    seen(store, {1: 10, 2: 5})
    assert seen(store, {2: 7, 3: 1}) == {MODEL: 18}, "hour 1 is gone, hour 2 grew, hour 3 is new"
    assert seen(store, {}) == {MODEL: 18}


def test_two_sources_are_two(store: Store) -> None:
    seen(store, {1: 10})
    assert seen(store, {1: 10}, source="other tree") == {MODEL: 20}


def test_sums_beyond_64_bits_are_exact(store: Store) -> None:
    assert seen(store, {1: INTEGER_LIMIT, 2: INTEGER_LIMIT}) == {MODEL: 2 * INTEGER_LIMIT}
    assert seen(store, {1: INTEGER_LIMIT * 4}) == {MODEL: 2 * INTEGER_LIMIT}, "more than a column holds"


def test_what_is_gone_for_long_is_kept_as_a_sum(store: Store) -> None:
    seen(store, {1: INTEGER_LIMIT, 2: 1, 3: 4})
    seen(store, {3: 4}, today=TODAY + 50)
    store.transaction(lambda transaction: counters.close_gone(transaction, TODAY + 1))
    assert store.transaction(lambda transaction: transaction.run("SELECT period FROM counted")) == [(3,)]
    assert totals(store) == {MODEL: INTEGER_LIMIT + 5}
    seen(store, {4: 1}, today=TODAY + 51)
    store.transaction(lambda transaction: counters.close_gone(transaction, TODAY + 99))
    assert totals(store) == {MODEL: INTEGER_LIMIT + 6}


def test_what_still_lies_there_stays_open(store: Store) -> None:
    for today in range(TODAY, TODAY + 100, 5):
        seen(store, {1: 10}, today=today)
        store.transaction(lambda transaction, day=today - 10: counters.close_gone(transaction, day))
    assert seen(store, {1: 12}, today=TODAY + 100) == {MODEL: 12}


class Watched:
    """A transaction that notes what is written."""

    def __init__(self, transaction: Transaction) -> None:
        self.written: list[RowValues] = []
        self.run = transaction.run
        self._transaction = transaction

    def run_many(self, sql: str, rows: Iterable[RowValues]) -> None:
        self.written += (kept := list(rows))
        self._transaction.run_many(sql, kept)


def test_only_what_grew_is_written(store: Store) -> None:
    numbers = dict.fromkeys(range(20_000), 3)
    seen(store, numbers)
    again = {Counted(MODEL, "tree", period): 3 + (period == 7) for period in numbers}

    def count(transaction: Transaction) -> list[RowValues]:
        watched = Watched(transaction)
        counters.count(watched, "predictions", again, TODAY)
        return watched.written

    assert [row[3:5] for row in store.transaction(count)] == [(7, 4)]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.dictionaries(st.integers(0, 5), st.integers(0, 50), max_size=6), max_size=6), st.randoms())
def test_the_order_of_runs_does_not_matter(
    new_place: Callable[[], str], runs: list[dict[int, int]], random: object
) -> None:
    first, second = store_at(new_place()), store_at(new_place())
    before = 0
    for run in runs:
        total = seen(first, run).get(MODEL, 0)
        assert total >= before
        before = total
    random.shuffle(runs)  # type: ignore[attr-defined]
    for run in runs:
        seen(second, run)
    assert totals(first) == totals(second)
    first.close()
    second.close()


def _count_slowly(place: str, source: str) -> None:
    store = store_at(place)
    for number in range(150):
        seen(store, dict.fromkeys(range(number + 1), 1), source)


@pytest.mark.slow(turn=2)
def test_processes_at_once_count_exactly(place: str) -> None:
    """Six processes: three see one source, three another, both of which grow to 150."""
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_count_slowly, args=(place, f"tree {i % 2}")) for i in range(6)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 6
    assert totals(store_at(place)) == {MODEL: 300}
