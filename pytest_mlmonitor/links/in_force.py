"""Which contracts are in force for a dataset.

A person's own binding (hook or policy) stands in the place of the built-in contract of a family, where it says what the table
holds: one that only leaves a column out of drift replaces nothing. A contract that lies
beside the data adds to it and never replaces it: whoever wrote the data could otherwise write its excuse.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.policy.places import PolicyError
from pytest_mlmonitor.core.text.levels import undated
from pytest_mlmonitor.core.text.names import shown
from pytest_mlmonitor.core.text.versions import family, is_numbered, version_order
from pytest_mlmonitor.data_contracts.bindings import ContractBindings
from pytest_mlmonitor.data_contracts.model import ContractFile
from pytest_mlmonitor.datasets.builtin import TABLE_CONTRACTS
from pytest_mlmonitor.datasets.data_places import called, loose
from pytest_mlmonitor.datasets.model import Dataset, names_of
from pytest_mlmonitor.tables.contract.data_contract import TableTerms
from pytest_mlmonitor.tables.contract.meant import forms
from pytest_mlmonitor.tables.contract.row_terms import Offset
from pytest_mlmonitor.tables.contract.table import TableContract
from pytest_mlmonitor.tables.profile import ParquetHead
from pytest_mlmonitor.tables.reader.client import TableReader
from pytest_mlmonitor.tables.source.partitions import types_by_column
from pytest_mlmonitor.tables.unreadable import Unreadable

if TYPE_CHECKING:
    from pytest_mlmonitor.tables.pandera.bound import BoundSchema


@dataclass(frozen=True)
class InForce:
    """A contract of one dataset.

    Attributes:
        contract: the contract.
        schema: the pandera schema that it came from, if it did.
        file: the ODCS file that it came from, if it did.
        trusted: whether the project says it (built in, bound or declared); a contract that lies beside the data is part of
            what is judged.
    """

    contract: TableContract
    schema: BoundSchema | None = None
    file: ContractFile | None = None
    trusted: bool = True

    @property
    def speaks(self) -> bool:
        """Whether it says what columns or rows must be; of a schema that only pandera can judge the contract says nothing."""
        named = self.schema is not None and self.schema.names_columns
        return bool(named or self.contract.columns or self.contract.metrics)


_Spoken = tuple[ContractFile, TableTerms]
"""A contract file, and what of it speaks of a dataset."""


class Contracts:
    """Every contract that a run knows, and which are in force for a dataset.

    Attributes:
        files: every contract file, those that could not be read too.
        bindings: which of them, and of what is bound by name, speak of which data.
    """

    def __init__(self, platform: Artifacts) -> None:
        """Resolve what is bound: by the policy's key ``contracts``, by its overrides, and by hooks.

        Raises:
            PolicyError: a binding names nothing usable.
        """
        self._platform = platform
        self._reader = platform.view(TableReader)
        self._fitted: dict[ArtifactRef, list[InForce]] = {}
        self._bound: dict[str, InForce] = {}
        self.files: list[ContractFile] = platform.of_kind("data_contract", broken=True)
        named = {(file.bound_to, file.ref.path): file for file in self.files if file.bound_to is not None}
        for name, place in platform.settings.contracts.bound.items():
            file = named.get((name, Path(place).resolve()))
            self._bound[name] = _of_policy(f"contracts.{name}", place, file, (name,))
        for name, schema in platform.schemas.items():
            self._bound[name] = bound_schema(name, schema, f"pytest_mlmonitor_contracts.{name}")
        self.bindings = ContractBindings(self._bound, self.files, _there(platform))
        self._overridden: dict[tuple[str, str], InForce] = {}
        scopes = (*platform.settings.overrides, *platform.settings.source.values())
        if any(scope.contract is not None for scope in scopes):
            for dataset in platform.of_kind("dataset", broken=True):
                self._of_override(dataset)  # what cannot be used is said now, not in the middle of a run

    def of(self, dataset: Dataset) -> list[InForce]:
        """Return the contracts in force for a dataset, the trusted ones first; all of them are checked."""
        if dataset.ref not in self._fitted:
            self._fitted[dataset.ref] = [self._fit(dataset, bound) for bound in self._in_force(dataset)]
        return self._fitted[dataset.ref]

    def tables(self, dataset: Dataset) -> list[TableContract]:
        """Return the table contracts of :meth:`of`."""
        return [bound.contract for bound in self.of(dataset)]

    def first(self, dataset: Dataset) -> TableContract | None:
        """Return the first of the contracts in force, None without one."""
        return next(iter(self.tables(dataset)), None)

    def files_of(self, dataset: Dataset) -> list[ContractFile]:
        """Return the contract files among those in force for a dataset; no data file is opened for it."""
        return [bound.file for bound in self._in_force(dataset) if bound.file is not None]

    def named(self, dataset: Dataset) -> list[str]:
        """Return the names of the contracts in force for a dataset; no data file is opened for it."""
        return list(dict.fromkeys(bound.contract.name for bound in self._in_force(dataset)))

    def speak_for(self, dataset: Dataset) -> bool:
        """Return whether a contract speaks of the dataset, so that the default rates of specification 2.4 give way."""
        return any(bound.speaks for bound in _authority(self.of(dataset)))

    def unspoken(self, dataset: Dataset) -> tuple[str, ...]:
        """Return the columns of the file for which the default rates hold.

        Empty where the project's own contract speaks of it: what it leaves out it leaves out on purpose. A contract beside the
        data speaks of the columns that it names and of no others.
        """
        bounds = self.of(dataset)
        if dataset.data_path is None or (any(bound.trusted for bound in bounds) and self.speak_for(dataset)):
            return ()
        spoken = {column.name for bound in bounds for column in bound.contract.columns}
        head = self._head(dataset.data_path)
        return tuple(dict.fromkeys(name for name in head.names if name not in spoken)) if head is not None else ()

    def instead(self, dataset: Dataset, schema: object) -> Contracts:
        """Return contracts of which one pandera schema or model is in force for ``dataset``, and nothing else.

        Raises:
            PolicyError: ``schema`` is none.
        """
        other = copy.copy(self)
        name = dataset.dataset_name or dataset.ref.name
        bound = bound_schema(name, schema, f"check_contract.{name}")
        other._fitted = {**self._fitted, dataset.ref: [self._fit(dataset, bound)]}
        return other

    def _fit(self, dataset: Dataset, bound: InForce) -> InForce:
        """Return a pandera schema divided for this very file: what its dtypes mean hangs on the file's own types."""
        if bound.schema is None or dataset.data_path is None:
            return bound
        # Partition columns take the types of the contract, so that a directory is asked with them.
        wanted = types_by_column([bound.contract]) if dataset.data_path.is_dir() else None
        head = self._head(dataset.data_path, wanted)
        if head is None:
            return bound
        fitted = bound.schema.fitted(head.names, head.types, head.pandas)
        return replace(bound, contract=fitted.contract, schema=fitted)

    def _head(self, path: Path, allowed: Mapping[str, tuple[str, ...]] | None = None) -> ParquetHead | None:
        """Return what a footer says, None for a file that cannot be read: that has a finding of its own."""
        try:
            return self._reader.head(path, allowed)
        except Unreadable:
            return None

    def _in_force(self, dataset: Dataset) -> list[InForce]:
        names = names_of(dataset)
        own = self._of_override(dataset) or [self._bound[name] for name in self.bindings.names(names)[:1]]
        spoken = _newest(self._spoken(dataset))
        own += [_of_file(file, terms) for file, terms in spoken if file.declared]
        if not any(_describes(bound.contract) for bound in own):
            own = [replace(bound, contract=replace(bound.contract, extra="allow")) for bound in own]
            own += [InForce(TABLE_CONTRACTS[form]) for form in forms(names) if form in TABLE_CONTRACTS][:1]
        return own + [_of_file(file, terms) for file, terms in spoken if not file.declared]

    def _spoken(self, dataset: Dataset) -> list[_Spoken]:
        """Return the contract files that speak of a dataset, in every version."""
        found: dict[ArtifactRef, _Spoken] = {}
        for file, terms in self.bindings.tables(names_of(dataset), dataset.ref.root):
            found.setdefault(file.ref, (file, terms))  # of one file the first table speaks of a dataset
        return list(found.values())

    @cached_property
    def outdated(self) -> dict[ArtifactRef, ContractFile]:
        """Contract files that speak of data for which a newer version of the same contract is in force, with that one."""
        found: dict[ArtifactRef, ContractFile] = {}
        for dataset in self._platform.of_kind("dataset"):
            spoken = self._spoken(dataset)
            kept = {file.ref: file for file, _ in _newest(spoken)}
            for file, _ in spoken:
                newer = (one for one in kept.values() if one.contract.id == file.contract.id)
                if file.ref not in kept:
                    found[file.ref] = next(newer)
        return found

    def _of_override(self, dataset: Dataset) -> list[InForce]:
        """Return the contract that an override of the policy binds to a dataset: narrower than ``contracts.NAME``."""
        settings = self._platform.settings_of(dataset.ref, dataset)
        if settings.contract is None:
            return []
        name = family(dataset.dataset_name or dataset.ref.name)
        key = name, settings.contract
        if key not in self._overridden:
            path = Path(settings.contract).resolve()
            file = next((file for file in self.files if file.declared and file.ref.path == path), None)
            setting = f"contract of {settings.origin('contract')}"
            self._overridden[key] = _of_policy(setting, settings.contract, file, (name, *names_of(dataset)))
        return [self._overridden[key]]


_NOT_ACTIVE = frozenset({"draft", "proposed", "retired"})
"""Of a contract's ``status``: such a version takes no other out of force."""


def _newest(found: Iterable[_Spoken]) -> list[_Spoken]:
    """Return of several versions of one contract that speak of the same data the newest; what has no numbers stands for itself."""
    versions: dict[object, list[_Spoken]] = {}
    for file, terms in found:
        contract, directory = file.contract, undated(file.ref.path.parent.parts)
        ordered = bool(contract.id) and is_numbered(contract.version)
        places = tuple(part for part in directory if not is_numbered(part))  # contracts/v1, contracts/v2
        key = (file.declared, contract.id, places) if ordered else file.ref
        versions.setdefault(key, []).append((file, terms))
    return [one for alike in versions.values() for one in _of_the_newest(alike)]


def _of_the_newest(alike: list[_Spoken]) -> list[_Spoken]:
    active = [one for one in alike if one[0].contract.status not in _NOT_ACTIVE] or alike
    newest = max(version_order(one[0].contract.version) for one in active)
    return [one for one in active if version_order(one[0].contract.version) == newest]


def _describes(contract: TableContract) -> bool:
    """Return whether a contract says what the table holds: more than its age, and which columns drift leaves out."""
    named = {*contract.drift.excluded, *contract.drift.columns}
    columns = [column for column in contract.columns if column.name not in named]
    parts = (contract.key, contract.rules, contract.metrics, contract.sql, contract.relationships)
    return bool(columns or any(parts))


def _there(platform: Artifacts) -> dict[Path, list[tuple[str, ...]]]:
    """Return by root the names of all data: of datasets, and of parquet files that belong to nothing."""
    found: dict[Path, list[tuple[str, ...]]] = {}
    datasets: list[Dataset] = platform.of_kind("dataset")
    for dataset in datasets:
        found.setdefault(dataset.ref.root, []).append(names_of(dataset))
    for root in platform.roots:
        loose_files = (path for path in platform.unclaimed if path.is_relative_to(root) and loose(path, root))
        found.setdefault(root, []).extend(called(path, root).names for path in loose_files)
    return found


def authority(in_force: Iterable[InForce]) -> list[TableContract]:
    """Return the contracts that defaults give way to: the trusted ones; without any, those beside the data."""
    return [bound.contract for bound in _authority(list(in_force))]


def _authority(bounds: list[InForce]) -> list[InForce]:
    return [bound for bound in bounds if bound.trusted] or bounds


def _of_file(file: ContractFile, terms: TableTerms) -> InForce:
    contract = replace(terms.contract, source=terms.contract.source or shown(file.ref.path))
    return InForce(contract, file=file, trusted=file.declared)


def bound_schema(name: str, schema: object, setting: str) -> InForce:
    """Return a pandera schema or model, or the place of one, as a contract in force.

    Raises:
        PolicyError: it is none; names ``setting``.
    """
    from pytest_mlmonitor.tables.pandera.binding import bind

    bound = bind(name, schema, setting)
    return InForce(bound.contract, bound)


def label_ends(contracts: Iterable[TableContract]) -> tuple[str, ...]:
    """Return the columns that hold the ends of label windows, by the contracts' rules and by upstream's own name."""
    rules = [rule for contract in contracts for rule in contract.rules if isinstance(rule, Offset)]
    ends = [rule.column for rule in rules if rule.topic == "point_in_time" and rule.relation == ">"]
    return tuple(dict.fromkeys(("label_window_end", *ends)))


def _of_policy(setting: str, place: str, file: ContractFile | None, names: tuple[str, ...]) -> InForce:
    if not place.endswith((".yaml", ".yml")):
        return bound_schema(names[0], place, setting)
    assert file is not None and file.contract is not None  # the platform has read every file that the policy names
    contract = file.contract
    terms = contract.bound_table(*names)
    if terms is None:
        tables = ", ".join(table.contract.name for table in contract.tables) or "none"
        raise PolicyError(f"{setting}: {place} describes no table called {names[0]}; its tables: {tables}")
    return InForce(replace(terms.contract, source=terms.contract.source or shown(file.ref.path)), file=file)
