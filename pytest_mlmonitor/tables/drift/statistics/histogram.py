"""Rows of both sides in bins that show their shape, for people: the statistics have bins of their own (:mod:`.bins`).

They come from the sorted samples that the statistics were made from, so a few dozen look-ups make them, and no second reading.
Deciles of the reference, which the PSI is taken over, hold a tenth each whatever the shape; so numbers get bins of equal width
between limits that no outlier moves: the lower of both sides' first percentiles, and the higher of their last ones.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np

from pytest_mlmonitor.core.text.words import instant
from pytest_mlmonitor.tables.arrays.comparable import Comparable
from pytest_mlmonitor.tables.arrays.vectors import Numbers
from pytest_mlmonitor.tables.drift.feature_drift import SharedBins
from pytest_mlmonitor.tables.drift.sample import Sample
from pytest_mlmonitor.tables.drift.statistics.bins import counts_between
from pytest_mlmonitor.tables.families import moment

MOST = 24
"""Bins that can be told apart in a picture."""

FEWEST = 6

LABEL_LENGTH = 80
"""Characters of a category that are kept."""

_LARGEST = 2**63 - 1
_WHOLE = 2**53
"""Floats below it hold every whole number."""


def number_bins(current: Sample, reference: Sample, how: Comparable) -> SharedBins | None:
    """Return numbers of both sides in bins of equal width, None where no width can be told (all of it is infinite, or nearly).

    Their number is twice the cube root of the smaller side's rows (Rice's rule), 6 to 24. Whole numbers, also where they are
    floats, get bins of a whole width: else some would hold one number more than others and look like peaks.

    Args:
        current: a sample that is not empty …
        reference: … and another one, in numbers of the same kind.
        how: what the numbers are: instants are labelled by their times, durations and times of day come in seconds.
    """
    limits = [one for sample in (current, reference) for one in _limits(sample)]
    if not limits:
        return None
    number = min(MOST, max(FEWEST, round(2 * min(current.size, reference.size) ** (1 / 3))))
    low, high = min(limits), max(limits)
    whole = current.values.dtype.kind == "i" or (_are_whole(current) and _are_whole(reference))
    edges = _whole_edges(int(low), int(high), number) if whole else _edges(float(low), float(high), number)
    if edges is None:
        return None
    inner = np.array(edges[1:-1], current.values.dtype)
    mine, theirs = (tuple(counts_between(inner, sample).tolist()) for sample in (current, reference))
    if how.family == "instant":
        fine = edges[1] - edges[0] < how.ticks
        return SharedBins(theirs, mine, labels=tuple(_time(edge, how.ticks, fine=fine) for edge in edges[:-1]))
    if how.family in ("duration", "clock"):
        edges = [edge / how.ticks for edge in edges]
    return SharedBins(theirs, mine, tuple(edges))


def category_bins(current: Mapping[Any, int], reference: Mapping[Any, int]) -> SharedBins:
    """Return the commonest categories of both sides, none empty, and all others as one: numbers in order, texts by the reference.

    A category is as common as its two shares together, so that one which only the smaller side has is seen too.
    """
    before, now = sum(reference.values()), sum(current.values())
    names = sorted(
        current.keys() | reference.keys(),
        key=lambda name: (-reference.get(name, 0) / before - current.get(name, 0) / now, name),
    )
    kept = names if len(names) <= MOST else names[: MOST - 1]
    if not isinstance(kept[0], str):
        kept = sorted(kept)
    else:
        kept = sorted(kept, key=lambda name: (-reference.get(name, 0), -current.get(name, 0), name))
    theirs, mine = ([side.get(name, 0) for name in kept] for side in (reference, current))
    labels = [category_label(name) for name in kept]
    rest = len(names) > len(kept)
    if rest:
        theirs.append(before - sum(theirs))
        mine.append(now - sum(mine))
        labels.append("other" if "other" not in labels else "all others")
    return SharedBins(tuple(theirs), tuple(mine), labels=tuple(labels), rest=rest)


def category_label(category: str | float) -> str:
    """Return a category as text, cut where it is long."""
    text = (
        category if isinstance(category, str) else f"{category:.17g}" if isinstance(category, float) else str(category)
    )
    return text if len(text) <= LABEL_LENGTH else text[: LABEL_LENGTH - 1] + "…"


def _limits(sample: Sample) -> tuple[Any, ...]:
    """Return the first and the last percentile among the finite values, nothing where there is none."""
    values = sample.values
    if values.dtype.kind == "f":
        values = values[np.searchsorted(values, -np.inf, "right") : np.searchsorted(values, np.inf, "left")]
    if not len(values):
        return ()
    aside = (sample.size - 1) // 100
    found = sample.nth(np.array([aside, sample.size - 1 - aside], np.int64))
    return tuple(np.clip(found, values[0], values[-1]).tolist())


def _are_whole(sample: Sample) -> bool:
    values: Numbers = sample.values
    if not -_WHOLE < values[0] <= values[-1] < _WHOLE:
        return False
    return bool(values[0] == math.floor(values[0]) and np.all(values == np.floor(values)))


def _whole_edges(low: int, high: int, number: int) -> list[int]:
    if high - low < 2:
        low, high = low - 1, min(high + 1, _LARGEST)
    width = -(-(high - low + 1) // number)
    bins = -(-(high - low + 1) // width)
    return [low + i * width for i in range(bins + 1)]


def _edges(low: float, high: float, number: int) -> list[float] | None:
    if low == high:
        aside = max(abs(low) / 2, 0.5)
        low, high = low - aside, high + aside
    step = high / number - low / number
    edges = [low + i * step for i in range(number + 1)]
    rising = all(one < other for one, other in pairwise(edges))
    return edges if rising and math.isfinite(edges[0]) and math.isfinite(edges[-1]) else None


def _time(ticks: float, per_second: float, *, fine: bool) -> str:
    when = moment(math.floor(ticks), Fraction(per_second).limit_denominator(10**6))
    if when is None:
        return f"{ticks:.17g}"
    return instant(when if fine else when.replace(microsecond=0))
