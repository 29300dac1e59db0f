"""What a feature says of a target, in two samples, from tables of counts: bins of the feature by bins of the target.

A relation is compared twice: as it is, and with the current rows weighted so that the feature's bins have the shares that they
have in the reference (post-stratification; Holt and Smith 1979). Of the two the smaller change and the larger p speak
(intersection-union; Berger 1982): where only the feature moved, or only the target did, one of the two stays.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Table = npt.NDArray[Any]
"""Shape (bins of the feature, bins of the target): rows, or weights of rows; both in ascending order."""

LEAST_OF_A_CLASS = 10
"""Rows of each class on each side; with fewer the variance of a rank statistic is not known."""

LEAST_OF_A_BIN = 5
"""Rows of a bin on each side, for its rows to be weighted."""


class BothRelations(NamedTuple):
    """A relation in two samples: -1 to 1 in the reference and now, and how often chance gives as large a difference."""

    before: float
    now: float
    p: float

    @property
    def change(self) -> float:
        """How much it changed, -2 to 2."""
        return self.now - self.before


def compared_relation(reference: Table, current: Table) -> BothRelations | None:
    """Return the relation in both samples; None where too few rows are comparable.

    Two bins of the target: Somers' D of the target given the feature, 2 AUC - 1 (Somers 1962). More: the correlation of mid-grades,
    Spearman's for bins.

    Args:
        reference: rows by bins, shape (k, t).
        current: the same bins of the current sample.
    """
    both = (reference.sum(axis=1) >= LEAST_OF_A_BIN) & (current.sum(axis=1) >= LEAST_OF_A_BIN)
    kept, rows = reference[both], current[both]
    if both.sum() < 2:
        return None
    weights = (kept.sum(axis=1) / kept.sum()) / (rows.sum(axis=1) / rows.sum())
    one = _somers if reference.shape[1] == 2 else _spearman
    found = (one(reference, current, np.ones(len(reference))), one(kept, rows, weights))
    if found[0] is None or found[1] is None:
        return None
    smaller = min(found[0], found[1], key=lambda relation: abs(relation.change))
    return smaller._replace(p=max(found[0].p, found[1].p))


def _somers(reference: Table, current: Table, weights: npt.NDArray[np.float64]) -> BothRelations | None:
    if min(reference.sum(axis=0).min(), current.sum(axis=0).min()) < LEAST_OF_A_CLASS:
        return None
    weighted = current * weights[:, None]
    before, now = somers_d(reference), somers_d(weighted)
    n, m = reference.sum(axis=0), weighted.sum(axis=0) ** 2 / (current * (weights**2)[:, None]).sum(axis=0)
    variances = _placement_variances(reference + weighted)
    return _tested(before, now, now - before, 4 * float(np.sum(variances * (1 / n + 1 / m))))


def somers_d(table: Table) -> float:
    """Return Somers' D of a target with two classes, 2 AUC - 1, ties counted half.

    >>> somers_d(np.array([[3, 1], [1, 3]]))
    0.5
    """
    low, high = table[:, 0], table[:, 1]
    auc = float(np.sum(high * (np.cumsum(low) - low / 2)) / (low.sum() * high.sum()))
    return 2 * auc - 1


def _placement_variances(table: Table) -> npt.NDArray[np.float64]:
    """Return the variances of the placements of the rows of each class among the other's (DeLong et al. 1988)."""
    shares = table / table.sum(axis=0)
    below = np.cumsum(shares, axis=0) - shares / 2
    placements = np.stack(
        [1 - below[:, 1], below[:, 0]], axis=1
    )  # of the first class among the second, and the other way
    means = np.sum(shares * placements, axis=0)
    found: npt.NDArray[np.float64] = np.sum(shares * (placements - means) ** 2, axis=0)
    return found


def _spearman(reference: Table, current: Table, weights: npt.NDArray[np.float64]) -> BothRelations | None:
    weighted = current * weights[:, None]
    before, now, pooled = (grade_correlation(table) for table in (reference, weighted, reference + weighted))
    n, m = float(reference.sum()), float(weighted.sum()) ** 2 / float((current * (weights**2)[:, None]).sum())
    if before is None or now is None or pooled is None or min(n, m) <= 3:
        return None
    # Bonett and Wright (2000): Fisher's z of a rank correlation
    variance = (1 + pooled**2 / 2) * (1 / (n - 3) + 1 / (m - 3))
    return _tested(before, now, _fisher_z(now) - _fisher_z(before), variance)


def grade_correlation(table: Table) -> float | None:
    """Return the correlation of mid-grades: Spearman's rank correlation where bins are ties; None without spread.

    >>> round(grade_correlation(np.array([[3, 1], [1, 3]])), 12)
    0.5
    """
    shares = table / table.sum()
    x, y = shares.sum(axis=1), shares.sum(axis=0)
    grades = [np.cumsum(p) - p / 2 for p in (x, y)]
    spreads = [float(p @ (g - 0.5) ** 2) for p, g in zip((x, y), grades, strict=True)]
    if min(spreads) <= 1e-12:
        return None
    return float((grades[0] - 0.5) @ shares @ (grades[1] - 0.5)) / math.sqrt(spreads[0] * spreads[1])


def _fisher_z(r: float) -> float:
    return math.atanh(max(-1 + 1e-12, min(1 - 1e-12, r)))


def _tested(before: float, now: float, difference: float, variance: float) -> BothRelations:
    if variance <= 0:  # every row of the pool is where the target says
        return BothRelations(before, now, float(difference == 0))
    return BothRelations(before, now, math.erfc(abs(difference) / math.sqrt(2 * variance)))
