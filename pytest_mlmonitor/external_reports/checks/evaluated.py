"""An evaluation and the registry of the version that it is of."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.check import check
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Finding
from pytest_mlmonitor.external_reports.model import ExternalReport
from pytest_mlmonitor.registries.described import compared


@check(
    "external_report",
    category="reconcile",
    applies=lambda report: report.form == "evaluation",
    action="Evaluate the registered version again",
)
def registered(report: ExternalReport, context: Context) -> Iterator[Finding]:
    """The version is the one in the file's name, and its metrics are those of the registry."""
    if report.evaluation is None:
        raise NotChecked("the report describes no version")
    yield from compared(report.evaluation, context)
