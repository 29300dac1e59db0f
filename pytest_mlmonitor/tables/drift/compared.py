"""One feature judged: two columns in, the statistics of their difference out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from pytest_mlmonitor.tables.drift import shares
from pytest_mlmonitor.tables.drift.column import ColumnValues
from pytest_mlmonitor.tables.drift.ecdf import ks_distance, wasserstein
from pytest_mlmonitor.tables.drift.feature_drift import (
    MAX_CATEGORIES,
    MIN_ROWS,
    UNSEEN_SHOWN,
    FeatureDrift,
    FeatureKind,
)
from pytest_mlmonitor.tables.drift.sample import Sample

LABEL_LENGTH = 80
"""Characters of a category that are kept for a message."""

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
    drift = FeatureDrift(
        feature,
        kind,
        reference.rows - reference.nulls if reference else 0,
        current.rows - current.nulls if current else 0,
        _null_rate(reference),
        _null_rate(current),
    )
    reason = _reason(kind, current, reference)
    if reason is not None:
        few = reference is not None and (reference.counts is not None or reference.sample is not None)
        return replace(drift, reason=reason, exploded=few and reason == _too_many(_SIDES[0]))
    assert current is not None and reference is not None
    if kind == "numeric":
        return _numeric(drift, *_aligned(current, reference), extra)
    if current.sample is None or reference.sample is None:
        assert current.counts is not None and reference.counts is not None
        return _categorical(drift, dict(current.counts), dict(reference.counts), extra)
    mine, theirs = (_categories(sample) for sample in _aligned(current, reference))
    if mine is None or theirs is None:
        reason = _too_many(_SIDES[0] if mine is None else _SIDES[1])
        return replace(drift, reason=reason, exploded=theirs is not None)
    return _categorical(drift, mine, theirs, extra)


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
    for side, column in sides:
        if column.sample is None and column.counts is None:
            return _too_many(side)
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
    return dict(zip(values.tolist(), counts.tolist(), strict=True)) if len(values) <= MAX_CATEGORIES else None


def _numeric(drift: FeatureDrift, current: Sample, reference: Sample, extra: bool) -> FeatureDrift:
    distance = ks_distance(reference, current)
    counts = shares.decile_counts(reference, current)
    return replace(
        drift,
        ks=distance,
        psi=None if counts is None else shares.psi(*counts),
        jensen_shannon=shares.jensen_shannon(*counts) if counts is not None and extra else None,
        wasserstein=wasserstein(reference, current) if extra else None,
    )


def _categorical(drift: FeatureDrift, current: dict[Any, int], reference: dict[Any, int], extra: bool) -> FeatureDrift:
    union = sorted(current.keys() | reference.keys())
    theirs, mine = (np.array([side.get(c, 0) for c in union], np.int64) for side in (reference, current))
    chi2, degrees = shares.chi_square(theirs, mine)
    unseen = sorted(((c, current[c]) for c in current.keys() - reference.keys()), key=lambda pair: (-pair[1], pair[0]))
    return replace(
        drift,
        psi=shares.psi(theirs, mine),
        chi2=chi2,
        degrees=degrees,
        jensen_shannon=shares.jensen_shannon(theirs, mine) if extra else None,
        unseen=tuple((_label(category), count) for category, count in unseen[:UNSEEN_SHOWN]),
        unseen_share=sum(count for _, count in unseen) / drift.current_rows,
    )


def _label(category: str | float) -> str:
    text = (
        category if isinstance(category, str) else f"{category:.17g}" if isinstance(category, float) else str(category)
    )
    return text if len(text) <= LABEL_LENGTH else text[: LABEL_LENGTH - 1] + "…"
