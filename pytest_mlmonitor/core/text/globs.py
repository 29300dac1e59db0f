"""Patterns of names and types: ``*``, ``?``, ``[...]``, matched in linear time whatever the name is."""

from __future__ import annotations

import re
from collections.abc import Callable
from fnmatch import translate
from functools import lru_cache

_SPECIAL = frozenset("*?[")


def is_glob(text: str) -> bool:
    """Return whether a text is a pattern and not just a name.

    >>> is_glob("bike*"), is_glob("bikes")
    (True, False)
    """
    return not _SPECIAL.isdisjoint(text)


@lru_cache(maxsize=4096)  # patterns stand in the policy, in contracts and in our own tables; names are not kept
def matcher(pattern: str) -> Callable[[str], object]:
    """Return a function that says whether a whole name has the form of a pattern, case by case.

    ``fnmatch.translate`` puts every ``*`` but the last into an atomic group, so that nothing is tried twice: a name out of an
    artifact cannot hang a run, however many stars the pattern has.

    >>> bool(matcher("bike*")("bikes")), bool(matcher("bike?")("Bikes")), bool(matcher("bikes")("bikes_2"))
    (True, False, False)
    """
    if not is_glob(pattern):
        return pattern.__eq__
    return re.compile(translate(pattern)).match


def stars(pattern: str) -> Callable[[str], object]:
    """Return :func:`matcher` of a pattern in which ``*`` alone is special, as in the names of a contract.

    >>> bool(stars("orders[1]_*")("orders[1]_2026")), bool(stars("orders?_*")("orders1_2026"))
    (True, False)
    """
    return matcher(pattern.replace("[", "[[]").replace("?", "[?]"))
