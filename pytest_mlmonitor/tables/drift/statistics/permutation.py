"""How often two samples of one population differ as much: p-values that hold for small and for unequal samples, and with ties.

Every one is exact or holds given the pooled values (a permutation distribution), so that the law of the feature plays no part.
The two distributions are written out: they run for every feature, and importing scipy.special takes 0.15 s.
"""

from __future__ import annotations

import math
from itertools import count

import numpy as np

from pytest_mlmonitor.tables.arrays.vectors import Counts

RARE = 5
"""Bins with fewer rows of both sides together are merged into one: beside them no approximation holds."""

_SMALL = 1e-16


def distance_p(distance: float, n: int, m: int) -> float:
    """Return the p-value of a Kolmogorov-Smirnov distance D: Kolmogorov's limit distribution at D √(nm / (n + m)).

    Smirnov (1948). Sizes at .05: .037 with 30 values a side, .045 with 300; ties make it smaller.
    """
    x = distance * math.sqrt(n / (n + m) * m)
    if x < 0.2:
        return 1.0  # but for 1e-12
    if x < 1.0:  # the theta function's other form, which converges fast here
        terms = (math.exp(-((2 * k - 1) ** 2) * math.pi**2 / (8 * x * x)) for k in range(1, 8))
        return max(0.0, 1.0 - math.sqrt(2 * math.pi) / x * sum(terms))
    return 2 * sum((1 if k % 2 else -1) * math.exp(-2 * k * k * x * x) for k in range(1, 8))


def shares_p(reference: Counts, current: Counts) -> float:
    """Return the p-value of Pearson's chi-square of the 2 x k table of counts, given both of its margins.

    The permutation distribution has these moments (Haldane 1940, Dawson 1954; :func:`chi_square_moments`) and nearly the shape
    of a gamma distribution (Mielke and Berry 1985). Unlike the chi-square distribution it holds for rare categories and
    unequal sizes: there the asymptotic test rejects up to a third of equal samples. Bins with fewer than ``RARE`` rows on both
    sides together count as one.
    """
    total = reference + current
    rare = total < RARE
    if rare.any():
        reference, current = (np.append(side[~rare], side[rare].sum()) for side in (reference, current))
        total = reference + current
    there = total > 0
    reference, total = reference[there].astype(np.float64), total[there].astype(np.float64)
    if len(total) < 2:
        return 1.0
    n, rows = float(reference.sum()), float(total.sum())
    m = rows - n
    found = float(np.sum((reference - total * (n / rows)) ** 2 / total)) * rows * rows / (n * m)
    mean, variance = chi_square_moments(total, n, m)
    return 1.0 if variance <= _SMALL else _gamma_tail(found, mean, variance)


def chi_square_moments(total: Counts, n: float, m: float) -> tuple[float, float]:
    """Return mean and variance of Pearson's chi-square over all ways to deal the rows to sides of ``n`` and ``m`` rows.

    Args:
        total: rows of both sides together by bin, shape (k,), none of them zero.
        n: rows of one side.
        m: rows of the other, so that n + m is the sum of ``total``; at least four together.

    >>> chi_square_moments(np.array([2, 2]), 2, 2)
    (1.3333333333333333, 3.5555555555555554)
    """
    rows, k = n + m, len(total)
    v1, w1 = (rows - 2) / (rows - 1), (rows * (1 / n + 1 / m) - 4) / (rows - 2)
    v2 = (rows - k) * (k - 1) / (rows - 1)
    w2 = (rows * float(np.sum(1 / total)) - k * k) / (rows - 2)
    mean = rows * (k - 1) / (rows - 1)
    return mean, 2 * rows / (rows - 3) * (v1 - w1) * (v2 - w2) + rows * rows / (rows - 1) * w1 * w2


def unseen_p(reference: Counts, current: Counts) -> float:
    """Return how often rows that are dealt to the two sides at random leave as much to categories of the current side alone.

    All c rows of a category fall on the side of m rows with probability C(N - c, m - c) / C(N, m). Three figures of such
    categories, each beyond its mean: their rows, their number, the largest; three times the smallest p (Bonferroni).

    Args:
        reference: rows by category, shape (k,).
        current: the same categories on the side that may have new ones.
    """
    total, new = reference + current, (reference == 0) & (current > 0)
    if not new.any():
        return 1.0
    rows, m = int(total.sum()), int(current.sum())
    sizes, categories = np.unique(total[total > 0], return_counts=True)
    alone = np.array([_all_on_one_side(int(size), m, rows) for size in sizes])
    spread = alone * (1 - alone) * categories
    largest = int(total[new].max())
    of_rows = _gamma_tail(
        float(total[new].sum()) - 0.5, float(np.sum(sizes * alone * categories)), float(np.sum(sizes**2 * spread))
    )
    of_number = _gamma_tail(float(new.sum()) - 0.5, float(np.sum(alone * categories)), float(spread.sum()))
    of_largest = float(categories[sizes >= largest].sum()) * _all_on_one_side(largest, m, rows)
    return min(1.0, 3 * min(of_rows, of_number, of_largest))


def _all_on_one_side(size: int, m: int, rows: int) -> float:
    if size > m:
        return 0.0
    return math.exp(_log_choose(rows - size, m - size) - _log_choose(rows, m))


def explosion_p(reference: Counts, rows: int, new: int) -> float:
    """Return how often ``rows`` rows bring at least ``new`` categories that the reference never had.

    The share of rows in such categories is about f1 / n, f1 the categories that occur once among n rows, with the variance
    M (1 - M) / m + (f1 + 2 f2) / n² (Good 1953, Robbins 1968). For categories that are too many to be counted.

    Args:
        reference: rows by category of the reference, shape (k,).
        rows: rows of the current side.
        new: at least so many of its categories the reference never had, and so at least as many of its rows.
    """
    n = int(reference.sum())
    once, twice = int(np.count_nonzero(reference == 1)), int(np.count_nonzero(reference == 2))
    share = once / n
    spread = math.sqrt(share * (1 - share) / rows + (once + 2 * twice + 1) / n**2)
    return 0.5 * math.erfc((new / rows - share) / spread / math.sqrt(2))


def rise_p(reference: int, n: int, current: int, m: int) -> float:
    """Return the upper tail of the hypergeometric distribution: Fisher's (1935) exact test of a rise, one-sided.

    Args:
        reference: how many of the ``n`` rows of the reference are what is counted (nulls).
        n: rows of the reference.
        current: how many of the ``m`` rows of the current side are.
        m: rows of the current side.
    """
    marked, rows = reference + current, n + m
    if current * rows <= marked * m:
        return 1.0
    term = math.exp(_log_choose(marked, current) + _log_choose(rows - marked, m - current) - _log_choose(rows, m))
    tail = 0.0
    for k in range(current, min(marked, m) + 1):  # beyond the mean the terms fall ever faster
        tail += term
        if term <= _SMALL * tail:
            break
        term *= (marked - k) * (m - k) / ((k + 1) * (rows - marked - m + k + 1))
    return min(1.0, tail)


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


_LEAST = 1e-300


def _gamma_tail(value: float, mean: float, variance: float) -> float:
    """Return the upper tail at ``value`` of the gamma distribution that has this mean and variance."""
    if variance <= _SMALL * mean * mean or mean <= 0:
        return float(value <= mean)
    shape = mean * (mean / variance)
    if shape < _LEAST:  # two tables without a common category: beyond doubt, and beyond what a float holds
        return float(value <= 0)
    return upper_gamma(shape, max(0.0, value) * mean / variance)


def upper_gamma(shape: float, x: float) -> float:
    """Return the regularised upper incomplete gamma function Q(a, x), the tail of a gamma distribution of scale 1.

    By the series below a + 1, by Lentz's continued fraction above (Press et al. 2007, 6.2); beyond a = 1e6, where both take
    long, by the cube root that is nearly normal (Wilson and Hilferty 1931).
    """
    if x <= 0:
        return 1.0
    if shape > 1e6:
        z = (math.cbrt(x / shape) - (1 - 1 / (9 * shape))) * 3 * math.sqrt(shape)
        return 0.5 * math.erfc(z / math.sqrt(2))
    scale = math.exp(shape * math.log(x) - x - math.lgamma(shape))
    if x < shape + 1:
        term = total = 1 / shape
        for k in count(1):
            term *= x / (shape + k)
            total += term
            if term < _SMALL * total:
                return max(0.0, 1 - total * scale)
    b = x + 1 - shape
    c, d = 1e300, 1 / b
    found = d
    for k in count(1):
        a = -k * (k - shape)
        b += 2
        d = 1 / (_apart(a * d + b))
        c = _apart(b + a / c)
        found *= d * c
        if abs(d * c - 1) < 1e-15:
            break
    return found * scale


def _apart(value: float) -> float:
    return value if abs(value) > 1e-300 else 1e-300
