"""Data contracts as artifacts: one that cannot be read, speaks of nothing, or breaks its readers must not pass silently."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.check import check
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.names import quoted, shown
from pytest_mlmonitor.core.text.versions import version_order
from pytest_mlmonitor.core.text.words import listing
from pytest_mlmonitor.data_contracts.model import ContractFile
from pytest_mlmonitor.links.in_force import Contracts
from pytest_mlmonitor.links.unbound import Unbound, unjudged_in


@check(
    "data_contract", category="contract", reads_broken=True, action="Correct the lines of the contract that are named"
)
def readable(file: ContractFile, context: Context) -> Iterator[Finding]:
    """The contract is an ODCS document of a known version, and every line of it can be used; one that cannot hides no other."""
    yield from file.unreadable
    yield from file.violations


@check("data_contract", category="contract", action="Name the dataset as it is called, or add its data")
def bound(file: ContractFile, context: Context) -> Iterator[Finding]:
    """Every table of the contract describes a dataset under the roots; beside its data lies none that nothing judged."""
    if file.declared and context.platform.holds("policy"):
        return  # what the policy names is its own matter
    unbound = context.link(Unbound)
    for table in unbound.tables(file) if file.bound_to is None else ():
        yield Finding(
            Severity.ERROR,
            unbound.of_table(file, table),
            f"a dataset called {listing([quoted(name) for name in table.names], 4)}",
            "none",
            table.contract.name,
            shown(file.ref.path),
        )
    newer = context.link(Contracts).outdated.get(file.ref)
    if newer is not None:
        message = (
            f"is not in force: version {quoted(newer.contract.version)} of the same contract speaks of the same data"
        )
        yield Finding(Severity.INFO, f"{message} ({shown(newer.ref.path)})", location=shown(file.ref.path))
    if not context.platform.holds("policy"):
        for root in unbound.said_by(file):
            yield from unjudged_in(unbound, root)


@check("data_contract", category="contract", action="Write the promise in a form that is checked")
def coverage(file: ContractFile, context: Context) -> Iterator[Finding]:
    """Every promise of the contract is checked; those that are not are named."""
    left = [*file.contract.unchecked, *(line for table in file.contract.tables for line in table.contract.unchecked)]
    for line in dict.fromkeys(left):
        yield Finding(Severity.INFO, f"not checked: {line}", None, None, line.split(":", 1)[0], shown(file.ref.path))


@check("data_contract", category="contract", action="Undo the change, or raise the major version")
def compatible(file: ContractFile, context: Context) -> Iterator[Finding]:
    """Nothing in the contract breaks consumers of the version before it, unless its major version says so."""
    from pytest_mlmonitor.tables.odcs.versions.whole import breaking_changes

    contract = file.contract
    if not contract.id or not contract.version:
        raise NotChecked("the contract says no id or no version, so nobody knows which one was before it")
    others = [
        other.contract
        for other in context.platform.of_kind("data_contract")
        if other.contract is not None and other.contract.id == contract.id and other.ref.path != file.ref.path
    ]
    before = [other for other in others if version_order(other.version) < version_order(contract.version)]
    if not before:
        raise NotChecked("no earlier version of this contract under the roots or in the policy")
    last = max(before, key=lambda other: version_order(other.version))
    declared = version_order(last.version)[:1] != version_order(contract.version)[:1]
    for change in breaking_changes(last, contract):
        yield Finding(
            Severity.WARNING if declared else Severity.ERROR,
            f"{change.key}: {change.what} since version {last.version}: breaks consumers",
            "the same major version breaks nobody",
            change.what,
            change.key,
            shown(file.ref.path),
        )
