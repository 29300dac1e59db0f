"""The windows of the last six hours, one by one or added up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pytest_mlmonitor.serving.fold.recent import ABSENT


@dataclass(frozen=True, slots=True)
class RecentWindow:
    """A window of the last six hours.

    Attributes:
        start, end: UTC.
        counts: by field of :data:`.fold.recent.RECENT_FIELDS`; an optional one that is absent is missing.
    """

    start: datetime
    end: datetime
    counts: dict[str, int]


@dataclass(frozen=True)
class RecentCounts:
    """The counts of the windows of the last six hours, one column a field, for whoever only adds them up."""

    columns: dict[str, Sequence[int]]

    def emits(self, field: str) -> bool:
        """Return whether any window has the optional ``field``."""
        column = self.columns[field]
        return column.count(ABSENT) < len(column)

    def total(self, field: str, where: str | None = None) -> int:
        """Return the sum of ``field`` over the windows that have it, and have ``where`` too."""
        column = self.columns[field]
        if where is None or ABSENT not in self.columns[where]:
            return sum(column) - ABSENT * column.count(ABSENT)
        there = zip(column, self.columns[where], strict=True)
        return sum(number for number, other in there if ABSENT not in (number, other))
