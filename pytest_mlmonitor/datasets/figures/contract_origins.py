"""Where the contracts in force for a dataset are written."""

from __future__ import annotations

from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.links.in_force import Contracts, InForce
from pytest_mlmonitor.tables.origins.contract_lines import ContractLines
from pytest_mlmonitor.tables.origins.term_origins import TermOrigins


def origins_of(dataset: Dataset, context: Context) -> list[TermOrigins]:
    """Return the terms of every contract in force, in the order of :meth:`.Contracts.tables`; no file is opened for it."""
    lines = context.view(ContractLines)
    return [_of(bound, lines) for bound in context.link(Contracts).of(dataset)]


def _of(bound: InForce, lines: ContractLines) -> TermOrigins:
    file = bound.file
    if file is not None and file.contract is not None:
        return lines.of_file(bound.contract, file.ref.path, file.contract.document)
    return lines.of_code(bound.contract) if bound.schema is not None else TermOrigins(bound.contract)
