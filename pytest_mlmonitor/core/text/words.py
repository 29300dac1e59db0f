"""Numbers and times in prose: human in a sentence, exact in the data beside it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

_MAX_PLACES = 15


def count(number: int, noun: str, plural: str | None = None) -> str:
    """Return e.g. ``1 dataset`` or ``1,204 windows``.

    >>> count(1, "dataset"), count(1204, "window"), count(2, "entry", "entries")
    ('1 dataset', '1,204 windows', '2 entries')
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def percent(share: float | Fraction, *unlike: float | Decimal | Fraction) -> str:
    """Return a share as a percentage that never looks like another one: a little is not 0 %, nearly all not 100 %.

    Args:
        share: 1 is all.
        unlike: percentages that it was compared with; what is shown stands to each of them as the share itself does.

    >>> percent(1 / 3), percent(Fraction(1, 3), 33.33), percent(Fraction(1, 10**7)), percent(0.999999), percent(0.25)
    ('33.33 %', '33.333 %', '0.00001 %', '99.9999 %', '25 %')
    """
    figure = 100 * _exact(share)
    others = [Fraction(0), Fraction(100), *map(_exact, unlike)]
    for places in range(2, _MAX_PLACES):
        shown = Fraction(round(figure * 10**places), 10**places)
        if all((shown > other) == (figure > other) and (shown < other) == (figure < other) for other in others):
            break
    text = f"{Decimal(shown.numerator) / Decimal(shown.denominator):,.{places}f}"
    return f"{text.rstrip('0').rstrip('.')} %"


def _exact(number: float | Decimal | Fraction) -> Fraction:
    return Fraction(repr(number)) if isinstance(number, float) else Fraction(number)


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


def size(number: float, *unlike: float) -> str:
    """Return a number of bytes in the unit that suits it, with as many places as tell it from those it was compared with.

    >>> size(2 * 1024**3), size(1.5 * 1024**2), size(2**31 + 1, 2**31), size(12)
    ('2 GiB', '1.5 MiB', '2.000000001 GiB', '12 B')
    """
    power = min(int(math.log(abs(number), 1024)), 4) if abs(number) >= 1024 else 0
    unit = ("B", "KiB", "MiB", "GiB", "TiB")[power]
    figure, others = number / 1024**power, [one / 1024**power for one in unlike]
    for places in range(1, _MAX_PLACES):
        shown = round(figure, places)
        if all((shown > one) == (figure > one) and (shown < one) == (figure < one) for one in others):
            break
    text = f"{shown:,.{places}f}"
    return f"{text.rstrip('0').rstrip('.')} {unit}"


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


def within(texts: Sequence[str], length: int) -> str:
    """Return as many texts as have room, at least one, and how many more there are.

    >>> within(["a", "b", "c"], 20), within(["first", "second", "third"], 8)
    ('a, b, c', 'first and 2 more')
    """
    shown = 0
    room = length + 2
    for text in texts:
        room -= len(text) + 2
        if room < 0 and shown:
            break
        shown += 1
    more = f" and {len(texts) - shown:,} more" if shown < len(texts) else ""
    return ", ".join(texts[:shown]) + more


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
