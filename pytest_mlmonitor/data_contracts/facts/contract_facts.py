"""What a person wants to know of a data contract: which one it is, and of which tables it speaks."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_mlmonitor.core.fact_context import Fact, FactContext
from pytest_mlmonitor.core.text.words import listing
from pytest_mlmonitor.data_contracts.model import ContractFile


def contract_facts(file: ContractFile, context: FactContext) -> Iterator[Fact]:
    """Yield the facts of a contract."""
    del context
    contract = file.contract
    if contract is None:
        return
    if contract.version:
        yield "version", contract.version
    if contract.status:
        yield "status", contract.status
    if contract.tables:
        yield "tables", listing([table.contract.name for table in contract.tables])
