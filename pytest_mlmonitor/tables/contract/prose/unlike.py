"""In what a text differs from one that somebody expected: case, blanks, accents, a letter."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from itertools import combinations

from pytest_mlmonitor.core.text.near import MAX_COMPARED, MAX_LETTERS, alike
from pytest_mlmonitor.core.text.shown_values import value_text

_NEARLY = 0.8
"""How much of two values is alike, at least, for one to be meant by the other (difflib's ratio)."""


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _without_blanks(text: str) -> str:
    return re.sub(r"[\s\u200b\ufeff]+", "", text)  # zero-width ones are no white space, and no one sees them either


def _without_accents(text: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))


_WAYS: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("its Unicode form", _composed),
    ("blanks", _without_blanks),
    ("case", str.casefold),
    ("accents", _without_accents),
)


def unlike(text: str, expected: Iterable[object]) -> str:
    """Return what follows a text in a message that is none of those expected, nothing where none is near.

    >>> unlike("PAID ", ["paid", "new"]), unlike("deliverd", ["delivered"]), unlike("x", ["paid"])
    (", which differs from 'paid' only in blanks and case", "; is 'delivered' meant?", '')
    """
    if len(text) > MAX_LETTERS:
        return ""
    known = [one for one in list(expected)[:MAX_COMPARED] if isinstance(one, str) and len(one) <= MAX_LETTERS]
    for number in range(1, len(_WAYS) + 1):
        for ways in combinations(_WAYS, number):
            spelt = _spelt(text, ways)
            for one in known:
                if spelt and _spelt(one, ways) == spelt:
                    *others, last = [way for way, _ in ways]
                    what = f"{', '.join(others)} and {last}" if others else last
                    return f", which differs from {value_text(one)} only in {what}"
    found = alike(text, known, 1, _NEARLY)
    return f"; is {value_text(found[0])} meant?" if found else ""


def _spelt(text: str, ways: Iterable[tuple[str, Callable[[str], str]]]) -> str:
    for _, way in ways:
        text = way(text)
    return text
