"""Bounds of a numeric column that leave room for the next builds.

The largest of what was seen is no bound of a continuous column: one build in two has a larger one. A bound is drawn where a
value is implausible, and a fault of units (a thousand times as much) still lies beyond it:

* nature: hours, weekdays, shares, degrees; zero where the values end there; one where they pile up there;
* the tail: from the spacing of the ``TAIL`` most extreme values (exponential beyond a threshold; where values are positive, in
  their logarithms, which is Hill's estimate) to where ``RARE`` values are expected in ``AHEAD`` builds;
* the spread: twice the range of the data beyond its end (five times of one build or two), and half of the largest value; ten
  times that of a small sample;
* the movement: what the medians of the builds moved, carried on.

The widest of the last three counts, but no more than ``MOST`` times the largest value. A column of which every build lies
beyond the one before it, or that only rises in the only build, is a counter, and has no bound but its sign.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from pytest_mlmonitor.tables.inference.column_names import FLAGS, SIGNED, UNSIGNED, range_of_nature, tokens
from pytest_mlmonitor.tables.inference.description import TAIL, NumberFigures
from pytest_mlmonitor.tables.inference.share_limits import FEW_BUILDS

AHEAD, RARE = 7, 1e-4
"""Builds that the tail is carried to, and how many values are expected beyond it there."""

HEAVY = 0.8
"""Distances beyond a threshold that vary less (relative to their mean) are those of a light tail; exponential ones vary by 1."""

CARRIED = 14
"""Builds that a movement is carried on for."""

MOST = 100
"""A bound beyond so many times the largest value would let a fault of units pass."""

FEW = 30
"""Values of which a sample is small."""

SPREAD, SPREAD_OF_ONE, SPREAD_OF_FEW = 2, 5, 10
"""Ranges between the outermost value and its bound: of several builds, of one or two, which say nothing of what differs from day
to day, and of a small sample (there also largest values)."""

LEVEL = 0.5
"""The share of the largest value that a bound lies beyond it, at least: one build says nothing of how the level moves."""

WANDERED = 4
"""Standard deviations of a random walk of the medians over ``AHEAD`` builds."""

FREQUENT = 50
"""Where one value in so many is zero, zero is where values end."""

MIRRORED = 20
"""So many values above twice the median, and none below zero, are no chance in a column that is as wide on either side."""

CROWD = 500
"""Values of which so many are needed to say that small ones crowd at zero."""

WALL = 5
"""So many values that are exactly the end of their range are no chance in a continuous column."""

Bounds = tuple[float | None, float | None]


@dataclass(frozen=True)
class _End:
    """One end of a column; towards the lower end all values are negated, so that outwards is upwards.

    Attributes:
        last, first: the outermost and the innermost value of all builds.
        tail: the outermost values of all builds, ascending.
        lasts, firsts: the outermost and the innermost value of every build, oldest first.
        middles: the median of every build, oldest first.
        count: how many values there are.
    """

    last: float
    first: float
    tail: Sequence[float]
    lasts: Sequence[float]
    firsts: Sequence[float]
    middles: Sequence[float]
    count: int

    @property
    def middle(self) -> float:
        """The median of the builds' medians."""
        return sorted(self.middles)[len(self.middles) // 2]

    @property
    def advances(self) -> bool:
        """Whether every build lies beyond the one before it."""
        return len(self.lasts) > 1 and all(
            after > before for before, after in zip(self.lasts, self.firsts[1:], strict=False)
        )

    @property
    def few(self) -> bool:
        """Whether hardly anything is known of this end: few values, or few that are not the one that most are."""
        return self.count < FEW or sum(value > self.middle for value in self.tail) < min(FEW, self.count // 10)


def limits(name: str, builds: Sequence[NumberFigures]) -> Bounds:
    """Return the bounds of a column, None for no bound in that direction.

    Args:
        name: the column's, which may say what its values are.
        builds: of every build that has values, oldest first.
    """
    lows, highs = [float(n.minimum or 0) for n in builds], [float(n.maximum or 0) for n in builds]
    low, high = min(lows), max(highs)
    if not (math.isfinite(low) and math.isfinite(high)) or low == high == 0:
        return None, None
    whole = all(numbers.whole for numbers in builds)
    natural = range_of_nature(name, low, high, whole=whole)
    if natural is not None:
        return natural
    count = sum(numbers.count for numbers in builds)
    kept = min(TAIL, max(5, count // 10))
    middles = [numbers.quartiles[1] for numbers in builds]
    top = sorted(value for numbers in builds for value in numbers.highest)[-kept:]
    bottom = sorted(-value for numbers in builds for value in numbers.lowest)[-kept:]
    upper = _outer(_End(high, low, top, highs, lows, middles, count))
    below = _End(-low, -high, bottom, [-v for v in lows], [-v for v in highs], [-v for v in middles], count)
    outer = _outer(below)
    lower = None if outer is None else -outer
    first = builds[0]
    rising = len(builds) == 1 and first.rising and first.count >= FEW and high > low
    if upper is None or lower is None or rising:
        upper = lower = None  # a counter, which may begin anew
    if low >= 0 and (lower is None or lower < 0) and _ends_at_zero(name, builds, below):
        lower = 0.0
    if high in (1.0, 100.0) and not whole and low >= 0 and top.count(high) >= WALL:
        upper = high
    span = max(abs(high), abs(low)) if lower is None or upper is None else upper - lower
    return _outwards(lower, span, up=False), _outwards(upper, span, up=True)


def is_flag(name: str, builds: Sequence[NumberFigures]) -> bool:
    """Return whether integers that all are 0 or 1 are flags: by name, or since counts would now and then have been 2.

    Of a Poisson count with this mean about ``n * mean ** 2 / 2`` values would be 2.
    """
    count = sum(numbers.count for numbers in builds)
    zeros = sum(numbers.zeros for numbers in builds)
    if not count or any(numbers.minimum not in (0, 1) or numbers.maximum not in (0, 1) for numbers in builds):
        return False
    if FLAGS & set(tokens(name)):
        return True
    if not all(0 < numbers.zeros < numbers.count for numbers in builds):
        return False  # what is the same in all of a build is a number of the build
    mean = 1 - zeros / count
    return 0 < zeros < count and count * mean**2 / 2 * math.exp(-mean) >= 20


def _outer(end: _End) -> float | None:
    """Return a bound beyond the outermost value, None where there is none."""
    if end.advances:
        return None
    span, size = end.last - end.first, max(abs(end.last), abs(end.first))
    spread = SPREAD_OF_FEW if end.few else SPREAD_OF_ONE if len(end.lasts) < FEW_BUILDS else SPREAD
    found = [end.last + spread * span, end.last + LEVEL * size]
    if end.few or not span:
        found.append(end.last + SPREAD_OF_FEW * size)
    found += [*_carried_on(end), *_beyond_tail(end)]
    outer = min(max(found), end.last + MOST * size)
    return outer if math.isfinite(outer) else None


def _carried_on(end: _End) -> list[float]:
    """Return where the outermost value may be if the medians go on as they went: at random, by steps, by factors."""
    first, last = end.middles[0], end.middles[-1]
    steps = [after - before for before, after in pairwise(end.middles)]
    if not steps:
        return []
    wander = math.sqrt(sum(step * step for step in steps) / len(steps) * AHEAD)
    found = [end.last + WANDERED * wander]
    times = CARRIED / len(steps)
    if last > first:
        found.append(end.last + times * (last - first))
    if last > first > 0:
        found.append(end.last * math.exp(min(50.0, times * math.log(last / first))))
    return found


def _beyond_tail(end: _End) -> list[float]:
    """Return where ``RARE`` values are expected in the builds ahead, by the spacing of the outermost values."""
    if len(end.tail) < 5:
        return []
    threshold, beyond = end.tail[0], end.tail[1:]
    steps = math.log(len(beyond) * AHEAD / len(end.lasts) / RARE) * (1 + 3 / math.sqrt(len(beyond)))
    excess = sum(value - threshold for value in beyond) / len(beyond)
    if not 0 < excess < math.inf:
        return []
    found = [threshold + steps * excess]
    positive = [value for value in end.tail if value > 0]
    variance = sum(((value - threshold) / excess - 1) ** 2 for value in beyond) / len(beyond)
    if len(positive) >= 5 and variance > HEAVY**2:
        inner = positive[0]
        hill = sum(math.log(value / inner) for value in positive[1:]) / (len(positive) - 1)
        found.append(inner * math.exp(min(700.0, steps * hill)) if inner < 1e150 else math.inf)
    return found


def _ends_at_zero(name: str, builds: Sequence[NumberFigures], below: _End) -> bool:
    """Return whether values that are not negative so far end at zero in the nature of things, not by chance.

    They do where the name says so; where zero is frequent; where a whole range lies between, and the tail ends before; where
    values lie so far above the median that others, as far below it, would be negative; and where small values are no rarer
    than others (a tail that reaches zero by chance is thin there).
    """
    words = set(tokens(name))
    if words & SIGNED:
        return False
    count, zeros = sum(n.count for n in builds), sum(n.zeros for n in builds)
    if words & UNSIGNED or (zeros >= WALL and zeros * FREQUENT >= count):
        return True
    low, high, middle = -below.last, -below.first, -below.middle
    if low >= high - low and all(bound < 0 for bound in _beyond_tail(below)[:1]):
        return True
    if sum(value > 2 * middle for numbers in builds for value in numbers.highest) >= MIRRORED:
        return True
    crowded = (-below.tail[0] - low) * count <= 6 * len(below.tail) * (middle - low)
    return count >= CROWD and low <= middle / 20 and crowded


def _outwards(bound: float | None, span: float, *, up: bool) -> float | None:
    """Return a bound with two digits of the span, rounded outwards."""
    if bound is None or not math.isfinite(bound) or not math.isfinite(span) or not bound:
        return bound if bound is not None and math.isfinite(bound) else None
    power = math.floor(math.log10(max(span, abs(bound) * 1e-9, 1e-300))) - 1
    step = Fraction(10) ** power
    steps = Fraction(bound) / step
    found = float((math.ceil(steps) if up else math.floor(steps)) * step)
    return found if math.isfinite(found) else None
