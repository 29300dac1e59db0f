"""Counters that never fall: what was counted of a source stays counted, however many runs see it and when it is gone.

A source is what can be counted again (the windows of a deployment); its periods are the pieces that it grows by (hours). For each
period the largest number that any run saw is kept. That is exact where sources only grow, in whatever order runs see them, also
two at once; and whoever deletes old pieces takes nothing away. A run writes only the periods whose number grew.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from pytest_mlmonitor.core.store.database import INTEGER_LIMIT, Damage, Row, Transaction, storable
from pytest_mlmonitor.core.store.store_tables import mark_of, vouched

SeriesLabels = tuple[str, ...]

_HALF = 2**32
"""Numbers are added up in two halves: a sum of 64 bits may overflow."""

_SEEN_EVERY = 7
"""Days after which it is noted again that a period is still there."""


class Counted(NamedTuple):
    """A period of a source, and the labels under which it is counted."""

    labels: SeriesLabels
    source: str
    period: int


def count(transaction: Transaction, counter: str, seen: Mapping[Counted, int], today: int) -> None:
    """Count what a run sees; what was counted before is not counted again.

    Args:
        transaction: of the store.
        counter: name of the counter.
        seen: number by period; it only grows.
        today: days since 1970, by the clock.
    """
    kept = transaction.run(
        "SELECT counter, labels, source, period, number, seen_on, mark FROM counted WHERE counter = ?", (counter,)
    )
    known = {row[1:4]: row[4:] for row in map(vouched, kept)}
    rows = []
    for (names, origin, period), number in seen.items():
        key = storable(_text(names)), storable(origin), period
        before, seen_on = known.get(key, (-1, 0))
        now = min(number, INTEGER_LIMIT)
        if now > before or seen_on < today - _SEEN_EVERY:
            row = (counter, *key, max(now, before), max(today, seen_on))
            rows.append((*row, mark_of(row)))
    transaction.run_many(
        """INSERT INTO counted (counter, labels, source, period, number, seen_on, mark) VALUES (?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (counter, labels, source, period)
        DO UPDATE SET number = excluded.number, seen_on = excluded.seen_on, mark = excluded.mark""",
        rows,
    )


def count_one(transaction: Transaction, counter: str, labels: SeriesLabels, today: int) -> None:
    """Count one more of what nobody can count again, in the period ``today``.

    Args:
        transaction: of the store.
        counter: name of the counter.
        labels: under which it is counted.
        today: days since 1970, by the clock.
    """
    rows = transaction.run(
        """SELECT counter, labels, source, period, number, seen_on, mark FROM counted
        WHERE counter = ? AND labels = ? AND source = '' AND period = ?""",
        (counter, storable(_text(labels)), today),
    )
    before = sum(row[4] for row in map(vouched, rows))
    count(transaction, counter, {Counted(labels, "", today): before + 1}, today)


def totals(transaction: Transaction, counter: str) -> dict[SeriesLabels, int]:
    """Return everything that was ever counted, by labels."""
    found: Counter[SeriesLabels] = Counter()
    sums = transaction.run(
        "SELECT labels, SUM(number / ?), SUM(number % ?) FROM counted WHERE counter = ? GROUP BY labels",
        (_HALF, _HALF, counter),
    )
    for labels, high, low in [*sums, *(row[1:] for row in _before(transaction, counter))]:
        found[_labels(labels)] += int(high) * _HALF + int(low)
    return dict(found)


def _before(transaction: Transaction, counter: str) -> list[Row]:
    rows = transaction.run("SELECT counter, labels, high, low, mark FROM counted_before WHERE counter = ?", (counter,))
    return [vouched(row) for row in rows]


def close_gone(transaction: Transaction, day: int) -> None:
    """Keep only the sum of periods that no run has seen since a day (days since 1970)."""
    gone: Counter[tuple[str, str]] = Counter()
    rows = transaction.run(
        "DELETE FROM counted WHERE seen_on < ? RETURNING counter, labels, source, period, number, seen_on, mark", (day,)
    )
    for counter, labels, _, _, number, _ in map(vouched, rows):
        gone[counter, labels] += number
    for (counter, labels), number in gone.items():
        kept = [row for row in _before(transaction, counter) if row[1] == labels]
        total = number + sum(high * _HALF + low for _, _, high, low in kept)
        row = (counter, labels, total // _HALF, total % _HALF)
        transaction.run(
            """INSERT INTO counted_before (counter, labels, high, low, mark) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (counter, labels) DO UPDATE SET high = excluded.high, low = excluded.low, mark = excluded.mark""",
            (*row, mark_of(row)),
        )


def _text(labels: SeriesLabels) -> str:
    return json.dumps(labels, ensure_ascii=True)


def _labels(text: str) -> SeriesLabels:
    try:
        return tuple(str(label) for label in json.loads(text))
    except (TypeError, ValueError):
        raise Damage(f"labels are {text!r}") from None
