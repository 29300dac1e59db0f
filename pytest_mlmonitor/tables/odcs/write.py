"""A data contract in ODCS 3.2 from what a table holds: a first draft that holds on that table, for a person to edit.

Written by hand rather than dumped, so that the observed figures can stand beside the rules as comments.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol

from pytest_mlmonitor.core.text.words import count, duration, instant
from pytest_mlmonitor.tables.contract.types import LOGICAL, type_matches

API_VERSION = "v3.2.0"
FRESH = timedelta(hours=24)
"""The promise of freshness that is proposed where the data keep it."""

ROWS_PER_VALUE = 5
"""Few values are an enumeration only where each occurs so often on average; else any short table would be one."""

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_WORDS = frozenset(("null", "true", "false", "yes", "no", "on", "off", "y", "n", "nan", "inf"))
_LOGICAL_NAMES = ("string", "integer", "number", "boolean", "date", "timestamp", "time", "array", "object")


class DescribedColumn(Protocol):
    """What is known of a column: see ``scan.describe.ColumnDescription``."""

    name: str
    type: str
    nulls: int
    nan: int
    infinite: int
    minimum: int | float | Decimal | datetime | None
    maximum: int | float | Decimal | datetime | None
    values: tuple[int | str, ...] | None
    lengths: tuple[int, int] | None
    unique: bool | None


class DescribedTable(Protocol):
    """What is known of a table: see ``scan.describe.TableDescription``."""

    rows: int
    columns: list[Any]
    key: tuple[str, ...]
    sought: bool


def write_odcs(table: DescribedTable, name: str, file: str, now: datetime) -> str:
    """Return the contract of a table as YAML text.

    Args:
        table: what it holds.
        name: what the contract calls it: the dataset's name or family.
        file: the file that it was read from, for the comment at the top.
        now: the time, aware; decides whether a promise of freshness holds.
    """
    return "\n".join(_Writer(table, name, file, now).lines()) + "\n"


class _Writer:
    def __init__(self, table: DescribedTable, name: str, file: str, now: datetime) -> None:
        self.table, self.name, self.file, self.now = table, name, file, now

    def lines(self) -> Iterator[str]:
        when = instant(self.now.replace(microsecond=0))
        yield f"# Inferred from {_comment(self.file)}, {count(self.table.rows, 'row')}, at {when}."
        yield "# Every rule below holds there; whether it is a promise is for you to say: edit it."
        yield "kind: DataContract"
        yield f"apiVersion: {API_VERSION}"
        yield f"id: {scalar(self.name)}"
        yield f"name: {scalar(self.name)}"
        yield "version: 1.0.0"
        yield "status: draft"
        yield "schema:"
        yield f"  - name: {scalar(self.name)}"
        if not self.table.rows:
            yield "    customProperties:"
            yield "      - {property: mlmonitor.minRows, value: 0} # the file has no rows"
        if not self.table.sought:
            yield "    # no key was looked for: the table is too long to hold all its values"
        yield from self._properties()
        yield from self._levels()

    def _properties(self) -> Iterator[str]:
        seen: set[str] = set()
        lines: list[str] = []
        for i, column in enumerate(self.table.columns):
            if not column.name or column.name in seen:
                why = "has no name" if not column.name else "has the name of another"
                lines.append(f"      # column {i + 1} {why}, and cannot be described")
                continue
            seen.add(column.name)
            lines += self._property(column)
        if seen:
            yield "    properties:"
        yield from lines

    def _property(self, column: DescribedColumn) -> Iterator[str]:
        yield f"      - name: {scalar(column.name)} # {self._observed(column)}"
        logical = _logical(column.type)
        # The standard has no word for bytes and lengths of time; its schema wants one of its words for every property.
        yield f"        logicalType: {logical or 'string'}"
        yield f"        physicalType: {scalar({'float': 'float32'}.get(column.type, column.type))}"
        if self.table.rows and not column.nulls:
            yield "        required: true"
        if column.name in self.table.key:
            yield "        primaryKey: true"
            yield f"        primaryKeyPosition: {self.table.key.index(column.name) + 1}"
        elif column.unique and self.table.rows > 1 and logical in ("string", "integer"):
            yield "        # unique: true # it is, here"
        yield from self._values(column, logical)
        if column.nan or column.infinite:
            yield "        customProperties:"
            yield "          - {property: mlmonitor.nan, value: allow}"

    def _values(self, column: DescribedColumn, logical: str | None) -> Iterator[str]:
        if logical not in ("string", "integer", "number"):
            return
        if self._is_enumeration(column) and column.values is not None:
            yield "        enum:"
            yield from (f"          - value: {scalar(value)}" for value in column.values)
        elif logical != "string" and column.minimum is not None and not column.infinite:
            low, high = scalar(column.minimum), scalar(column.maximum)
            yield f"        logicalTypeOptions: {{minimum: {low}, maximum: {high}}}"

    def _is_enumeration(self, column: DescribedColumn) -> bool:
        present = self.table.rows - column.nulls
        if column.name in self.table.key:
            return False  # which entities there are is what changes from build to build
        return bool(column.values) and len(column.values or ()) * ROWS_PER_VALUE <= present

    def _observed(self, column: DescribedColumn) -> str:
        rows = self.table.rows
        if not rows:
            return "nothing observed"
        parts = [
            "no null"
            if not column.nulls
            else "all null"
            if column.nulls == rows
            else _share(column.nulls, rows, "null")
        ]
        if column.nan:
            parts.append(_share(column.nan, rows, "NaN"))
        if column.infinite:
            parts.append(_share(column.infinite, rows, "infinite"))
        if column.minimum is not None and column.maximum is not None:
            parts.append(f"{_shown(column.minimum)} … {_shown(column.maximum)}")
        if column.values is not None and column.values:
            parts.append(count(len(column.values), "value"))
        if column.lengths is not None:
            parts.append(f"{column.lengths[0]:,} … {column.lengths[1]:,} characters")
        return f"observed: {', '.join(parts)}"

    def _levels(self) -> Iterator[str]:
        column = self._event_time()
        if column is None or not isinstance(column.maximum, datetime):
            return
        age = self.now - column.maximum
        holds = timedelta(0) <= age <= FRESH
        mark = "" if holds else "# "
        ago = f"{duration(age.total_seconds())} {'old' if age >= timedelta(0) else 'ahead'}"
        yield f"# The newest value of {_comment(column.name)} was {ago} when this was written."
        yield f"{mark}slaProperties:"
        element = scalar(f"{self.name}.{column.name}")
        yield f"{mark}  - {{property: freshness, value: {FRESH.total_seconds() / 3600:g}, unit: h, element: {element}}}"

    def _event_time(self) -> DescribedColumn | None:
        """Return the timestamp of the key, else the first one."""
        times = [c for c in self.table.columns if c.type.startswith("timestamp") and c.name]
        times = [c for c in times if "," not in c.name]  # an element list is separated by commas
        inside: list[DescribedColumn] = [c for c in times if c.name in self.table.key]
        return next(iter(inside or times), None)


def _logical(type_: str) -> str | None:
    if not type_:
        return None
    return next((name for name in _LOGICAL_NAMES if type_matches(type_, LOGICAL[name])), None)


def _share(number: int, rows: int, noun: str) -> str:
    percent = 100 * number / rows
    return f"{percent:.2g} % {noun}" if percent < 99.5 else f"{percent:.4g} % {noun}"


def _shown(value: Any) -> str:
    return instant(value) if isinstance(value, datetime) else f"{value:,}" if isinstance(value, int) else f"{value:g}"


def _comment(text: str) -> str:
    """Return ``text`` for a comment: what could end the line, or is no printable character, is escaped."""
    return "".join(c if c.isprintable() else _escape(c) for c in text)


def scalar(value: Any) -> str:
    """Return a value as a YAML scalar that every YAML reads as that value; text is in quotes unless it is a plain word."""
    if isinstance(value, str):
        if _PLAIN.fullmatch(value) and value.lower() not in _WORDS and not value.endswith((".", "-")):
            return value
        return '"' + "".join(_quoted(c) for c in value) + '"'
    if isinstance(value, float):
        written = repr(value)
        # YAML 1.1 takes 1e-05 for text: it wants a point and a sign.
        mantissa, sign, exponent = written.partition("e")
        if sign:
            mantissa = mantissa if "." in mantissa else f"{mantissa}.0"
            exponent = exponent if exponent[0] in "+-" else f"+{exponent}"
        return f"{mantissa}{sign}{exponent}"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return f'"{instant(value.astimezone(UTC))}"'
    return str(value)


def _quoted(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    return character if character.isprintable() else _escape(character)


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02X}" if code < 0x100 else f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}"
