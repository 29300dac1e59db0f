"""Which rows of a table a rule is about."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RowFilter:
    """What holds of the rows that a rule is about.

    Attributes:
        condition: an SQL expression over the columns of one row, empty for none; null counts as false.
        newest: whether only rows of the newest partition count.
    """

    condition: str = ""
    newest: bool = False

    def __str__(self) -> str:
        words = ["in the newest partition"] if self.newest else []
        return " ".join([*words, *([f"where {self.condition}"] if self.condition else [])])
