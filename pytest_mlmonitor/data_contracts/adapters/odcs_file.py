"""Reading a data contract: an ODCS file that lies beside the data, or that the policy names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pytest_mlmonitor.core.adapter import Adapter, Mark
from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.files.document_names import is_contract
from pytest_mlmonitor.core.files.opening import Refused, read_bytes
from pytest_mlmonitor.core.files.walk import Directory
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.policy.places import PolicyError
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.text.names import shown
from pytest_mlmonitor.data_contracts.model import ContractFile
from pytest_mlmonitor.tables.contract.data_contract import DataContract
from pytest_mlmonitor.tables.odcs.document import OdcsError, read_odcs


def read(found: ArtifactRef) -> ContractFile:
    """Read a contract of an artifact tree; what is wrong with it is a finding."""
    ref = ArtifactRef(found.kind, found.path, _name(found.path), found.root)
    location = shown(ref.path)
    try:
        contract = read_odcs(read_bytes(ref.path), location)
    except Refused as refusal:
        finding = Finding(Severity.ERROR, f"{ref.path.name} {refusal}", "an ODCS file", str(refusal), None, location)
        return ContractFile(ref, (finding,))
    except OdcsError as error:
        problems = tuple(
            Finding(
                Severity.ERROR,
                problem.message,
                problem.expected,
                problem.actual,
                problem.key,
                f"{location}:{problem.line}" if problem.line else location,
            )
            for problem in error.problems
        )
        return ContractFile(ref, problems)
    return ContractFile(ref, contract=contract)


def declared_contract(path: Path) -> DataContract:
    """Read a contract that the policy names.

    Raises:
        PolicyError: it cannot be read or is no sound contract; names the file and the line.
    """
    try:
        return read_odcs(read_bytes(path), shown(path))
    except Refused as refusal:
        raise PolicyError(f"contracts: {path} {refusal}") from None
    except OdcsError as error:
        raise PolicyError(f"contracts: {error}") from None


def declared_files(paths: tuple[Path, ...]) -> list[Path]:
    """Return the contract files at ``paths``; of a directory those that are called ``*.odcs.yaml``.

    Raises:
        PolicyError: a path does not exist, or a directory holds none.
    """
    found: list[Path] = []
    for path in paths:
        if not path.exists():
            raise PolicyError(f"contracts: {path} does not exist")
        inside = sorted(p for p in path.rglob("*") if is_contract(p.name)) if path.is_dir() else [path]
        if not inside:
            raise PolicyError(f"contracts: {path} holds no *.odcs.yaml")
        found += inside
    return list(dict.fromkeys(path.resolve() for path in found))


def declared(settings: Settings) -> Iterator[ContractFile]:
    """Yield the contracts that the policy names: those must be sound.

    Raises:
        PolicyError: one of them is not.
    """
    seen: set[Path] = set()
    for path in declared_files(settings.contracts.files):
        seen.add(path)
        yield ContractFile(_ref(path, _name(path)), contract=declared_contract(path), declared=True)
    for name, place in settings.contracts.bound.items():
        if place.endswith((".yaml", ".yml")):
            path = Path(place).resolve()
            seen.add(path)
            yield ContractFile(_ref(path, name), contract=declared_contract(path), declared=True, bound_to=name)
    for override in settings.overrides:
        path = Path(override.contract or "").resolve()
        if override.contract is not None and override.contract.endswith((".yaml", ".yml")) and path not in seen:
            seen.add(path)
            bound_to = override.artifact.text
            yield ContractFile(
                _ref(path, _name(path)), contract=declared_contract(path), declared=True, bound_to=bound_to
            )


def _ref(path: Path, name: str) -> ArtifactRef:
    return ArtifactRef("data_contract", path, name, path.parent)


def _name(path: Path) -> str:
    return path.name.split(".odcs.")[0]


def _recognise(directory: Directory) -> Iterator[Mark]:
    yield from (Mark(directory.path / n) for n in directory.names if is_contract(n) and not n.startswith("."))


ODCS_FILE = Adapter("data_contract", "odcs_file", read, recognise=_recognise, names_others=True, declared=declared)
