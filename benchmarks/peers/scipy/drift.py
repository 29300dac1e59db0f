"""Drift the straightforward way: pandas and scipy, column by column: ``… drift REFERENCE CURRENT``.

Two-sample Kolmogorov-Smirnov for the numeric features, chi-square without Yates' correction for the calendar ones, and
PSI over the reference's deciles for both, as the specification (2.5) has them.
"""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
from scipy.stats import chi2_contingency, ks_2samp

from benchmarks.peers.rules import CALENDAR, FEATURES

EMPTY = 1e-6
"""The share that stands for an empty bin."""


def psi(reference: np.ndarray, current: np.ndarray) -> float:
    """Return the population stability index over the reference's unique deciles, the outer bins open."""
    inner = np.unique(np.quantile(reference, np.linspace(0, 1, 11)))[1:-1]
    edges = np.concatenate([[-np.inf], inner, [np.inf]])
    before = np.maximum(np.histogram(reference, edges)[0] / len(reference), EMPTY)
    now = np.maximum(np.histogram(current, edges)[0] / len(current), EMPTY)
    return float(np.sum((now - before) * np.log(now / before)))


def drift(reference: pd.DataFrame, current: pd.DataFrame) -> dict[str, tuple[float, float, float]]:
    """Return statistic, p-value and PSI of every feature."""
    found = {}
    for name in FEATURES:
        before, now = reference[name].dropna(), current[name].dropna()
        if name in CALENDAR:
            counts = pd.concat([before.value_counts(), now.value_counts()], axis=1).fillna(0)
            test = chi2_contingency(counts.to_numpy().T, correction=False)
        else:
            test = ks_2samp(before.to_numpy(), now.to_numpy())
        found[name] = (float(test[0]), float(test[1]), psi(before.to_numpy(), now.to_numpy()))
    return found


if __name__ == "__main__":
    frames = [pd.read_parquet(file, columns=list(FEATURES)) for file in sys.argv[1:3]]
    for feature, (statistic, p, index) in drift(*frames).items():
        print(f"{feature:30} {statistic:14.6f} p {p:.3g} psi {index:.6f}")
