"""Of the values of many columns those that somebody looks at."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_mlmonitor.core.measure import Measure

FEW = 12
"""Values beyond their limit that one check tells."""


def few(measures: Iterable[Measure]) -> list[Measure]:
    """Return the values that are beyond their limits, the worst first; where none is, the one with the least room left."""
    found = sorted(measures, key=lambda one: -_ratio(one))
    return [one for one in found if one.is_beyond][:FEW] or found[:1]


def _ratio(measure: Measure) -> float:
    if measure.ratio is not None:
        return measure.ratio
    return float("inf") if measure.is_beyond else 0.0
