"""What must hold of the document of a report."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_mlmonitor.core.check import check
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Finding
from pytest_mlmonitor.core.text.names import shown
from pytest_mlmonitor.external_reports.model import ExternalReport
from pytest_mlmonitor.links.time_order import in_order


@check("external_report", category="contract", reads_broken=True, action="Run the tool that writes the report again")
def readable(report: ExternalReport, context: Context) -> Iterator[Finding]:
    """The document is JSON in UTF-8."""
    yield from report.unreadable


@check("external_report", category="contract", action="Write the report as its tool's documentation says")
def contract(report: ExternalReport, context: Context) -> Iterator[Finding]:
    """The document says what such a report says: a verdict, a time, figures that can be."""
    yield from report.violations


@check("external_report", category="reconcile", action="Run the report again, in one go")
def report_consistent(report: ExternalReport, context: Context) -> Iterator[Finding]:
    """The verdict, the lists, the counts and the times of the report agree with one another."""
    yield from report.contradictions
    start, end = report.window
    times = (("window_start", start), ("window_end", end), ("generated_at", report.at if report.zoned else None))
    yield from in_order(times, shown(report.ref.path))
