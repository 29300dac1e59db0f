"""Every line of a deployment's files can be read and keeps its contract (specification 1)."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_mlmonitor.core.check import check
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Finding
from pytest_mlmonitor.serving.model import Deployment


@check(
    "deployment",
    category="contract",
    name="readable",
    reads_broken=True,
    action="Repair the lines that are named, or what writes them",
)
def deployment_readable(deployment: Deployment, context: Context) -> Iterator[Finding]:
    """Every line of the deployment's files is one JSON object in UTF-8."""
    yield from deployment.unreadable


@check(
    "deployment",
    category="contract",
    name="contract",
    reads_broken=True,
    action="Make the serving layer write these fields as agreed",
)
def deployment_contract(deployment: Deployment, context: Context) -> Iterator[Finding]:
    """Every window and event keeps its contract."""
    yield from deployment.violations
