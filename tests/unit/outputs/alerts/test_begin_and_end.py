"""How an alert begins and how it ends, told by what is said of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.unit.outputs.alerts.judged import NOON, MemoryStore, Run, Said, begun, book_of, settle, told

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OTHER: Run = {"rides": {"1": Said("passing")}}
FAILS, PASSES = {"orders": {"1": Said("failing")}}, {"orders": {"1": Said("passing")}}


@pytest.fixture
def store() -> Iterator[MemoryStore]:
    made = MemoryStore()
    yield made
    made.close()


def ended(store: MemoryStore, run: Run, after: timedelta = HOUR, *, whole: bool = True) -> str:
    """Return how the alert of a failing version ended, empty where it did not."""
    told(store, book_of(FAILS, NOON))
    plan = begun(store, book_of(run, NOON + after, whole=whole))
    return next((one.summary for one in plan.due.get("slack", ()) if one.state == "resolved"), "")


@pytest.mark.parametrize(
    "run",
    [
        {},
        {"orders": {"1": Said("unchecked")}},
        {"orders": {"1": Said("crashed")}},
        {"orders": {"1": Said("unchecked"), "2": Said("passing")}},
        {"orders": {"1": Said("passing", newer="2"), "2": Said("unchecked")}},
        {"orders": {"1": Said("passing", newer="2")}},
        {"rides": {"1": Said("passing")}},
    ],
    ids=["absent", "not checked", "error", "another version", "superseded", "by what was not judged", "another family"],
)
def test_only_a_pass_of_the_artifact_ends_it(store: MemoryStore, run: Run) -> None:
    assert ended(store, run) == ""
    assert "orders" in begun(store, book_of(run, NOON + 2 * HOUR)).firing


def test_a_pass_ends_it_and_says_how_long_it_was(store: MemoryStore) -> None:
    assert ended(store, PASSES) == "recovered after 1 h (was: STALE)"


def test_a_newer_version_that_passes_ends_it(store: MemoryStore) -> None:
    run = {"orders": {"1": Said("failing", newer="2"), "2": Said("passing")}}
    assert ended(store, run).startswith("recovered")


def test_a_superseded_version_that_fails_begins_nothing(store: MemoryStore) -> None:
    run = {"orders": {"1": Said("failing", newer="2"), "2": Said("passing")}}
    assert told(store, book_of(run, NOON)) == {}


@pytest.mark.parametrize("why", ["retired; last request 2026-11-28T10:00:00Z", "accepted: known (until 2026-12-31)"])
def test_what_is_no_recovery_says_so(store: MemoryStore, why: str) -> None:
    assert ended(store, {"orders": {"1": Said("passing", ended=why)}}) == f"{why} (was: STALE)"


def test_what_is_gone_ends_after_days_and_says_so(store: MemoryStore) -> None:
    assert ended(store, OTHER, HOUR) == ""
    assert told(store, book_of(OTHER, NOON + 7 * DAY)) == {}
    gone = begun(store, book_of(OTHER, NOON + 7 * DAY + HOUR)).due["slack"][0].summary
    assert gone == "gone: no run has seen it for 7 d, since 2026-11-28 13:00 UTC (was: STALE)"


@pytest.mark.parametrize("run", [{}, FAILS], ids=["nothing is there at all", "it is there again"])
def test_days_in_which_nobody_missed_it_do_not_count(store: MemoryStore, run: Run) -> None:
    """A month without a run, one that found an empty directory (what is not mounted is not gone), or one that saw it."""
    assert ended(store, OTHER, 30 * DAY) == ""
    assert "orders" in begun(store, book_of(run, NOON + 36 * DAY)).firing
    assert "orders" in begun(store, book_of(OTHER, NOON + 38 * DAY)).firing
    assert "orders" in begun(store, book_of(OTHER, NOON + 44 * DAY)).firing
    assert "orders" not in begun(store, book_of(OTHER, NOON + 45 * DAY)).firing


def test_a_run_of_a_part_does_not_know_what_is_gone(store: MemoryStore) -> None:
    assert ended(store, OTHER, HOUR, whole=False) == ""
    assert told(store, book_of(OTHER, NOON + 30 * DAY, whole=False)) == {}


def test_what_comes_back_after_its_end_was_told_is_told_at_once(store: MemoryStore) -> None:
    """Within the cooldown, which holds back repeats and not what is news to whoever heard last that all is well."""
    minutes = HOUR / 60
    told(store, book_of(FAILS, NOON))
    assert told(store, book_of(PASSES, NOON + 10 * minutes)) == {"slack": ["orders resolved"]}
    assert told(store, book_of(FAILS, NOON + 20 * minutes), failing=["slack"]) == {}
    assert told(store, book_of(FAILS, NOON + 30 * minutes)) == {"slack": ["orders firing"]}
    assert told(store, book_of(FAILS, NOON + 40 * minutes)) == {}


def test_a_newer_version_takes_an_alert_over_as_bad_as_it_is_itself(store: MemoryStore) -> None:
    told(store, book_of({"orders": {"1": Said("failing", "critical")}}, NOON))
    run = {"orders": {"1": Said("failing", "critical", newer="2"), "2": Said("failing", "warning")}}
    assert begun(store, book_of(run, NOON + HOUR)).firing["orders"].severity == "warning"
    unknown = {"orders": {"1": Said("failing", "critical", newer="2"), "2": Said("crashed")}}
    told(store, book_of({"rides": {"1": Said("failing", "critical")}}, NOON))
    run = {"rides": unknown["orders"]}
    assert begun(store, book_of(run, NOON + HOUR)).firing["rides"].severity == "critical"


def test_it_is_held_back_for_the_cooldown_and_repeated_after_it(store: MemoryStore) -> None:
    first = told(store, book_of(FAILS, NOON))
    assert first == {"slack": ["orders firing"]}
    held = begun(store, book_of(FAILS, NOON + HOUR / 2))
    assert (held.due, held.held_until) == ({}, {"orders": NOON + HOUR})
    assert told(store, book_of(FAILS, NOON + HOUR)) == first


def test_what_became_worse_is_sent_at_once_and_to_those_who_are_woken(store: MemoryStore) -> None:
    told(store, book_of(FAILS, NOON))
    worse = {"orders": {"1": Said("failing", "critical")}}
    expected = {"slack": ["orders firing"], "pagerduty": ["orders firing"]}
    assert told(store, book_of(worse, NOON + HOUR / 60)) == expected
    assert told(store, book_of(FAILS, NOON + HOUR / 30)) == {}
    assert told(store, book_of(worse, NOON + HOUR / 20)) == {}  # it was that bad before
    over = {"slack": ["orders resolved"], "pagerduty": ["orders resolved"]}
    assert told(store, book_of(PASSES, NOON + HOUR / 10)) == over


def test_without_escalation_only_those_hear_of_it_who_did_not(store: MemoryStore) -> None:
    told(store, book_of(FAILS, NOON))
    worse = {"orders": {"1": Said("failing", "critical")}}
    assert told(store, book_of(worse, NOON + HOUR / 60, escalation=False)) == {"pagerduty": ["orders firing"]}


def test_a_failed_send_is_due_again_for_that_sender_alone(store: MemoryStore) -> None:
    worse = {"orders": {"1": Said("failing", "critical")}}
    told(store, book_of(worse, NOON), failing=["slack"])
    assert told(store, book_of(worse, NOON + HOUR / 60)) == {"slack": ["orders firing"]}


def test_who_could_not_be_reached_hears_that_it_is_over(store: MemoryStore) -> None:
    told(store, book_of(FAILS, NOON), failing=["slack"])
    plan = begun(store, book_of(PASSES, NOON + HOUR))
    assert plan.due["slack"][0].summary == (
        "recovered after 1 h; it could not be sent to everybody while it fired (was: STALE)"
    )


def test_an_end_that_could_not_be_told_is_told_by_the_next_run(store: MemoryStore) -> None:
    told(store, book_of(FAILS, NOON))
    told(store, book_of(PASSES, NOON + HOUR), failing=["slack"])
    assert told(store, book_of(PASSES, NOON + 2 * HOUR)) == {"slack": ["orders resolved"]}
    assert told(store, book_of(PASSES, NOON + 3 * HOUR)) == {}


def test_what_a_killed_run_claimed_is_due_again(store: MemoryStore) -> None:
    begun(store, book_of(FAILS, NOON))
    at_once = begun(store, book_of(FAILS, NOON + timedelta(seconds=2)))
    assert (at_once.due, at_once.busy) == ({}, {"orders"})
    assert told(store, book_of(FAILS, NOON + timedelta(minutes=2))) == {"slack": ["orders firing"]}


def test_a_sender_that_renews_hears_in_every_run_also_of_what_this_one_could_not_judge(store: MemoryStore) -> None:
    heard = []
    for minute, run in enumerate([FAILS, FAILS, {"orders": {"1": Said("unchecked")}}, {}, PASSES, PASSES]):
        book = book_of(run, NOON + minute * HOUR / 60, renewed=["slack"])
        heard.append(told(store, book).get("slack"))
    assert heard == [["orders firing"]] * 4 + [["orders resolved"], None]


def test_a_clock_that_was_set_back_holds_nothing_up(store: MemoryStore) -> None:
    told(store, book_of(FAILS, NOON + 30 * DAY))
    assert told(store, book_of(FAILS, NOON)) == {"slack": ["orders firing"]}


def test_an_alert_whose_family_is_called_otherwise_is_the_same(store: MemoryStore) -> None:
    told(store, book_of(FAILS, NOON))
    book = book_of({"orders": {"1": Said("failing")}}, NOON + HOUR / 2)
    group = book.run.groups["orders"]
    book.run.groups.clear()  # type: ignore[attr-defined]
    book.run.groups["renamed"] = type(group)("renamed", group.check, group.members)  # type: ignore[index]
    plan = begun(store, book)
    assert set(plan.firing) == {"orders"}
    settle(store, book, plan)


def test_what_a_sender_sent_before_it_failed_counts(store: MemoryStore) -> None:
    from pytest_mlmonitor.outputs.alerts.sent_alerts import SendOutcome

    book = book_of({**FAILS, "rides": {"1": Said("failing")}}, NOON)
    plan = begun(store, book)
    half = {"slack": SendOutcome(frozenset({"orders"}), "too late")}
    store.transaction(lambda transaction: book.settle(transaction, plan, half))
    assert told(store, book_of({**FAILS, "rides": {"1": Said("failing")}}, NOON + HOUR / 60)) == {
        "slack": ["rides firing"]
    }


def test_who_knows_an_alert_by_how_bad_it_is_hears_as_what_it_was_told_before(store: MemoryStore) -> None:
    """Alertmanager: what it was told under other labels would fire on beside it, and after its end."""

    def earlier(run: Run, minute: int, failing: tuple[str, ...] = ()) -> str | None:
        book = book_of(run, NOON + minute * HOUR / 60, renewed=["slack"])
        plan = begun(store, book)
        settle(store, book, plan, failing)
        (alert,) = plan.due["slack"]
        return f"{alert.told_as.severity} {alert.told_as.state}" if alert.told_as is not None else None

    worse = {"orders": {"1": Said("failing", "critical")}}
    assert earlier(FAILS, 0) is None
    assert earlier(worse, 1, failing=("slack",)) == "error resolved"
    assert earlier(worse, 2) == "error resolved"
    assert earlier(worse, 3) == "critical resolved"
    assert earlier(PASSES, 4) == "critical resolved"
    assert earlier(FAILS, 5) is None
