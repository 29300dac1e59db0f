"""Names that somebody may have meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from pytest_mlmonitor.core.text.names import bare

MAX_COMPARED = 5_000
"""Names that a word is compared with: of a million artifacts the first ones are enough for a hint."""


def near(word: str, known: Iterable[str], limit: int = 3) -> list[str]:
    """Return the names that a word may stand for, the likeliest first.

    >>> near("flihgts", ["flights", "weather"]), near("max_age", ["max_age_seconds", "warn_after"])
    (['flights'], ['max_age_seconds'])
    """
    names = list(dict.fromkeys(known))[:MAX_COMPARED]
    lower = {name.casefold(): name for name in reversed(names)}
    found = [lower[form] for form in get_close_matches(word.casefold(), list(lower), limit, 0.6)]
    start = word.casefold()
    found += [name for name in names if len(start) > 2 and name.casefold().startswith(start)]
    return list(dict.fromkeys(found))[:limit]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``; did you mean NAME?``, or nothing where no name is near.

    >>> did_you_mean("freshnes", ["freshness", "drift"]), did_you_mean("colour", ["out"])
    ('; did you mean freshness?', '')
    """
    found = near(word, known, 1)
    return f"; did you mean {bare(found[0])}?" if found else ""
