"""Which columns of a wide table pass together: all at once, pages of thousands of columns would be held.

What is read of a row group is held until its last row has passed: 800 MB of 1,000 float columns of 100,000 rows. Columns lie
apart in a file, so that passes over some of them read no byte twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Generic, TypeVar

import narwhals as nw

from pytest_mlmonitor.tables.plan.terms import ScanPlan
from pytest_mlmonitor.tables.source.source import TableSource

MAX_COLUMNS = 512
"""Columns of one pass; what a plan costs grows faster than its terms."""

MAX_GROUP_BYTES = 128 * 1024**2
"""Bytes of a row group that one pass holds."""

_COLUMN = re.compile(r"\bcol\((\w+)\)")
"""How narwhals prints a column of an expression; a text that looks like one only makes a pass read it as well."""

Needed = frozenset[int]
"""Positions of columns in a table."""


def used(expression: nw.Expr, plan: ScanPlan, table: TableSource) -> Needed:
    """Return the columns that an expression of a plan looks at; where it does not say, all of them."""
    places: set[int] = set()
    for name in _COLUMN.findall(repr(expression)):
        if name in plan.further:
            places.update(plan.further[name].places)
        elif name[:1] == "c" and name[1:].isdecimal():
            places.add(int(name[1:]))
    width = len(table.schema)
    return frozenset(place for place in places if place < width) or frozenset(range(width))


def is_wide(table: TableSource) -> bool:
    """Return whether a table passes in several parts; columns of one name cannot be read apart."""
    names = table.head.names
    return _width(table) < len(names) == len(set(names))


def parts(table: TableSource, needs: Iterable[Needed]) -> list[tuple[int, ...]]:
    """Return which columns pass together, in ascending order: in one of the parts all of each of ``needs``.

    A column may stand in several parts, and a part is as large as a need that is larger than parts are made.
    """
    if not is_wide(table):
        return [tuple(range(len(table.schema)))]
    width = _width(table)
    found: list[set[int]] = []
    first: dict[int, int] = {}  # the first part that holds a column: one column needs no look through all parts
    for need in sorted(set(needs), key=lambda need: (-len(need), sorted(need))):
        if need <= found[first[min(need)]] if min(need) in first else False:
            continue
        if not found or len(found[-1] | need) > width:
            found.append(set())
        found[-1] |= need
        for place in need:
            first.setdefault(place, len(found) - 1)
    return [tuple(sorted(part)) for part in found]


T = TypeVar("T")


class Waiting(Generic[T]):
    """What waits for a part with all the columns that it looks at.

    Each is looked for among those of one column of the part: through all that wait, for every part, time grew as the square of
    the columns.
    """

    def __init__(self, needs: Iterable[tuple[T, Needed]]) -> None:
        """Take what waits, with what it looks at; nothing may look at no column, unless no part has one."""
        self._by_place: dict[int, list[tuple[int, T, Needed]]] = {}
        for number, (one, need) in enumerate(needs):
            self._by_place.setdefault(min(need, default=-1), []).append((number, one, need))

    def answered(self, part: Iterable[int]) -> list[T]:
        """Return, in the order given, what a part answers; it waits no longer."""
        here = frozenset(part)
        found: list[tuple[int, T, Needed]] = []
        for place in (-1, *here):
            held = self._by_place.pop(place, [])
            found += [one for one in held if one[2] <= here]
            if left := [one for one in held if not one[2] <= here]:
                self._by_place[place] = left
        return [one for _, one, _ in sorted(found, key=lambda one: one[0])]


def _width(table: TableSource) -> int:
    columns = len(table.schema)
    share = MAX_GROUP_BYTES * columns // max(1, table.footprint.group_bytes)
    return max(1, min(MAX_COLUMNS, share))
