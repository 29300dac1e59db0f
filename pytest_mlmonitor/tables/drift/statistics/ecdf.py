"""Distances between two empirical cumulative distributions F and G, exact.

Both sides are sorted, so F and G can be looked up anywhere. The largest |F - G| is first sought at every ``STEP``-th value;
between two neighbouring edges it is at most what the rise of one side allows, and only blocks where that bound exceeds the
best seen are looked into. At ten million continuous values these are a few thousand points instead of twenty million.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from pytest_mlmonitor.tables.arrays.vectors import Numbers
from pytest_mlmonitor.tables.drift.sample import Sample

STEP = 256
"""Values per block."""

AT_ONCE = 1 << 19
"""Points looked up at a time: bounds the memory when many blocks stay open."""


def ks_distance(left: Sample, right: Sample) -> float:
    """Return the two-sample Kolmogorov-Smirnov statistic D = max over x of |F(x) - G(x)|, both samples not empty.

    The same as ``scipy.stats.ks_2samp(left, right).statistic`` up to rounding: D is a maximum over the values of either
    side, since F and G only change there.
    """
    if len(left.values) + len(right.values) <= AT_ONCE:
        return float(_gaps(left, right, np.concatenate([left.values, right.values])).max())
    edges = np.unique(np.concatenate([_every(left.values), _every(right.values)]))
    best = float(_gaps(left, right, edges).max())
    f, g = left.at_most(edges)[:-1] / left.size, right.at_most(edges)[:-1] / right.size
    f_end, g_end = left.below(edges)[1:] / left.size, right.below(edges)[1:] / right.size
    bound = np.maximum(f_end - g, g_end - f)
    for sample in (left, right):
        best = _inside(left, right, sample.values, edges, bound, best)
    return best


def _inside(left: Sample, right: Sample, values: Numbers, edges: Numbers, bound: Numbers, best: float) -> float:
    """Return the largest gap at those of ``values`` that lie inside blocks whose ``bound`` exceeds ``best``."""
    first, last = np.searchsorted(values, edges[:-1], "right"), np.searchsorted(values, edges[1:], "left")
    blocks = np.flatnonzero((bound > best) & (last > first))
    blocks = blocks[np.argsort(-bound[blocks], kind="stable")]  # the most promising first: they close the others
    while len(blocks):
        taken = max(1, int(np.searchsorted(np.cumsum((last - first)[blocks]), AT_ONCE, "right")))
        now, blocks = np.sort(blocks[:taken]), blocks[taken:]
        lengths = (last - first)[now]
        starts = np.repeat(first[now] - (np.cumsum(lengths) - lengths), lengths)
        points = values[starts + np.arange(len(starts))]
        best = max(best, float(_gaps(left, right, points).max()))
        blocks = blocks[bound[blocks] > best]
    return best


def _gaps(left: Sample, right: Sample, points: Numbers) -> npt.NDArray[np.float64]:
    gaps: npt.NDArray[np.float64] = np.abs(left.at_most(points) / left.size - right.at_most(points) / right.size)
    return gaps


def _every(values: Numbers) -> Numbers:
    return np.append(values[::STEP], values[-1])


def wasserstein(left: Sample, right: Sample) -> float | None:
    """Return the earth mover's distance, the integral of |F - G|, in the unit of the values; None when one is infinite.

    Ramdas, García Trillos and Cuturi (2017), "On Wasserstein two-sample testing"; as ``scipy.stats.wasserstein_distance``.
    """
    left, right = left.as_float(), right.as_float()
    points = np.unique(np.concatenate([left.values, right.values]))
    if not (np.isfinite(points[0]) and np.isfinite(points[-1])):
        return None
    with np.errstate(over="ignore"):
        distance = float(np.sum(_gaps(left, right, points)[:-1] * np.diff(points)))
    return distance if math.isfinite(distance) else None
