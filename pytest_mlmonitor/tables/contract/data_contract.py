"""A contract document: the tables that it speaks of, and by which names."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_mlmonitor.core.text.versions import family
from pytest_mlmonitor.tables.contract.table import TableContract
from pytest_mlmonitor.tables.contract.types import type_matches


@dataclass(frozen=True)
class TableTerms:
    """A table of a contract, and what it is about.

    Attributes:
        names: names of datasets and files that it binds to; one that came from a server's path may hold ``*``.
        contract: what is promised of it.
    """

    names: tuple[str, ...]
    contract: TableContract

    def binds(self, *names: str | None) -> bool:
        """Return whether it is about a dataset with one of ``names``: a dataset's name, its family, its file or stem."""
        wanted = {form for name in names if name for form in (name, family(name))}
        return any(_covers(own, name) for own in self.names for name in wanted)


def _covers(pattern: str, name: str) -> bool:
    return pattern == name or ("*" in pattern and type_matches(name, (pattern,)))


@dataclass(frozen=True)
class DataContract:
    """One ODCS document.

    Attributes:
        id, name, version, status, api_version: as written; the name is the id where there is none.
        tables: its schema objects, in order.
        unchecked: everything that it promises of data and nothing checks, one line each.
        source: where it is written.
    """

    id: str
    name: str
    version: str
    status: str
    api_version: str
    tables: tuple[TableTerms, ...]
    unchecked: tuple[str, ...] = ()
    source: str = ""

    def table(self, *names: str | None) -> TableTerms | None:
        """Return the table that binds to one of ``names``, the first one of several, or None."""
        return next((table for table in self.tables if table.binds(*names)), None)
