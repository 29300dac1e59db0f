"""P-values of several comparisons at once: evidence beside an effect size, computed on failure only (specification 2.5)."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pytest_mlmonitor.tables.drift.feature_drift import FeatureDrift


def p_value(one: FeatureDrift) -> float | None:
    """Return how often two samples of one population differ as much; None where nothing was compared.

    Categories: the upper tail of the chi-square distribution. Numbers: Kolmogorov's limit distribution at D sqrt(nm / (n + m))
    (Smirnov 1948), not the finite-size one of ``ks_2samp(method="asymp")``, whose tables need scipy.stats and its two seconds
    of imports; ties make it conservative.
    """
    from scipy import special  # on failure only

    n, m = one.reference_rows, one.current_rows
    if one.ks is not None and n and m:
        return float(special.kolmogorov(one.ks * math.sqrt(n / (n + m) * m)))
    return float(special.chdtrc(one.degrees, one.chi2)) if one.chi2 is not None and one.degrees else None


def adjusted(found: Sequence[FeatureDrift]) -> dict[str, float]:
    """Return p-values by feature, adjusted by Benjamini and Hochberg (1995) for the number of features."""
    values = {one.feature: p for one in found if (p := p_value(one)) is not None}
    ranked = sorted(values, key=lambda name: values[name], reverse=True)
    corrected, least = {}, 1.0
    for i, name in enumerate(ranked):
        least = min(least, values[name] * len(ranked) / (len(ranked) - i))
        corrected[name] = least
    return corrected


SIGNIFICANCE = 0.05
"""Specification 2.5."""

DECILE_BINS = 10
ENOUGH = 10 * DECILE_BINS
"""Rows a side from which an empty decile is no accident: with fewer the index is large by its floor for empty bins alone."""


def by_chance(one: FeatureDrift) -> bool:
    """Return whether two samples of one population would often differ as much: then an effect size says nothing.

    Categories: by their chi-square. Numbers: by D, and from ``ENOUGH`` rows a side also by the PSI. The index of two samples
    of one population is not zero: PSI nm / (n + m) is about chi-square distributed with one degree less than there are bins
    (Yurdakul and Naranjo, 2020), so that with few rows it passes every fixed threshold.
    """
    from scipy import special  # on failure only

    n, m = one.reference_rows, one.current_rows
    if not n or not m:
        return False
    share = n * m / (n + m)
    chance = p_value(one)
    if chance is not None and one.ks is not None and one.psi is not None and min(n, m) >= ENOUGH:
        chance = min(chance, float(special.chdtrc(DECILE_BINS - 1, one.psi * share)))
    return chance is not None and chance >= SIGNIFICANCE


def correlations_agree(one: tuple[float, int], other: tuple[float, int], compared: int) -> bool:
    """Return whether two samples of one population would often differ as much in a correlation.

    Fisher's z: atanh(r) is about normal with variance 1 / (n - 3). Bonferroni's correction for the number of correlations
    that are compared: the largest change of many is judged.

    Args:
        one: r and the number of rows of a sample.
        other: the same of another.
        compared: how many correlations were compared.
    """
    (r, n), (s, m) = one, other
    if abs(r) >= 1 or abs(s) >= 1:
        return False
    z = abs(math.atanh(r) - math.atanh(s)) / math.sqrt(1 / max(n - 3, 1) + 1 / max(m - 3, 1))
    return math.erfc(z / math.sqrt(2)) * compared >= SIGNIFICANCE
