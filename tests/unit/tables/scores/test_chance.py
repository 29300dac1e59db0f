"""What chance gives: exact tests against scipy, the noise of the calibration error against a simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import stats

from pytest_mlmonitor.tables.scores.chance import (
    calibration_noise,
    fewer_right,
    greater_error,
    mean_squared_error,
    worse_calibrated,
)
from pytest_mlmonitor.tables.scores.scores import BINS, Scores, calibration_error


@st.composite
def tables(draw: st.DrawFn) -> tuple[int, int, int, int]:
    n, m = draw(st.integers(1, 400)), draw(st.integers(1, 400))
    return draw(st.integers(0, n)), n, draw(st.integers(0, m)), m


@example((0, 1, 1, 1))
@example((30, 30, 0, 30))
@given(tables())
def test_it_is_fishers_exact_test(table: tuple[int, int, int, int]) -> None:
    k, n, before, m = table
    found = fewer_right(k, n, before, m)
    if k / n >= (k + before) / (n + m):
        assert found == 1.0
    else:
        expected = stats.fisher_exact([[k, n - k], [before, m - before]], alternative="less").pvalue
        assert found == pytest.approx(expected, rel=1e-6, abs=1e-300)


def test_it_is_quick_on_millions_and_small_where_nothing_is_left_to_chance() -> None:
    assert fewer_right(8_900_000, 10_000_000, 9_000_000, 10_000_000) == 0.0
    assert fewer_right(60, 100, 2915, 2944) < 1e-20
    assert fewer_right(27, 30, 2915, 2944) < 0.05  # thirty rows say something
    assert fewer_right(29, 30, 2915, 2944) > 0.05


def test_the_noise_of_the_calibration_error_is_that_of_a_simulation() -> None:
    random = np.random.default_rng(5)
    rows, shares = np.array([200, 120, 90, 60, 60, 60, 60, 90, 120, 200]), (np.arange(BINS) + 0.5) / BINS
    errors = []
    for _ in range(4000):
        true = random.binomial(rows, shares)
        errors.append(calibration_error(list(zip(rows.tolist(), (rows * shares).tolist(), true.tolist(), strict=True))))
    mean, variance = calibration_noise([(int(n), float(n * p), 0.0) for n, p in zip(rows, shares, strict=True)])
    assert mean == pytest.approx(np.mean(errors), rel=0.02)
    assert math.sqrt(variance) == pytest.approx(np.std(errors), rel=0.05)


def test_an_error_is_put_down_to_chance_as_often_as_said() -> None:
    random = np.random.default_rng(6)
    called = []
    for _ in range(800):
        sides = []
        for rows in (300, 2000):
            score = random.random(rows)
            index = np.searchsorted(np.arange(1, BINS) / BINS, score)
            true = np.bincount(index, random.random(rows) < score, BINS)
            sums = np.bincount(index, score, BINS)
            counts = np.bincount(index, minlength=BINS)
            sides.append(list(zip(counts.tolist(), sums.tolist(), true.tolist(), strict=True)))
        now, before = sides
        rise = calibration_error(now) - calibration_error(before)
        called.append(worse_calibrated(rise, now, before) < 0.05)
    assert 0.02 < np.mean(called) < 0.09


def test_both_sides_are_noisy() -> None:
    """One bin of n rows at one half: mean and spread of a half-normal, written out."""
    now, before = [(100, 50.0, 40.0)], [(25, 12.5, 12.0)]
    means = [math.sqrt(0.25 / n * 2 / math.pi) for n in (100, 25)]
    variances = [0.25 / n * (1 - 2 / math.pi) for n in (100, 25)]
    z = (0.1 - (means[0] - means[1])) / math.sqrt(sum(variances))
    assert worse_calibrated(0.1, now, before) == pytest.approx(stats.norm.sf(z))
    assert worse_calibrated(0.1, now) == pytest.approx(stats.norm.sf((0.1 - means[0]) / math.sqrt(variances[0])))


def test_scores_without_spread_leave_nothing_to_chance() -> None:
    bins = [(10, 10.0, 9.0)]
    assert worse_calibrated(0.1, bins) == 0.0
    assert worse_calibrated(0.0, bins) == 1.0
    assert calibration_noise(()) == (0.0, 0.0)


def test_the_mean_squared_error_is_judged_by_its_own_variance() -> None:
    errors = np.random.default_rng(7).normal(0, 2, 5000)
    scores = Scores(5000, 5000, "numbers", squared=float((errors**2).sum()), fourth=float((errors**4).sum()))
    mean, variance = mean_squared_error(scores)
    assert mean == pytest.approx(4, rel=0.1) and variance == pytest.approx(
        2 * 16 / 5000, rel=0.2
    )  # of a normal's square
    assert greater_error(scores, mean) == 0.5
    assert greater_error(scores, mean - 4 * math.sqrt(variance)) < 0.001
    assert greater_error(scores, mean - math.sqrt(variance), variance=3 * variance) > 0.2


def f1_falls_by_chance(now: np.ndarray, before: np.ndarray) -> float:
    """Return the p-value of a fall of F1, as the checks ask for it: tp, fp, fn, tn of both."""
    found, named = int(now[:3].sum()), int(before[:3].sum())
    return fewer_right(int(now[0]), found, int(before[0]), named) if found and named else 1.0


@pytest.mark.parametrize(
    "shares", [(0.4, 0.1, 0.1, 0.4), (0.8, 0.1, 0.05, 0.05), (0.01, 0.005, 0.008, 0.977), (0.02, 0.08, 0.01, 0.89)]
)
@pytest.mark.parametrize("rows", [50, 183, 1000])
def test_f1_of_one_model_seldom_falls(shares: tuple[float, ...], rows: int) -> None:
    """F1 = 2 J / (1 + J), and given tp + fp + fn the tp are binomial with share J: the exact test of J is one of F1."""
    random, trials = np.random.default_rng(11), 4000
    pairs = zip(random.multinomial(rows, shares, trials), random.multinomial(3000, shares, trials), strict=True)
    values = np.array([f1_falls_by_chance(now, before) for now, before in pairs])
    for level in (0.05, 0.05 / 6, 0.05 / 42):
        most = stats.binom.ppf(0.9999, trials, level)
        assert np.count_nonzero(values < level) <= most


def test_f1_that_fell_is_seen() -> None:
    random = np.random.default_rng(12)
    values = [
        f1_falls_by_chance(
            random.multinomial(150, (0.25, 0.25, 0.25, 0.25)), random.multinomial(3000, (0.4, 0.1, 0.1, 0.4))
        )
        for _ in range(500)
    ]
    assert np.mean(np.array(values) < 0.05 / 42) > 0.95
