"""Bins that a picture is drawn from: the rows of both sides, every one of them in one bin, on edges that both share."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.tables.arrays.comparable import Comparable
from pytest_mlmonitor.tables.drift.feature_drift import SharedBins
from pytest_mlmonitor.tables.drift.sample import Sample
from pytest_mlmonitor.tables.drift.statistics.histogram import MOST, category_bins, number_bins
from tests.unit.tables.drift.simulated import category, number

NUMBER = Comparable("number")

FLOATS = st.one_of(
    st.floats(allow_nan=False),
    st.floats(-1e6, 1e6),
    st.sampled_from([0.0, 1.0, 2.0, 5e-324, -1.7e308, 1.7e308, float("inf"), float("-inf")]),
)
WHOLE = st.one_of(st.integers(-(2**63), 2**63 - 1), st.integers(-50, 50))


def sample(values: list[float], kind: type) -> Sample:
    return Sample(np.sort(np.array(values, kind)) + kind(0))


def counted(edges: tuple[float, ...], values: list[float]) -> tuple[int, ...]:
    """Count one by one: closed on the left, the outer bins open."""
    found = [0] * (len(edges) - 1)
    for value in values:
        found[sum(edge <= value for edge in edges[1:-1])] += 1
    return tuple(found)


@given(st.lists(FLOATS, min_size=1, max_size=80), st.lists(FLOATS, min_size=1, max_size=80))
def test_floats_stand_in_the_bins_that_counting_one_by_one_gives(mine: list[float], theirs: list[float]) -> None:
    found = number_bins(sample(mine, np.float64), sample(theirs, np.float64), NUMBER)
    if found is None:
        return
    assert found.edges is not None and found.labels is None
    assert 1 <= len(found.edges) - 1 <= MOST
    assert all(one < other for one, other in pairwise(found.edges))
    assert (found.current, found.reference) == (counted(found.edges, mine), counted(found.edges, theirs))


@given(st.lists(WHOLE, min_size=1, max_size=80), st.lists(WHOLE, min_size=1, max_size=80))
def test_whole_numbers_of_any_size_stand_in_bins_of_a_whole_width(mine: list[int], theirs: list[int]) -> None:
    found = number_bins(sample(mine, np.int64), sample(theirs, np.int64), NUMBER)
    assert found is not None and found.edges is not None
    assert len({other - one for one, other in pairwise(found.edges)}) == 1
    assert (found.current, found.reference) == (counted(found.edges, mine), counted(found.edges, theirs))


def test_what_is_not_finite_has_no_width() -> None:
    nowhere = sample([float("inf"), float("-inf")], np.float64)
    assert number_bins(nowhere, nowhere, NUMBER) is None


def test_an_outlier_moves_no_edge() -> None:
    rng = np.random.default_rng(1)
    values = rng.normal(size=1_000)
    plain = number_bins(Sample(np.sort(values)), Sample(np.sort(values)), NUMBER)
    far = number_bins(Sample(np.sort(np.append(values, 1e12))), Sample(np.sort(values)), NUMBER)
    assert plain is not None and far is not None and plain.edges is not None and far.edges is not None
    assert max(far.edges) < 4
    assert sum(far.current) == 1_001


def test_a_side_far_away_and_small_is_seen_all_the_same() -> None:
    """A hundredth of the pooled rows: limits of the pool would leave them all in the outer bin."""
    rng = np.random.default_rng(1)
    found = number_bins(Sample(np.sort(rng.normal(50, 1, 100))), Sample(np.sort(rng.normal(0, 1, 20_000))), NUMBER)
    assert found is not None
    assert sum(found.current[:6]) == 0 and sum(found.reference[-6:]) == 0


def test_whole_numbers_that_are_floats_leave_no_comb() -> None:
    """Pandas makes floats of integers with nulls: eleven values in 24 equal bins would show thirteen gaps."""
    values = np.repeat(np.arange(11.0), 500)
    found = number_bins(Sample(values), Sample(values), NUMBER)
    assert found is not None
    assert found.edges == tuple(range(12)) and set(found.current) == {500}


def test_times_are_said_by_when_a_bin_begins() -> None:
    days = Comparable("instant", 1 / 86_400)
    found = number_bins(sample(list(range(48)), np.int64), sample(list(range(48)), np.int64), days)
    assert found is not None and found.labels is not None and found.edges is None
    assert found.labels[0] == "1970-01-01T00:00:00Z"
    micro = Comparable("instant", 1e6)
    found = number_bins(*[sample([i * 3_700_001 for i in range(40)], np.int64)] * 2, micro)
    assert found is not None and found.labels is not None
    assert not [label for label in found.labels if "." in label]


def test_durations_come_in_seconds() -> None:
    found = number_bins(*[sample([0, 10_000], np.int64)] * 2, Comparable("duration", 1_000.0))
    assert found is not None and found.edges is not None
    assert found.edges[0] == 0 and 10 < found.edges[-1] < 13


@given(
    st.dictionaries(st.text(max_size=3), st.integers(1, 9), min_size=1, max_size=60),
    st.dictionaries(st.text(max_size=3), st.integers(1, 9), min_size=1, max_size=60),
)
def test_no_row_of_a_category_is_lost(mine: dict[str, int], theirs: dict[str, int]) -> None:
    found = category_bins(mine, theirs)
    assert found.labels is not None
    assert len(found.labels) == len(found.current) == len(found.reference) == len(set(found.labels)) <= MOST
    assert (sum(found.current), sum(found.reference)) == (sum(mine.values()), sum(theirs.values()))
    assert found.rest == (len(mine.keys() | theirs.keys()) > MOST)
    named = found.labels[:-1] if found.rest else found.labels
    assert [found.current[i] for i in range(len(named))] == [mine.get(name, 0) for name in named]


def test_a_category_that_only_the_smaller_side_has_is_not_among_the_others() -> None:
    theirs = {f"c{i:02}": 1_000 for i in range(40)}
    found = category_bins({"new": 5, "c00": 5}, theirs)
    assert found.labels is not None
    assert found.current[found.labels.index("new")] == 5
    assert found.labels[-1] == "other" and found.current[-1] == 0


def test_numbers_stand_in_order_and_texts_by_the_reference() -> None:
    assert category_bins({10: 1, 9: 5}, {9: 1, 2: 7}).labels == ("2", "9", "10")
    assert category_bins({"a": 9, "b": 1}, {"a": 1, "b": 2}).labels == ("b", "a")


def test_a_category_called_other_is_not_the_others() -> None:
    many = {"other": 50, **{f"c{i}": 1 for i in range(40)}}
    found = category_bins(many, many)
    assert found.labels is not None and found.labels.count("other") == 1 and found.labels[-1] == "all others"


# What a comparison keeps of them.


@pytest.mark.parametrize("shift", [0.0, 0.5])
def test_only_what_may_be_a_finding_is_drawn(shift: float) -> None:
    rng = np.random.default_rng(4)
    before, now = rng.normal(size=2_000), rng.normal(shift, size=2_000)
    assert (number("x", now, before).bins is not None) == bool(shift)


def test_bins_are_of_the_rows_that_the_statistics_are_of() -> None:
    rng = np.random.default_rng(4)
    before, now = rng.gamma(2.0, size=3_000), rng.gamma(4.0, size=2_000)
    now[:100] = np.nan
    found = number("x", now, before)
    assert isinstance(found.bins, SharedBins) and found.bins.edges is not None
    assert found.bins.current == counted(found.bins.edges, now[100:].tolist())
    assert found.bins.reference == counted(found.bins.edges, before.tolist())


def test_categories_that_moved_are_drawn() -> None:
    rng = np.random.default_rng(4)
    found = category("x", rng.choice(5, 900, p=[0.1, 0.1, 0.2, 0.3, 0.3]), rng.choice(5, 900))
    assert found.bins is not None and found.bins.labels is not None
    assert sum(found.bins.current) == 900


def test_what_could_not_be_compared_is_not_drawn() -> None:
    """Its nulls may be a finding all the same."""
    found = number("x", np.full(500, np.nan), np.random.default_rng(1).normal(size=500))
    assert found.reason is not None and found.bins is None and found.p_nulls is not None
