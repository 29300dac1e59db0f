"""Dates and times in names: ``orders_20261127``, ``orders-2026-11-27T06Z``, ``2026W48_orders``.

What a name says of time is its stamp, the rest is its family. A name is read once, from left to right.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache
from typing import Literal

Precision = Literal["year", "quarter", "month", "week", "day", "hour", "time"]
PRECISIONS: tuple[Precision, ...] = ("year", "quarter", "month", "week", "day", "hour", "time")
"""What a stamp stands for, the coarsest first."""


@dataclass(frozen=True)
class Stamp:
    """What a name says of time.

    Attributes:
        text: as it is written; of several levels of directories with ``/`` between them.
        start: when what it stands for begins; with a zone where the text has one (``Z``, ``+01:00``, seconds since 1970), else
            without. None for digits in the form of a stamp that are no possible time, and for a day that may be a month.
        end: when what it stands for is over: the beginning of the next day, hour, …; ``start`` for a point in time.
        precision: what it stands for.
    """

    text: str
    start: datetime | None
    end: datetime | None
    precision: Precision

    @property
    def moment(self) -> datetime | None:
        """The beginning in UTC, which a text without zone is taken for: what puts builds in order."""
        if self.start is None or self.start.tzinfo is None:
            return self.start and self.start.replace(tzinfo=UTC)
        return self.start.astimezone(UTC)


@dataclass(frozen=True)
class Dated:
    """A name, divided.

    Attributes:
        family: the name less what it says of time; empty where it says nothing else.
        stamp: what it says of time, the last of several; None where it says nothing.
    """

    family: str
    stamp: Stamp | None = None


@lru_cache(maxsize=65_536)  # every look-up by name asks for the family of the same few thousand names
def dated(name: str) -> Dated:
    """Return what a name (without its ending) says of time, and the rest of it.

    A month counts only where there is no day beside it, a year only where there is nothing finer.

    >>> dated("orders_20261127").family, dated("2026-11-27T06:30:00Z-orders").family, dated("orders_v2").family
    ('orders', 'orders', 'orders_v2')
    >>> dated("orders_2026112706").stamp.precision, dated("orders-2026-W48").stamp.start
    ('hour', datetime.datetime(2026, 11, 23, 0, 0))
    """
    found = [(match.span(), stamp) for match in _WRITTEN.finditer(name) if (stamp := _stamp(match)) is not None]
    finest = max((_sort(stamp.precision) for _, stamp in found), default=0)
    shape = _SHAPE.search(name) if finest < _sort("day") else None
    if shape is not None:
        return Dated(name[: shape.start()], _of_shape(shape[1]))
    if not found:
        return Dated(name)
    found = [pair for pair in found if _sort(pair[1].precision) == finest]
    family, last = "", 0
    for (begin, end), _ in found:
        family = _joined(family, name[last:begin])
        last = end
    return Dated(_joined(family, name[last:]).strip(_SEPARATORS), found[-1][1])


def spanned(text: str, start: datetime, precision: Precision) -> Stamp:
    """Return the stamp of all of the year, month, day, … that begins at ``start``.

    Raises:
        OverflowError, ValueError: it ends beyond the years that Python knows.
    """
    if precision in _MONTHS:
        years, month = divmod(start.month - 1 + _MONTHS[precision], 12)
        return Stamp(text, start, start.replace(year=start.year + years, month=month + 1), precision)
    return Stamp(text, start, start + _LENGTHS.get(precision, timedelta(0)), precision)


_MONTHS = {"year": 12, "quarter": 3, "month": 1}
_LENGTHS = {"week": timedelta(weeks=1), "day": timedelta(days=1), "hour": timedelta(hours=1)}

_SEPARATORS = "-_. @~+()[]{}=,;#"


def _joined(before: str, after: str) -> str:
    """Return what stands before and after a stamp, with one separator where there is one on both sides."""
    return before.rstrip(_SEPARATORS) + after if before else after.lstrip(_SEPARATORS)


def _sort(precision: Precision) -> int:
    """Return 0 for a year, 1 for what else is coarser than a day, 2 for the rest."""
    place = PRECISIONS.index(precision)
    return 2 if place >= PRECISIONS.index("day") else min(place, 1)


# The forms. Years are those of data that somebody keeps; digits must be a whole word, or eight and more behind letters.

_Y, _M, _D = "(?:19|20)[0-9]{2}", "(?:0[1-9]|1[0-2])", "(?:0[1-9]|[12][0-9]|3[01])"
_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAME = (
    "(?i:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
    "oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_ALONE = "(?![-_.][0-9]{1,2}(?![0-9]))"
"""Behind a month or year: no number that would be the day of it, and is none."""

_ZONE = "[Zz]|[-_ ]?(?:UTC|utc|GMT)|[+-](?:0[0-9]|1[0-4]):?[0-5][0-9]|[+](?:0[0-9]|1[0-4])"
_CLOCK = (
    rf"(?:[Tt]|[-_. ][Tt]?)?(?!{_Y}[-_.]{_M}(?![0-9]))(?P<hour>[01][0-9]|2[0-3])[hH]?"
    r"(?:(?P<colon>[-:_.]?|%3[Aa])(?P<minute>[0-5][0-9])(?:(?P=colon)(?P<second>[0-5][0-9])(?:[.,]?(?P<part>[0-9]{3}(?:[0-9]{3}){0,2}))?)?)?"
    rf"(?P<zone>{_ZONE})?"
)
_FORMS = (
    rf"(?P<year>{_Y})(?P<dash>[-_.]?)(?P<month>{_M})(?P=dash)(?P<day>{_D})(?:{_CLOCK})?",
    rf"(?P<week_year>{_Y})(?P<week_dash>[-_.]?)(?i:w|wk|kw|week)(?P<week>0[1-9]|[1-4][0-9]|5[0-3])(?:(?P=week_dash)(?P<weekday>[1-7]))?",
    rf"(?i:w|wk|kw|week)(?P<first_week>0[1-9]|[1-4][0-9]|5[0-3])[-_.]?(?P<year_of_week>{_Y})",
    rf"(?P<ordinal_year>{_Y})-(?P<ordinal>[0-2][0-9]{{2}}|3[0-6][0-9])",
    rf"(?P<quarter_year>{_Y})[-_.]?[Qq](?P<quarter>[1-4])",
    rf"[Qq](?P<first_quarter>[1-4])[-_.]?(?P<year_of_quarter>{_Y})",
    rf"(?P<day_named>0?[1-9]|[12][0-9]|3[01])[-_. ]?(?P<month_named>{_NAME})[-_. ]?(?P<year_named>{_Y})",
    rf"(?P<named_year>{_Y})[-_. ]?(?P<named_month>{_NAME})(?:[-_. ]?(?P<named_day>{_D}))?",
    rf"(?P<name_month>{_NAME})[-_. ]?(?P<name_year>{_Y})",
    rf"(?P<either>{_D})(?P<dot>[-_.]?)(?P<other>{_D})(?P=dot)(?P<last_year>{_Y})",
    rf"(?P<month_year>{_Y})[-_.]?(?P<month_alone>{_M}){_ALONE}",
    r"(?P<epoch>1[0-9]{9}(?:[0-9]{3}){0,3})",
    rf"(?P<year_alone>{_Y}){_ALONE}",
)
_WRITTEN = re.compile(
    rf"(?:(?<![^\W_])(?:(?i:dt|ds|date|day)=)?|(?<=[A-Za-z])(?=[0-9]{{8}}))(?P<text>{'|'.join(_FORMS)})(?![^\W_])"
)
_SHAPE = re.compile(r"(?<=.)[_-]([0-9]{8}[_T-]?[0-9]{6}Z?)$")
"""A stamp by its form, possible or not, of any year: a build whose stamp is wrong still belongs to its family."""


def _stamp(match: re.Match[str]) -> Stamp | None:
    """Return what was written, None where it is no possible time."""
    text, said = match["text"], match.groupdict()
    try:
        if said["year"]:
            return _of_day(text, said)
        week, year = said["week"] or said["first_week"], said["week_year"] or said["year_of_week"]
        if week and year:
            day = date.fromisocalendar(int(year), int(week), int(said["weekday"] or 1))
            return _of(text, day.year, day.month, day.day, "day" if said["weekday"] else "week")
        if said["ordinal"]:
            day = datetime.strptime(f"{said['ordinal_year']} {said['ordinal']}", "%Y %j").date()
            return _of(text, day.year, day.month, day.day, "day") if str(day.year) == said["ordinal_year"] else None
        quarter, year = said["quarter"] or said["first_quarter"], said["quarter_year"] or said["year_of_quarter"]
        if quarter and year:
            return _of(text, year, 3 * int(quarter) - 2, 1, "quarter")
        if said["epoch"]:
            seconds, rest = divmod(int(said["epoch"].ljust(19, "0")), 10**9)
            moment = datetime.fromtimestamp(seconds, UTC) + timedelta(microseconds=rest // 1000)
            return Stamp(text, moment, moment, "time")
        if said["either"]:
            return _of_either(text, int(said["either"]), int(said["other"]), said["last_year"])
        if said["month_alone"]:
            return _of(text, said["month_year"], said["month_alone"], 1, "month")
        if said["year_alone"]:
            return _of(text, said["year_alone"], 1, 1, "year")
        name = said["month_named"] or said["named_month"] or said["name_month"]
        year = said["year_named"] or said["named_year"] or said["name_year"]
        day_of_month = said["day_named"] or said["named_day"]
        month = _NAMES.index(name[:3].lower()) + 1
        return _of(text, year, month, day_of_month or 1, "day" if day_of_month else "month")
    except (ValueError, OverflowError):
        return None


def _of_shape(text: str) -> Stamp:
    try:
        start = datetime.strptime("".join(filter(str.isdecimal, text)), "%Y%m%d%H%M%S").replace(
            tzinfo=UTC if text.endswith("Z") else None
        )
    except ValueError:
        return Stamp(text, None, None, "time")
    return spanned(text, start, "time")


def _of(text: str, year: int | str, month: int | str, day: int | str, precision: Precision) -> Stamp:
    return spanned(text, datetime(int(year), int(month), int(day)), precision)


def _of_day(text: str, said: dict[str, str | None]) -> Stamp:
    numbers = [int(said[unit] or 0) for unit in ("year", "month", "day", "hour", "minute", "second")]
    year, month, day, hour, minute, second = numbers
    microsecond = int((said["part"] or "").ljust(6, "0")[:6])
    start = datetime(year, month, day, hour, minute, second, microsecond, _zone(said["zone"]))
    return spanned(text, start, "time" if said["minute"] else "hour" if said["hour"] else "day")


def _zone(text: str | None) -> timezone | None:
    if text is None:
        return None
    digits = text[1:].replace(":", "").ljust(4, "0")
    if not digits.isdecimal():
        return UTC
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if text[0] == "-" else offset)


def _of_either(text: str, first: int, second: int, year: str | None) -> Stamp:
    """Return a day that is written before or behind its month; where it may be either, nobody knows which day it is."""
    if first != second and max(first, second) <= 12:
        return Stamp(text, None, None, "day")
    day, month = (first, second) if first > 12 else (second, first)
    return _of(text, year or 0, month, day, "day")
