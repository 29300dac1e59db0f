"""What runs leave behind: who said what of whom, and since when that is so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_mlmonitor.core.store.database import Store
from pytest_mlmonitor.core.store.run_history import (
    KeptArtifact,
    KeptResult,
    PastRun,
    forget_runs,
    keep_run,
    past_results,
    past_runs,
    past_verdicts,
)

from .conftest import store_at

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
BIKE = KeptArtifact("dataset", "data/bike.parquet", "bike")
MODEL = KeptArtifact("training_run", "runs/1", "1")


def at(hour: float) -> datetime:
    return NOON + timedelta(hours=hour)


def run(
    store: Store,
    hour: float,
    verdicts: Mapping[KeptArtifact, str],
    *results: KeptResult,
    narrowed: bool = False,
    complete: bool = True,
    recorded: float | None = None,
) -> dict[KeptArtifact, float]:
    """Keep a run as of an hour after noon; return since how many hours after noon verdicts hold."""
    clock = at(hour if recorded is None else recorded)
    kept = PastRun(clock, at(hour), 1.5, "test", 1, complete, narrowed, {"pass": 3, "fail": 1})
    since = store.transaction(lambda transaction: keep_run(transaction, kept, verdicts, results))
    return {artifact: (moment - NOON) / timedelta(hours=1) for artifact, moment in since.items()}


def rows(store: Store, table: str) -> int:
    return int(store.transaction(lambda transaction: transaction.run(f"SELECT count(*) FROM {table}"))[0][0])  # noqa: S608


def failing(message: str = "STALE", status: str = "fail", severity: str = "error") -> KeptResult:
    return KeptResult(BIKE, "freshness", status, severity, message)


def test_runs_come_back_as_they_were_kept(store: Store) -> None:
    run(store, 0, {BIKE: "ok"})
    run(store, 1, {BIKE: "failed"}, narrowed=True)
    newest, first = store.transaction(past_runs)
    assert (first.evaluated_at, first.recorded_at, first.seconds, first.environment) == (at(0), at(0), 1.5, "test")
    assert first.counts == {"pass": 3, "fail": 1, "error": 0, "not_checked": 0, "warned": 0}
    assert (first.exit_status, first.complete, first.narrowed, newest.narrowed) == (1, True, False, True)


def test_since_is_the_first_run_that_gave_the_verdict(store: Store) -> None:
    assert run(store, 0, {BIKE: "ok", MODEL: "ok"}) == {BIKE: 0, MODEL: 0}
    assert run(store, 1, {BIKE: "failed", MODEL: "ok"}) == {BIKE: 1, MODEL: 0}
    assert run(store, 2, {BIKE: "failed", MODEL: "ok"}) == {BIKE: 1, MODEL: 0}
    assert run(store, 3, {BIKE: "ok", MODEL: "ok"}) == {BIKE: 3, MODEL: 0}


def test_verdicts_of_the_last_runs(store: Store) -> None:
    for hour, verdict in enumerate(["ok", "failed", "failed", "ok"]):
        run(store, hour, {BIKE: verdict})
    found = store.transaction(lambda transaction: past_verdicts(transaction, BIKE, 3))
    assert [(one.verdict, one.run.evaluated_at, one.since) for one in found] == [
        ("ok", at(3), at(3)),
        ("failed", at(2), at(1)),
        ("failed", at(1), at(1)),
    ]


def test_an_artifact_that_was_away_has_its_verdict_since_it_is_back(store: Store) -> None:
    run(store, 0, {BIKE: "ok"})
    run(store, 1, {})
    assert run(store, 2, {BIKE: "ok"}) == {BIKE: 2}
    found = store.transaction(lambda transaction: past_verdicts(transaction, BIKE))
    assert [one.run.evaluated_at for one in found] == [at(2), at(0)]


@pytest.mark.parametrize("odd", ["narrowed", "incomplete", "of the past", "of the future"])
def test_other_runs_are_kept_and_end_nothing(store: Store, odd: str) -> None:
    run(store, 0, {BIKE: "failed"}, failing())
    other = {
        "narrowed": {"hour": 1, "narrowed": True},
        "incomplete": {"hour": 1, "complete": False},
        "of the past": {"hour": -5, "recorded": 1},
        "of the future": {"hour": 9000, "recorded": 1},
    }[odd]
    run(store, verdicts={BIKE: "ok"}, **other)  # type: ignore[arg-type]
    assert run(store, 2, {BIKE: "failed"}, failing()) == {BIKE: 0}
    found = store.transaction(lambda transaction: past_verdicts(transaction, BIKE))
    assert [(one.verdict, one.run.narrowed) for one in found] == [
        ("failed", False),
        ("ok", odd == "narrowed"),
        ("failed", False),
    ]


def test_a_narrowed_run_says_since_when_only_where_the_verdict_is_the_same(store: Store) -> None:
    run(store, 0, {BIKE: "failed", MODEL: "ok"})
    assert run(store, 1, {BIKE: "failed", MODEL: "warned"}, narrowed=True) == {BIKE: 0}


def test_results_of_a_run(store: Store) -> None:
    run(store, 0, {BIKE: "failed"}, failing("built 2 h ago"), failing("another test", "pass", ""))
    run(store, 1, {BIKE: "failed"}, failing("built 3 h ago"), failing("another test", "fail"))
    run(store, 2, {BIKE: "ok"}, failing("", "pass", ""), narrowed=True)
    narrowed, second, first = store.transaction(past_runs)
    told = {
        one.id: store.transaction(lambda transaction, one=one: past_results(transaction, one))
        for one in (narrowed, second, first)
    }
    assert told[first.id] == [(failing("built 3 h ago"), at(0)), (failing("another test", "pass", ""), at(0))]
    assert told[second.id] == [(failing("built 3 h ago"), at(0)), (failing("another test"), at(1))]
    assert told[narrowed.id] == [(failing("", "pass", ""), at(2))]


def test_what_stays_the_same_takes_no_room(store: Store) -> None:
    many = [KeptResult(BIKE, f"check {i}", "pass", "", "") for i in range(50)]
    for hour in range(5):
        run(store, hour, {BIKE: "ok"}, *many)
    assert (rows(store, "result"), rows(store, "verdict")) == (50, 1)
    found = store.transaction(lambda transaction: past_results(transaction, past_runs(transaction)[2]))
    assert len(found) == 50


def test_retention_forgets_runs_and_keeps_since(store: Store) -> None:
    run(store, 0, {BIKE: "ok", MODEL: "failed"}, failing())
    run(store, 1, {BIKE: "failed"}, failing("x", "pass", ""))
    run(store, 2, {BIKE: "failed"}, failing("x", "pass", ""))
    store.transaction(lambda transaction: forget_runs(transaction, at(1.5)))
    assert [one.evaluated_at for one in store.transaction(past_runs)] == [at(2)]
    assert (rows(store, "verdict"), rows(store, "result"), rows(store, "artifact")) == (1, 1, 1)
    assert run(store, 3, {BIKE: "failed"}) == {BIKE: 1}


def test_odd_names_are_stored_and_found(store: Store) -> None:
    odd = KeptArtifact("dataset", "a\x00b\udcff", "naïve'); DROP TABLE run; --")
    assert run(store, 0, {odd: "ok"}, KeptResult(odd, "c\x00", "pass", "", "\ud800")) == {odd: 0}
    assert run(store, 1, {odd: "ok"}) == {odd: 0}
    assert [one.verdict for one in store.transaction(lambda transaction: past_verdicts(transaction, odd))] == [
        "ok",
        "ok",
    ]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.dictionaries(st.sampled_from("abc"), st.sampled_from(["ok", "failed"])), st.booleans()), max_size=8
    )
)
def test_history_is_what_was_said(new_place: Callable[[], str], runs: list[tuple[dict[str, str], bool]]) -> None:
    """Against a list of all verdicts, one by one."""
    store = store_at(new_place())
    said: dict[str, list[tuple[int, str]]] = {name: [] for name in "abc"}
    for hour, (verdicts, narrowed) in enumerate(runs):
        kept = {BIKE._replace(name=name): verdict for name, verdict in verdicts.items()}
        run(
            store,
            hour,
            kept,
            *(KeptResult(one, "c", "pass", "", verdict) for one, verdict in kept.items()),
            narrowed=narrowed,
        )
        for name, verdict in verdicts.items():
            said[name].insert(0, (hour, verdict))
    for name, expected in said.items():
        found = store.transaction(
            lambda transaction, name=name: past_verdicts(transaction, BIKE._replace(name=name), 99)
        )
        assert [((one.run.evaluated_at - NOON) // timedelta(hours=1), one.verdict) for one in found] == expected
    for one in store.transaction(past_runs):
        results = store.transaction(lambda transaction, one=one: past_results(transaction, one))
        hour = (one.evaluated_at - NOON) // timedelta(hours=1)
        assert [result.artifact.name for result, _ in results] == sorted(runs[hour][0])
    store.close()
