"""P-values of many figures at once, adjusted for their number (specification 2.5); that of a rate against a limit."""

from __future__ import annotations

import math
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


def as_many_by_chance(successes: int, trials: int, rate: float) -> float:
    """Return how often at least ``successes`` of ``trials`` succeed where each does with ``rate``: the binomial upper tail.

    Terms are summed away from the mean, where each is smaller than the one before: a few square roots of the trials.

    >>> round(as_many_by_chance(2, 3, 0.5), 12)
    0.5
    """
    if successes <= 0 or rate >= 1:
        return 1.0
    if rate <= 0 or successes > trials:
        return 0.0
    if successes > trials * rate:
        return _sum(successes, trials, rate)
    return 1.0 - _sum(trials - successes + 1, trials, 1 - rate)  # of as many failures


def _sum(successes: int, trials: int, rate: float) -> float:
    """Return the sum of the binomial terms from ``successes`` on, which lies beyond the mean."""
    choices = math.lgamma(trials + 1) - math.lgamma(successes + 1) - math.lgamma(trials - successes + 1)
    term = math.exp(choices + successes * math.log(rate) + (trials - successes) * math.log1p(-rate))
    found = 0.0
    for x in range(successes, trials + 1):
        found += term
        if term <= found * 1e-17:
            break
        term *= (trials - x) / (x + 1) * rate / (1 - rate)
    return min(1.0, found)
