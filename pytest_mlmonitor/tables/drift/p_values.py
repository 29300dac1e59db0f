"""P-values of many figures at once, adjusted for their number (specification 2.5)."""

from __future__ import annotations

from collections.abc import Sequence

SIGNIFICANCE = 0.05
"""Specification 2.5."""

CHECKS_OF_A_TABLE = 3
"""Drift, target_drift and concept_drift look at one table: each takes a third of the significance (Bonferroni)."""


def adjusted(values: Sequence[float], checks: int = 1) -> list[float]:
    """Return p-values adjusted by Benjamini and Hochberg (1995) for their number, and by ``checks`` that look at the same data.

    >>> adjusted([0.01, 0.04, 0.03])
    [0.03, 0.04, 0.04]
    """
    order = sorted(range(len(values)), key=lambda i: values[i], reverse=True)
    found, least = [1.0] * len(values), 1.0
    for place, i in enumerate(order):
        least = min(least, values[i] * len(values) / (len(values) - place))
        found[i] = min(1.0, checks * least)
    return found
