"""The chain of versions, clause by clause: which builds are red when levels change (specification 2.5)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.core.finding import Figure, Finding, Severity
from pytest_mlmonitor.links.drift.version_chain import DAY, WEEK, VersionChain, Versions
from pytest_mlmonitor.links.drift.version_comparison import ColumnFinding, Compared, Reference, mildest

MONDAY = datetime(2026, 3, 2, 6, tzinfo=UTC)
"""When the first build of a chain is made, unless a test says otherwise."""


class History:
    """Builds of one feature by their levels: two whose levels differ drifted; the pool's level is the commonest in it."""

    def __init__(
        self,
        levels: Sequence[float],
        every: timedelta = DAY,
        unsound: Sequence[int] = (),
        start: datetime = MONDAY,
        accepted: Sequence[int] = (),
    ) -> None:
        self.levels = list(levels)
        self.built = [start + place * every for place in range(len(levels))]
        self.unsound = set(unsound)
        self.accepted = set(accepted)
        self.asked: list[tuple[int, tuple[int, ...]]] = []

    def compare(self, place: int, others: tuple[int, ...]) -> Compared:
        self.asked.append((place, others))
        known = [self.levels[other] for other in others]
        level = max(known, key=known.count)
        reference = Reference((Path(str(others)),), str(others), "")
        if self.levels[place] == level:
            return Compared((reference,), (), (Figure("psi", "x", 0.0),))
        return Compared(
            (reference,), (ColumnFinding(Finding(Severity.ERROR, "moved", column="x")),), (Figure("psi", "x", 1.0),)
        )

    def chain(self) -> VersionChain:
        versions = Versions(self.built, lambda place: self.built[place], lambda place: place not in self.unsound)
        return VersionChain(versions, self.compare, accepted=lambda place, _: place in self.accepted)

    def red(self) -> list[int]:
        """Return the builds that are red when each is judged in its turn."""
        found = []
        for place in range(len(self.levels)):
            history = History(self.levels[: place + 1], unsound=self.unsound, accepted=self.accepted)
            history.built = self.built[: place + 1]
            judged = history.chain().judged(place)
            if judged is not None and judged.severity >= Severity.ERROR:
                found.append(place)
        return found


def test_equal_builds_are_green_and_the_first_is_compared_with_nothing() -> None:
    assert History([0] * 30).red() == []
    assert History([0]).chain().judged(0) is None


def test_a_blip_is_red_once() -> None:
    assert History([0] * 10 + [5] + [0] * 10).red() == [10]


def test_the_day_after_a_blip_is_not_red_even_early() -> None:
    assert History([0, 5, 0, 0, 0]).red() == [1]
    assert History([0, 0, 5, 0, 0]).red() == [2]


def test_a_new_level_is_red_twice() -> None:
    assert History([0] * 6 + [5] * 12).red() == [6, 7]


def test_a_new_level_on_a_weekly_pattern_is_red_at_most_nine_times() -> None:
    def week(up: float) -> list[float]:
        return [up] * 5 + [up + 9] * 2

    red = History(week(0) * 4 + week(5) * 4).red()
    assert 2 <= len([place for place in red if place >= 28]) <= 9
    assert max(red) < 28 + 14


def test_a_bad_first_build_is_red_twice_then_green() -> None:
    assert History([5] + [0] * 10).red() == [1, 2]


def test_a_weekend_pattern_is_red_six_times_in_two_weeks_and_then_never() -> None:
    red = History(([0] * 5 + [9] * 2) * 8).red()
    assert max(red) < 15 and len(red) <= 6


def test_one_special_weekday_is_red_a_few_times_and_then_never() -> None:
    red = History(([0] * 6 + [9]) * 8).red()
    assert len(red) <= 4 and max(red) < 21


def test_a_day_night_step_of_hourly_builds_is_learned() -> None:
    levels = ([0] * 12 + [9] * 12) * 10
    red = History(levels, every=timedelta(hours=1)).red()
    assert len(red) <= 45 and max(red) < 4 * 24


def test_builds_closer_than_the_runs_do_not_hide_a_new_level() -> None:
    red = History([0] * 5 + [5] * 40, every=timedelta(hours=1)).red()
    assert red == list(range(5, 25))


def test_a_build_whose_own_rows_have_an_error_is_no_reference() -> None:
    # both levels are seen twice; those of the second level have errors of their own
    history = History([0, 0, 5, 5, 5], unsound=[2, 3])
    assert history.red() == [2, 3, 4]
    assert History([0, 0, 5, 5, 5]).red() == [2, 3]


def test_where_none_qualifies_the_version_before_is_compared_with() -> None:
    history = History([0, 0, 0, 5], unsound=[0, 1, 2])
    history.chain().judged(3)
    assert (3, (2,)) in history.asked
    assert history.red() == [3]


def test_an_accepted_drift_qualifies_for_ever() -> None:
    assert History([0, 0, 5, 5, 0]).red() == [2, 3, 4]
    assert History([0, 0, 5, 5, 0], accepted=[2]).red() == [2, 4]


def test_a_green_family_costs_one_comparison_a_version() -> None:
    history = History([0] * 30)
    history.chain().judged(29)
    assert history.asked == [(28, (27,)), (29, (28,))]


def test_long_chains_of_close_builds_do_not_go_deep() -> None:
    history = History([0, 5] * 500, every=timedelta(minutes=5))
    assert history.chain().judged(999) is not None


@given(st.lists(st.sampled_from([0, 5, 9]), min_size=1, max_size=25), st.sampled_from([1, 6, 24, 168]))
def test_a_level_that_stays_is_green(levels: list[float], hours: int) -> None:
    """Whatever came before: once the pool is of one level, and at least four builds are, it is no drift."""
    more = max(4, 6 * 24 // hours)
    history = History([*levels, *[3.0] * more], every=timedelta(hours=hours))
    judged = history.chain().judged(len(history.levels) - 1)
    assert judged is not None and judged.severity < Severity.ERROR


@given(st.lists(st.sampled_from([0, 5]), min_size=2, max_size=20))
def test_a_verdict_does_not_hang_on_what_was_asked_before(levels: list[float]) -> None:
    history = History(levels)
    chain = history.chain()
    together = [chain.judged(place) for place in range(len(levels))]
    alone = [History(levels).chain().judged(place) for place in range(len(levels))]
    assert [one and one.severity for one in together] == [one and one.severity for one in alone]


@pytest.mark.parametrize(
    ("hours", "period"), [(20, WEEK), (24, WEEK), (28, WEEK), (19.9, DAY), (1, DAY), (28.1, None), (168, None)]
)
def test_how_far_builds_lie_apart_says_how_they_repeat(hours: float, period: timedelta | None) -> None:
    cycle = History([0] * 10, every=timedelta(hours=hours)).chain().cycle(9)
    assert (cycle.period if cycle else None) == period


def test_one_gap_does_not_change_how_builds_repeat() -> None:
    history = History([0] * 10)
    history.built = [*history.built[:7], *(moment + timedelta(days=3) for moment in history.built[7:])]
    assert max(later - earlier for earlier, later in pairwise(history.built)) == timedelta(days=4)
    cycle = history.chain().cycle(9)
    assert cycle is not None and cycle.period == WEEK


# -- the mildest --------------------------------------------------------------------------------------------------------


def found(**severities: str | None) -> Compared:
    """Return what one comparison says of columns; None for a column that was compared and has not moved."""
    changes = [
        ColumnFinding(Finding(Severity.parse(s), "", column=name)) for name, s in severities.items() if s is not None
    ]
    figures = [Figure("psi", name, float(len(severities))) for name in severities]
    return Compared((Reference((), "r", ""),), tuple(changes), tuple(figures))


def said(*compared: Compared) -> dict[str | None, str]:
    return {one.finding.column: one.finding.severity.word for one in mildest(compared).changes}


def test_a_feature_drifts_where_it_does_against_every_candidate_at_its_mildest_severity() -> None:
    first = found(a="error", b="error", c="warning", d=None)
    second = found(a="warning", b=None, c="error", d="error")
    assert said(first, second) == {"a": "warning", "c": "warning"} == said(second, first)


def test_a_column_that_one_comparison_did_not_measure_is_judged_by_the_others() -> None:
    assert said(found(a="error"), found(b=None)) == {"a": "error"}


def test_a_comparison_that_could_not_be_made_excuses_nothing() -> None:
    assert said(found(a="error"), Compared((), reason="no rows")) == {"a": "error"}
    assert mildest([Compared((), reason="no rows"), Compared((), reason="torn")]).reason == "no rows"
