"""What the names of a path are made of: text, times in the form that path templates write them in, versions, numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Literal

PieceKind = Literal["text", "time", "version", "number"]


@dataclass(frozen=True)
class NamePiece:
    """A part of a name.

    Attributes:
        kind: what it is.
        text: as it is written; of a time over several levels with ``/`` between them.
        form: of a time: the strptime form; of a version ``semver``, or None where no form has one (a week).
    """

    kind: PieceKind
    text: str
    form: str | None = None


YEARS, MONTHS, DAYS_OF_MONTH, HOURS = (
    "(?:19|20)[0-9]{2}",
    "(?:0[1-9]|1[0-2])",
    "(?:0[1-9]|[12][0-9]|3[01])",
    "(?:[01][0-9]|2[0-3])",
)
_ABBREVIATED = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_ZONE = "Z|[+-][0-9]{2}:?[0-9]{2}"
_CLOCK = (
    rf"(?P<join>[Tt_ -]?)(?P<hour>{HOURS})(?:(?P<colon>[:._-]?)(?P<minute>[0-5][0-9])"
    r"(?:(?P=colon)(?P<second>[0-5][0-9])(?:(?P<point>[.,])(?P<part>[0-9]{3}(?:[0-9]{3})?))?)?)?"
    rf"(?P<zone>{_ZONE})?"
)
_BEFORE, _BEHIND = r"(?:(?<![0-9A-Za-z])|(?<=[A-Za-z])(?=[0-9]{8}))", "(?![0-9A-Za-z])"
_TOKEN = re.compile(
    rf"{_BEFORE}(?:"
    rf"(?P<day>(?P<y>{YEARS})(?P<dash>[-_.]?)(?P<m>{MONTHS})(?P=dash)(?P<d>{DAYS_OF_MONTH})(?:{_CLOCK})?)"
    rf"|(?P<week>{YEARS}[-_]?[wW][0-5][0-9])"
    rf"|(?P<ordinal>{YEARS}-(?:[0-2][0-9]{{2}}|3[0-6][0-9]))"
    rf"|(?P<month>(?P<my>{YEARS})(?P<mdash>[-_.]?)(?P<mm>{MONTHS}))(?![-_.]?[0-9])"
    rf"|(?P<named>{DAYS_OF_MONTH}(?P<ndash>[-_.]?){_ABBREVIATED}(?P=ndash){YEARS})"
    rf"|(?P<named_last>{YEARS}(?P<ldash>[-_.]?){_ABBREVIATED}(?P=ldash){DAYS_OF_MONTH})"
    rf"|(?P<last>(?P<first>{DAYS_OF_MONTH})(?P<dot>[-_.]){DAYS_OF_MONTH}(?P=dot){YEARS})"
    r"|(?P<uuid>[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})"
    r"|(?P<epoch>1[0-9]{9}(?:[0-9]{3}){0,2})"
    rf"|(?P<year>{YEARS})"
    rf"){_BEHIND}"
)
_SEMVER = re.compile(r"(?:[vV][0-9]{1,6}(?:\.[0-9]{1,6}){0,2}|[0-9]{1,6}\.[0-9]{1,6}(?:\.[0-9]{1,6})?)")
_LOOSE = re.compile(r"(?<![0-9A-Za-z])(?=[0-9a-f]*[0-9])[0-9a-f]{8,64}(?![0-9A-Za-z])|[0-9]+")
_FORMS = {"epoch": ("epoch_s", "epoch_ms", "epoch_us")}


@lru_cache(maxsize=65_536)  # the names of directories come again and again
def pieces_of(text: str) -> tuple[NamePiece, ...]:
    """Return the pieces of one name, in order; joined they are the name.

    >>> [(p.kind, p.text, p.form) for p in pieces_of("orders_20261127T0630Z-part3")][1]
    ('time', '20261127T0630Z', '%Y%m%dT%H%MZ')
    >>> [p.kind for p in pieces_of("part-00003")], pieces_of("v1.10")[0].form
    (['text', 'number'], 'semver')
    """
    if _SEMVER.fullmatch(text) and _TOKEN.fullmatch(text) is None:
        return (NamePiece("version", text, "semver"),)
    found: list[NamePiece] = []
    last = 0
    for match in _TOKEN.finditer(text):
        piece = _timed(match)
        if piece is None:
            continue
        found += [*_rest(text[last : match.start()]), piece]
        last = match.start() + len(piece.text)
    return (*found, *_rest(text[last:]))


def _rest(text: str) -> Iterator[NamePiece]:
    last = 0
    for match in _LOOSE.finditer(text):
        if match.start() > last:
            yield NamePiece("text", text[last : match.start()])
        yield NamePiece("number", match.group())
        last = match.end()
    if last < len(text):
        yield NamePiece("text", text[last:])


def _timed(match: re.Match[str]) -> NamePiece | None:
    """Return the piece of what looks like a time, None where it is no possible one."""
    text = match.group()
    if match["uuid"]:
        return NamePiece("number", text)
    if match["week"]:
        return NamePiece("version", text)
    if match["epoch"]:
        form = _FORMS["epoch"][(len(text) - 10) // 3]
        return NamePiece("time", text, form)
    if match["last"]:
        sep = match["dot"]
        first = int(match["first"])
        second = int(text.split(sep)[1])
        if first <= 12 and second <= 12:
            return None  # the day may stand before the month or behind it
        form = f"%d{sep}%m{sep}%Y" if first > 12 else f"%m{sep}%d{sep}%Y"
    elif match["day"]:
        text, form = _of_day(match)
    elif match["ordinal"]:
        form = "%Y-%j"
    elif match["month"]:
        form = f"%Y{match['mdash']}%m"
    elif match["named"]:
        form = f"%d{match['ndash']}%b{match['ndash']}%Y"
    elif match["named_last"]:
        form = f"%Y{match['ldash']}%b{match['ldash']}%d"
    else:
        form = "%Y"
    return NamePiece("time", text, form) if moment_of(text, form) is not None else None


def _of_day(match: re.Match[str]) -> tuple[str, str]:
    """Return the text and the form of a day with what clock stands behind it."""
    dash = match["dash"]
    form = f"%Y{dash}%m{dash}%d"
    day = match["y"] + dash + match["m"] + dash + match["d"]
    if match["hour"] is None:
        return day, form
    alone = match["minute"] is None
    if alone and match["join"] in "_ -" and not (match["join"] == "-" and dash == "-") and match["join"]:
        return day, form  # 20261127_01 is as well the first part of a day
    form += match["join"] + "%H"
    if not alone:
        form += match["colon"] + "%M"
        if match["second"] is not None:
            form += match["colon"] + "%S" + (f"{match['point']}%f" if match["part"] else "")
    zone = match["zone"]
    return match.group(), form + ("" if zone is None else "Z" if zone == "Z" else "%z")


_LENGTHS = (
    ("%S", 0.0),
    ("%M", 0.0),
    ("%H", 3600.0),
    ("%d", 86400.0),
    ("%j", 86400.0),
    ("%m", 30 * 86400.0),
    ("%b", 30 * 86400.0),
)


def length_of(form: str) -> float:
    """Return the seconds that a time in a form stands for; 0 for a point in time.

    >>> length_of("%Y-%m-%d"), length_of("%Y%m%dT%H%M"), length_of("epoch_s")
    (86400.0, 0.0, 0.0)
    """
    if form.startswith("epoch"):
        return 0.0
    return next((seconds for letter, seconds in _LENGTHS if letter in form), 365 * 86400.0)


@lru_cache(maxsize=65_536)
def moment_of(text: str, form: str) -> datetime | None:
    """Return when what a time stands for begins, in UTC, which a text without zone is taken for; None for no possible time."""
    try:
        if form.startswith("epoch"):
            return datetime.fromtimestamp(int(text) / 1000 ** _FORMS["epoch"].index(form), UTC)
        found = datetime.strptime(text, form)
    except (ValueError, OverflowError):
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)


@lru_cache(maxsize=65_536)
def end_of(text: str, form: str) -> datetime | None:
    """Return when what a time stands for is over."""
    start = moment_of(text, form)
    if start is None:
        return None
    seconds = length_of(form)
    if seconds == 30 * 86400.0:
        return (start.replace(day=1) + timedelta(days=32)).replace(day=1)
    return start + timedelta(seconds=seconds)
