"""Reading a dataset that only a contract speaks of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_mlmonitor.core.adapter import Adapter, Mark, Reading
from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.discover import Discovery
from pytest_mlmonitor.core.policy.selectors import ArtifactNames, distinct
from pytest_mlmonitor.core.text.stamps import Stamp
from pytest_mlmonitor.core.text.words import instant
from pytest_mlmonitor.data_contracts.bindings import ContractBindings
from pytest_mlmonitor.data_contracts.model import ContractFile
from pytest_mlmonitor.datasets.build_time import of_data
from pytest_mlmonitor.datasets.data_places import (
    Called,
    TableDirectory,
    called,
    directories,
    logged_table,
    loose,
    root_as_table,
)
from pytest_mlmonitor.datasets.model import Dataset, names_of
from pytest_mlmonitor.tables.contract.meant import forms
from pytest_mlmonitor.tables.contract.table import TableContract
from pytest_mlmonitor.tables.reader.client import TableReader

if TYPE_CHECKING:
    from pytest_mlmonitor.core.platform import Platform


def read(ref: ArtifactRef, reading: Reading) -> Dataset:
    """Return the dataset that is the parquet file or directory ``ref.path``, of which nothing but a data contract speaks.

    A date or time in its name, or in those of the directories above, says when it was built, and orders the versions of its
    family; the contract says what its columns are.
    """
    place = called(ref.path, ref.root)
    contracts = list(_contracts(reading, place, ref.root))
    built = of_data(ref.path, ref.root, reading.view(TableReader))
    roles = next((c for c in contracts if c.target or c.entity or c.event_ts), None)
    name = f"{place.name}@{place.stamp.text}" if place.build and place.stamp is not None else place.name
    return Dataset(
        ref=ArtifactRef(ref.kind, ref.path, name, ref.root),
        dataset_name=place.name,
        dataset_version=_version(place.stamp),
        path=str(ref.path),
        built_at=built.start if built is not None else None,
        target=roles.target if roles else None,
        entity=roles.entity if roles else None,
        event_ts=roles.event_ts if roles else None,
        data_path=ref.path,
        described=False,
        built=built,
    )


def _version(stamp: Stamp | None) -> str | None:
    """Return a stamp as a version: a point in time as ISO-8601, what stands for a day or more as it is written."""
    if stamp is None:
        return None
    if stamp.moment is None:
        return stamp.text
    return instant(stamp.moment) if stamp.precision == "time" else stamp.text


def _overridden(reading: Reading, place: Called) -> str | None:
    """Return the contract that an override of the policy binds to a place, by its names."""
    if all(override.contract is None for override in reading.settings.overrides):
        return None
    identity = ArtifactNames("dataset", distinct(forms(place.names)), _version(place.stamp))
    return reading.platform.scopes.of(identity).contract


def _late(reading: Reading) -> Iterator[Mark]:
    """Yield the files and directories that a contract speaks of and nothing else describes, directories first."""
    asked = reading.view(_Asked)
    bindings, root = asked.bindings(reading), reading.discovery.root
    if bindings is None and all(override.contract is None for override in reading.settings.overrides):
        return

    def spoken_of(place: Called) -> bool:
        named = bindings is not None and (bindings.names(place.names) or bindings.tables(place.names, root))
        return bool(named) or _overridden(reading, place) is not None

    found = asked.places(reading.discovery)
    known = {one.ref.path for one in reading.discovery.found} | reading.discovery.claimed
    # What a declared source takes a part of is no table by itself: one table is judged once.
    taken = {above for path in reading.discovery.named for above in path.parents} if reading.settings.source else set()
    for directory, one in found.directories.items():
        free = directory not in known and known.isdisjoint(directory.parents) and known.isdisjoint(one.files)
        if (
            free
            and directory not in taken
            and spoken_of(one.called)
            and not any(spoken_of(found.files[path]) for path in one.files)
        ):
            yield Mark(directory, "table")
            known.add(directory)
    whole = found.whole
    if whole is not None and root not in taken and known.isdisjoint(whole.files) and spoken_of(whole.called):
        below = (*found.directories, *found.files)
        if known.isdisjoint(below) and not any(spoken_of(place) for place in found.places()):
            yield Mark(root, "table")
            return
    for path, place in found.files.items():
        if path not in reading.discovery.claimed and path in reading.discovery.regular and spoken_of(place):
            yield Mark(path)


@dataclass(frozen=True)
class _Places:
    """Where data lies below a root, and what it is called."""

    files: Mapping[Path, Called]
    directories: Mapping[Path, TableDirectory]
    whole: TableDirectory | None

    def places(self) -> Iterator[Called]:
        """Yield every place below the root."""
        yield from (one.called for one in self.directories.values())
        yield from self.files.values()

    def names(self) -> Iterator[tuple[str, ...]]:
        yield from (one.called.names for one in self.directories.values())
        tables = {path for path, one in self.directories.items() if one.table}
        yield from (place.names for path, place in self.files.items() if tables.isdisjoint(path.parents))
        if self.whole is not None:
            yield self.whole.called.names


class _Asked:
    """What readers of several roots share: where data lies, and which contracts speak of it."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._found: dict[Path, _Places] = {}
        self._bindings: ContractBindings | None = None
        self._resolved = False

    def places(self, discovery: Discovery) -> _Places:
        """Return where data lies below a root that may be a dataset, whoever else takes it."""
        if discovery.root not in self._found:
            root = discovery.root
            files = [path for path in discovery.files if loose(path, root)]
            places = {path: called(path, root) for path in files}
            logs = [path for path in discovery.files if logged_table(path) is not None]
            self._found[root] = _Places(places, directories([*files, *logs], root), root_as_table(files, root))
        return self._found[discovery.root]

    def bindings(self, reading: Reading) -> ContractBindings | None:
        """Return which contracts speak of what, None where there is none."""
        if not self._resolved:
            self._resolved = True
            files = [one for one in reading.before if isinstance(one, ContractFile) and one.contract is not None]
            bound = [*reading.settings.contracts.bound, *reading.platform.schemas]
            if files or bound:
                there = {one.root: list(self.places(one).names()) for one in self._platform.discoveries}
                for dataset in reading.before:
                    if isinstance(dataset, Dataset) and dataset.ref.root in there:
                        there[dataset.ref.root].insert(0, names_of(dataset))
                self._bindings = ContractBindings(bound, files, there)
        return self._bindings


def _contracts(reading: Reading, place: Called, root: Path) -> Iterator[TableContract]:
    """Yield the table contracts of files that speak of a place, what the policy binds to it first."""
    bindings, overridden = reading.view(_Asked).bindings(reading), _overridden(reading, place)
    name = next(iter(bindings.names(place.names)), None) if bindings is not None else None
    for file in reading.before if name is not None or overridden is not None else ():
        if not isinstance(file, ContractFile) or file.contract is None or file.bound_to is None:
            continue
        here = overridden is not None and file.ref.path == Path(overridden).resolve()
        if here or file.bound_to == name:
            terms = file.contract.bound_table(*(place.names if here else (name,)))
            if terms is not None:
                yield terms.contract
    if bindings is not None:
        yield from (terms.contract for _, terms in bindings.tables(place.names, root))


CONTRACTED = Adapter("dataset", "contracted", read, late=_late)
