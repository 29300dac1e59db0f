"""How large a share of nulls, or of values never seen, the next build may have.

A share is never promised to be what was seen: chance moves it from build to build. What of ``n`` values none was is rarer than
``-ln(alpha) / n``, but for one sample in ``1 / alpha`` (the exact binomial bound, the "rule of three" at another level).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

ALPHA = 1e-4
"""How rarely a share that is this large would have shown nothing so far."""

FEW_BUILDS = 3
"""Fewer builds say nothing of what differs from day to day."""

FLOOR_FEW, FLOOR = 1.0, 0.2
"""The least that is allowed of what was not seen, in percent: with few builds, and with several."""

SURE = 1_000
"""Values among which there was none of what the next build may then be warned of, if it has a single one."""

MOST_UNSEEN = 10.0
"""The most that is allowed of what was not seen, in percent, however few values there were."""

ODDS, FAR = 3, 10
"""What was seen may become so many times as likely before that is worth a warning, and an error, …"""

DEVIATIONS = 6
"""… or as many as chance brings within so many standard deviations, whichever is more; …"""

FLOOR_SEEN = 1.0
"""… the least that is allowed of what was seen, in percent: rows that lack something at the edge of a window are no share …"""

MOST_SEEN = 97.0
"""… and a limit above this (percent) would promise nothing."""


def limit_unseen(values: int, builds: int) -> float:
    """Return the percentage that may be in the next build of what none of ``values`` values was.

    >>> limit_unseen(100, 1), limit_unseen(1_000, 1), limit_unseen(1_000_000, 5)
    (10.0, 1.9, 0.2)
    """
    rare = 200 * -math.log(ALPHA) / max(1, values)
    return min(MOST_UNSEEN, max(FLOOR if builds >= FEW_BUILDS else FLOOR_FEW, _rounded_up(rare)))


def limit_seen(counts: Sequence[tuple[int, int]], odds: int = ODDS) -> float | None:
    """Return the percentage that the next build may have; None where that promises nothing.

    Args:
        counts: of every build, how many of how many rows.
        odds: how many times as likely it may become.

    >>> limit_seen([(50, 1_000)]), limit_seen([(3, 1_000), (0, 1_000)]), limit_seen([(95, 100)])
    (14, 1.6, None)
    """
    known = [(some, rows) for some, rows in counts if rows]
    if not known:
        return None
    share = max((some + 1) / (rows + 2) for some, rows in known)
    deviation = math.sqrt(share * (1 - share) / min(rows for _, rows in known))
    likelier = odds * share / (1 + (odds - 1) * share)
    limit = max(FLOOR_SEEN, _rounded_up(100 * max(likelier, share + DEVIATIONS * deviation)))
    return limit if limit <= MOST_SEEN else None


def _rounded_up(percent: float) -> float:
    """Return a percentage with two digits, rounded up."""
    step = 10 ** (math.floor(math.log10(percent)) - 1) if percent > 0 else 1
    found = round(math.ceil(percent / step) * step, 10)
    return int(found) if found == int(found) else found
