"""What the sound versions of a dataset hold: the figures from which lines and their margins are derived."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.core.text.versions import family
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.datasets.views import Datasets
from pytest_mlmonitor.links.in_force import Contracts
from pytest_mlmonitor.tables.contract.table import Limit, SqlRule, TableContract
from pytest_mlmonitor.tables.inference.description import ColumnDescription, TableDescription
from pytest_mlmonitor.tables.inference.draft import DraftTable
from pytest_mlmonitor.tables.inference.infer import Roles, inferred_table
from pytest_mlmonitor.tables.reader.client import TableReader
from pytest_mlmonitor.tables.unreadable import Unreadable


class SoundVersions:
    """The sound versions of one dataset that can be read, oldest first.

    Attributes:
        name: what a contract calls them.
        newest: the version that mutants are made of.
        versions: all of them; a part of a growing table stands alone.
        sampled: whether some of their rows were left out.
    """

    def __init__(self, platform: Artifacts, newest: Dataset, original: Callable[[Path], Path] = Path) -> None:
        """Find the versions of a dataset; ``original`` says what a file is a copy of."""
        self._platform = platform
        self.newest = newest
        self.name = family(newest.dataset_name or newest.ref.name)
        found = platform.view(Datasets).family(family(newest.dataset_name or "")) if newest.chunk is None else []
        ordered = sorted(
            (one for one in found if one.data_path is not None and one.built_at is not None),
            key=lambda one: one.built_at or platform.now,
        )
        self.versions = ordered if newest in ordered else [newest]
        self.sampled = any(_is_other(one.file, original(one.file)) for one in self.versions)

    @cached_property
    def described(self) -> list[TableDescription]:
        """Every version, column by column; what cannot be read is left out.

        The first one says which keys the others are asked about.
        """
        reader = self._platform.view(TableReader).process
        found: list[TableDescription] = []
        known = tuple(name for name in (self.roles.entity, self.roles.event_ts) if name)
        for dataset in self.versions:
            try:
                keys = list(found[0].keys) if found else None
                one: TableDescription = reader.call("describe", dataset.file, keys=keys, roles=known)
            except Unreadable:
                continue
            if one.rows and one.columns:
                found.append(one)
        return found

    @cached_property
    def roles(self) -> Roles:
        """The columns that have a role, by the metadata, the policy and the contracts in force."""
        settings = self._platform.settings_of(self.newest.ref, self.newest)
        contracts = self._platform.view(Contracts).tables(self.newest)

        def role(name: str) -> str | None:
            said = [getattr(settings, name), getattr(self.newest, name), *(getattr(one, name) for one in contracts)]
            return next((one for one in said if one), None)

        return Roles(role("target"), role("entity"), role("event_ts"))

    @cached_property
    def draft(self) -> DraftTable:
        """What ``infer-contract`` says of the versions: one way to leave room for the next ones."""
        return inferred_table(self.described, self.name, self.roles)

    def column(self, name: str) -> list[ColumnDescription]:
        """Return a column of every version; empty where one has none of that name."""
        found = [next((one for one in table.columns if one.name == name), None) for table in self.described]
        return [one for one in found if one is not None] if None not in found else []

    @property
    def names(self) -> list[str]:
        """The columns of the newest version."""
        return [one.name for one in self.described[-1].columns] if self.described else []

    def figures(self, queries: Sequence[str], *, only_newest: bool = False) -> dict[str, list[float]]:
        """Return what queries answer of every version, oldest first; those are left out that one version has no answer to.

        Args:
            queries: each gives one number; they call the table ``{name}``.
            only_newest: whether only the newest version is asked.
        """
        rules = tuple(SqlRule(query, query, Limit("!=", (0,)), Severity.INFO) for query in queries)
        contract = TableContract(self.name, (), extra="allow", min_rows=0, no_all_null=False, sql=rules)
        found: dict[str, list[float]] = {query: [] for query in queries}
        reader = self._platform.view(TableReader)
        for dataset in self.versions[-1:] if only_newest else self.versions:
            try:
                answers: Any = reader.scan(dataset.file, [contract]).answers.values()
            except Unreadable:
                continue
            told = {one.name: one.figure for one in answers}
            for query in [query for query in found if told.get(query) is None]:
                del found[query]
            for query, known in found.items():
                known.append(float(told[query]))
        return found


def _is_other(copy: Path, original: Path) -> bool:
    return copy != original and copy.is_file() and original.is_file() and copy.stat().st_size != original.stat().st_size


def query(expression: str) -> str:
    """Return the query of one figure of a table, as :meth:`SoundVersions.figures` takes it."""
    return f"SELECT {expression} FROM {{name}}"  # noqa: S608 (run over one table, in a process that reaches nothing else)


def identifier(name: str) -> str:
    """Return the name of a column as SQL quotes it."""
    return '"' + name.replace('"', '""') + '"'
