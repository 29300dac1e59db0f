"""A sorted sample: where every rank and every quantile of a column can be looked up."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from pytest_mlmonitor.tables.arrays.vectors import Numbers, Ranks


@dataclass(frozen=True)
class Sample:
    """The values of one numeric column.

    Attributes:
        values: shape (k,), int64 or float64, ascending, without NaN; -0.0 and 0.0 are one value.
        ranks: shape (k,), how many values are at most ``values[i]``; None when ``values`` holds every single value
            (then ties stand side by side): a continuous column needs no counts.
    """

    values: Numbers
    ranks: Ranks | None = None

    @property
    def size(self) -> int:
        """Return the number of values, ties counted."""
        if self.ranks is None:
            return len(self.values)
        return int(self.ranks[-1]) if len(self.ranks) else 0

    def at_most(self, points: Numbers) -> Ranks:
        """Return how many values are ≤ each of ``points``."""
        return self._ranks_at(self.values.searchsorted(points, side="right"))

    def below(self, points: Numbers) -> Ranks:
        """Return how many values are < each of ``points``."""
        return self._ranks_at(self.values.searchsorted(points, side="left"))

    def _ranks_at(self, index: npt.NDArray[np.intp]) -> Ranks:
        if self.ranks is None:
            return index.astype(np.int64, copy=False)
        return np.where(index > 0, self.ranks[index - 1], 0)

    def distinct(self) -> tuple[Numbers, Ranks]:
        """Return the distinct values and how often each occurs."""
        values, ranks = collapsed(self.values) if self.ranks is None else (self.values, self.ranks)
        return values, np.diff(ranks, prepend=0)

    def as_float(self) -> Sample:
        """Return the sample as float64; integers beyond 2**53 are rounded, and may tie."""
        return Sample(self.values.astype(np.float64, copy=False), self.ranks)

    def deciles(self) -> npt.NDArray[np.float64]:
        """Return the eleven deciles by linear interpolation, as ``numpy.quantile`` does by default (Hyndman and Fan's type 7).

        Their ranks (n - 1) i / 10 are reckoned in whole numbers: as a float 0.7 · 500 lies a trace above 350, and the value that
        stands there changes bins or does not, by its digits. Between a finite and an infinite value there is nothing to
        interpolate: the lower one is returned.
        """
        low, high, tenths = self._decile_neighbours()
        a, b = low.astype(np.float64), high.astype(np.float64)
        part = tenths / 10
        with np.errstate(invalid="ignore", over="ignore"):
            # numpy goes from the nearer end, so that the result is monotone; so do we, to the last bit
            between = np.where(part < 0.5, a + (b - a) * part, b - (b - a) * (1 - part))
        return np.where((a == b) | (tenths == 0) | ~np.isfinite(between), a, between)

    def whole_deciles(self) -> list[Fraction]:
        """Return the eleven deciles of integers, exact at any size."""
        neighbours = zip(*(each.tolist() for each in self._decile_neighbours()), strict=True)
        return [a + Fraction((b - a) * tenths, 10) for a, b, tenths in neighbours]

    def _decile_neighbours(self) -> tuple[Numbers, Numbers, Ranks]:
        """Return the values before and after the rank of each decile, and how many tenths of the way it lies behind the first."""
        low, tenths = np.divmod((self.size - 1) * np.arange(11, dtype=np.int64), 10)
        return self.nth(low), self.nth(np.minimum(low + 1, self.size - 1)), tenths

    def nth(self, order: Ranks) -> Numbers:
        """Return the values that stand at ranks, the least at 0."""
        return self.values[order if self.ranks is None else np.searchsorted(self.ranks, order, side="right")]


def collapsed(ordered: Numbers) -> tuple[Numbers, Ranks]:
    """Return the distinct values of an ascending array and how many of its values are at most each of them."""
    if not len(ordered):
        return ordered[:0].copy(), np.zeros(0, np.int64)
    last = np.append(np.flatnonzero(ordered[1:] != ordered[:-1]), len(ordered) - 1)
    return ordered[last], last.astype(np.int64) + 1


def merged(parts: list[tuple[Numbers, Ranks]]) -> tuple[Numbers, Ranks]:
    """Return the distinct values of several samples together, with their ranks."""
    values = np.concatenate([part[0] for part in parts])
    counts = np.concatenate([np.diff(part[1], prepend=0) for part in parts])
    order = np.argsort(values, kind="stable")
    ordered, last = collapsed(values[order])
    return ordered, np.cumsum(counts[order])[last - 1]
