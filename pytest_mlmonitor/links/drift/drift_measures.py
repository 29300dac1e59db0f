"""How far features are from their limits of drift, also where all is well."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.core.measure import Measure
from pytest_mlmonitor.links.drift.version_comparison import ColumnFinding
from pytest_mlmonitor.tables.drift.drift_limits import DriftLimits
from pytest_mlmonitor.tables.drift.feature_drift import DISTRIBUTION, FeatureDrift, FigureName

WORST = 3
"""Features that are measured of one figure."""

_WORDS: dict[FigureName, tuple[str, str]] = {
    "psi": ("PSI", "psi"),
    "ks": ("distance D", "score"),
    "other_share": ("other values", "share"),
    "null_rise": ("null rate, rise", "share"),
    "unseen_share": ("unknown categories", "share"),
}


def drift_measures(
    drifts: Sequence[FeatureDrift],
    changes: Sequence[ColumnFinding],
    limits: DriftLimits,
    figures: Sequence[FigureName] = DISTRIBUTION,
) -> Iterator[Measure]:
    """Yield the figures of a few features against their limits, the farthest beyond it first.

    Where a figure is in error all features are held against what is an error: the farthest beyond is then the reason. What is
    beyond its limit and raised no finding, since chance or the calendar explains it, is left out.

    Args:
        drifts: how far every feature moved.
        changes: what is said of them.
        limits: the thresholds in force.
        figures: which figures.
    """
    said: dict[tuple[str | None, str], Severity] = {}
    for one in changes:
        # of PSI and D one is said: both are then as bad as it is
        for figure in DISTRIBUTION if one.figure in DISTRIBUTION else (one.figure,):
            place = one.finding.column, figure
            said[place] = max(said.get(place, Severity.INFO), one.finding.severity)
    worst = max((severity for (_, figure), severity in said.items() if figure in figures), default=Severity.INFO)
    for figure in figures:
        limit = limits.limit(figure, error=worst >= Severity.ERROR)
        if limit is None:
            continue
        values = [(value, each.feature) for each in drifts if (value := getattr(each, figure)) is not None]
        found = [
            (max(value, 0.0), feature)
            for value, feature in values
            if limits.beyond(figure, value) is None or said.get((feature, figure), Severity.INFO) >= Severity.WARNING
        ]
        what, unit = _WORDS[figure]
        for value, feature in sorted(found, key=lambda pair: -pair[0])[:WORST]:
            yield Measure(what, value, limit, unit, "above", feature, limits.keys(figure))
