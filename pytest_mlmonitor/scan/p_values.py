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
