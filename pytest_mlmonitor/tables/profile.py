"""What a scan finds: plain data that crosses the border of the reader process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from pytest_mlmonitor.core.finding import Severity

RulePlace = tuple[int, int]
"""Positions of a contract and of one of its metrics or SQL rules."""

REDACTED = "(redacted)"
"""Stands for a value that the contract classifies: it never leaves the reader process."""


ROWS = "rows"
"""Figure: how many rows of a table, or entries of a log, were judged."""


@dataclass(frozen=True)
class PartDifference:
    """In what some parts of a table differ from the table.

    Attributes:
        what: ``missing``, ``type``, ``renamed``, ``undeclared`` (not in the table's log now) or ``order``.
        columns: the columns, or the dotted paths inside them, that differ so in the same parts.
        there: the type or the name in those parts.
        read: the type as which they are read.
        parts, of: in how many parts, of how many.
        first: the name of the first of them.
    """

    what: str
    columns: tuple[str, ...]
    there: str | None
    read: str | None
    parts: int
    of: int
    first: str


@dataclass(frozen=True)
class ParquetHead:
    """What the footer says, before any data is read.

    Attributes:
        names: column names in order, duplicates kept.
        types: Arrow types in the same order, as Arrow spells them, e.g. ``timestamp[us]``.
        rows: number of rows the footer claims.
        metadata: key/value metadata of the schema by key, raw bytes; without the entries that writers add themselves.
        pandas: what pandas wrote of the frame that the file was (key ``pandas``), None when it was no frame.
        strays: by partition column, a value that has no type which the contract allows.
        differences: in what the parts of a table differ; none for a file.
    """

    names: tuple[str, ...]
    types: tuple[str, ...]
    rows: int
    metadata: Mapping[bytes, bytes]
    pandas: bytes | None = None
    strays: Mapping[str, str] = field(default_factory=dict)
    differences: tuple[PartDifference, ...] = ()


@dataclass
class Failure:
    """Rows that break one rule.

    Attributes:
        column: the column judged.
        what: the rule in few words, e.g. ``below 0``.
        expected: what the contract asks for.
        topic: ``contract`` or ``point_in_time``.
        rows: how many rows break it.
        sample: the first few: 1-based row number, key columns, and the value; by column where a rule looks at several.
        severity: consequence.
        contract: position of the contract whose rule it is.
        in_rows: of what lies inside a column: in how many rows of the table such values are; ``rows`` then counts values.
        paths: of the same: what each of the sample is called, e.g. ``items[2].price``.
        shown: columns of each of the sample that tell its row apart, then those looked at; classified values are masked. Empty
            where only the sample is known.
    """

    column: str
    what: str
    expected: str
    topic: str = "contract"
    rows: int = 0
    sample: list[tuple[int, Mapping[str, object], object]] = field(default_factory=list)
    severity: Severity = Severity.ERROR
    contract: int = 0
    in_rows: int = 0
    paths: list[str] = field(default_factory=list)
    shown: list[Mapping[str, object]] = field(default_factory=list)


@dataclass
class Duplicates:
    """Values of one set of columns that occur more than once.

    Attributes:
        keys: number of distinct values that do.
        rows: number of rows beyond the first of each.
        sample: the first few of them.
        masked: the same where values are classified, with masks in their place (:mod:`.shown.masked_values`).
    """

    keys: int
    rows: int
    sample: list[Mapping[str, object]]
    masked: list[Mapping[str, object]] = field(default_factory=list)


@dataclass(frozen=True)
class Summary:
    """A numeric or time column in figures, nulls and values that are no finite numbers left out.

    Attributes:
        minimum, maximum: exact, None for a column without values; times in ticks of the column's unit.
        mean, deviation: of numbers only; the deviation is that of the population.
        values: how many.
    """

    minimum: float | Decimal | None
    maximum: float | Decimal | None
    mean: float | None = None
    deviation: float | None = None
    values: int = 0


@dataclass(frozen=True)
class SelectedRows:
    """The rows that a filter selects: how many, of how many; or why that is not known."""

    rows: int = 0
    of: int = 0
    error: str | None = None


@dataclass(frozen=True)
class SqlAnswer:
    """The figure of one SQL rule, or why there is none; where it breaks its limit, the rows that do, as far as they are known.

    ``unknown`` is the table that it names and that there is not, where that is why.
    ``selection`` is what its filter selects, where it has one.
    """

    name: str
    figure: int | float | Decimal | None
    error: str | None = None
    failure: Failure | None = None
    unknown: str | None = None
    selection: SelectedRows | None = None


@dataclass
class TableProfile:
    """What one pass over a table found.

    Attributes:
        head: the footer.
        rows: rows read.
        nulls: null count by column name.
        nan: number of NaN by column name, of columns in which a contract counts it as null.
        failures: rules broken, in contract order; empty when every row keeps the contract.
        duplicates: by columns, of the key and the unique columns of the contract, and of what metrics ask for; only
            where something occurs more than once. A null in a key repeats nothing.
        duplicates_but_nan: the same where a contract says that NaN is a null in some of the columns, by both.
        figures: rows counted by metrics, by the positions of the contract and of the metric; absent where it could not be
            computed.
        counted: rows that a broken metric counted, by the same.
        summary: by column, where it was asked for.
        answers: of SQL rules, by the same.
        selections: what the filters of metrics select, by the same.
        distinct: number of distinct non-null values of the columns asked for.
        mean: mean of the non-null values of the numeric columns asked for.
        extremes: smallest and largest value of the time columns asked for, naive ones and dates as if they were UTC; absent
            beyond the years that Python knows.
        nested: what was found inside columns, by the positions of the contract and of its nested table: profiles of tables whose
            rows are the values inside.
        ticks: the same values as the column holds them, whole numbers of its unit since 1970: of any year, to the nanosecond.
    """

    head: ParquetHead
    rows: int = 0
    nulls: dict[str, int] = field(default_factory=dict)
    nan: dict[str, int] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    duplicates: dict[tuple[str, ...], Duplicates] = field(default_factory=dict)
    duplicates_but_nan: dict[tuple[tuple[str, ...], tuple[str, ...]], Duplicates] = field(default_factory=dict)
    figures: dict[tuple[int, int], int] = field(default_factory=dict)
    counted: dict[tuple[int, int], Failure] = field(default_factory=dict)
    summary: dict[str, Summary] = field(default_factory=dict)
    answers: dict[tuple[int, int], SqlAnswer] = field(default_factory=dict)
    selections: dict[tuple[int, int], SelectedRows] = field(default_factory=dict)
    distinct: dict[str, int] = field(default_factory=dict)
    mean: dict[str, float] = field(default_factory=dict)
    extremes: dict[str, tuple[datetime, datetime]] = field(default_factory=dict)
    ticks: dict[str, tuple[int, int]] = field(default_factory=dict)
    nested: dict[tuple[int, int], TableProfile] = field(default_factory=dict)


@dataclass(frozen=True)
class Statistics:
    """Statistics to gather beside the contract's rules, by column name; absent columns are left out.

    ``summary`` asks for figures of columns that are numbers or times, ``unique`` for repetitions of sets of columns.
    """

    distinct: tuple[str, ...] = ()
    mean: tuple[str, ...] = ()
    extremes: tuple[str, ...] = ()
    summary: tuple[str, ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()


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
