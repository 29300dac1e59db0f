"""What the policy says of contracts: each of them is for some dataset."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_mlmonitor.core.check import check
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Finding
from pytest_mlmonitor.policies.model import PolicyFile


@check("policy", category="contract", applies=lambda _, context: bool(context.settings.contracts.files))
def contracts_bind(file: PolicyFile, context: Context) -> Iterator[Finding]:
    """Every contract that the policy names describes a dataset under the roots."""
    yield from ()
