"""Counters never fall, and count everything once: whoever sees it, in whatever order, and when it is gone."""

from __future__ import annotations

import multiprocessing
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_mlmonitor.core.store import counters
from pytest_mlmonitor.core.store.counters import Counted, SeriesLabels
from pytest_mlmonitor.core.store.database import INTEGER_LIMIT
from pytest_mlmonitor.core.store.sqlite_store import SqliteStore

TODAY = 20_000
MODEL = ("bike", "production")


@pytest.fixture
def store(tmp_path: Path) -> SqliteStore:
    return SqliteStore(tmp_path / "store.db")


def seen(
    store: SqliteStore, numbers: Mapping[int, int], source: str = "tree", today: int = TODAY
) -> dict[SeriesLabels, int]:
    """Let a run see numbers by period, and return the totals."""
    found = {Counted(MODEL, source, period): number for period, number in numbers.items()}
    store.transaction(lambda transaction: counters.count(transaction, "predictions", found, today))
    return totals(store)


def totals(store: SqliteStore) -> dict[SeriesLabels, int]:
    return store.transaction(lambda transaction: counters.totals(transaction, "predictions"))


def test_what_was_counted_is_not_counted_again(store: SqliteStore) -> None:
    assert seen(store, {1: 10, 2: 5}) == {MODEL: 15}
    assert seen(store, {1: 10, 2: 5}) == {MODEL: 15}


def test_a_late_file_counts_and_a_deleted_one_stays_counted(store: SqliteStore) -> None:
    seen(store, {1: 10, 2: 5})
    assert seen(store, {2: 7, 3: 1}) == {MODEL: 18}, "hour 1 is gone, hour 2 grew, hour 3 is new"
    assert seen(store, {}) == {MODEL: 18}


def test_two_sources_are_two(store: SqliteStore) -> None:
    seen(store, {1: 10})
    assert seen(store, {1: 10}, source="other tree") == {MODEL: 20}


def test_sums_beyond_64_bits_are_exact(store: SqliteStore) -> None:
    assert seen(store, {1: INTEGER_LIMIT, 2: INTEGER_LIMIT}) == {MODEL: 2 * INTEGER_LIMIT}
    assert seen(store, {1: INTEGER_LIMIT * 4}) == {MODEL: 2 * INTEGER_LIMIT}, "more than a column holds"


def test_what_is_gone_for_long_is_kept_as_a_sum(store: SqliteStore) -> None:
    seen(store, {1: INTEGER_LIMIT, 2: 1, 3: 4})
    seen(store, {3: 4}, today=TODAY + 50)
    store.transaction(lambda transaction: counters.close_gone(transaction, TODAY + 1))
    assert store.transaction(lambda transaction: transaction.run("SELECT period FROM counted")) == [(3,)]
    assert totals(store) == {MODEL: INTEGER_LIMIT + 5}
    seen(store, {4: 1}, today=TODAY + 51)
    store.transaction(lambda transaction: counters.close_gone(transaction, TODAY + 99))
    assert totals(store) == {MODEL: INTEGER_LIMIT + 6}


def test_what_still_lies_there_stays_open(store: SqliteStore) -> None:
    for today in range(TODAY, TODAY + 100, 5):
        seen(store, {1: 10}, today=today)
        store.transaction(lambda transaction, day=today - 10: counters.close_gone(transaction, day))
    assert seen(store, {1: 12}, today=TODAY + 100) == {MODEL: 12}


def test_only_what_grew_is_written(store: SqliteStore) -> None:
    numbers = dict.fromkeys(range(20_000), 3)
    seen(store, numbers)
    written = store.transaction(
        lambda transaction: (
            transaction.run("SELECT total_changes()"),
            counters.count(
                transaction, "predictions", {Counted(MODEL, "tree", p): 3 + (p == 7) for p in numbers}, TODAY
            ),
            transaction.run("SELECT total_changes()"),
        )
    )
    assert written[2][0][0] - written[0][0][0] == 1


@settings(max_examples=30, deadline=None)
@given(st.lists(st.dictionaries(st.integers(0, 5), st.integers(0, 50), max_size=6), max_size=6), st.randoms())
def test_the_order_of_runs_does_not_matter(
    tmp_path_factory: pytest.TempPathFactory, runs: list[dict[int, int]], random: object
) -> None:
    directory = tmp_path_factory.mktemp("stores")
    first, second = SqliteStore(directory / "a.db"), SqliteStore(directory / "b.db")
    before = 0
    for run in runs:
        total = seen(first, run).get(MODEL, 0)
        assert total >= before
        before = total
    random.shuffle(runs)  # type: ignore[attr-defined]
    for run in runs:
        seen(second, run)
    assert totals(first) == totals(second)


def _count_slowly(path: Path, source: str) -> None:
    store = SqliteStore(path)
    for number in range(150):
        seen(store, dict.fromkeys(range(number + 1), 1), source)


def test_processes_at_once_count_exactly(tmp_path: Path) -> None:
    """Six processes: three see one source, three another, both of which grow to 150."""
    path = tmp_path / "store.db"
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_count_slowly, args=(path, f"tree {i % 2}")) for i in range(6)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 6
    assert totals(SqliteStore(path)) == {MODEL: 300}
