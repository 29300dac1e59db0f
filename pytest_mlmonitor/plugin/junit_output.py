"""JUnit knows passed, failed and skipped only: what a check warned of stands in the ``system-out`` of its passed case."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from _pytest.junitxml import bin_xml_escape, xml_key

from pytest_mlmonitor.core.finding import Severity, headline
from pytest_mlmonitor.plugin.outcomes import results_of


class JunitOutput:
    """Adds to the cases of pytest's own JUnit writer, in the controller."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Write the warnings of a case before its teardown closes it; there is no public way to add to a case."""
        xml = self._config.stash.get(xml_key, None)
        if xml is None or report.when != "call" or not getattr(report, "mlmonitor_warned", False):
            return
        found = [f for result in results_of(report) for f in result.findings if f.severity >= Severity.WARNING]
        element = ElementTree.Element("system-out")
        element.text = bin_xml_escape("\n".join(f"{f.severity.word}: {headline(f)}" for f in found))
        xml.node_reporter(report).append(element)
