"""Names that somebody may have meant."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from difflib import get_close_matches

from pytest_mlmonitor.core.text.names import bare

MAX_COMPARED = 5_000
"""Names that a word is compared with: of a million artifacts the first ones are enough for a hint."""


MAX_LETTERS = 200
"""Letters of a word that are compared: longer ones come out of somebody's file."""

_SHORTEST = 3
"""Letters that a part of a name must have to say anything."""

_ONE_NAME = 0.7
"""How much of two spellings is alike that may be of one column: ``price`` and ``unit_price`` just are."""

_NUMBERS = re.compile("[0-9]+")
_SEPARATORS = re.compile(r"[\s_.-]+")


def alike(word: str, known: Iterable[str], limit: int = 3, cutoff: float = 0.6) -> list[str]:
    """Return the names that are spelt like a word, whatever their case and what stands between their words, the likeliest first.

    Args:
        word: as it is written.
        known: what there is.
        limit: how many names at most.
        cutoff: how much of two spellings is alike, at least (difflib's ratio, 0 to 1).

    >>> alike("primary_key", ["primaryKey"]), alike("requried", ["required"]), alike("owner", ["required"])
    (['primaryKey'], ['required'], [])
    """
    spelt: dict[str, list[str]] = {}
    for name in list(dict.fromkeys(known))[:MAX_COMPARED]:
        spelt.setdefault(_letters(name), []).append(name)
    found = get_close_matches(_letters(word), list(spelt), limit, cutoff)
    return [name for letters in found for name in spelt[letters]][:limit]


def _letters(word: str) -> str:
    return _SEPARATORS.sub("", word[:MAX_LETTERS]).casefold()


def near(word: str, known: Iterable[str], limit: int = 3) -> list[str]:
    """Return the names that a word may stand for, the likeliest first: those spelt like it, then those that begin with it.

    >>> near("flihgts", ["flights", "weather"]), near("max_age", ["max_age_seconds", "warn_after"])
    (['flights'], ['max_age_seconds'])
    """
    names = list(dict.fromkeys(known))[:MAX_COMPARED]
    found = alike(word, names, limit)
    start = word.casefold()
    found += [name for name in names if len(start) > 2 and name.casefold().startswith(start)]
    return list(dict.fromkeys(found))[:limit]


def renamed(name: str, new: Iterable[str]) -> str | None:
    """Return which of some new names an old one probably has become, None where none is like it.

    >>> renamed("price", ["feature_0", "unit_price"]), renamed("unit_price", ["UnitPrice"]), renamed("price", ["feature_0"])
    ('unit_price', 'UnitPrice', None)
    """
    numbers = _NUMBERS.findall(name)  # feature_2 is not what became of feature_1
    others = [other for other in list(dict.fromkeys(new))[:MAX_COMPARED] if _NUMBERS.findall(other) == numbers]
    found = alike(name, others, 1, _ONE_NAME)
    if found or len(_letters(name)) < _SHORTEST:
        return found[0] if found else None
    inside = [other for other in others if _letters(name) in _letters(other) or _letters(other) in _letters(name)]
    return min((other for other in inside if len(_letters(other)) >= _SHORTEST), key=len, default=None)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``; did you mean NAME?``, or nothing where no name is near.

    >>> did_you_mean("freshnes", ["freshness", "drift"]), did_you_mean("colour", ["out"])
    ('; did you mean freshness?', '')
    """
    found = near(word, known, 1)
    return f"; did you mean {bare(found[0])}?" if found else ""


def likely(word: str, index: dict[str, list[str]]) -> list[str]:
    """Return the names that share most pairs of letters with a word: only those are compared in full."""
    shared = Counter(name for pair in _pairs(word) for name in index.get(pair, ()))
    return [name for name, _ in shared.most_common(8)]


def by_pairs(names: Iterable[str]) -> dict[str, list[str]]:
    """Return names by the pairs of letters in them, for :func:`likely`."""
    index: dict[str, list[str]] = {}
    for name in dict.fromkeys(names):
        for pair in _pairs(name):
            index.setdefault(pair, []).append(name)
    return index


def _pairs(word: str) -> set[str]:
    folded = word.casefold()
    return {folded[i : i + 2] for i in range(len(folded) - 1)}
