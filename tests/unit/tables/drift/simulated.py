"""Tables of many kinds of features, in memory, and a real one: for how often a verdict is wrong."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np

from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.tables.arrays.comparable import Comparable
from pytest_mlmonitor.tables.drift.column import ColumnValues
from pytest_mlmonitor.tables.drift.compared import compared
from pytest_mlmonitor.tables.drift.drift_limits import DriftLimits
from pytest_mlmonitor.tables.drift.feature_drift import KEPT_CATEGORIES, FeatureDrift
from pytest_mlmonitor.tables.drift.sample import Sample

LIMITS = DriftLimits.of(Settings())

Draw = Callable[[np.random.Generator, int], np.ndarray]

NUMBERS: Mapping[str, Draw] = {
    "normal": lambda rng, n: rng.normal(size=n),
    "lognormal": lambda rng, n: rng.lognormal(0, 1.5, n),
    "gamma": lambda rng, n: rng.gamma(0.5, size=n),
    "heavy": lambda rng, n: rng.standard_t(2, n),
    "zeros": lambda rng, n: np.where(rng.random(n) < 0.6, 0.0, rng.lognormal(size=n)),
    "mostly zeros": lambda rng, n: np.where(rng.random(n) < 0.95, 0.0, rng.lognormal(size=n)),
    "five values": lambda rng, n: rng.choice(5, n, p=[0.4, 0.3, 0.15, 0.1, 0.05]).astype(float),
    "flag": lambda rng, n: (rng.random(n) < 0.3).astype(float),
    "rare flag": lambda rng, n: (rng.random(n) < 0.02).astype(float),
    "holes": lambda rng, n: np.where(rng.random(n) < 0.2, np.nan, rng.gamma(2.0, size=n)),
}


def number(feature: str, current: np.ndarray, reference: np.ndarray) -> FeatureDrift:
    """Compare two columns of numbers; NaN is null."""
    return compared(feature, "numeric", *(_numbers(side) for side in (current, reference)))


def category(feature: str, current: np.ndarray, reference: np.ndarray) -> FeatureDrift:
    """Compare two columns of categories, written as numbers."""
    return compared(feature, "categorical", *(_texts(side) for side in (current, reference)))


def table(rng: np.random.Generator, n: int, m: int) -> list[FeatureDrift]:
    """Compare two samples of one population, 30 features: two of every law of numbers, ten of categories."""
    found = []
    for name, draw in NUMBERS.items():
        found += [number(f"{name} {i}", draw(rng, m), draw(rng, n)) for i in range(2)]
    for i, levels in enumerate((10, 10, 10, 10, 100, 100, 100, 800, 800, 800)):
        shares = np.random.default_rng(i).dirichlet(np.ones(levels))
        found.append(category(f"{levels} levels {i}", *(rng.choice(levels, rows, p=shares) for rows in (m, n))))
    return found


def breast_cancer() -> tuple[np.ndarray, np.ndarray]:
    """Return 569 rows of 30 skewed, correlated features, and a target with two classes.

    Breast Cancer Wisconsin (Diagnostic), W. Wolberg, O. Mangasarian, N. Street, W. Street (1993), UCI Machine Learning
    Repository, https://doi.org/10.24432/C5DW2B, CC BY 4.0; the file is scikit-learn's, packed.
    """
    with gzip.open(Path(__file__).parent / "breast_cancer.csv.gz", "rt") as file:
        rows = np.loadtxt(file, delimiter=",", skiprows=1)
    return rows[:, :-1], rows[:, -1]


def halves(rows: int, times: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield random halves of the indices of a table."""
    for seed in range(times):
        order = np.random.default_rng(seed).permutation(rows)
        yield order[: rows // 2], order[rows // 2 :]


def _numbers(values: np.ndarray) -> ColumnValues:
    kept = np.sort(values[~np.isnan(values)])
    return ColumnValues(Comparable("number"), "double", len(values), len(values) - len(kept), Sample(kept))


def _texts(values: np.ndarray) -> ColumnValues:
    names, counts = np.unique(values, return_counts=True)
    by_name = dict(zip(map(str, names.tolist()), counts.tolist(), strict=True))
    kept = by_name if len(by_name) <= KEPT_CATEGORIES else None
    return ColumnValues(Comparable("text"), "string", len(values), 0, None, kept)
