"""How far a figure of the next version may lie from those of the versions so far.

Of ``n`` sound versions with the figures ``x`` the next ones lie within

    mean(x) ± t(n - 1) · s · sqrt(1 + 1/n),

the prediction interval of a normal figure, with the quantile of Student's t at :data:`ALPHA`, both sides together. It holds for
the next version; a proposal stands for many of them, so that

* ``s`` is at least :data:`LEAST_SHARE` of the figures' size (versions may be alike by chance, or by how they were sampled);
* a figure that wanders (neighbouring versions are much more alike than distant ones: von Neumann's ratio below
  :data:`WANDERS`) is carried on for :data:`AHEAD` versions, as a random walk;
* the limits lie beyond everything that was seen by at least a tenth of their distance.

Fewer than :data:`FEWEST` versions say nothing of what differs from one to the next, and nothing is proposed of them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

FEWEST = 3
"""Versions that tell what differs from one to the next."""

ALPHA = 1e-3
"""Of the quantiles in :data:`_T`: a rule that is right is broken by one sound version in a thousand, a score of rules over ten
versions by one in five."""

AHEAD = 10
"""Versions that a wandering figure is carried on for."""

WANDERS = 0.7
"""Mean squared step over twice the variance: about 1 where versions are independent, near 0 where they follow one another."""

LEAST_SHARE = 0.01
"""The least standard deviation of a figure, as a share of its size."""

_T = {
    1: 636.6, 2: 31.6, 3: 12.92, 4: 8.61, 5: 6.87, 6: 5.96, 7: 5.41, 8: 5.04, 9: 4.78, 10: 4.59,
    12: 4.32, 15: 4.07, 20: 3.85, 30: 3.65, 60: 3.46,
}  # fmt: skip
"""Quantiles of Student's t by degrees of freedom, 0.0005 above; what lies between takes the one of fewer."""


def next_between(figures: Sequence[float], floor: float = 0.0) -> tuple[float, float] | None:
    """Return between which figures the next versions lie; None where too few versions are known to say it.

    Args:
        figures: one of each sound version, oldest first.
        floor: the least standard deviation that the figure may have, in its unit.

    >>> next_between([10.0, 11.0]), [round(end, 1) for end in next_between([10.0, 11.0, 10.0, 11.0, 10.0]) or ()]
    (None, [5.2, 15.6])
    """
    known = [figure for figure in figures if math.isfinite(figure)]
    n = len(known)
    if n < FEWEST or n < len(figures):
        return None
    mean = sum(known) / n
    variance = sum((figure - mean) ** 2 for figure in known) / (n - 1)
    steps = [(after - before) ** 2 for before, after in pairwise(known)]
    walk = sum(steps) / len(steps)
    spread = max(math.sqrt(variance), floor, LEAST_SHARE * max(abs(figure) for figure in known))
    if variance and n > FEWEST and walk / (2 * variance) < WANDERS:
        spread = max(spread, math.sqrt(walk * AHEAD) / 2)
    half = _T[max(df for df in _T if df <= n - 1)] * spread * math.sqrt(1 + 1 / n)
    tenth = half / 10
    return min(mean - half, min(known) - tenth), max(mean + half, max(known) + tenth)


def outwards(low: float, high: float) -> tuple[float, float]:
    """Return two limits with few digits, rounded away from one another: to a hundredth of their distance.

    >>> outwards(3.14159, 7.77777), outwards(-0.5, 1234.5)
    ((3.14, 7.78), (-10, 1240))
    """
    step = 10.0 ** math.floor(math.log10(max(high - low, 1e-12) / 100))
    ends = math.floor(low / step) * step, math.ceil(high / step) * step
    digits = max(0, -math.floor(math.log10(step)))
    first, last = (round(end, digits) for end in ends)
    return (int(first), int(last)) if step >= 1 else (first, last)
