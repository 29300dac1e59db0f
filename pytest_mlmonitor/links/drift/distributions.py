"""What the report draws of a drift: both sides of the features that moved, and how far every feature did."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.core.picture import Picture
from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.links.drift.version_comparison import Compared, Reference
from pytest_mlmonitor.tables.drift.drift_limits import DriftLimits
from pytest_mlmonitor.tables.drift.feature_drift import FeatureDrift, SharedBins

DRAWN = 12
"""Features of which both sides are drawn, the worst first."""

LISTED = 200
"""Features of which the index is listed."""


def of_comparison(found: Compared, limits: DriftLimits, hidden: Collection[str] = ()) -> Iterator[Picture]:
    """Yield a picture of every reference from which a column drifted: of each column its own is the mildest.

    Args:
        found: what was found of a version.
        limits: the thresholds in force.
        hidden: columns of which no value may be shown.
    """
    drifts: dict[int, list[FeatureDrift]] = {}
    references: list[Reference] = []
    for one in found.moved:
        if one.reference not in references:
            references.append(one.reference)
        if isinstance(one.drift, FeatureDrift):
            drifts.setdefault(references.index(one.reference), []).append(one.drift)
    for place, alike in drifts.items():
        severities = {one.feature: found.of_column(one.feature) for one in alike}
        yield from distributions(alike, severities, references[place].name, references[place].why, limits, hidden)


def distributions(
    drifts: Sequence[FeatureDrift],
    severities: Mapping[str, Severity],
    reference: str,
    why: str,
    limits: DriftLimits,
    hidden: Collection[str] = (),
) -> Iterator[Picture]:
    """Yield the picture ``distributions``, nothing where no feature has a finding.

    Args:
        drifts: how far every feature moved.
        severities: by feature, the worst that is said of it.
        reference: what they were compared with …
        why: … and why it is the one.
        limits: the thresholds in force.
        hidden: columns of which no value may be shown: their bins have no names.
    """
    words = {name: one.word for name, one in severities.items() if one >= Severity.WARNING}
    drawn = sorted((one for one in drifts if one.feature in words), key=lambda one: _worst_first(one, severities))
    if not drawn:
        return
    known = sorted(((one.psi, one.feature) for one in drifts if one.psi is not None), key=lambda pair: -pair[0])
    data: dict[str, Any] = {
        "reference": safe(reference),
        "why": safe(why),
        "reference_rows": max(_rows(one.reference_rows, one.reference_null_rate) for one in drifts),
        "current_rows": max(_rows(one.current_rows, one.current_null_rate) for one in drifts),
        "warning": limits.psi_warning,
        "error": limits.psi_error,
        "features": [_drawn(one, words[one.feature], hidden) for one in drawn[:DRAWN]],
        "all": [[safe(name), _figure(psi), words.get(name)] for psi, name in known[:LISTED]],
    }
    yield Picture("distributions", data)


def _worst_first(one: FeatureDrift, severities: Mapping[str, Severity]) -> tuple[float, ...]:
    return -severities[one.feature], -(one.psi or 0.0), -(one.other_share or one.ks or 0.0)


def _drawn(one: FeatureDrift, severity: str, hidden: Collection[str]) -> dict[str, Any]:
    bins = one.bins if one.bins is not None else SharedBins((), ())
    labels: list[str] | None = [safe(label) for label in bins.labels] if bins.labels is not None else None
    edges = list(bins.edges) if bins.edges is not None else None
    if one.feature in hidden:
        labels, edges = [f"value {place}" for place, _ in enumerate(bins.reference, 1)], None
    chances = (one.p_psi, one.p_ks, one.p_other, one.p_unseen, one.p_nulls)
    return {
        "name": safe(one.feature),
        "type": "numeric" if edges is not None else "category",
        "labels": labels,
        "edges": edges,
        "reference": _shares(bins.reference),
        "current": _shares(bins.current),
        "psi": _figure(one.psi),
        "d": _figure(one.ks),
        "p": _figure(min((p for p in chances if p is not None), default=None)),
        "nulls": [_figure(one.reference_null_rate), _figure(one.current_null_rate)],
        "severity": severity,
    }


def _shares(rows: Iterable[int]) -> list[float]:
    counts = list(rows)
    return [round(each / sum(counts), 9) for each in counts]


def _rows(values: int, null_rate: float | None) -> int:
    """Return how many rows have so many values that are not null."""
    return values if null_rate is None or null_rate >= 1 else round(values / (1 - null_rate))


def _figure(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.6g}")
