"""What a comparison of two tables means: figures beyond their limits, each with its own p-value (specification 2.5).

A finding needs both: a limit, since of a million rows every two samples differ "significantly", and a p-value below
``SIGNIFICANCE``, since of thirty rows the figures of two samples of one population are large. A figure beyond its limit that chance
explains is information.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.tables.drift.drift_limits import DriftLimits
from pytest_mlmonitor.tables.drift.feature_drift import DISTRIBUTION, ConceptDrift, FeatureDrift, FigureName, Judgeable
from pytest_mlmonitor.tables.drift.p_values import CHECKS_OF_A_TABLE, SIGNIFICANCE, adjusted


@dataclass(frozen=True)
class Moved:
    """A figure of a feature beyond its limit.

    Attributes:
        drift: everything known of the feature.
        figure: which figure.
        severity: the consequence; information where chance explains it.
        value: the figure.
        limit: what it reached, of the severity that it would have without chance.
        p: its own p-value, adjusted.
    """

    drift: FeatureDrift
    figure: FigureName
    severity: Severity
    value: float
    limit: float
    p: float


def judged(found: Sequence[FeatureDrift], limits: DriftLimits) -> tuple[Moved, ...]:
    """Return what is beyond its limit in a dataset's features, null rates and categories: one family of p-values.

    The worst comes first; of the figures of a distribution (PSI, D) there is one for each feature.
    """
    return _beyond(found, limits, None, CHECKS_OF_A_TABLE)


def judged_distributions(
    found: Sequence[FeatureDrift], limits: DriftLimits, checks: int = CHECKS_OF_A_TABLE
) -> tuple[Moved, ...]:
    """Return what is beyond its limit in distributions alone: a target's, or those of predictions (``checks`` = 1)."""
    return _beyond(found, limits, DISTRIBUTION, checks)


@dataclass(frozen=True)
class MovedConcept:
    """What a feature says of the target, changed by the limit or more; ``p`` is adjusted."""

    drift: ConceptDrift
    severity: Severity
    p: float


def judged_concepts(found: Sequence[ConceptDrift], limit: float) -> list[MovedConcept]:
    """Return the relations that changed by ``limit`` or more, the worst first: an error, or information by chance."""
    values = adjusted([one.p for one in found], CHECKS_OF_A_TABLE)
    moved = [
        MovedConcept(one, Severity.INFO if p >= SIGNIFICANCE else Severity.ERROR, p)
        for one, p in zip(found, values, strict=True)
        if abs(one.change) >= limit
    ]
    return sorted(moved, key=lambda one: (-one.severity, -abs(one.drift.change)))


def _beyond(
    found: Sequence[FeatureDrift], limits: DriftLimits, names: tuple[FigureName, ...] | None, checks: int
) -> tuple[Moved, ...]:
    family = [(one, f) for one in found for f in one.judgeable() if names is None or f.name in names]
    values = adjusted([figure.p for _, figure in family], checks)
    moved = [
        _moved(one, figure, p, *beyond)
        for (one, figure), p in zip(family, values, strict=True)
        if (beyond := limits.beyond(figure.name, figure.value)) is not None
    ]
    moved.sort(key=lambda one: (-one.severity, one.p))
    return tuple(sorted(_one_of_each_distribution(moved), key=_worst_first))


def _worst_first(one: Moved) -> tuple[float, ...]:
    return -one.severity, -(one.drift.psi or 0), -(one.drift.ks or 0)


def _moved(one: FeatureDrift, figure: Judgeable, p: float, severity: Severity, limit: float) -> Moved:
    explained = p >= SIGNIFICANCE
    return Moved(one, figure.name, Severity.INFO if explained else severity, figure.value, limit, p)


def _one_of_each_distribution(moved: Sequence[Moved]) -> Iterator[Moved]:
    """Yield what is worst of PSI and D for each feature, and everything else."""
    seen = set()
    for one in moved:
        if one.figure not in DISTRIBUTION:
            yield one
        elif one.drift.feature not in seen:
            seen.add(one.drift.feature)
            yield one
