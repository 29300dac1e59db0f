"""What is asked of the keys of tables, and what is found: plain data that crosses the border of the reader process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pytest_mlmonitor.tables.contract.relationship import ColumnPath


@dataclass(frozen=True)
class KeyColumns:
    """The columns of a table that make a key.

    Attributes:
        columns: the parts of the key.
        zones: of each part, the clock that times without a zone are of, None for UTC.
        nan_null: of each part, whether NaN stands for null.
        allowed: by partition column, the types that contracts allow (see :func:`.source.source.source`).
        hidden: whether a contract classifies a part: then no value of a key leaves the reader process.
        newest: whether only the keys of the newest partition are meant.
    """

    columns: tuple[ColumnPath, ...]
    zones: tuple[str | None, ...]
    nan_null: tuple[bool, ...]
    allowed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    hidden: bool = False
    newest: bool = False


@dataclass(frozen=True)
class AbsentColumn:
    """A part of a key that a table lacks.

    Attributes:
        table: 0 for the table that refers, the others from 1.
        column: the part.
        near: columns of the table that may be meant.
    """

    table: int
    column: ColumnPath
    near: tuple[str, ...]


@dataclass(frozen=True)
class UnlikeTypes:
    """A part of a key whose values cannot be compared with those that it refers to.

    Attributes:
        part: which one.
        types: of the table that refers, and of those referred to.
        clocks: whether times with a zone, and wall times of several clocks, are what cannot be compared.
    """

    part: int
    types: tuple[str, ...]
    clocks: bool = False


@dataclass(frozen=True)
class KeySample:
    """One key.

    Attributes:
        row: number of the first row that has it, from 1.
        values: its parts as they are in the table.
    """

    row: int
    values: tuple[Any, ...]


@dataclass(frozen=True)
class RepeatedKeys:
    """Keys that a table referred to holds more than once: how many, and the first of them."""

    keys: int
    sample: tuple[KeySample, ...]


@dataclass(frozen=True)
class MissingKeys:
    """Keys of a table that none of the tables referred to has.

    Attributes:
        rows: of the table that refers.
        missing_rows: those whose key is missing; a key with a null in it is none.
        missing_keys: how many different ones.
        sample: the first of them.
        there: rows of each table referred to.
        repeated: of each table referred to, what it holds more than once; None where every key is there once.
        problems: why nothing could be compared; then there are no figures.
    """

    rows: int = 0
    missing_rows: int = 0
    missing_keys: int = 0
    sample: tuple[KeySample, ...] = ()
    there: tuple[int, ...] = ()
    repeated: tuple[RepeatedKeys | None, ...] = ()
    problems: tuple[AbsentColumn | UnlikeTypes, ...] = ()
