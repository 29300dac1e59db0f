"""Rules over rows as a contract has them: how the columns of one row stand to each other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

TermPath = tuple[str | int, ...]
"""Keys and positions that lead to a part of a contract document."""


@dataclass(frozen=True)
class Offset:
    """``column == base + offset`` in every row (``<=`` or ``>`` instead of ``==`` where ``relation`` says so).

    ``topic`` tells the rules of the table contract from those of point-in-time correctness (specification 2.8).
    """

    column: str
    relation: Literal["==", "<=", ">"]
    base: str
    offset: timedelta = timedelta(0)
    meaning: str = ""
    topic: Literal["contract", "point_in_time"] = "contract"


@dataclass(frozen=True)
class Grid:
    """Every timestamp of ``column`` is a whole multiple of ``step`` since midnight UTC."""

    column: str
    step: timedelta


@dataclass(frozen=True)
class Threshold:
    """``column == (score >= cut)`` in every row, as 0 or 1."""

    column: str
    score: str
    cut: float


RowRule = Offset | Grid | Threshold


def columns_of(rule: RowRule) -> tuple[str, ...]:
    """Return the columns that a row rule looks at."""
    if isinstance(rule, Offset):
        return (rule.column, rule.base)
    return (rule.column,) if isinstance(rule, Grid) else (rule.column, rule.score)


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
