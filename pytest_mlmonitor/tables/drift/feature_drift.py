"""What a comparison of two tables found: plain data that crosses the border of the reader process."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

FeatureKind = Literal["numeric", "categorical"]

MIN_ROWS = 30
"""Fewer values on a side are not compared (specification 2.5)."""

MAX_CATEGORIES = 1_000
"""A categorical feature with more categories on a side is not compared: it is an identifier, and most cells of its
chi-square table would expect less than one row. Memory stays bounded too."""

STATISTICS = ("psi", "ks", "chi2", "jensen_shannon", "wasserstein")
"""Distances from the reference, as metrics name them."""

UNSEEN_SHOWN = 5
"""How many unseen categories are named."""


@dataclass(frozen=True)
class FeatureDrift:
    """How far one feature moved from its reference. A statistic that was not computed is None.

    Attributes:
        feature: column name.
        kind: how it was compared.
        reference_rows, current_rows: values compared: neither null nor NaN.
        reference_null_rate, current_null_rate: share of nulls and NaN among all rows, 0 to 1; None without rows.
        ks: the Kolmogorov-Smirnov distance D, 0 to 1: the largest distance between the two cumulative distributions.
        psi: population stability index, 0 or more (natural logarithm). None for a numeric feature whose deciles in the
            reference make fewer than two bins (more than nine tenths of it are one value): D speaks for it.
        chi2: Pearson's statistic of the 2 x k table of category counts, no Yates correction.
        degrees: degrees of freedom of ``chi2``, k - 1.
        jensen_shannon: distance on the bins of ``psi``, 0 to 1 (base 2).
        wasserstein: earth mover's distance in the feature's own unit; None when a value is infinite.
        unseen: up to ``UNSEEN_SHOWN`` categories that the reference never had, with their rows, most frequent first.
        unseen_share: share of the current rows in all such categories, 0 to 1; None for numeric features.
        reason: why it was not compared; None when it was.
        exploded: whether it has too many categories to be compared now, and had not in the reference.
    """

    feature: str
    kind: FeatureKind
    reference_rows: int = 0
    current_rows: int = 0
    reference_null_rate: float | None = None
    current_null_rate: float | None = None
    ks: float | None = None
    psi: float | None = None
    chi2: float | None = None
    degrees: int | None = None
    jensen_shannon: float | None = None
    wasserstein: float | None = None
    unseen: tuple[tuple[str, int], ...] = ()
    unseen_share: float | None = None
    reason: str | None = None
    exploded: bool = False

    def statistics(self) -> Iterator[tuple[str, float]]:
        """Yield the statistics that were computed, by name."""
        for name in STATISTICS:
            value = getattr(self, name)
            if value is not None:
                yield name, value
