"""Records of several files in the order of their times: days, rotated files, the files of several workers.

Each file is taken to be in order itself; of those whose times overlap the earliest record comes next, so that only these are open
at once. Where a file is not in order the fold says so, and is given its windows sorted.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.references.units import is_likely
from pytest_mlmonitor.core.text.times import EPOCH
from pytest_mlmonitor.core.text.words import instant

T = TypeVar("T")


class Timed(NamedTuple):
    """A record that has a time.

    Attributes:
        at: when.
        file: number of its file.
        values: what it says.
        line: where it stands; 0 where that is no line.
    """

    at: datetime
    file: int
    values: Any
    line: int


ReadFile = Callable[[int, T], Iterator[Timed]]
"""Yields the records of a file, by its number."""


def far_time(values: Mapping[str, Any], names: Iterable[str]) -> Finding | None:
    """Return the finding of a time at which nothing was served, None without: one line of the year 9999 must not hide the others.

    Args:
        values: of a record.
        names: of its times.
    """
    name = next((one for one in names if one in values and not is_likely(values[one])), None)
    if name is None:
        return None
    said = instant(values[name])
    message = f"{name} is {said}: expected a time from 1998 to 2099; the record is not counted"
    return Finding(Severity.ERROR, message, "a time from 1998 to 2099", said, name)


def in_time(files: Sequence[T], read: ReadFile[T], peek: ReadFile[T] | None = None) -> Iterator[Timed]:
    """Yield the records of files in order of time.

    Args:
        files: as they were found.
        read: yields the records of a file.
        peek: the same for a look at the first record; by default ``read``.
    """
    if len(files) == 1:
        yield from read(0, files[0])
        return
    begun = []
    for number, file in enumerate(files):
        first = next((peek or read)(number, file), None)
        begun.append((EPOCH if first is None else first.at, number, file))
    waiting = sorted(begun, key=lambda one: one[:2], reverse=True)
    open_ones: list[tuple[datetime, int, Timed, Iterator[Timed]]] = []
    while waiting or open_ones:
        while waiting and (not open_ones or waiting[-1][0] <= open_ones[0][0]):
            _, number, file = waiting.pop()
            _advance(open_ones, read(number, file), number)
        if not open_ones:
            continue
        _, number, record, rest = heapq.heappop(open_ones)
        yield record
        until = min(waiting[-1][0] if waiting else _NEVER, open_ones[0][0] if open_ones else _NEVER)
        for record in rest:
            if record.at >= until:
                heapq.heappush(open_ones, (record.at, number, record, rest))
                break
            yield record


_NEVER = datetime.max.replace(tzinfo=EPOCH.tzinfo)


def _advance(open_ones: list[tuple[datetime, int, Timed, Iterator[Timed]]], rest: Iterator[Timed], number: int) -> None:
    first = next(rest, None)
    if first is not None:
        heapq.heappush(open_ones, (first.at, number, first, rest))
