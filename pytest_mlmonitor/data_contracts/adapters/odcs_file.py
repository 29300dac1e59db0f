"""Reading a data contract: an ODCS file that lies beside the data, or that the policy names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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
from pytest_mlmonitor.tables.contract.data_contract import Problem
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
        return ContractFile(ref, _findings(error.problems, location))
    said = (*contract.problems, *contract.refused_elsewhere)
    return ContractFile(ref, violations=_findings(said, location), contract=contract)


def _findings(problems: Iterable[Problem], location: str) -> tuple[Finding, ...]:
    return tuple(
        Finding(
            problem.severity,
            problem.message,
            problem.expected,
            problem.actual,
            problem.key,
            f"{location}:{problem.line}" if problem.line else location,
        )
        for problem in problems
    )


def declared_contract(path: Path, name: str, bound_to: str | None = None) -> ContractFile:
    """Read a contract that the policy names; lines of it that cannot be used are findings.

    Args:
        path: the file.
        name: what the artifact is called.
        bound_to: the dataset or family that the policy binds it to, None for one that names its datasets itself.

    Raises:
        PolicyError: it cannot be read, or nothing in it can be used; names the file and the line.
    """
    ref = ArtifactRef("data_contract", path, name, path.parent)
    try:
        contract = read_odcs(read_bytes(path), shown(path))
    except Refused as refusal:
        raise PolicyError(f"contracts: {path} {refusal}") from None
    except OdcsError as error:
        raise PolicyError(f"contracts: {error}") from None
    violations = _findings((*contract.problems, *contract.refused_elsewhere), shown(path))
    return ContractFile(ref, violations=violations, contract=contract, declared=True, bound_to=bound_to)


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
    """Yield the contracts that the policy names: those must be contracts.

    Raises:
        PolicyError: one of them is none.
    """
    seen: set[Path] = set()
    for path in declared_files(settings.contracts.files):
        seen.add(path)
        yield declared_contract(path, _name(path))
    for name, place in settings.contracts.bound.items():
        if place.endswith((".yaml", ".yml")):
            path = Path(place).resolve()
            seen.add(path)
            yield declared_contract(path, name, bound_to=name)
    scopes = [(override.artifact.text, override.contract) for override in settings.overrides]
    scopes += [(f"source.{name}", source.contract) for name, source in settings.source.items()]
    for name, contract in scopes:
        path = Path(contract or "").resolve()
        if contract is not None and contract.endswith((".yaml", ".yml")) and path not in seen:
            seen.add(path)
            yield declared_contract(path, _name(path), bound_to=name)


def _name(path: Path) -> str:
    return path.name.split(".odcs.")[0]


def _recognise(directory: Directory) -> Iterator[Mark]:
    yield from (Mark(directory.path / n) for n in directory.names if is_contract(n) and not n.startswith("."))


ODCS_FILE = Adapter("data_contract", "odcs_file", read, recognise=_recognise, names_others=True, declared=declared)
