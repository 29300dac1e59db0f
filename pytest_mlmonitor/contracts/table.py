"""Contracts of tabular data: columns, their Arrow types, and rules on rows.

A contract is data. The scan compiles it to aggregates that decide in one pass, and
:mod:`pytest_mlmonitor.contracts.pandera_schema` turns the same contract into a pandera schema for people.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal


@dataclass(frozen=True)
class Column:
    """What a contract says of one column.

    Attributes:
        name: the column's name.
        types: Arrow types allowed, as Arrow spells them.
        nullable: whether nulls are allowed; NaN and infinity never are.
        minimum, maximum: inclusive bounds of its values.
        values: the values allowed, None for any.
        not_blank: whether empty or white-space strings are refused.
    """

    name: str
    types: tuple[str, ...]
    nullable: bool = False
    minimum: float | None = None
    maximum: float | None = None
    values: tuple[int | float | str, ...] | None = None
    not_blank: bool = False


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


@dataclass(frozen=True)
class TableContract:
    """A contract of one table.

    Attributes:
        name: what it is the contract of.
        columns: in order.
        key: columns whose values together are unique.
        rules: rules over rows.
        exact: whether further columns are errors (otherwise warnings) and another order is a violation.
        min_rows: fewest rows allowed.
        roles: which columns are the ``target``, the ``entity`` and the ``event_ts``, where the contract says so.
        no_all_null: whether a column with rows but no value is a violation even where nulls are allowed.
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    rules: tuple[RowRule, ...] = ()
    exact: bool = True
    min_rows: int = 1
    no_all_null: bool = True
    roles: Mapping[str, str] = field(default_factory=dict)

    def column(self, name: str) -> Column | None:
        """Return the column called ``name``, or None."""
        return next((c for c in self.columns if c.name == name), None)
