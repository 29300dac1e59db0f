"""Dates and times that are stored as text: what a ``format`` means, as a pattern, and as the text that a bound is.

Formats are those of Java's DateTimeFormatter, which the standard names (``yyyy-MM-dd``); what people write as well is understood
(``YYYY-MM-DD``, ``%Y-%m-%d``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pytest_mlmonitor.tables.odcs.values import BadValue
from pytest_mlmonitor.tables.regex.patterns import FORMATS
from pytest_mlmonitor.tables.regex.real_days import DATE_FIELDS, real_days

_CLOCK_FIELDS = {
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
_UNITS = (86_400_000_000, 3_600_000_000, 60_000_000, 1_000_000)
"""Microseconds of the last field of a format that ends in days, hours, minutes or seconds."""
_IN_ORDER = ("yyyy", "MM", "dd", "HH", "mm", "ss")
"""Dates and times that are written so, as far as they go, are in the order of their texts."""


@dataclass(frozen=True)
class DateText:
    """How a date or time is written.

    Attributes:
        pattern: what such texts match, for the dialect of the scan.
        pieces: (field, text between fields), one of them empty, in their order; none where texts are not in the order of
            their dates.
        finest: the smallest unit that is written, in microseconds.
    """

    pattern: str
    pieces: tuple[tuple[str, str], ...] = ()
    finest: int = _UNITS[0]

    @property
    def utc(self) -> bool:
        """Whether the texts themselves say that they are UTC, by a ``Z`` at their end."""
        return self.pieces[-1:] == (("", "Z"),)

    def text(self, moment: datetime) -> str:
        """Return how a moment is written; only where ``pieces`` are there.

        Raises:
            ValueError: the moment has more than is written, so that no text is the same.
        """
        midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
        if (moment - midnight) // timedelta(microseconds=1) % self.finest:
            raise ValueError(f"{moment} is finer than texts of this format")
        values = {
            "yyyy": f"{moment.year:04}",
            "MM": f"{moment.month:02}",
            "dd": f"{moment.day:02}",
            "HH": f"{moment.hour:02}",
            "mm": f"{moment.minute:02}",
            "ss": f"{moment.second:02}",
        }
        return "".join(
            text or values.get(field) or f"{moment.microsecond:06}"[: len(field)] for field, text in self.pieces
        )


ISO_DATE = DateText(FORMATS["date"], (("yyyy", ""), ("", "-"), ("MM", ""), ("", "-"), ("dd", "")))


def date_text(written: str) -> DateText | None:
    """Return what a format of dates or times means; None where it says what a pattern cannot (names of months, other calendars).

    >>> date_text("HHmm").pattern
    '^([01][0-9]|2[0-3])[0-5][0-9]$'
    """
    if written.lower() == "date":
        return ISO_DATE
    if written.lower() in ("date-time", "time"):
        return DateText(FORMATS[written.lower()])
    parts: list[tuple[str, str]] = []
    for match in _PIECE.finditer(written):
        piece = _SAME.get(match.group(), match.group())
        if piece in DATE_FIELDS or piece in _CLOCK_FIELDS or set(piece) == {"S"}:
            parts.append((piece, piece))
        elif piece.startswith("'"):
            parts.append(("", piece[1:-1].replace("''", "'") or "'"))
        elif piece != "T" and (piece[0].isalpha() or piece[0] in "%[]{}#"):
            return None
        else:
            parts.append(("", piece))
    if not any(field for field, _ in parts):
        return None
    return DateText(f"^{_pattern(parts)}$", *_in_order(parts))


def _pattern(parts: Sequence[tuple[str, str]]) -> str:
    """Return what matches the fields, and what stands between them, in their order."""
    said = [field if field in DATE_FIELDS else _piece(field, text) for field, text in parts]
    days = [i for i, (field, _) in enumerate(parts) if field in DATE_FIELDS]
    if days:
        first, after = days[0], days[-1] + 1
        said[first:after] = [real_days(said[first:after])]
    return "".join(said)


def _piece(field: str, text: str) -> str:
    if not field:
        return f"({text})" if text in DATE_FIELDS else _escaped(text)
    return _CLOCK_FIELDS.get(field, f"[0-9]{{{len(field)}}}")


def _in_order(parts: Sequence[tuple[str, str]]) -> tuple[tuple[tuple[str, str], ...], int]:
    """Return the pieces, and the smallest unit that is written; nothing where texts are not in the order of their dates."""
    fields = [field for field, _ in parts if field]
    digits = len(fields.pop()) if set(fields[-1]) == {"S"} else 0
    ordered = len(fields) >= 3 and tuple(fields) == _IN_ORDER[: len(fields)]
    if not ordered or digits > 6 or (digits and len(fields) < len(_IN_ORDER)):
        return (), 0
    return tuple(("", text) if not field else (field, "") for field, text in parts), (
        10 ** (6 - digits) if digits else _UNITS[len(fields) - 3]
    )


def _escaped(text: str) -> str:
    return "".join(f"\\{letter}" if letter in "\\.^$*+?()[]{}|" else letter for letter in text)


def moment_of(value: Any) -> datetime:
    """Return a bound of dates and times that are text, as their clock reads: one with a zone in UTC."""
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        raise BadValue("a date or time such as 2026-11-27 or 2026-11-27 08:30:00 (in quotes)") from None
    return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)


def unwritten(value: Any, written: DateText) -> str | None:
    """Return why a bound is no text of the format, so that texts cannot be held against it; None where it is one."""
    if isinstance(value, bool):  # before 3.1: whether the bound beside it is exclusive
        return None
    try:
        written.text(moment_of(value))
        moment = datetime.fromisoformat(str(value))
    except BadValue:
        return None  # said where it is read
    except ValueError:
        return "not checked: it is finer than texts of this format"
    if moment.tzinfo is not None and not written.utc:
        return "not checked: it has a time zone, and texts of this format have none"
    return None
