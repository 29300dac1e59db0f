"""Drift between values that are in no table: those of JSONL logs, already parsed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from pytest_mlmonitor.tables.arrays.comparable import Comparable
from pytest_mlmonitor.tables.drift.column import Column
from pytest_mlmonitor.tables.drift.compared import compared
from pytest_mlmonitor.tables.drift.result import MAX_CATEGORIES, FeatureDrift
from pytest_mlmonitor.tables.drift.sample import Sample


def compare_numbers(feature: str, current: Sequence[float], reference: Sequence[float]) -> FeatureDrift:
    """Return how far numbers moved from ``reference``; none of them is NaN."""
    return compared(feature, "numeric", _numbers(current), _numbers(reference))


def compare_classes(feature: str, current: Mapping[str, int], reference: Mapping[str, int]) -> FeatureDrift:
    """Return how far the shares of classes moved from ``reference``; both are rows by class."""
    return compared(feature, "categorical", _classes(current), _classes(reference))


def _numbers(values: Sequence[float]) -> Column:
    ordered = np.sort(np.asarray(values, np.float64)) + 0.0  # -0.0 and 0.0 are one value
    return Column(Comparable("number"), "number", len(ordered), 0, Sample(ordered))


def _classes(counts: Mapping[str, int]) -> Column:
    kept = dict(counts) if len(counts) <= MAX_CATEGORIES else None
    return Column(Comparable("text"), "text", sum(counts.values()), 0, None, kept)
