"""pytest-html: the table of artifacts on top, the way to our report, and rows that say what pytest's outcomes cannot."""

from __future__ import annotations

from collections.abc import Set
from html import escape
from typing import Any

import pytest

from pytest_mlmonitor.core.finding import Severity, headline
from pytest_mlmonitor.core.record import RunRecord
from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.outputs.html_table import summary_html
from pytest_mlmonitor.plugin.outcomes import results_of
from pytest_mlmonitor.plugin.output_files import OutputFiles
from pytest_mlmonitor.plugin.run_plan import RunPlan

MAX_REPORT_ROWS = 2000
"""Items of which the HTML report lists all; of more it lists those with something to read (4,000 rows take 40 s to open)."""


class HtmlRows:
    """Hooks of pytest-html, in the controller."""

    def __init__(self, plan: RunPlan, record: RunRecord, expected: Set[str], files: OutputFiles) -> None:
        """Show ``record``; ``expected`` are the node ids of the run, known once everything is collected."""
        self._plan = plan
        self._record = record
        self._expected = expected
        self._files = files
        self._left_out = 0

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_report_title(self, report: Any) -> None:
        """Name the report."""
        report.title = "mlmonitor"

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_summary(self, prefix: list[str]) -> None:
        """Put the table of artifacts on top of the report."""
        if self._plan.roots:
            prefix.insert(0, summary_html(self._record, self._plan.shown, self._left_out))
        link = self._files.link_to_report
        if link is not None:
            prefix.insert(0, f'<p>the report: <a href="{escape(link)}">report.html</a></p>')

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_table_row(self, report: pytest.TestReport, cells: list[str]) -> None:
        """Say in its row that a check warned; leave out rows with nothing to read where a browser would hang on them."""
        if report.when == "call" and getattr(report, "mlmonitor_warned", False):
            cells[0] = '<td class="col-result" style="color:#a86500">Warned</td>'
            cells[1] = f"{cells[1].removesuffix('</td>')}<br>{'<br>'.join(_warnings(report))}</td>"
        if len(self._expected) <= MAX_REPORT_ROWS or report.failed or report.sections:
            return
        if getattr(report, "mlmonitor_automatic", False):
            del cells[:]
            self._left_out += 1
        elif report.when != "call" and report.passed:
            del cells[:]  # never a row, and the call that it belongs to may have none

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_table_html(self, report: pytest.TestReport, data: list[str]) -> None:
        """Show the reason of a skip, not the tuple that pytest keeps it in."""
        reasons = [result.reason for result in results_of(report) if result.reason]
        if report.skipped and reasons:
            # Bare text: pytest-html puts it into its log, and a log in the log slides out of sight.
            data[:] = ["\n".join(f"not checked: {escape(safe(reason))}" for reason in reasons)]


def _warnings(report: pytest.TestReport) -> list[str]:
    found = (f for result in results_of(report) for f in result.findings if f.severity >= Severity.WARNING)
    return [f"{finding.severity.word}: {escape(headline(finding))}" for finding in found]
