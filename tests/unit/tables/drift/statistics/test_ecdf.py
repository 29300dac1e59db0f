"""The Kolmogorov-Smirnov distance and deciles, against scipy and numpy."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import stats

from pytest_mlmonitor.tables.drift import gather
from pytest_mlmonitor.tables.drift.gather import NumberGatherer
from pytest_mlmonitor.tables.drift.sample import Sample, collapsed, merged
from pytest_mlmonitor.tables.drift.statistics import ecdf
from pytest_mlmonitor.tables.drift.statistics.ecdf import ks_distance, wasserstein
from tests.unit.tables.drift.drift_tables import plain_deciles

TIES = st.sampled_from([-0.0, 0.0, 1.0, 1.5, -3.0, 5e-324, -5e-324, 1e308, -1e308, float("inf"), float("-inf")])
VALUES = st.one_of(
    arrays.arrays(np.float64, st.integers(1, 60), elements=TIES),
    arrays.arrays(np.float64, st.integers(1, 60), elements=st.floats(allow_nan=False)),
    arrays.arrays(np.float64, st.integers(1, 60), elements=st.integers(0, 4).map(float)),
)


def whole(values: np.ndarray) -> Sample:
    return Sample(np.sort(values))


def counted(values: np.ndarray) -> Sample:
    return Sample(*collapsed(np.sort(values)))


def expected(left: np.ndarray, right: np.ndarray) -> float:
    with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
        return float(stats.ks_2samp(left, right, method="asymp").statistic)


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The search by blocks, which otherwise starts at half a million values."""
    monkeypatch.setattr(ecdf, "STEP", 4)
    monkeypatch.setattr(ecdf, "AT_ONCE", 3)


@given(VALUES, VALUES)
def test_it_is_the_statistic_of_scipy(left: np.ndarray, right: np.ndarray) -> None:
    for make in (whole, counted):
        assert ks_distance(make(left), counted(right)) == pytest.approx(expected(left, right), abs=1e-12)


@pytest.mark.usefixtures("small_blocks")
def test_it_is_the_same_by_blocks() -> None:
    # hypothesis would warn of the fixture: it is meant for all examples
    @given(VALUES, VALUES)
    def same(left: np.ndarray, right: np.ndarray) -> None:
        assert ecdf.STEP == 4
        for make in (whole, counted):
            assert ks_distance(whole(left), make(right)) == pytest.approx(expected(left, right), abs=1e-12)

    same()


@pytest.mark.parametrize(
    "shape",
    ["near", "same", "shifted", "disjoint", "constant against spread", "outlier", "denormal", "one step apart"],
)
def test_it_is_exact_on_large_samples(shape: str) -> None:
    random = np.random.default_rng(7)
    left, right = random.normal(size=400_000), random.normal(size=300_000)
    if shape == "same":
        right = left[::-1].copy()
    elif shape == "shifted":
        right += 0.3
    elif shape == "disjoint":
        right += 1e6
    elif shape == "constant against spread":
        left = np.zeros(400_000)
    elif shape == "outlier":
        left[0], right[0] = 1e300, -np.inf
    elif shape == "denormal":
        left, right = left * 5e-323, right * 5e-323
    elif shape == "one step apart":
        right = np.nextafter(left, np.inf)
    assert ks_distance(whole(left), whole(right)) == pytest.approx(expected(left, right), abs=1e-12)


def test_identical_samples_have_no_distance() -> None:
    assert ks_distance(whole(np.ones(50)), counted(np.ones(40))) == 0.0


@given(VALUES)
def test_deciles_are_those_of_numpy_but_for_rounded_ranks(values: np.ndarray) -> None:
    values = np.clip(values, -1e300, 1e300)
    wanted = np.quantile(values, np.linspace(0, 1, 11))
    for sample in (whole(values), counted(values)):
        found = sample.deciles()
        assert found == pytest.approx(plain_deciles(values), rel=1e-12, abs=1e-12)
        steps = np.diff(np.sort(values), append=values.max()).max()
        assert np.all(np.abs(found - wanted) <= 1e-12 * (steps + np.abs(wanted)))
        assert found.tolist() == sorted(found.tolist())


@pytest.mark.parametrize("n", [51, 501, 5_001])
def test_a_decile_that_is_a_value_is_that_value(n: int) -> None:
    """0.7 · 500 is 350.00000000000006 in floats: the row that is the decile would change bins."""
    assert whole(np.exp(np.arange(float(n)) / n)).deciles().tolist() == np.exp(np.arange(0, n, n // 10) / n).tolist()


def test_deciles_next_to_infinity_are_values() -> None:
    found = counted(np.array([-np.inf, 0.0, 1.0, np.inf])).deciles()
    assert not np.isnan(found).any()
    assert found.tolist() == sorted(found.tolist())


@given(VALUES, VALUES)
def test_ranks_count_values(values: np.ndarray, points: np.ndarray) -> None:
    for sample in (whole(values), counted(values)):
        assert sample.size == len(values)
        assert sample.at_most(points).tolist() == [int((values <= p).sum()) for p in points]
        assert sample.below(points).tolist() == [int((values < p).sum()) for p in points]


@given(VALUES, VALUES)
def test_samples_are_merged(left: np.ndarray, right: np.ndarray) -> None:
    both = counted(np.concatenate([left, right]))
    values, ranks = merged([collapsed(np.sort(left)), collapsed(np.sort(right))])
    assert values.tolist() == both.values.tolist()
    assert both.ranks is not None
    assert ranks.tolist() == both.ranks.tolist()


@given(
    st.lists(st.lists(st.sampled_from([None, float("nan"), 0.0, -0.0, 1.0]) | st.floats(), max_size=9), max_size=9),
    st.integers(0, 30),
    st.sampled_from([1, 2, 5]),
)
def test_a_column_is_gathered_in_any_batches(batches: list[list[float | None]], expected_rows: int, room: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gather, "ROOM", room)
        patch.setattr(gather, "PARTS", 2)
        gatherer = NumberGatherer(expected_rows)
        for batch in batches:
            gatherer.add(pa.array(batch, pa.float64()))
        sample = gatherer.sample()
    flat = [value for batch in batches for value in batch]
    kept = sorted(value for value in flat if value is not None and not math.isnan(value))
    assert gatherer.rows == len(flat)
    assert gatherer.nulls == len(flat) - len(kept)
    values, counts = sample.distinct()
    assert np.repeat(values, counts).tolist() == kept


@given(VALUES, VALUES)
def test_the_earth_mover_is_that_of_scipy(left: np.ndarray, right: np.ndarray) -> None:
    found = wasserstein(counted(left), counted(right))
    if np.isinf(left).any() or np.isinf(right).any():
        assert found is None
    elif max(abs(left).max(), abs(right).max()) < 1e300:
        assert found == pytest.approx(stats.wasserstein_distance(left, right), rel=1e-9, abs=1e-300)
