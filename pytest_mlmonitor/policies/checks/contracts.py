"""What the policy says of contracts: each of them is for some dataset, and no data lies beside them that nothing judged."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_mlmonitor.core.check import check
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.names import bare, shown
from pytest_mlmonitor.data_contracts.model import ContractFile
from pytest_mlmonitor.links.in_force import Contracts
from pytest_mlmonitor.links.unbound import Unbound, unjudged_in
from pytest_mlmonitor.policies.model import PolicyFile


def _bind(_: PolicyFile, context: Context) -> bool:
    contracts = context.platform.settings.contracts
    return bool(contracts.files or contracts.bound or context.platform.schemas)


@check("policy", category="contract", applies=_bind, action="Name the dataset as it is called in the policy")
def contracts_bind(file: PolicyFile, context: Context) -> Iterator[Finding]:
    """Every contract that the policy names, and every name that it or a hook binds, is for a dataset under the roots."""
    unbound = context.link(Unbound)
    declared = [one for one in context.link(Contracts).files if one.declared and one.contract is not None]
    for contract in declared:
        for terms in unbound.tables(contract) if contract.bound_to is None else ():
            said = f"{bare(contract.ref.path.name)}: {unbound.of_table(contract, terms)}"
            yield _finding(said, terms.contract.name, shown(contract.ref.path), context)
    for name in unbound.names(context.platform.settings.contracts.bound):
        said = f"contracts.{bare(name)}: {unbound.of_name(name)}"
        yield _finding(said, f"contracts.{name}", shown(file.ref.path), context)
    for name in unbound.names(context.platform.schemas):
        said = f"pytest_mlmonitor_contracts: {unbound.of_name(name)}"
        yield _finding(said, name, None, context)


def _finding(said: str, column: str, location: str | None, context: Context) -> Finding:
    whole = context.platform.whole
    return Finding(
        Severity.ERROR if whole else Severity.INFO,
        said if whole else f"{said} (no error here: this run is narrowed, or leaves a declared root out)",
        "a dataset of that name under the roots",
        "none",
        column,
        location,
    )


@check("policy", category="contract", action="Declare the data as a source, or move it elsewhere")
def unjudged_data(file: PolicyFile, context: Context) -> Iterator[Finding]:
    """Where contracts are in force, no data lies that nothing judged."""
    unbound = context.link(Unbound)
    contracts: list[ContractFile] = context.link(Contracts).files
    everywhere = any(one.declared for one in contracts) or bool(context.platform.schemas) or _bind(file, context)
    beside = {one.ref.root for one in contracts if not one.declared}
    for root in context.platform.roots:
        if everywhere or root in beside:
            yield from unjudged_in(unbound, root)
