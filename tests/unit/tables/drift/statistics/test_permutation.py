"""P-values: the formulas against enumeration and scipy, and their sizes on equal samples of many laws."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from pytest_mlmonitor.tables.drift.sample import Sample
from pytest_mlmonitor.tables.drift.statistics import permutation
from pytest_mlmonitor.tables.drift.statistics.bins import pooled
from pytest_mlmonitor.tables.drift.statistics.ecdf import ks_distance

COUNTS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=2, max_size=12).filter(
    lambda pairs: min(sum(a for a, _ in pairs), sum(b for _, b in pairs)) >= 3
)


# The distributions.


@given(st.floats(-3, 5.9), st.floats(-8, 8))
def test_the_gamma_tail_is_that_of_scipy(log_shape: float, deviations: float) -> None:
    shape = 10**log_shape
    x = max(0.0, shape + deviations * math.sqrt(shape))
    wanted = special.gammaincc(shape, x)
    assert permutation.upper_gamma(shape, x) == pytest.approx(wanted, rel=1e-7, abs=1e-12)


@pytest.mark.parametrize("deviations", [-6.0, -1.0, 0.0, 2.0, 6.0])
def test_the_gamma_tail_of_a_large_shape_is_nearly_that_of_scipy(deviations: float) -> None:
    shape = 3e7
    x = shape + deviations * math.sqrt(shape)
    assert permutation.upper_gamma(shape, x) == pytest.approx(special.gammaincc(shape, x), rel=1e-4)


@given(st.floats(0, 1), st.integers(30, 10_000_000), st.integers(30, 10_000_000))
def test_the_p_value_of_a_distance_is_kolmogorovs(distance: float, n: int, m: int) -> None:
    wanted = special.kolmogorov(distance * math.sqrt(n / (n + m) * m))
    assert permutation.distance_p(distance, n, m) == pytest.approx(wanted, rel=1e-9, abs=1e-11)


@given(st.floats(0.001, 1), st.integers(5_000, 50_000), st.integers(5_000, 50_000))
def test_the_p_value_of_a_distance_is_near_the_finite_one(distance: float, n: int, m: int) -> None:
    wanted = stats.kstwo.sf(distance, np.round(n * m / (n + m)))
    assert permutation.distance_p(distance, n, m) == pytest.approx(wanted, abs=0.01)


@given(st.integers(1, 4_000), st.integers(1, 4_000), st.floats(0, 1), st.floats(0, 1))
def test_the_p_value_of_a_rise_is_fishers(n: int, m: int, before: float, now: float) -> None:
    a, b = round(n * before), round(m * now)
    wanted = 1.0 if b * (n + m) <= (a + b) * m else stats.hypergeom.sf(b - 1, n + m, a + b, m)
    assert permutation.rise_p(a, n, b, m) == pytest.approx(wanted, rel=1e-8, abs=1e-300)


# Given the margins.


def dealt(total: tuple[int, ...], n: int) -> tuple[float, float]:
    """Return mean and variance of Pearson's chi-square over all ways to deal the rows, by counting them."""
    rows = sum(total)
    values, weights = [], []
    for left in itertools.product(*(range(count + 1) for count in total)):
        if sum(left) == n:
            c, one = np.array(total, float), np.array(left, float)
            expected = c * n / rows
            x2 = np.sum((one - expected) ** 2 / expected + (c - one - (c - expected)) ** 2 / (c - expected))
            values.append(float(x2))
            weights.append(math.prod(math.comb(count, k) for count, k in zip(total, left, strict=True)))
    mean = np.average(values, weights=weights)
    return float(mean), float(np.average((np.array(values) - mean) ** 2, weights=weights))


@given(st.lists(st.integers(1, 4), min_size=2, max_size=4).filter(lambda t: sum(t) >= 4), st.data())
def test_the_moments_are_those_of_full_enumeration(total: list[int], data: st.DataObject) -> None:
    n = data.draw(st.integers(1, sum(total) - 1))
    found = permutation.chi_square_moments(np.array(total), n, sum(total) - n)
    assert found == pytest.approx(dealt(tuple(total), n), abs=1e-9)


@given(COUNTS)
def test_sides_may_change_places(pairs: list[tuple[int, int]]) -> None:
    left, right = (np.array(side) for side in zip(*pairs, strict=True))
    assert permutation.shares_p(left, right) == pytest.approx(permutation.shares_p(right, left), rel=1e-9, abs=1e-15)


@given(COUNTS, st.randoms())
def test_the_order_of_bins_does_not_matter(pairs: list[tuple[int, int]], random: object) -> None:
    mixed = list(pairs)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    one, other = (permutation.shares_p(*(np.array(s) for s in zip(*p, strict=True))) for p in (pairs, mixed))
    assert one == pytest.approx(other, rel=1e-9, abs=1e-15)


def test_for_many_rows_it_is_the_chi_square_test() -> None:
    left, right = np.array([2_000, 3_100, 5_000]), np.array([2_060, 3_000, 5_020])
    wanted = stats.chi2_contingency([left, right], correction=False).pvalue
    assert permutation.shares_p(left, right) == pytest.approx(wanted, rel=0.01)


def test_what_is_rare_counts_as_one() -> None:
    left, right = np.array([50, 2, 1, 0, 2]), np.array([50, 0, 2, 4, 1])
    assert permutation.shares_p(left, right) == permutation.shares_p(np.array([50, 5]), np.array([50, 7]))
    assert permutation.shares_p(np.ones(800), np.ones(800)) == 1.0


# Sizes.

LAWS: dict[str, Callable[[np.random.Generator, int], np.ndarray]] = {
    "normal": lambda rng, n: rng.normal(size=n),
    "lognormal": lambda rng, n: rng.lognormal(0, 1.5, n),
    "heavy": lambda rng, n: rng.standard_t(1, n),
    "zeros": lambda rng, n: np.where(rng.random(n) < 0.6, 0.0, rng.gamma(0.5, size=n)),
    "rounded": lambda rng, n: rng.poisson(3.0, n).astype(float),
}
SIZES = ((30, 30), (100, 100), (284, 285), (30, 3_000), (2_000, 300))
TABLES = 300


@pytest.mark.parametrize("sizes", SIZES, ids=str)
@pytest.mark.parametrize("law", LAWS)
def test_equal_samples_are_told_apart_as_rarely_as_promised(law: str, sizes: tuple[int, int]) -> None:
    """At most 5 % of p-values are below .05 (three standard errors of a simulation more), and 1 % below .001."""
    rng = np.random.default_rng([*map(ord, law), *sizes])
    found = []
    for _ in range(TABLES):
        left, right = (Sample(np.sort(LAWS[law](rng, n))) for n in sizes)
        bins = pooled(left, right)
        of_shares = permutation.shares_p(bins.left, bins.right)
        found.append((of_shares, of_shares if bins.few else permutation.distance_p(ks_distance(left, right), *sizes)))
    p = np.array(found)
    assert ((p < 0.05).mean(axis=0) <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / TABLES)).all()
    assert ((p < 0.001).mean(axis=0) <= 0.01).all()


@pytest.mark.parametrize(
    ("levels", "sizes"), [(10, (30, 30)), (100, (3_000, 30)), (800, (1_000, 1_000)), (800, (5_000, 300))]
)
def test_equal_samples_of_categories_are_told_apart_as_rarely(levels: int, sizes: tuple[int, int]) -> None:
    rng = np.random.default_rng([levels, *sizes])
    shares = rng.dirichlet(np.ones(levels))
    p = []
    for _ in range(TABLES):
        left, right = (rng.multinomial(n, shares) for n in sizes)
        p.append((permutation.shares_p(left, right), permutation.unseen_p(left, right)))
    assert (np.mean(np.array(p) < 0.05, axis=0) <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / TABLES)).all()
    assert (np.mean(np.array(p) < 0.001, axis=0) <= 0.01).all()


# Categories that the reference never had.


@pytest.mark.parametrize("levels", [20, 100, 800])
def test_a_new_category_is_found_and_rare_ones_are_not(levels: int) -> None:
    """One of 10 % among 1,000 rows always; those that chance leaves out of the reference at most five times in a hundred."""
    rng = np.random.default_rng(levels)
    shares = np.append(rng.dirichlet(np.ones(levels)), 0.0)
    new = np.append(0.9 * shares[:-1], 0.1)
    found = [permutation.unseen_p(rng.multinomial(1_000, shares), rng.multinomial(1_000, new)) for _ in range(100)]
    quiet = [permutation.unseen_p(rng.multinomial(1_000, shares), rng.multinomial(1_000, shares)) for _ in range(100)]
    assert max(found) < 0.05 / 90
    assert sum(p < 0.05 for p in quiet) <= 5


def test_without_new_categories_there_is_nothing_to_explain() -> None:
    assert permutation.unseen_p(np.array([50, 3]), np.array([40, 0])) == 1.0


def test_one_row_of_each_of_many_is_no_accident() -> None:
    """Every row its own category, of a feature of a hundred: each is as rare as any, but there are too many."""
    rng = np.random.default_rng(1)
    before = rng.multinomial(1_000, np.full(100, 0.01))
    now = rng.multinomial(850, np.full(100, 0.01))
    p = permutation.unseen_p(np.append(before, np.zeros(150, int)), np.append(now, np.ones(150, int)))
    assert p < 1e-6


def test_categories_that_are_too_many_to_be_counted() -> None:
    few, ids = np.array([400, 300, 300]), np.ones(900, int)
    assert permutation.explosion_p(few, 10_000, 4_998) < 1e-9
    assert permutation.explosion_p(ids, 10_000, 4_101) > 0.05  # an identifier then and now
