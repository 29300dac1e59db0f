"""A contract before it is written: what it will say of a table, and what it only suggests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pytest_mlmonitor.tables.inference.description import Shape


@dataclass
class DraftColumn:
    """One property.

    Attributes:
        name: the column's.
        shape: its type; None where builds differ in it.
        observed: what was seen, for the comment beside it.
        required: whether nulls are refused.
        optional: whether the column may be missing.
        options: ``logicalTypeOptions``.
        rules: ``quality`` rules of the standard's library.
        role: ``target``, ``entity`` or ``event_ts``.
        nan: what NaN is (``mlmonitor.nan``), None where there is none.
        hints: lines that are written as comments.
    """

    name: str
    shape: Shape | None
    observed: str = ""
    required: bool = False
    optional: bool = False
    options: dict[str, Any] = field(default_factory=dict)
    rules: list[Mapping[str, Any]] = field(default_factory=list)
    role: str | None = None
    nan: str | None = None
    hints: list[str] = field(default_factory=list)


@dataclass
class DraftTable:
    """One table.

    Attributes:
        name: what the contract calls it.
        columns: properties in the order of the newest build.
        key: the primary key, in order.
        min_rows: fewest rows; None for no rule, which means one.
        rules: further ``quality`` rules of the table.
        remarks: lines of comment at the top.
        levels: lines that suggest promises about time.
    """

    name: str
    columns: list[DraftColumn]
    key: tuple[str, ...] = ()
    min_rows: int | None = None
    rules: list[Mapping[str, Any]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    levels: list[str] = field(default_factory=list)
