"""Contracts of tabular data: columns, their Arrow types, rules on rows, limits on figures.

The one internal form of a dataset contract. Whatever a person writes (the built-in contract, an ODCS file, a pandera
schema) becomes a :class:`TableContract`; :mod:`pytest_mlmonitor.tables.plan` compiles it to one plan of aggregates.
A contract is data: it crosses the border of the reader process, and it is hashable, so that a scan can be remembered.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Any, Literal

from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.tables.contract.relationship import Relationship
from pytest_mlmonitor.tables.contract.row_terms import RowFilter, RowRule, TermPath
from pytest_mlmonitor.tables.moments import TimeValue

Number = int | float | Decimal
Value = Number | str | bool | datetime | TimeValue
"""A value that a contract names, exactly; a float stands for a number computed with. Times are aware, or naive in UTC."""

Relation = Literal["==", "!=", "<", "<=", ">", ">=", "between", "not between"]


@dataclass(frozen=True)
class Column:
    """What a contract says of one column.

    Attributes:
        name: the column's name.
        types: Arrow types allowed, as Arrow spells them; empty for any.
        nullable: whether nulls are allowed; ``why_no_nulls``: the reason, where the author did not just say so.
        minimum, maximum: inclusive bounds of its values; ``above`` and ``below`` are exclusive ones.
        values: the values allowed, None for any; ``forbidden``: values that are not.
        not_blank: whether empty or white-space strings are refused.
        required: whether the column must be in the file.
        pattern: a regular expression (RE2) that is found in every string; anchored where the author anchored it.
        pattern_words: what it asks for, as the author wrote it; empty where the pattern itself says so.
        min_length, max_length: bounds of the number of characters of a string.
        multiple_of: every value is a whole multiple of it.
        min_items, max_items: bounds of how many items a list has, entries a map, fields that hold a value an object.
        unique_items: whether no value occurs twice in one list; nulls repeat nothing.
        unique: whether no non-null value occurs twice.
        nan: whether NaN is refused, stands for null (pandas' convention), or is allowed; infinity likewise is refused
            only under ``refuse``.
        severity: consequence of a broken rule of this column.
        redacted: whether its values are kept out of messages, results and reports (ODCS classification).
        zone: the time zone whose wall clock timestamps without zone and dates are of, by name or offset; None for UTC.
        of_time: whether its values are called dates or times, though they are stored as text: such a column is no feature.
        at: where the contract document says it; no part of what is promised.
    """

    name: str
    types: tuple[str, ...] = ()
    nullable: bool = False
    minimum: Value | None = None
    maximum: Value | None = None
    values: tuple[Value, ...] | None = None
    not_blank: bool = False
    required: bool = True
    above: Value | None = None
    below: Value | None = None
    forbidden: tuple[Value, ...] = ()
    pattern: str | None = None
    pattern_words: str = ""
    min_length: int | None = None
    max_length: int | None = None
    multiple_of: Number | None = None
    min_items: int | None = None
    max_items: int | None = None
    unique_items: bool = False
    unique: bool = False
    nan: Literal["refuse", "null", "allow"] = "refuse"
    severity: Severity = Severity.ERROR
    redacted: bool = False
    zone: str | None = None
    of_time: bool = False
    why_no_nulls: str = ""
    at: TermPath = field(default=(), compare=False, repr=False)


@dataclass(frozen=True)
class Limit:
    """``figure <relation> bounds``: what a figure must be.

    Attributes:
        relation: how the figure stands to the bounds.
        bounds: one number, two for ``between`` (inclusive) and ``not between``.
        percent: whether the figure is a percentage of the rows, otherwise a number of rows.
    """

    relation: Relation
    bounds: tuple[Number, ...]
    percent: bool = False

    def holds(self, figure: Number | Fraction) -> bool:
        """Return whether ``figure`` keeps the limit, exactly; of a float its shortest text counts (:func:`exact`)."""
        first, last, found = exact(self.bounds[0]), exact(self.bounds[-1]), exact(figure)
        return {
            "==": found == first,
            "!=": found != first,
            "<": found < first,
            "<=": found <= first,
            ">": found > first,
            ">=": found >= first,
            "between": first <= found <= last,
            "not between": not first <= found <= last,
        }[self.relation]

    def figure(self, counted: int, rows: int) -> Fraction:
        """Return the figure that is limited, of ``counted`` of ``rows``; no row is no percent of none."""
        return Fraction(100 * counted, rows or 1) if self.percent else Fraction(counted)


@dataclass(frozen=True)
class Metric:
    """A figure of the table and what it must be: the library metrics of ODCS.

    Attributes:
        metric: which figure. ``missing`` counts nulls and ``missing``'s values, ``invalid`` non-null values that break
            the rule below, ``duplicate`` rows beyond the first of every value.
        columns: the columns it is of; none for ``rows``, several only for ``duplicate``.
        limit: what it must be.
        missing: values that count as missing.
        valid: what is valid, for ``invalid``: its bounds, values and pattern are used, nothing else.
        name: what the author called it.
        severity: consequence.
        rows: which rows it is of, None for all; ``at``: where the contract document says it.
    """

    metric: Literal["null", "missing", "invalid", "duplicate", "rows"]
    limit: Limit
    columns: tuple[str, ...] = ()
    missing: tuple[Value, ...] = ()
    valid: Column | None = None
    name: str = ""
    severity: Severity = Severity.ERROR
    rows: RowFilter | None = None
    at: TermPath = field(default=(), compare=False, repr=False)


@dataclass(frozen=True)
class SqlRule:
    """One read-only query over the table, which it calls ``{name}``, and what its single figure must be.

    The table has those of its ``rows`` only, where it says which; ``at`` is where the contract document says it.
    """

    name: str
    query: str
    limit: Limit
    severity: Severity = Severity.ERROR
    rows: RowFilter | None = None
    at: TermPath = field(default=(), compare=False, repr=False)


Promise = Literal["freshness", "latency", "retention"]


@dataclass(frozen=True)
class ServiceLevel:
    """A promise about time (ODCS ``slaProperties``).

    Attributes:
        promise: ``freshness``: the newest ``column`` value is at most ``seconds`` old at the evaluation time;
            ``latency``: it is at most ``seconds`` older than the build; ``retention``: the oldest value is at most
            ``seconds`` old.
        column: a timestamp or date column; None for the table itself, which is as fresh as its build.
        seconds: the limit.
        severity: consequence; ``at``: where the contract document says it.
    """

    promise: Promise
    column: str | None
    seconds: float
    severity: Severity = Severity.ERROR
    at: TermPath = field(default=(), compare=False, repr=False)


@dataclass(frozen=True)
class DriftTerms:
    """What a contract says of drift; None stands for the policy's figure.

    Attributes:
        reference: the dataset to compare with: ``name``, ``name@version``, or a file relative to the contract.
        columns: the columns compared; empty for every feature.
        excluded: columns that are not.
        psi_warning, psi_error, ks: thresholds (specification 2.5).
    """

    reference: str | None = None
    columns: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    psi_warning: float | None = None
    psi_error: float | None = None
    ks: float | None = None


@dataclass(frozen=True)
class NestedTable:
    """What a contract says of what lies inside a column: the rules of a table of its own.

    Its rows are the objects of the column that are there (of a struct), or all items of its lists, or all entries of its maps.

    Attributes:
        column: the column of the table around it.
        terms: the rules. Columns are called by their paths: ``address.city``, ``tags[]``, ``labels{key}``, ``labels{value}``.
    """

    column: str
    terms: TableContract


@dataclass(frozen=True)
class TableContract:
    """A contract of one table.

    Attributes:
        name, columns: what it is the contract of, and its columns in order.
        key, rules: columns whose values together are unique, and rules over rows.
        extra: what a column is that the contract does not name.
        ordered: whether another order of the columns is a violation.
        min_rows: fewest rows allowed.
        no_all_null: whether a column with rows but no value is a violation even where nulls are allowed.
        target, entity, event_ts: the columns that have these roles, where the contract says so.
        metrics, sql, levels, drift: figures, queries, promises about time, and its terms of drift.
        newest: whether its rules are about the newest partition only.
        nested: what it says inside columns.
        relationships: keys that are keys of other tables.
        unchecked: parts of the contract that nothing checks, each in one line that names it.
        source: where it is written: a file, or ``module:name``; empty for the built-in ones.
        at: the place of the table in the contract document.
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    rules: tuple[RowRule, ...] = ()
    extra: Literal["error", "warning", "allow"] = "error"
    ordered: bool = True
    min_rows: int = 1
    no_all_null: bool = True
    target: str | None = None
    entity: str | None = None
    event_ts: str | None = None
    metrics: tuple[Metric, ...] = ()
    sql: tuple[SqlRule, ...] = ()
    levels: tuple[ServiceLevel, ...] = ()
    drift: DriftTerms = DriftTerms()
    nested: tuple[NestedTable, ...] = ()
    relationships: tuple[Relationship, ...] = ()
    unchecked: tuple[str, ...] = ()
    source: str = ""
    newest: bool = False
    at: TermPath = field(default=(), compare=False, repr=False)

    def column(self, name: str) -> Column | None:
        """Return the column called ``name``, or None."""
        return self._by_name.get(name)

    @cached_property
    def _by_name(self) -> dict[str, Column]:
        return {column.name: column for column in reversed(self.columns)}  # of a doubled name the first

    def __getstate__(self) -> dict[str, Any]:
        """Return what is sent to another process: nothing that follows from the rest."""
        return {name: value for name, value in self.__dict__.items() if name != "_by_name"}

    def redacted(self, names: Iterable[str]) -> bool:
        """Return whether a value of any of the columns ``names`` must not be shown."""
        wanted = set(names)
        return any(column.redacted for column in self.columns if column.name in wanted)


def only_newest(contracts: Iterable[TableContract]) -> bool:
    """Return whether all contracts are about the newest partition only: then no other one is read."""
    return (found := list(contracts)) != [] and all(contract.newest for contract in found)


def exact(number: Number | Fraction) -> Fraction:
    """Return a finite number as a fraction; a float as the shortest decimal that names it, which is what people see.

    >>> exact(0.1 + 0.2) == exact(0.3), exact(0.3) == exact(Decimal("0.30"))
    (False, True)
    """
    return Fraction(repr(number)) if isinstance(number, float) else Fraction(number)


def plain(value: Any) -> str:
    """Return a contract's value for a message: times as ISO-8601, numbers as written, without a needless ``.0``."""
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, Decimal | bool):
        return str(value).lower()
    return str(value).removesuffix(".0") if isinstance(value, float) else str(value)
