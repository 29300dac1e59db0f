"""One feature judged: two columns in, the statistics of their difference out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from pytest_mlmonitor.tables.arrays.comparable import Comparable
from pytest_mlmonitor.tables.arrays.vectors import Numbers
from pytest_mlmonitor.tables.drift.column import ColumnValues
from pytest_mlmonitor.tables.drift.feature_drift import (
    KEPT_CATEGORIES,
    MAX_CATEGORIES,
    MIN_ROWS,
    UNSEEN_SHOWN,
    FeatureDrift,
    FeatureKind,
    SharedBins,
)
from pytest_mlmonitor.tables.drift.p_values import SIGNIFICANCE
from pytest_mlmonitor.tables.drift.sample import Sample
from pytest_mlmonitor.tables.drift.statistics import shares
from pytest_mlmonitor.tables.drift.statistics.bins import counts_between, pooled, reference_edges
from pytest_mlmonitor.tables.drift.statistics.ecdf import ks_distance, wasserstein
from pytest_mlmonitor.tables.drift.statistics.histogram import category_bins, category_label, number_bins
from pytest_mlmonitor.tables.drift.statistics.permutation import distance_p, explosion_p, rise_p, shares_p, unseen_p

NOTABLE = 0.01
"""PSI or distance D below which nobody's limit lies: the defaults are ten times as much."""

_SIDES = ("the current table", "the reference")


def compared(
    feature: str,
    kind: FeatureKind,
    current: ColumnValues | None,
    reference: ColumnValues | None,
    *,
    extra: bool = False,
) -> FeatureDrift:
    """Return how far ``current`` moved from ``reference``, or why that cannot be said.

    Args:
        feature: the column's name.
        kind: how to compare it.
        current: what the table judged holds, None when it has no such column.
        reference: the same of the reference.
        extra: also compute the Jensen-Shannon distance and, of numeric features, the Wasserstein distance.
    """
    drift = _compared(feature, kind, current, reference, extra)
    if current is None or reference is None or not is_notable(drift):
        return drift
    return replace(drift, bins=_bins(kind, current, reference))


def is_notable(drift: FeatureDrift) -> bool:
    """Return whether a figure may raise a finding under any policy that means it: what both sides look like is asked then.

    An answer is kept for every table: of one that is well there is nothing to see.
    """
    if drift.reason is not None and not drift.exploded:
        return False
    return any(
        one.p < SIGNIFICANCE and (one.value >= NOTABLE or one.name not in ("psi", "ks")) for one in drift.judgeable()
    )


def _bins(kind: FeatureKind, current: ColumnValues, reference: ColumnValues) -> SharedBins | None:
    """Return the rows of both sides in bins that show their shape, from what was gathered for the statistics."""
    if current.sample is None or reference.sample is None:
        mine, theirs = current.counts, reference.counts
        return category_bins(mine, theirs) if mine and theirs else None
    assert current.how is not None and reference.how is not None
    samples = _aligned(current, reference)
    if kind == "numeric":
        return number_bins(*samples, Comparable(current.how.family, max(current.how.ticks, reference.how.ticks)))
    here, there = map(_categories, samples)
    return category_bins(here, there) if here and there else None


def _compared(
    feature: str, kind: FeatureKind, current: ColumnValues | None, reference: ColumnValues | None, extra: bool
) -> FeatureDrift:
    drift = FeatureDrift(
        feature,
        kind,
        reference.rows - reference.nulls if reference else 0,
        current.rows - current.nulls if current else 0,
        _null_rate(reference),
        _null_rate(current),
        p_nulls=_p_of_nulls(current, reference),
    )
    reason = _reason(kind, current, reference)
    if reason is not None:
        return replace(drift, reason=reason)
    assert current is not None and reference is not None
    if kind == "numeric":
        mine, theirs = _aligned(current, reference)
        edges = reference_edges(theirs)
        return (
            _off_a_constant(drift, mine, theirs, extra)
            if edges is None
            else _numeric(drift, mine, theirs, edges, extra)
        )
    if current.sample is None or reference.sample is None:
        return _categorical(drift, current.counts, reference.counts, extra)
    mine, theirs = _aligned(current, reference)
    return _categorical(drift, _categories(mine), _categories(theirs), extra)


def _p_of_nulls(current: ColumnValues | None, reference: ColumnValues | None) -> float | None:
    if current is None or reference is None or not current.rows or not reference.rows:
        return None
    return rise_p(reference.nulls, reference.rows, current.nulls, current.rows)


def _null_rate(column: ColumnValues | None) -> float | None:
    return column.nulls / column.rows if column and column.rows else None


def _reason(kind: FeatureKind, current: ColumnValues | None, reference: ColumnValues | None) -> str | None:
    """Return why two columns cannot be compared, None when they can."""
    if current is None or reference is None:
        both = current is None and reference is None
        return f"no such column in {' and '.join(_SIDES) if both else _SIDES[0] if current is None else _SIDES[1]}"
    sides = list(zip(_SIDES, (current, reference), strict=True))
    for side, column in sides:
        if column.how is None:
            return f"{column.type_} in {side} cannot be compared"
        if kind == "numeric" and column.how.family == "text":
            return f"text ({column.type_}) in {side}, not numbers"
    assert current.how is not None and reference.how is not None
    if current.how.family != reference.how.family:
        return f"{current.type_} in {_SIDES[0]} against {reference.type_} in {_SIDES[1]}"
    for side, column in sides:
        rows = column.rows - column.nulls
        if rows < MIN_ROWS:
            what = f"only {rows} value{'s' * (rows > 1)}" if rows else "no values"
            return f"{what} in {side}, at least {MIN_ROWS} are needed"
    return None


def _too_many(side: str) -> str:
    return f"more than {MAX_CATEGORIES:,} categories in {side}"


def _aligned(current: ColumnValues, reference: ColumnValues) -> tuple[Sample, Sample]:
    """Return both samples in numbers of one kind: ticks of the finer unit, and floats if either side has floats."""
    assert current.sample and reference.sample and current.how and reference.how
    finest = max(current.how.ticks, reference.how.ticks)
    samples = []
    for column in (current, reference):
        assert column.sample and column.how
        sample, factor = column.sample, round(finest / column.how.ticks)
        if factor > 1:
            ends = (int(sample.values[0]) * factor, int(sample.values[-1]) * factor)
            fits = ends[0] >= -(2**63) and ends[1] < 2**63  # years beyond 2262 in nanoseconds do not: as floats
            values = sample.values if fits else sample.values.astype(np.float64)
            sample = Sample(values * factor, sample.ranks)
        samples.append(sample)
    if samples[0].values.dtype != samples[1].values.dtype:
        samples = [sample.as_float() for sample in samples]
    return samples[0], samples[1]


def _categories(sample: Sample) -> dict[float, int] | None:
    values, counts = sample.distinct()
    return dict(zip(values.tolist(), counts.tolist(), strict=True)) if len(values) <= KEPT_CATEGORIES else None


def _numeric(drift: FeatureDrift, current: Sample, reference: Sample, edges: Numbers, extra: bool) -> FeatureDrift:
    theirs, mine = counts_between(edges, reference), counts_between(edges, current)
    distance = ks_distance(reference, current)
    bins = pooled(reference, current)
    chance = shares_p(bins.left, bins.right)
    return replace(
        drift,
        ks=distance,
        psi=shares.psi(theirs, mine),
        jensen_shannon=shares.jensen_shannon(theirs, mine) if extra else None,
        wasserstein=wasserstein(reference, current) if extra else None,
        p_ks=chance if bins.few else distance_p(distance, reference.size, current.size),
        p_psi=chance,
    )


def _off_a_constant(drift: FeatureDrift, current: Sample, reference: Sample, extra: bool) -> FeatureDrift:
    """Judge a feature whose reference has one value: D is no measure, as it halves where values leave to both sides."""
    value = reference.values[:1]
    others = current.size - int((current.at_most(value) - current.below(value))[0])
    return replace(
        drift,
        ks=ks_distance(reference, current),
        other_share=others / current.size,
        wasserstein=wasserstein(reference, current) if extra else None,
        p_other=rise_p(0, reference.size, others, current.size),
    )


def _categorical(
    drift: FeatureDrift, current: Mapping[Any, int] | None, reference: Mapping[Any, int] | None, extra: bool
) -> FeatureDrift:
    if reference is None or len(reference) > MAX_CATEGORIES:
        return replace(drift, reason=_too_many(_SIDES[1]))
    if current is None:
        counts = np.array(list(reference.values()), np.int64)
        chance = explosion_p(counts, drift.current_rows, KEPT_CATEGORIES - len(counts))
        return replace(drift, reason=_too_many(_SIDES[0]), exploded=True, p_unseen=chance)
    union = sorted(current.keys() | reference.keys())
    theirs, mine = (np.array([side.get(c, 0) for c in union], np.int64) for side in (reference, current))
    unseen = sorted(((c, current[c]) for c in current.keys() - reference.keys()), key=lambda pair: (-pair[1], pair[0]))
    drift = replace(
        drift,
        unseen=tuple((category_label(category), count) for category, count in unseen[:UNSEEN_SHOWN]),
        unseen_share=sum(count for _, count in unseen) / drift.current_rows,
        p_unseen=unseen_p(theirs, mine),
    )
    if len(current) > MAX_CATEGORIES:
        return replace(drift, reason=_too_many(_SIDES[0]), exploded=True)
    return replace(
        drift,
        psi=shares.psi(theirs, mine),
        chi2=shares.chi_square(theirs, mine),
        jensen_shannon=shares.jensen_shannon(theirs, mine) if extra else None,
        p_psi=shares_p(theirs, mine),
    )
