"""Data contracts as artifacts: one that cannot be read, speaks of nothing, or breaks its readers must not pass silently."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.check import check
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.names import quoted, shown
from pytest_mlmonitor.core.text.versions import version_key
from pytest_mlmonitor.core.text.words import listing
from pytest_mlmonitor.data_contracts.model import ContractFile
from pytest_mlmonitor.links.in_force import Contracts
from pytest_mlmonitor.links.unbound import Unbound, unjudged_in


@check("data_contract", category="contract", reads_broken=True)
def readable(file: ContractFile, context: Context) -> Iterator[Finding]:
    """The contract is an ODCS document of a known version, and every line of it can be used; one that cannot hides no other."""
    yield from file.unreadable
    yield from file.violations


@check("data_contract", category="contract")
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


@check("data_contract", category="contract")
def coverage(file: ContractFile, context: Context) -> Iterator[Finding]:
    """Every promise of the contract is checked; those that are not are named."""
    left = [*file.contract.unchecked, *(line for table in file.contract.tables for line in table.contract.unchecked)]
    for line in dict.fromkeys(left):
        yield Finding(Severity.INFO, f"not checked: {line}", None, None, line.split(":", 1)[0], shown(file.ref.path))


@check("data_contract", category="contract")
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
    before = [other for other in others if _ordered(other.version) < _ordered(contract.version)]
    if not before:
        raise NotChecked("no earlier version of this contract under the roots or in the policy")
    last = max(before, key=lambda other: _ordered(other.version))
    declared = _ordered(last.version)[:1] != _ordered(contract.version)[:1]
    for change in breaking_changes(last, contract):
        yield Finding(
            Severity.WARNING if declared else Severity.ERROR,
            f"{change.key}: {change.what} since version {last.version}: breaks consumers",
            "the same major version breaks nobody",
            change.what,
            change.key,
            shown(file.ref.path),
        )


_END, _PRE_RELEASE = (0, ""), (-1, "")
"""What ends a version, and what stands in its place before the words of a pre-release: ``1.0-rc < 1.0 < 1.0.1``."""

_MAX_DIGITS = 18


def _ordered(version: str) -> tuple[tuple[int, int | str], ...]:
    """Return a version as something that sorts: numbers as numbers, other parts as text behind them."""
    release, dash, pre = version_key(version).lstrip("v").partition("-")
    parts = [_part(part) for part in release.split(".")]
    return (*parts, _PRE_RELEASE, *(_part(part) for part in re.split("[.-]", pre)), _END) if dash else (*parts, _END)


def _part(text: str) -> tuple[int, int | str]:
    number = text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS
    return (1, int(text)) if number else (2, text)
