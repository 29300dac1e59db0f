"""Numbers and times in prose: human in a sentence, exact in the data beside it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime


def count(number: int, noun: str, plural: str | None = None) -> str:
    """Return e.g. ``1 dataset`` or ``1,204 windows``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def duration(seconds: float) -> str:
    """Return a length of time with its two largest units, e.g. ``2 h 3 min``; seconds are cut, not rounded."""
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
    """Return a UTC moment as ISO-8601 with ``Z`` and no needless fraction."""
    return moment.isoformat().replace("+00:00", "Z")


def listing(items: Sequence[str], limit: int = 5) -> str:
    """Return ``a, b, c and 4 more``."""
    if len(items) <= limit:
        return ", ".join(items)
    return f"{', '.join(items[:limit])} and {len(items) - limit:,} more"


def with_places(message: str, more: int, places: Sequence[str]) -> str:
    """Return a message that says how many findings like it there are, and where the next few of them stand."""
    if not more:
        return message
    where = f": {', '.join(places)}" if places else ""
    rest = f" and {more - len(places):,} more" if places and more > len(places) else ""
    return f"{message} ({more:,} more{where}{rest})"


def some(values: Sequence[object], limit: int = 5) -> str:
    """Return the distinct values, sorted as text and cut like :func:`listing`."""
    return listing(sorted({str(v) for v in values}), limit)
