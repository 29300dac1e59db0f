"""What pytest reported of items, as results of checks: no item is red in one and green in the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pytest

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.check import Check
from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.core.judge import is_red
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.plugin.attempts import Attempts
from pytest_mlmonitor.plugin.outcomes import could_not_run, reconcile, results_of


class GatheredResults:
    """Takes every report of a run in the controller.

    Attributes:
        reported: node ids of items that came to their end, or failed.
        tests: the artifacts that a person's own tests are about, by node id, as workers told.
    """

    def __init__(self, subjects: Callable[[], Mapping[str, tuple[ArtifactRef, Check]]], settings: Settings) -> None:
        """``subjects`` returns what every automatic item is about, by node id."""
        self._subjects = subjects
        self._settings = settings
        self._attempts = Attempts()
        self._red: dict[str, pytest.TestReport] = {}
        self._dead: list[pytest.TestReport] = []
        self.reported: set[str] = set()
        self.tests: dict[str, list[ArtifactRef]] = {}

    def add(self, report: pytest.TestReport) -> Sequence[CheckResult]:
        """Take a report, and return the results that it carries."""
        if report.failed and report.when not in ("setup", "call", "teardown"):
            self._died(report)
        reconcile(report, self._settings)
        results = results_of(report)
        self._attempts.add(report, results)
        if report.failed:
            self._red.setdefault(report.nodeid, report)
        if report.when == "teardown" or report.failed:
            self.reported.add(report.nodeid)
        return results

    def _died(self, report: pytest.TestReport) -> None:
        """Put what a worker took with it on the report that xdist makes in its place."""
        subject = self._subjects().get(report.nodeid)
        if subject is not None:
            ref, check = subject
            report.mlmonitor = [could_not_run(ref, check.name, check.category, report)]  # type: ignore[attr-defined]
            report.mlmonitor_automatic = True  # type: ignore[attr-defined]
        else:
            self._dead.append(report)

    def results(self) -> list[tuple[str, CheckResult]]:
        """Return what counts of all that was reported; to be asked once, at the end."""
        for report in self._dead:
            name = report.nodeid.rsplit("::", 1)[-1].split("[", 1)[0]
            refs = self.tests.get(report.nodeid, ())
            self._attempts.add(report, [could_not_run(ref, name, "contract", report) for ref in refs])
        found = self._attempts.results()
        said = {nodeid for nodeid, _ in found}
        red = {nodeid for nodeid, result in found if is_red(result, self._settings)}
        subjects = self._subjects() if (self.reported - said) or self._red.keys() - red else {}
        for nodeid in self._red.keys() - red & subjects.keys():  # a plugin that made a report of its own
            ref, check = subjects[nodeid]
            found = [(i, one) for i, one in found if i != nodeid]
            found.append((nodeid, could_not_run(ref, check.name, check.category, self._red[nodeid])))
            said.add(nodeid)
        for nodeid in self.reported - said & subjects.keys():  # --setup-only, or a plugin that did not let it run
            ref, check = subjects[nodeid]
            found.append((nodeid, CheckResult(check.name, check.category, ref, "not_checked", reason="it was not run")))
        return found

    def fails(self, nodeid: str, result: CheckResult) -> bool:
        """Return whether a failed result failed the run: by the policy, or because it is a person's own test that failed."""
        own = nodeid in self._red and nodeid not in self._subjects()
        return self._settings.fails_run(result) or (own and (result.severity or Severity.INFO) >= Severity.ERROR)
