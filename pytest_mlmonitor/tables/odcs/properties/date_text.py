"""Dates and times that are stored as text: what a ``format`` means, as a pattern, and as the text that a bound is.

Formats are those of Java's DateTimeFormatter, which the standard names (``yyyy-MM-dd``); what people write as well is understood
(``YYYY-MM-DD``, ``%Y-%m-%d``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from pytest_mlmonitor.tables.regex.patterns import FORMATS

_FIELDS = {
    "yyyy": "[0-9]{4}",
    "MM": "(0[1-9]|1[0-2])",
    "M": "([1-9]|1[0-2])",
    "dd": "(0[1-9]|[12][0-9]|3[01])",
    "d": "([1-9]|[12][0-9]|3[01])",
    "HH": "([01][0-9]|2[0-3])",
    "mm": "[0-5][0-9]",
    "ss": "[0-5][0-9]",
    "XXX": "(Z|[+-][0-9]{2}:[0-9]{2})",
    "XX": "(Z|[+-][0-9]{4})",
    "Z": "[+-][0-9]{4}",
}
_SAME = {
    "uuuu": "yyyy",
    "YYYY": "yyyy",
    "DD": "dd",
    "%Y": "yyyy",
    "%m": "MM",
    "%d": "dd",
    "%H": "HH",
    "%M": "mm",
    "%S": "ss",
}
_PIECE = re.compile(r"%[A-Za-z]|'(?:[^']|'')*'|([A-Za-z])\1*|.", re.DOTALL)
_IN_ORDER = ("yyyy", "MM", "dd")
"""Dates that are written so are in the order of their texts."""


@dataclass(frozen=True)
class DateText:
    """How a date or time is written.

    Attributes:
        pattern: what such texts match, for the dialect of the scan.
        pieces: fields and what stands between them, in their order; empty where texts are not in the order of their dates.
    """

    pattern: str
    pieces: tuple[str, ...] = ()

    def text(self, day: date) -> str:
        """Return how a day is written; only where ``pieces`` are there."""
        values = {"yyyy": f"{day.year:04}", "MM": f"{day.month:02}", "dd": f"{day.day:02}"}
        return "".join(values.get(piece, piece) for piece in self.pieces)


ISO_DATE = DateText(FORMATS["date"], ("yyyy", "-", "MM", "-", "dd"))


def date_text(written: str) -> DateText | None:
    """Return what a format of dates or times means; None where it says what a pattern cannot (names of months, other calendars).

    >>> date_text("yyyyMMdd").pattern
    '^[0-9]{4}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])$'
    """
    if written.lower() == "date":
        return ISO_DATE
    if written.lower() in ("date-time", "time"):
        return DateText(FORMATS[written.lower()])
    parts: list[str] = []
    pieces: list[str] = []
    for match in _PIECE.finditer(written):
        piece = _SAME.get(match.group(), match.group())
        if piece in _FIELDS:
            parts.append(_FIELDS[piece])
        elif set(piece) == {"S"}:
            parts.append(f"[0-9]{{{len(piece)}}}")
        elif piece.startswith("'"):
            piece = piece[1:-1].replace("''", "'") or "'"
            parts.append(_escaped(piece))
        elif piece == "T":
            parts.append(piece)
        elif piece[0].isalpha() or piece[0] in "%[]{}#":
            return None
        else:
            parts.append(_escaped(piece))
        pieces.append(piece)
    fields = [piece for piece in pieces if piece in _FIELDS or set(piece) == {"S"}]
    if not fields:
        return None
    return DateText(f"^{''.join(parts)}$", tuple(pieces) if tuple(fields) == _IN_ORDER else ())


def _escaped(text: str) -> str:
    return "".join(f"\\{letter}" if letter in "\\.^$*+?()[]{}|" else letter for letter in text)
