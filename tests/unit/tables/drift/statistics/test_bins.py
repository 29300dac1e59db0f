"""Where features are divided."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from pytest_mlmonitor.tables.drift.sample import Sample, collapsed
from pytest_mlmonitor.tables.drift.statistics import bins

TIES = st.sampled_from([-3.0, 0.0, 1.0, 1.5, 5e-324, float("inf"), float("-inf")])
FLOATS = arrays.arrays(np.float64, st.integers(2, 90), elements=TIES | st.floats(allow_nan=False))
INTEGERS = arrays.arrays(np.int64, st.integers(2, 90), elements=st.integers(-40, 40) | st.integers(-(2**63), 2**63 - 1))


def samples(values: np.ndarray) -> list[Sample]:
    """Return both forms of a sample: every value, and the distinct ones with their ranks."""
    ordered = np.sort(values + 0)
    return [Sample(ordered), Sample(*collapsed(ordered))]


@pytest.mark.parametrize("values", [FLOATS, INTEGERS], ids=["floats", "integers"])
def test_bins_of_both_sides_are_those_of_the_pool(values: st.SearchStrategy[np.ndarray]) -> None:
    @given(values, values)
    def divided(left: np.ndarray, right: np.ndarray) -> None:
        pool = np.sort(np.concatenate([left, right]))
        forms = [bins.pooled(*pair)[:2] for pair in zip(samples(left), samples(right), strict=True)]
        assert all(np.array_equal(a, b) for a, b in zip(*forms, strict=True))
        for found, side in zip(forms[0], (left, right), strict=True):
            assert found.sum() == len(side)
            assert (found >= 0).all()
        distinct = np.unique(pool)
        if len(distinct) <= bins.FEW:
            for found, side in zip(forms[0], (left, right), strict=True):
                assert found.tolist() == [int((side == value).sum()) for value in distinct]
        else:
            edges = np.unique(pool[(len(pool) - 1) * np.arange(1, 10) // 10])
            below = np.array([(pool < edge).sum() for edge in edges])
            assert set(below) <= set(np.cumsum(forms[0][0] + forms[0][1])) | {0}

    divided()


def test_a_value_that_is_most_of_both_is_a_bin_of_its_own() -> None:
    """Nine of ten deciles are zero: without it all rows would stand in one bin, and nothing could be told apart."""
    left = np.concatenate([np.zeros(960), np.arange(1.0, 41)])
    right = np.concatenate([np.zeros(880), np.arange(1.0, 121)])
    found = bins.pooled(*(Sample(np.sort(side)) for side in (left, right)))[:2]
    assert [side[side + other > 0].tolist() for side, other in (found, found[::-1])] == [[960, 40], [880, 120]]


def test_bins_of_the_reference() -> None:
    even = np.arange(501.0)
    edges = bins.reference_edges(Sample(even))
    assert edges is not None
    assert bins.counts_between(edges, Sample(even)).tolist() == [50] * 9 + [51]
    beyond = bins.counts_between(edges, Sample(np.full(100, 1e9)))
    assert beyond.tolist() == [0] * 9 + [100]  # the outer bins are open


def test_integers_beyond_what_a_float_holds_keep_their_bins() -> None:
    """As floats 2**60 + 1 and 2**60 are one: the row that is the decile changed bins, and so did most of a narrow range."""
    narrow = np.arange(501) + 2**60
    edges = bins.reference_edges(Sample(narrow))
    assert edges is not None
    assert bins.counts_between(edges, Sample(narrow)).tolist() == [50] * 9 + [51]
    for largest in (2**60 + 2, 2**63 - 1):
        mostly = np.array([largest - 1] * 3 + [largest] * 97)
        edges = bins.reference_edges(Sample(mostly))
        assert edges is not None
        assert [count for count in bins.counts_between(edges, Sample(mostly)).tolist() if count] == [3, 97]


def test_one_value_in_most_of_the_reference_makes_three_bins() -> None:
    edges = bins.reference_edges(Sample(np.array([0.0] * 97 + [3.0] * 3)))
    assert edges is not None
    assert bins.counts_between(edges, Sample(np.array([-5.0, -1e-300, 0.0, 0.0, 5e-324, 2.0]))).tolist() == [2, 2, 2]
    whole = bins.counts_between(edges, Sample(np.array([-5, -1, 0, 0, 1, 2])))
    assert whole.tolist() == [2, 2, 2]


def test_a_constant_has_no_bins() -> None:
    assert bins.reference_edges(Sample(np.full(40, 7))) is None
    assert bins.edges_of_ten(Sample(np.full(40, 7))) is None


@given(INTEGERS)
def test_integers_fall_where_their_floats_do(values: np.ndarray) -> None:
    small = values[np.abs(values) < 2**53]
    if len(small) > 1 and (edges := bins.reference_edges(Sample(np.sort(small)))) is not None:
        whole, floats = (Sample(np.sort(small).astype(t)) for t in (np.int64, np.float64))
        assert np.array_equal(bins.counts_between(edges, whole), bins.counts_between(edges, floats))
