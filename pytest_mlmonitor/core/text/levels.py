"""Dates over the directories of a path: ``orders/2026/11/27``, ``dt=2026-11-27/hour=06``, ``year=2026/month=11``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import takewhile
from typing import Literal
from urllib.parse import unquote

from pytest_mlmonitor.core.text.stamps import PRECISIONS, Stamp, dated, spanned


@dataclass(frozen=True)
class Level:
    """A directory, or several that spell one date.

    Attributes:
        kept: what is left of them without what they say of time.
        stamp: what they say of time, with the partitions above where they go on (``hour=06`` below ``dt=2026-11-27``).
    """

    kept: tuple[str, ...]
    stamp: Stamp | None = None


def stamp_of_path(parts: Sequence[str], *, whole: bool = True) -> Stamp | None:
    """Return what the parts of a path say of time, the finest, of several the last; None where they say nothing.

    Args:
        parts: names of directories, the last one perhaps of a file without its ending.
        whole: as for :func:`levels`.

    >>> stamp_of_path(["orders", "2026", "11", "27"]).text, stamp_of_path(["dt=2026-11-27", "hour=06"]).precision
    ('2026/11/27', 'hour')
    >>> stamp_of_path(["orders", "city=berlin", "part-0"])
    """
    found = [level.stamp for level in levels(parts, whole=whole) if level.stamp is not None]
    return max(reversed(found), key=lambda stamp: PRECISIONS.index(stamp.precision), default=None)


def undated(parts: Sequence[str]) -> tuple[str, ...]:
    """Return the parts of a path less stamps, dates over several levels, and partition values that are a date or time.

    >>> undated(["data", "2026", "04", "26", "rides_20260426_130148"]), undated(["dt=2026-04-26", "city=berlin"])
    (('data', 'rides'), ('dt=', 'city=berlin'))
    """
    return tuple(part for level in levels(parts) for part in level.kept)


def levels(parts: Sequence[str], *, whole: bool = True) -> Iterator[Level]:
    """Yield the directories of a path from above, those that spell one date together.

    Args:
        parts: their names.
        whole: whether the last of them is that of a directory too; the number of a file is no hour of the day above it.
    """
    known: dict[str, int] = {}
    written: list[str] = []
    rest = list(parts)
    while rest:
        part = rest.pop(0)
        partition = _PARTITION.fullmatch(part)
        if partition is not None:
            level, known, written = _partition(partition, known, written)
            yield level
            continue
        spelled = _spelled(part, rest, whole) if _BEGINS.fullmatch(part) else None
        if spelled is not None:
            yield Level((), spelled[0])
            del rest[: spelled[1]]
            continue
        found = dated(part)
        if found.stamp is None or found.stamp.precision == "year":
            yield Level((part,) if part else ())
        else:
            yield Level((found.family,) if found.family else (), found.stamp)


_Unit = Literal["year", "month", "day", "hour", "minute"]
_FIELDS: tuple[Literal["year", "month", "day", "hour"], ...] = ("year", "month", "day", "hour")
_BEGINS = re.compile("((?:19|20)[0-9]{2})(?:-?[0-9]{2}(?:-?[0-9]{2})?)?")
"""What begins a date over several levels: a year, a month, a day."""

_GOES_ON = re.compile(
    "(?i)[0-9]{1,3}|[01][0-9]-[0-3][0-9]|q[1-4]|(?:w|wk|kw|week)[0-5][0-9]|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
)
"""What a level below goes on with: a number, month and day, a quarter, a week, the name of a month."""


def _spelled(part: str, rest: Sequence[str], whole: bool) -> tuple[Stamp, int] | None:
    """Return what a directory and as many as possible of those below it spell together, and how many those are."""
    year, dash = len(part) == 4, "" if part.isdecimal() and len(part) > 4 else "-"
    below = list(takewhile(_GOES_ON.fullmatch, rest if whole or year else rest[:-1]))[:4]
    texts = [text.zfill(2) if year and i < 2 else text for i, text in enumerate(below)]
    for number in range(len(texts), 0, -1):
        found = dated(dash.join([part, *texts[:number]]))
        if found.stamp is not None and not found.family and found.stamp.precision != "year":
            return replace(found.stamp, text="/".join([part, *below[:number]])), number
    return None


_PARTITION = re.compile("([^=]+)=(.*)", re.DOTALL)
_UNITS: dict[str, _Unit] = {"year": "year", "yyyy": "year", "y": "year", "month": "month", "mm": "month", "m": "month",
          "day": "day", "dd": "day", "d": "day", "hour": "hour", "hh": "hour", "hr": "hour", "h": "hour",
          "minute": "minute", "min": "minute"}  # fmt: skip
_TIMELY = re.compile(
    r"(?i)(?:^|[^a-z])(?:dt|ds|date|day|month|week|hour|ts|time|timestamp|epoch|stamp|yyyymm|ym)(?:$|[^a-z])"
)
"""Keys whose values are times even where they are digits that might be anything: ``ts=1764288000``."""

_ALWAYS = (8, 12, 14)
"""Digits that are a date or a time under any key."""


def _partition(
    match: re.Match[str], known: Mapping[str, int], written: Sequence[str]
) -> tuple[Level, dict[str, int], list[str]]:
    """Return the level of one ``key=value``, and what the values so far spell."""
    key, value = match[1], unquote(match[2])
    unit = _UNITS.get(key.lower())
    if unit is not None and value.isdecimal() and value.isascii() and len(value) <= (4 if unit == "year" else 2):
        if unit == "minute":
            return Level((f"{key}=",)), dict(known), list(written)
        above: dict[str, int] = {field: known[field] for field in _FIELDS[: _FIELDS.index(unit)] if field in known}
        fields: dict[str, int] = above | {str(unit): int(value)}
        texts = [*written, match[0]]
        return Level((f"{key}=",), _of_fields(fields, texts)), fields, texts
    found = dated(value)
    sure = not value.isdecimal() or len(value) in _ALWAYS or _TIMELY.search(key) is not None
    if found.stamp is None or found.family or found.stamp.precision == "year" or not sure:
        return Level((match[0],)), dict(known), list(written)
    start = found.stamp.start
    fields = {str(field): getattr(start, field) for field in _FIELDS[:3] if found.stamp.precision == "day" and start}
    return Level((f"{key}=",), found.stamp), fields, [match[0]]


def _of_fields(fields: Mapping[str, int], texts: Sequence[str]) -> Stamp | None:
    """Return the stamp of a year, month, day and hour; None where one of them is not said, or none is possible."""
    precision = _FIELDS[len(fields) - 1]
    if list(fields) != list(_FIELDS[: len(fields)]):
        return None
    try:
        start = datetime(fields["year"], fields.get("month", 1), fields.get("day", 1), fields.get("hour", 0))
        return spanned("/".join(texts), start, precision)
    except (ValueError, OverflowError):
        return None
