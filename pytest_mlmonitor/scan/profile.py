"""What a scan finds: plain data that crosses the border of the reader process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class ParquetHead:
    """What the footer says, before any data is read.

    Attributes:
        names: column names in order, duplicates kept.
        types: Arrow types in the same order, as Arrow spells them, e.g. ``timestamp[us]``.
        rows: number of rows the footer claims.
        metadata: key/value metadata of the schema by key, raw bytes; without the entries that writers add themselves.
    """

    names: tuple[str, ...]
    types: tuple[str, ...]
    rows: int
    metadata: Mapping[bytes, bytes]


@dataclass
class Failure:
    """Rows that break one rule.

    Attributes:
        column: the column judged.
        what: the rule in few words, e.g. ``below 0``.
        expected: what the contract asks for.
        topic: ``contract`` or ``point_in_time``.
        rows: how many rows break it.
        sample: the first few: 1-based row number, key columns, and the value.
    """

    column: str
    what: str
    expected: str
    topic: str = "contract"
    rows: int = 0
    sample: list[tuple[int, Mapping[str, object], object]] = field(default_factory=list)


@dataclass
class TableProfile:
    """What one pass over a table found.

    Attributes:
        head: the footer.
        rows: rows read.
        nulls: null count by column name.
        failures: rules broken, in contract order; empty when every row keeps the contract.
        duplicate_keys: number of distinct keys that occur more than once, and the first few of them.
        distinct: number of distinct non-null values of the columns asked for.
        mean: mean of the non-null values of the numeric columns asked for.
        extremes: smallest and largest value of the timestamp columns asked for, as UTC.
    """

    head: ParquetHead
    rows: int = 0
    nulls: dict[str, int] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    duplicate_keys: int = 0
    duplicate_sample: list[Mapping[str, object]] = field(default_factory=list)
    distinct: dict[str, int] = field(default_factory=dict)
    mean: dict[str, float] = field(default_factory=dict)
    extremes: dict[str, tuple[datetime, datetime]] = field(default_factory=dict)


@dataclass(frozen=True)
class Statistics:
    """Statistics to gather beside the contract's rules, by column name; absent columns are left out."""

    distinct: tuple[str, ...] = ()
    mean: tuple[str, ...] = ()
    extremes: tuple[str, ...] = ()


NO_STATISTICS = Statistics()


@dataclass(frozen=True)
class KeyJoin:
    """What a comparison found.

    Attributes:
        unknown, differing: number of left rows without a partner, and with another value than their partner.
        unknown_sample, differing_sample: the first few keys; differing ones with both values.
    """

    unknown: int
    unknown_sample: list[dict[str, Any]]
    differing: int
    differing_sample: list[dict[str, Any]]
