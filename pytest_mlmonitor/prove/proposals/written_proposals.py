"""Proposed lines written into copies: of the contract, never over the original, and into a policy file of their own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from pytest_mlmonitor.core.files.atomic import write_atomically
from pytest_mlmonitor.core.text.names import shown
from pytest_mlmonitor.prove.proposals.contract_target import ContractTarget, file_name
from pytest_mlmonitor.prove.proposals.proposal import Proposal, distinct
from pytest_mlmonitor.tables.odcs.written.contract_text import amended


def write_proposals(proposals: Iterable[Proposal], directory: Path) -> list[str]:
    """Write contracts with the lines that were proposed for them, and the entries of the policy; return a line for each file.

    ``NAME.proposed.odcs.yaml`` is the contract with the lines, its comments and order kept; ``mlmonitor.proposed.toml`` holds the
    entries. A file that is there already is never replaced: the next one gets a number.

    Args:
        proposals: of all mutants.
        directory: made where it is not there.

    Raises:
        OSError: a file cannot be written.
        CannotAmend: a contract cannot take a line.
    """
    made = distinct(proposals)
    told: list[str] = []
    for target in distinct(one.target for one in made if one.target is not None):
        lines = distinct(line for one in made if one.target == target for line in one.lines)
        path = _free(directory, f"{_stem(target)}.proposed", ".odcs.yaml")
        write_atomically(path, amended(target.text, lines).encode("utf-8"))
        told.append(f"{shown(path)}: {' '.join(_in_force(target))}")
    entries = [one for one in made if one.override is not None]
    if entries:
        path = _free(directory, "mlmonitor.proposed", ".toml")
        text = "\n\n".join(distinct(one.text for one in entries))
        write_atomically(path, f"{text}\n".encode())
        told.append(f"{shown(path)}: paste its entries into {entries[0].place.partition(',')[0]}")
    return told


def _in_force(target: ContractTarget) -> Iterator[str]:
    if target.is_new:
        yield f"move it to {target.shown} and name it in the policy, contracts = [{target.shown!r}]".replace("'", '"')
    else:
        yield f"compare it with {target.shown} and put it in its place"


def _stem(target: ContractTarget) -> str:
    name = target.path.name if target.path is not None else file_name(target.table)
    for suffix in (".odcs.yaml", ".odcs.yml", ".yaml", ".yml", ".json"):
        if name.endswith(suffix):
            return name.removesuffix(suffix)
    return name


def _free(directory: Path, stem: str, suffix: str) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    number = 1
    path = directory / f"{stem}{suffix}"
    while path.exists() or path.is_symlink():
        number += 1
        path = directory / f"{stem}-{number}{suffix}"
    return path
