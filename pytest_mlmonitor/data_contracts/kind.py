"""The kind ``data_contract``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pytest_mlmonitor.core.kind import Kind, fields
from pytest_mlmonitor.core.text.versions import VersionOrder, is_numbered, version_order
from pytest_mlmonitor.data_contracts.model import ContractFile
from pytest_mlmonitor.links.adjustments import of_versions

if TYPE_CHECKING:
    from pytest_mlmonitor.core.fact_context import Fact, FactContext


def _family(file: ContractFile) -> str | None:
    return file.contract.id if file.contract is not None else None


def _order(file: ContractFile) -> VersionOrder | None:
    version = file.contract.version if file.contract is not None else ""
    return version_order(version) if is_numbered(version) else None


def _describe(file: ContractFile) -> dict[str, Any]:
    if file.contract is None:
        return {}
    tables = [table.contract.name for table in file.contract.tables]
    return fields(file.contract, "id", "name", "version", "status") | {"tables": tables}


def _contract_facts(file: ContractFile, context: FactContext) -> Iterator[Fact]:
    from pytest_mlmonitor.data_contracts.facts.contract_facts import contract_facts

    return contract_facts(file, context)


DATA_CONTRACT = Kind(
    "data_contract",
    artifact=ContractFile,
    package="pytest_mlmonitor.data_contracts",
    formats=("odcs_file",),
    topics=("contract",),
    data=False,
    family=_family,
    order=_order,
    adjustments=of_versions,
    version=lambda file: file.contract.version if file.contract is not None else None,
    sections=(),
    describe=_describe,
    facts=_contract_facts,
)
