"""P-values of several comparisons at once: evidence beside an effect size, computed on failure only (specification 2.5)."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pytest_mlmonitor.scan.drift_profile import FeatureDrift


def adjusted(found: Sequence[FeatureDrift]) -> dict[str, float]:
    """Return p-values by feature, adjusted by Benjamini and Hochberg (1995) for the number of features.

    KS: the asymptotic distribution of D sqrt(nm / (n + m)); categories: the chi-square distribution.
    """
    from scipy import special  # on failure only

    values: dict[str, float] = {}
    for one in found:
        if one.ks is not None and one.reference_rows and one.current_rows:
            n, m = one.reference_rows, one.current_rows
            values[one.feature] = float(special.kolmogorov(one.ks * math.sqrt(n * m / (n + m))))
        elif one.chi2 is not None and one.degrees:
            values[one.feature] = float(special.chdtrc(one.degrees, one.chi2))
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
    chances = []
    if one.chi2 is not None and one.degrees:
        chances.append(float(special.chdtrc(one.degrees, one.chi2)))
    if one.ks is not None:
        chances.append(float(special.kolmogorov(one.ks * math.sqrt(share))))
        if one.psi is not None and min(n, m) >= ENOUGH:
            chances.append(float(special.chdtrc(DECILE_BINS - 1, one.psi * share)))
    return bool(chances) and min(chances) >= SIGNIFICANCE


def correlations_agree(one: tuple[float, int], other: tuple[float, int], compared: int) -> bool:
    """Return whether two samples of one population would often differ as much in a correlation.

    Fisher's z: atanh(r) is about normal with variance 1 / (n - 3). Bonferroni's correction for the number of correlations
    that are compared: the largest change of many is judged.

    Args:
        one, other: r and the number of rows of each sample.
        compared: how many correlations were compared.
    """
    (r, n), (s, m) = one, other
    if abs(r) >= 1 or abs(s) >= 1:
        return False
    z = abs(math.atanh(r) - math.atanh(s)) / math.sqrt(1 / max(n - 3, 1) + 1 / max(m - 3, 1))
    return math.erfc(z / math.sqrt(2)) * compared >= SIGNIFICANCE
