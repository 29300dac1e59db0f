"""What a person wants to know of another tool's report: of what it is, when it was made, what it says."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_mlmonitor.core.fact_context import Fact, FactContext
from pytest_mlmonitor.external_reports.model import ExternalReport


def external_report_facts(report: ExternalReport, context: FactContext) -> Iterator[Fact]:
    """Yield the facts of a report."""
    yield "form", report.form
    if report.subject is not None:
        yield "about", report.subject
    if report.at is not None:
        yield "made", context.moment(report.at)
    if report.passed is not None:
        yield "says", "passed" if report.passed else "failed"
