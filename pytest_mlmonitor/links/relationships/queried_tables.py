"""The other datasets that SQL rules of a dataset name."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.text.near import near
from pytest_mlmonitor.data_contracts.model import ContractFile
from pytest_mlmonitor.datasets.model import Dataset, names_of
from pytest_mlmonitor.links.in_force import Contracts, InForce
from pytest_mlmonitor.links.relationships.referenced_columns import ReferencedColumns
from pytest_mlmonitor.links.relationships.referenced_tables import ReferencedTables
from pytest_mlmonitor.tables.contract.meant import forms, last_segments
from pytest_mlmonitor.tables.odcs.sql import names_in


class QueriedTables:
    """Which data the tables are that queries name beside their own."""

    def __init__(self, platform: Artifacts) -> None:
        self._platform = platform
        self._contracts = platform.view(Contracts)
        self._known: dict[ArtifactRef, dict[str, Dataset]] = {}

    def of(self, dataset: Dataset) -> dict[str, Dataset]:
        """Return the datasets by the names, in lower case, that SQL rules in force for ``dataset`` may mean by them.

        A name that fits several tables is not among them: rows of all of them would be counted.
        """
        if dataset.ref not in self._known:
            self._known[dataset.ref] = dict(self._named(dataset))
        return self._known[dataset.ref]

    def near(self, name: str) -> list[str]:
        """Return what tables are called that may be meant by a name."""
        return near(name.rpartition(".")[2], sorted(self._names))

    def _named(self, dataset: Dataset) -> Iterator[tuple[str, Dataset]]:
        for bound in self._contracts.of(dataset):
            written = {name for rule in bound.contract.sql for name in names_in(rule.query)}
            for name in sorted(name for name in written if (last_segments(name) or name) in self._names):
                found = self._meant(dataset, bound, name)
                if found is not None:
                    yield name, found

    def _meant(self, dataset: Dataset, bound: InForce, name: str) -> Dataset | None:
        file, names = _described(bound.file, name)
        versions = self._platform.view(ReferencedTables).of(dataset, ReferencedColumns(file, names, ()))
        if versions is None or versions.tables > 1 or not versions.datasets or versions.datasets[0].ref == dataset.ref:
            return None
        return versions.datasets[0]

    @cached_property
    def _names(self) -> set[str]:
        """Return everything that data or tables of contracts are called, in lower case: what else queries name are columns."""
        tables = [terms.names for file in self._contracts.files if file.contract for terms in file.contract.tables]
        datasets: list[Dataset] = self._platform.of_kind("dataset")
        every = [form for names in (*tables, *map(names_of, datasets)) for form in forms(names)]
        return {part.lower() for form in every for part in (form, last_segments(form) or form)}


def _described(file: ContractFile | None, name: str) -> tuple[ContractFile | None, tuple[str, ...]]:
    """Return the table of the same contract that is called so, whatever the case of its letters; else the name alone."""
    for terms in file.contract.tables if file is not None else ():
        own = {form for one in terms.names for form in (one.lower(), (last_segments(one) or one).lower())}
        if name in own or last_segments(name) in own:
            return file, (terms.contract.name, *terms.names)
    return None, (name,)
