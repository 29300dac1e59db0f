"""A contract document: the tables that it speaks of, and by which names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.tables.contract.meant import Bindings
from pytest_mlmonitor.tables.contract.table import TableContract


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a contract.

    Attributes:
        line: 1-based line of the file, None where none can be named.
        key: the part concerned, e.g. ``schema.orders.properties.amount.required``.
        message: one line, readable without the other fields.
        expected: what is allowed there.
        actual: what was there.
        severity: error for a line that cannot be used, warning for a key that looks like a misspelt one, info for what is
            understood here and refused by other tools.
    """

    line: int | None
    key: str
    message: str
    expected: str | None = None
    actual: str | None = None
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        return f"line {self.line}: {self.message}" if self.line else self.message


@dataclass(frozen=True)
class TableTerms:
    """A table of a contract, and what it is about.

    Attributes:
        names: names of datasets and files that it binds to; one that came from a server's path may hold ``*``.
        contract: what is promised of it.
    """

    names: tuple[str, ...]
    contract: TableContract


@dataclass(frozen=True)
class DataContract:
    """One ODCS document.

    Attributes:
        id, name, version, status, api_version: as written, empty where they are missing or wrong; the name is the id
            where there is none.
        tables: its schema objects, in order.
        unchecked: everything that it promises of data and nothing checks, one line each.
        source: where it is written.
        problems: lines that cannot be used, and keys that look misspelt, in the order of the file; the rest is in force.
        refused_elsewhere: what of it is in force here and refused by other tools of the standard, the first of every kind.
        document: all of it as it was written, for what compares two versions.
        left: places in it that nothing checks, or that cannot be used.
    """

    id: str
    name: str
    version: str
    status: str
    api_version: str
    tables: tuple[TableTerms, ...]
    unchecked: tuple[str, ...] = ()
    source: str = ""
    problems: tuple[Problem, ...] = ()
    refused_elsewhere: tuple[Problem, ...] = ()
    document: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)
    left: frozenset[tuple[str | int, ...]] = field(default=frozenset(), compare=False, repr=False)

    def table(self, *names: str | None) -> TableTerms | None:
        """Return the table that is about data with these names (:mod:`.meant`), None where none is."""
        found = Bindings([(i, table.names) for i, table in enumerate(self.tables)], [names]).of(names)
        return self.tables[found[0]] if found else None

    def bound_table(self, *names: str | None) -> TableTerms | None:
        """Return the table that is meant where the whole contract is bound to data: the one of its names, else the only one."""
        return self.table(*names) or (self.tables[0] if len(self.tables) == 1 else None)
