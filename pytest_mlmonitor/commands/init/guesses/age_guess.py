"""How old the newest version may get, by the distances of those that lie there; how often a log is delivered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from pytest_mlmonitor.core.text.words import duration

SPARE = timedelta(hours=2)
"""What a new version may be late, beside the usual distance."""

LOOKED_AT = 60
"""The newest versions whose distances count."""

RECURS = 2
"""A distance that is longer than usual and comes so often is usual too: the weekend of what is built on workdays."""


@dataclass(frozen=True)
class AgeGuess:
    """A line of the policy.

    Attributes:
        limit: the duration as it is written, None where there is nothing to write.
        comment: what stands behind it, or in its place.
    """

    limit: str | None
    comment: str


def age_guess(versions: Sequence[tuple[datetime, datetime]], now: datetime) -> AgeGuess:
    """Return how old the newest version may get.

    Args:
        versions: beginning and end of what every version stands for, in any order.
        now: the evaluation time; a limit that the newest version is beyond already is not written.
    """
    starts = sorted({start for start, _ in versions})[-LOOKED_AT:]
    if len(starts) < 2:
        return AgeGuess(None, 'freshness = "26h"  one version says nothing of how often there is a new one')
    distances = [later - earlier for earlier, later in pairwise(starts)]
    usual = timedelta(seconds=median(one.total_seconds() for one in distances))
    longer = sorted({one for one in distances if one > usual * 1.25 and distances.count(one) >= RECURS})
    longest = longer[-1] if longer else usual
    late = longest + SPARE if longest >= timedelta(hours=1) else longest * 3
    limit = written(late)
    words = f"a new version every {_words(usual)}"
    if longer:
        words += f", at times after {_words(longest)}"
    newest = max(end for _, end in versions)
    age = now - newest
    if age >= late:
        return AgeGuess(
            None,
            f'freshness = "{limit}"  {words}, but the newest one ends {duration(age.total_seconds())} ago: a copy, or it is late',
        )
    spare = "two hours" if longest >= timedelta(hours=1) else "the time of two more"
    return AgeGuess(limit, f"{words}, and {spare}")


def written(length: timedelta) -> str:
    """Return a length of time as a policy has it: whole hours where it is longer than one, else minutes.

    >>> written(timedelta(hours=26)), written(timedelta(days=9, hours=2)), written(timedelta(minutes=15))
    ('26h', '9d2h', '15m')
    """
    seconds = int(length.total_seconds())
    if seconds < 60:
        return f"{max(1, seconds)}s"
    if seconds < 2 * 3600:
        return f"{-(-seconds // 60)}m"
    hours = -(-seconds // 3600)
    if hours < 100:
        return f"{hours}h"
    days, rest = divmod(hours, 24)
    return f"{days}d{rest}h" if rest else f"{days}d"


def _words(length: timedelta) -> str:
    """Return a usual distance in the largest unit that it is whole in, days from two on."""
    seconds = length.total_seconds()
    if seconds >= 2 * 86400 and seconds % 86400 == 0:
        return f"{int(seconds // 86400)} days"
    if seconds >= 3600 and seconds % 3600 == 0:
        return f"{int(seconds // 3600)} h"
    return duration(seconds)
