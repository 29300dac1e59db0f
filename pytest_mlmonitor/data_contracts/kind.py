"""The kind ``data_contract``."""

from __future__ import annotations

from typing import Any

from pytest_mlmonitor.core.kind import Kind, fields
from pytest_mlmonitor.core.text.versions import VersionOrder, is_numbered, version_order
from pytest_mlmonitor.data_contracts.model import ContractFile
from pytest_mlmonitor.links.adjustments import of_versions


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
)
