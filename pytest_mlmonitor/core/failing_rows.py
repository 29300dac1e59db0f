"""Rows that break an expectation, a few of them: the first question of whoever has to repair a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MAX_ROWS = 10
"""Rows of one finding that are shown."""


@dataclass(frozen=True)
class FailingRows:
    """The first rows that break an expectation, and how many there are.

    Attributes:
        columns: of the rows, those of the key first.
        key: those that tell rows apart.
        rows: a few of them, each value as text, None for null.
        bad: the columns whose values are wrong.
        total: how many rows break it.
        redacted: whether values of columns that hold personal data are masked.
    """

    columns: tuple[str, ...]
    key: tuple[str, ...]
    rows: tuple[tuple[str | None, ...], ...]
    bad: tuple[str, ...]
    total: int
    redacted: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        return {
            "key": list(self.key),
            "columns": list(self.columns),
            "rows": [list(row) for row in self.rows],
            "bad": list(self.bad),
            "total": self.total,
            "redacted": self.redacted,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> FailingRows:
        """Rebuild it from :meth:`to_dict`."""
        rows = tuple(tuple(row) for row in data["rows"])
        return cls(
            tuple(data["columns"]), tuple(data["key"]), rows, tuple(data["bad"]), data["total"], data["redacted"]
        )
