"""Statistics of two rows of counts over the same bins or categories."""

from __future__ import annotations

import math

import numpy as np

from pytest_mlmonitor.tables.arrays.vectors import Counts

FLOOR = 1e-6
"""Smallest share in the PSI: an empty bin would make it infinite (specification 2.5)."""


def psi(reference: Counts, current: Counts) -> float:
    """Return the population stability index, sum of (q - p) ln(q / p) over bins, shares p and q at least ``FLOOR``.

    Args:
        reference: rows per bin, shape (k,), not all zero.
        current: the same.

    >>> round(psi(np.array([50, 50]), np.array([70, 30])), 4)
    0.1695
    """
    p, q = (np.maximum(counts / counts.sum(), FLOOR) for counts in (reference, current))
    return float(np.sum((q - p) * np.log(q / p)))


def chi_square(reference: Counts, current: Counts) -> float:
    """Return Pearson's chi-square of the 2 x k table of counts.

    Expected counts are row total x column total / total; no Yates correction, also not for 2 x 2. Columns that are zero on
    both sides are left out. The same as ``scipy.stats.chi2_contingency([reference, current], correction=False)``.

    >>> chi_square(np.array([50, 50]), np.array([50, 50]))
    0.0
    """
    table = np.stack([reference, current]).astype(np.float64)
    table = table[:, table.sum(axis=0) > 0]
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    return float(np.sum((table - expected) ** 2 / expected))


def jensen_shannon(reference: Counts, current: Counts) -> float:
    """Return the Jensen-Shannon distance in base 2, 0 to 1 (the root of the divergence; Endres and Schindelin 2003).

    >>> jensen_shannon(np.array([1, 0]), np.array([0, 1]))
    1.0
    """
    p, q = reference / reference.sum(), current / current.sum()
    middle = (p + q) / 2
    divergence = 0.0
    for side in (p, q):
        there = side > 0
        divergence += float(np.sum(side[there] * np.log2(side[there] / middle[there]))) / 2
    return math.sqrt(max(0.0, divergence))
