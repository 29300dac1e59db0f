"""Reading a dataset that only a contract speaks of."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from pytest_mlmonitor.core.adapter import Adapter, Mark, Reading
from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.policy.selectors import Identity, distinct
from pytest_mlmonitor.core.text.times import stamp_of
from pytest_mlmonitor.core.text.versions import family
from pytest_mlmonitor.data_contracts.model import ContractFile
from pytest_mlmonitor.datasets.embedded_metadata import TRAILING_STAMP
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.tables.contract.table import TableContract
from pytest_mlmonitor.tables.source.directories import is_table_directory


def read(ref: ArtifactRef, reading: Reading) -> Dataset:
    """Return the dataset that is the parquet file ``ref.path``, of which nothing but a data contract speaks.

    A build timestamp at the end of its name says when it was built, and orders the versions of its family; the contract says
    what its columns are.
    """
    name = ref.path.stem
    built_at = _built_at(name)
    contracts = list(_contracts(reading, name, ref.path.name))
    roles = next((c for c in contracts if c.target or c.entity or c.event_ts), None)
    return Dataset(
        ref=ArtifactRef(ref.kind, ref.path, name, ref.root),
        dataset_name=name,
        dataset_version=built_at.isoformat() if built_at else None,
        path=str(ref.path),
        built_at=built_at,
        target=roles.target if roles else None,
        entity=roles.entity if roles else None,
        event_ts=roles.event_ts if roles else None,
        data_path=ref.path,
        described=False,
    )


def _built_at(name: str) -> datetime | None:
    stamp = TRAILING_STAMP.search(name)
    return stamp_of(stamp.group(1)) if stamp else None


def _overridden(reading: Reading, names: tuple[str, ...]) -> str | None:
    """Return the contract that an override of the policy binds to a file, by its names."""
    if all(override.contract is None for override in reading.settings.overrides):
        return None
    built_at = next((built_at for name in names if (built_at := _built_at(name)) is not None), None)
    version = built_at.isoformat() if built_at is not None else None
    identity = Identity("dataset", distinct((*names, *map(family, names))), version)
    return reading.platform.scopes.of(identity).contract


def _late(reading: Reading) -> Iterator[Mark]:
    """Yield the files and directories that a contract speaks of and nothing else describes, directories first."""
    files = [path for path in reading.discovery.files if path.suffix == ".parquet"]
    bound = {*reading.settings.contracts.bound, *reading.platform.schemas}
    contracts = _files(reading)
    overridden = any(override.contract is not None for override in reading.settings.overrides)
    if not (contracts or bound or overridden) or not files:
        return

    def spoken_of(path: Path) -> bool:
        names = (path.name, path.stem)
        return (
            any(form in bound for name in names for form in (name, family(name)))
            or any(file.contract.table(*names) is not None for file in contracts)
            or _overridden(reading, names) is not None
        )

    root, known = reading.discovery.root, {one.ref.path for one in reading.discovery.found} | reading.discovery.claimed
    parents = {parent for path in files for parent in path.parents}
    for directory in sorted(p for p in parents if p != root and p.is_relative_to(root)):
        inside = directory in known or not known.isdisjoint(directory.parents)
        if not inside and spoken_of(directory) and is_table_directory(directory):
            yield Mark(directory, "table")
            known.add(directory)
    for path in files:
        free = path not in reading.discovery.claimed and path in reading.discovery.regular
        if free and spoken_of(path):
            yield Mark(path)


def _files(reading: Reading) -> list[ContractFile]:
    """Return the contract files that speak of the datasets of this root, those of the policy first."""
    sound = [file for file in reading.before if isinstance(file, ContractFile) and file.contract is not None]
    here = [file for file in sound if file.declared or file.ref.root == reading.discovery.root]
    return sorted(here, key=lambda file: (not file.declared, file.bound_to is None))


def _contracts(reading: Reading, *names: str) -> Iterator[TableContract]:
    forms = {form for name in names for form in (name, family(name))}
    place = _overridden(reading, names)
    for file in _files(reading):
        contract = file.contract
        if file.bound_to is None:
            terms = contract.table(*names)
        elif file.bound_to in forms:
            terms = contract.table(file.bound_to) or (contract.tables[0] if len(contract.tables) == 1 else None)
        elif place is not None and file.ref.path == Path(place).resolve():
            terms = contract.table(*names, *forms) or (contract.tables[0] if len(contract.tables) == 1 else None)
        else:
            continue
        if terms is not None:
            yield terms.contract


CONTRACTED = Adapter("dataset", "contracted", read, late=_late)
