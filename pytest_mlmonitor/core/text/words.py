"""Numbers and times in prose: human in a sentence, exact in the data beside it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime


def count(number: int, noun: str, plural: str | None = None) -> str:
    """Return e.g. ``1 dataset`` or ``1,204 windows``.

    >>> count(1, "dataset"), count(1204, "window"), count(2, "entry", "entries")
    ('1 dataset', '1,204 windows', '2 entries')
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def duration(seconds: float) -> str:
    """Return a length of time with its two largest units, e.g. ``2 h 3 min``; seconds are cut, not rounded.

    >>> duration(7380), duration(59.9), duration(0.25)
    ('2 h 3 min', '59 s', '0.25 s')
    """
    total = int(abs(seconds))
    days, rest = divmod(total, 86400)
    hours, rest = divmod(rest, 3600)
    minutes, secs = divmod(rest, 60)
    parts = [(days, "d"), (hours, "h"), (minutes, "min"), (secs, "s")]
    for i, (number, _) in enumerate(parts):
        if number:
            return " ".join(f"{n} {unit}" for n, unit in parts[i : i + 2] if n)
    return f"{abs(seconds):.3g} s" if seconds else "0 s"


def instant(moment: datetime) -> str:
    """Return a UTC moment as ISO-8601 with ``Z`` and no needless fraction.

    >>> from datetime import UTC
    >>> instant(datetime(2026, 4, 7, 8, tzinfo=UTC))
    '2026-04-07T08:00:00Z'
    """
    return moment.isoformat().replace("+00:00", "Z")


def listing(items: Sequence[str], limit: int = 5) -> str:
    """Return ``a, b, c and 4 more``.

    >>> listing(["a", "b", "c", "d"], limit=2)
    'a, b and 2 more'
    """
    if len(items) <= limit:
        return ", ".join(items)
    return f"{', '.join(items[:limit])} and {len(items) - limit:,} more"


def with_places(message: str, more: int, places: Sequence[str]) -> str:
    """Return a message that says how many findings like it there are, and where the next few of them stand.

    >>> with_places("value 7 is above 5", 3, ["a.json:2", "a.json:9"])
    'value 7 is above 5 (3 more: a.json:2, a.json:9 and 1 more)'
    """
    if not more:
        return message
    where = f": {', '.join(places)}" if places else ""
    rest = f" and {more - len(places):,} more" if places and more > len(places) else ""
    return f"{message} ({more:,} more{where}{rest})"


def some(values: Sequence[object], limit: int = 5) -> str:
    """Return the distinct values, sorted as text and cut like :func:`listing`.

    >>> some([3, 1, 3, 2])
    '1, 2, 3'
    """
    return listing(sorted({str(v) for v in values}), limit)
