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

MOST_DECILE_BINS = 10


def by_chance(one: FeatureDrift) -> bool:
    """Return whether two samples of one population would often differ as much: then an effect size says nothing.

    The index of two equal distributions is not zero: PSI nm / (n + m) is about chi-square distributed with one degree
    less than there are bins (Yurdakul and Naranjo, 2020), so that with few rows or many categories it passes every fixed
    threshold. A numeric feature counts as drifted by chance only where its KS distance is no evidence either.
    """
    from scipy import special  # on failure only

    n, m = one.reference_rows, one.current_rows
    if not n or not m:
        return False
    share = n * m / (n + m)
    degrees = one.degrees if one.degrees else MOST_DECILE_BINS - 1
    chances = [float(special.chdtrc(degrees, one.psi * share))] if one.psi is not None else []
    if one.ks is not None:
        chances.append(float(special.kolmogorov(one.ks * math.sqrt(share))))
    return bool(chances) and min(chances) >= SIGNIFICANCE
