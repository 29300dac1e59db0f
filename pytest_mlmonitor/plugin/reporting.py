"""What the controller does: gather results, print them, write the outputs once, and guard the exit code."""

from __future__ import annotations

import os
import re
import sys
import time
from collections import Counter
from collections.abc import Generator
from dataclasses import astuple
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import pytest_mlmonitor
from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.judge import NodeIds, is_red, nothing_judged
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.record import RunRecord
from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.core.text.words import count
from pytest_mlmonitor.kinds import Platform
from pytest_mlmonitor.outputs.alike import of_kind
from pytest_mlmonitor.plugin.ci_output import tell_service
from pytest_mlmonitor.plugin.closing_lines import print_closing, print_next_step
from pytest_mlmonitor.plugin.exports import Exports, problems_of
from pytest_mlmonitor.plugin.gathered_results import GatheredResults
from pytest_mlmonitor.plugin.given_options import given, has_options_of_others
from pytest_mlmonitor.plugin.html_rows import HtmlRows
from pytest_mlmonitor.plugin.kept_run import KeptRun
from pytest_mlmonitor.plugin.options import runs_nothing
from pytest_mlmonitor.plugin.output_files import OutputFiles
from pytest_mlmonitor.plugin.remembered_tables import OUTPUT, RememberedTables
from pytest_mlmonitor.plugin.run_details import note_details
from pytest_mlmonitor.plugin.run_plan import RunPlan
from pytest_mlmonitor.plugin.shown_failures import ShownFailures
from pytest_mlmonitor.plugin.summary import ArtifactTable
from pytest_mlmonitor.plugin.unselected import Usual

if TYPE_CHECKING:
    from pytest_mlmonitor.plugin.session import ActivePlugin

_NO_END = (pytest.ExitCode.INTERRUPTED, pytest.ExitCode.INTERNAL_ERROR, pytest.ExitCode.USAGE_ERROR)
"""Exit statuses of runs that did not come to their end."""

# What pytest says of a test that is parametrized over no artifact at all: it is skipped, and the run would be green.
_NO_PARAMETER = re.compile(r"got empty parameter set for \((\w+)")


class Recorder:
    """Registered in the controller only, so that every output is written once, also under xdist."""

    def __init__(
        self, config: pytest.Config, plan: RunPlan, settings: Settings, now: datetime, active: ActivePlugin
    ) -> None:
        self.config = config
        self.plan = plan
        self.settings = settings
        self.active = active
        self.failures = ShownFailures(config)
        self.record = RunRecord(now, settings.environment)
        self._kept = KeptRun(active.open_store, plan.policy, settings)
        self.files = OutputFiles(config, settings, self._kept.home)
        self._exports = Exports(config, self._kept, self.files.out, self.files.metrics.elsewhere, plan)
        self._started = time.monotonic()
        self._expected: set[str] = set()
        self.html = HtmlRows(plan, self.record, self._expected, self.files)
        self._gathered = GatheredResults(lambda: active.subjects, settings)
        self._deselected = 0
        self._problems: list[str] = []
        self._tables = RememberedTables()
        self._starved = False
        self._came_through = False
        self._session: pytest.Session | None = None
        self._ended_by_itself = False
        self._written_as = (0, False)

    # -- before the run ---------------------------------------------------------------------------------------------

    def pytest_report_header(self) -> list[str]:
        """Say what will be judged, and as of when."""
        if not self.plan.roots:
            return []
        platform = self.active.platform
        kinds = Counter(ref.kind for ref, _ in platform.artifacts)
        windows = sum(len(deployment.windows) for deployment in platform.deployments())
        found = ", ".join(of_kind(number, kind) for kind, number in kinds.items())
        found += f" ({count(windows, 'window')})" if windows else ""
        time_words = f"{self.record.evaluated_at:%Y-%m-%d %H:%M:%S} UTC"
        roots = ", ".join(safe(text) for text in self.plan.shown)
        line = (
            f"mlmonitor {pytest_mlmonitor.__version__} · {roots} · {found or 'no artifact'} · evaluated at {time_words}"
        )
        return [line, *([f"mlmonitor: {self.files.warning}"] if self.files.warning else ())]

    # -- during the run ---------------------------------------------------------------------------------------------

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Note what must be reported."""
        self._expected.update(item.nodeid for item in session.items)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker what only the command line says."""
        node.workerinput["mlmonitor_narrowed"] = self.record.narrowed
        memory = self.active.platform.memory if self.plan.roots else None
        if memory is not None:  # who has waited in vain is not waited for again
            node.workerinput["mlmonitor_patience"] = memory.patience.left
        node.workerinput["mlmonitor_out"] = str(self.settings.out) if self.settings.out is not None else None
        node.workerinput["mlmonitor_always"] = astuple(Usual.of(self.config))

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        """Note what must be reported: under xdist the workers collect."""
        self._expected.update(ids)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Note what a worker left out (each of them collects everything), and what it did not read."""
        told = getattr(node, "workeroutput", {})
        self._deselected = max(self._deselected, told.get("mlmonitor_deselected", 0))
        self.active.unselected.usual.update(told.get("mlmonitor_usual", ()))
        for nodeid, refs in told.get("mlmonitor_tests", {}).items():
            self._gathered.tests[nodeid] = [
                ArtifactRef(kind, Path(path), name, Path(root)) for kind, path, name, root in refs
            ]
        self._tables.add(told.get(OUTPUT, {}))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Gather the results that reports carry."""
        if not self._gathered.add(report) and report.skipped:
            empty = _NO_PARAMETER.search(report.longreprtext)
            if empty is not None and any(empty[1] == kind.fixture for kind in self.active.platform.kinds.values()):
                self._starved = True

    def pytest_report_teststatus(
        self, report: pytest.TestReport
    ) -> tuple[str, str, tuple[str, dict[str, bool]]] | None:
        """Show a passed item with warnings as warned: neither xfailed nor skipped would be true."""
        if report.when == "call" and getattr(report, "mlmonitor_warned", False):
            return "warned", "w", ("WARNED", {"yellow": True})
        return None

    # -- after the run ----------------------------------------------------------------------------------------------

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> Generator[None]:
        """Correct an exit status that would be a false green, complete the record, and see whether others come through."""
        self._finish(session, int(exitstatus))
        yield
        self._came_through = True
        reporter = self.config.pluginmanager.getplugin("terminalreporter")
        if reporter is not None and self._ended_by_itself and not runs_nothing(self.config.option):
            print_next_step(reporter, self.record, self.files.report)

    def _finish(self, session: pytest.Session, exitstatus: int) -> None:
        self._session = session
        self.record.results = self._gathered.results()
        self.record.fails = self._gathered.fails
        status = self._guarded(session, exitstatus)
        if status != exitstatus:
            session.exitstatus = status
        self.record.exit_status = status
        # Interrupted, stopped or crashed: what is recorded is not the verdict on the platform.
        self._ended_by_itself = status in (0, 1, 5) and not (session.shouldstop or session.shouldfail)
        self.record.sort()
        self.record.selected = len(self._expected)
        self.record.collected = self.record.selected + (self._deselected or self.active.unselected.number)
        self.record.duration_seconds = time.monotonic() - self._started
        if self.plan.roots:
            self.record.unclaimed = self.active.platform.unclaimed
            self.record.older = list(self.active.platform.older)
            self._tables.add(RememberedTables.told(self.active.platform.answers))
            self.record.remembered = self._tables.unread()
            self.record.settings_of = self.active.platform.settings_of
            note_details(self.record, self.config, self.plan, self.active.platform, self._kept.home)
            if self._ended_by_itself:
                self._note_left_out()
            if not runs_nothing(self.config.option):
                self._kept.keep(self.record, self.active.platform, complete=self._ended_by_itself)

    def _note_left_out(self) -> None:
        """Note the checks that did not run; those that an option of another plugin left out make the run a narrowed one."""
        record, expected = self.record, self._expected
        record.left_out = self.active.left_out(expected, record.narrowed)
        if record.left_out and not record.narrowed and has_options_of_others(self.config):
            record.narrowed = True
            record.left_out = self.active.left_out(expected, narrowed=True)
            if given(self.config).mlmonitor_out is None:
                self.files.give_up()
        if record.narrowed:
            ids = NodeIds(self.active.platform, self.config.rootpath)
            record.passed_over = [ids.anchor(root) for root in self.plan.passed_over]

    def _guarded(self, session: pytest.Session, status: int) -> int:
        none = int(pytest.ExitCode.NO_TESTS_COLLECTED)
        if runs_nothing(self.config.option) or session.shouldstop or session.shouldfail or status not in (0, 1, none):
            return status
        if (self.plan.automatic or self._starved) and not self.active.platform.artifacts:
            self._problems.append(f"no artifact under {', '.join(self.plan.shown)}: nothing was checked")
            return none if status == 0 else status
        lost = self._expected - self._gathered.reported
        if lost:
            self._problems.append(f"{count(len(lost), 'item')} collected but never reported, e.g. {sorted(lost)[0]}")
            return int(pytest.ExitCode.INTERNAL_ERROR)
        if self.plan.automatic and status in (0, 1) and session.testsfailed <= self._failed():
            platform = self.active.platform
            if nothing_judged(platform, status):
                what = "data that nothing judged lies" if platform.leaves_data() else "no data lies"
                roots = ", ".join(self.plan.shown)
                self._problems.append(
                    f"{what} under {roots}: there are only contracts, and nothing that they were checked on"
                )
                return none
        return status

    def _failed(self) -> int:
        """Return how many items failed by what was found of artifacts, and not by a person's own test."""
        return len({nodeid for nodeid, result in self.record.results if is_red(result, self.settings)})

    @pytest.hookimpl(tryfirst=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Write the outputs, then print one line per artifact, the worst first."""
        self._write_outputs()
        self.failures.print_left(terminalreporter)
        judged = self.record.artifacts()
        if runs_nothing(self.config.option) or not (self.plan.automatic or judged or self._problems):
            return
        if terminalreporter.verbosity >= -1:
            said = self.failures.lines.said(terminalreporter)
            ArtifactTable(terminalreporter, self.record, said).print(judged)
        store = self.record.store
        for problem in [*self._problems, *(store.said if store is not None else ()), *problems_of(self.record)]:
            terminalreporter.line(f"mlmonitor: {problem}", red=True)
        memory = self.active.platform.memory if self.plan.roots else None
        remembered = self._tables.said(self.record.unread, memory)
        print_closing(terminalreporter, self.record, self.plan, self.files.said, remembered)
        tell_service(terminalreporter, self.record, os.environ, self.files.out, complete=self._ended_by_itself)

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self) -> None:
        """Write the outputs of a run that has no terminal (``-p no:terminal``)."""
        if self._session is not None and not self.files.tried:
            self._ended_by_itself &= self._came_through
            self._write_outputs()
            for problem in filter(None, (self.files.problem, *problems_of(self.record))):
                sys.stderr.write(f"mlmonitor: {problem}\n")

    def _write_outputs(self) -> None:
        session, record = self._session, self.record
        status = int(session.exitstatus) if session is not None else record.exit_status  # others may have changed it
        self._ended_by_itself &= status not in _NO_END
        self._written_as = (status, self._ended_by_itself)
        record.exit_status = status if status or self._ended_by_itself else int(pytest.ExitCode.INTERRUPTED)
        platform = self.active.platform if self.plan.roots else Platform((), self.settings, record.evaluated_at)
        self.files.write(
            record,
            platform,
            lambda: self._exports.of(record, platform, complete=self._ended_by_itself),
            complete=self._ended_by_itself,
        )
        if self.files.problem:
            if self.files.problem not in self._problems:
                self._problems.append(self.files.problem)
            if session is not None and record.exit_status == pytest.ExitCode.INTERNAL_ERROR:
                session.exitstatus = record.exit_status
                self._written_as = (record.exit_status, False)

    def settle(self, crashed: bool) -> None:
        """Write again what was written before pytest came to another exit status, or to a traceback."""
        if self._session is None or not self.files.tried:
            return
        self._ended_by_itself &= self._came_through and not crashed
        if self._written_as != (int(self._session.exitstatus), self._ended_by_itself):
            self._write_outputs()
