"""The relationships that contracts promise of a dataset, each with what became of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.text.names import bare
from pytest_mlmonitor.core.text.near import near
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.links.in_force import Contracts, InForce
from pytest_mlmonitor.links.relationships.referenced_columns import (
    DanglingReference,
    ReferencedColumns,
    referenced_columns,
)
from pytest_mlmonitor.links.relationships.referenced_tables import ReferencedTables, ReferencedVersions, unknown_table
from pytest_mlmonitor.tables.contract.relationship import ColumnPath, Relationship
from pytest_mlmonitor.tables.contract.table import TableContract
from pytest_mlmonitor.tables.foreign_keys.key_answers import KeyColumns, MissingKeys
from pytest_mlmonitor.tables.reader.client import TableReader
from pytest_mlmonitor.tables.source.partitions import types_by_column


@dataclass(frozen=True)
class KeyVerdict:
    """One relationship of a dataset.

    Attributes:
        relationship: what the contract says.
        table: what it means; None where that is not known.
        versions: the data that it was looked up in.
        missing: what was found; None where nothing was compared.
        dangling: why what it refers to is not there.
        not_checked: why it could not be judged.
        hidden: whether the values of the key must not be shown.
    """

    relationship: Relationship
    table: ReferencedColumns | None = None
    versions: ReferencedVersions | None = None
    missing: MissingKeys | None = None
    dangling: str | None = None
    not_checked: str | None = None
    hidden: bool = False


class ForeignKeys:
    """What relationships say of datasets."""

    def __init__(self, platform: Artifacts) -> None:
        self._reader = platform.view(TableReader)
        self._contracts = platform.view(Contracts)
        self._tables = platform.view(ReferencedTables)

    def of(self, dataset: Dataset) -> Iterator[KeyVerdict]:
        """Judge every relationship that a contract in force promises; two contracts that say the same ask once.

        Raises:
            NotChecked: there is no file.
        """
        seen: set[object] = set()
        for bound in self._contracts.of(dataset):
            for relationship in bound.contract.relationships:
                asked = (relationship.asked, bound.contract.newest)
                if asked not in seen:
                    seen.add(asked)
                    yield self._judged(dataset, bound, relationship)

    def _judged(self, dataset: Dataset, bound: InForce, relationship: Relationship) -> KeyVerdict:
        try:
            meant = referenced_columns(relationship, bound.file, self._contracts.files)
        except DanglingReference as error:
            return KeyVerdict(relationship, dangling=str(error))
        except NotChecked as error:
            return KeyVerdict(relationship, not_checked=str(error))
        found = ((table, self._tables.of(dataset, table)) for table in meant)
        table, versions = next(((table, there) for table, there in found if there is not None), (meant[-1], None))
        if versions is None:
            return self._without_data(relationship, table, bound)
        if not versions.datasets:
            return KeyVerdict(relationship, table, versions, not_checked="; ".join(versions.passed_over))
        contracts = self._contracts.tables(dataset)
        others = [self._contracts.tables(one) for one in versions.datasets]
        hidden = _hidden(contracts, relationship.columns) or any(_hidden(one, table.columns) for one in others)
        own = _key_columns(contracts, relationship.columns, partitioned=dataset.file.is_dir())
        try:
            missing = self._reader.missing_keys(
                dataset.file,
                replace(own, newest=bound.contract.newest),
                tuple(one.file for one in versions.datasets),
                tuple(
                    _key_columns(of, table.columns, partitioned=one.file.is_dir())
                    for of, one in zip(others, versions.datasets, strict=True)
                ),
            )
        except NotChecked as error:  # a table is broken: its own check says so
            return KeyVerdict(relationship, table, versions, not_checked=str(error))
        return KeyVerdict(relationship, table, versions, missing, hidden=hidden)

    def _without_data(self, relationship: Relationship, table: ReferencedColumns, bound: InForce) -> KeyVerdict:
        """Return what is to be said of a table that no data is: unknown where no contract describes it either."""
        if table.file is not None:
            reason = (
                f"no dataset called {bare(table.names[0], 60)} lies under the roots: "
                "add the directory that holds it to them"
            )
            return KeyVerdict(relationship, table, not_checked=reason)
        described = bound.file.contract.tables if bound.file is not None else ()
        names = [name for one in described for name in one.names if "*" not in name]
        likely = dict.fromkeys([*near(table.names[0], names), *self._tables.near(table.names[0])])
        return KeyVerdict(relationship, table, dangling=unknown_table(table.names[0], list(likely)))


def _hidden(contracts: Sequence[TableContract], columns: Sequence[ColumnPath]) -> bool:
    return any(contract.redacted([path[0] for path in columns]) for contract in contracts)


def _key_columns(
    contracts: Sequence[TableContract], columns: tuple[ColumnPath, ...], *, partitioned: bool
) -> KeyColumns:
    """Return the columns of a key with what contracts say of their clocks and of NaN."""
    said = [
        next((column for one in contracts if (column := one.column(path[0])) is not None), None)
        if len(path) == 1
        else None
        for path in columns
    ]
    return KeyColumns(
        columns,
        tuple(column.zone if column is not None else None for column in said),
        tuple(column is not None and column.nan == "null" for column in said),
        types_by_column(contracts) if partitioned else {},
        _hidden(contracts, columns),
    )
