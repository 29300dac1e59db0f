"""The files of a run below ``out``: taken away before it, written once after it, each for itself.

What cannot be written is said in one line and ends the run with status 3: it changes no verdict, and no traceback hides one.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

import pytest

from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.record import ExportReport, RunRecord
from pytest_mlmonitor.core.text.names import safe, shown
from pytest_mlmonitor.outputs.metrics.metrics_place import MetricsPlace
from pytest_mlmonitor.outputs.results import write_document, write_results
from pytest_mlmonitor.outputs.results_document import results_document
from pytest_mlmonitor.outputs.withdrawal import REPORTS, remove_left_over
from pytest_mlmonitor.plugin.options import runs_nothing
from pytest_mlmonitor.plugin.other_reporters import OtherReporters
from pytest_mlmonitor.plugin.stale_outputs import hold_for, put_back

REPORT = "report.html"
"""The page that people open."""

_EVERYTHING = ""
"""Stands for all files, where there is no directory for them."""

_VERDICTS = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED)
"""Exit statuses that give way to 3; who interrupted a run or called it wrongly hears of that first."""


class OutputFiles:
    """Writes results, lineage, metrics and reports; nothing where no ``out`` is named, or where tests are only listed.

    Attributes:
        metrics: where the text file of metrics is.
        failures: what could not be written, and why; also a report of the user's own.
        tried: whether the end of the run has come, and everything was written that could be.
    """

    def __init__(self, config: pytest.Config, settings: Settings, home: Path) -> None:
        self.config = config
        self.out = None if runs_nothing(config.option) else settings.out
        self.metrics = MetricsPlace(settings.metrics.file, home)
        self.failures: dict[str, str] = {}
        self.tried = False
        self._others = OtherReporters(config)
        self._written: list[str] = []
        self._given_up = False

    def give_up(self) -> None:
        """Write nothing, and leave what was there before: the run judged a part, which is known only since it chose its items."""
        self._given_up = True

    def prepare(self, record: RunRecord) -> None:
        """Take the names of an earlier run's outputs away, and direct pytest's own reporters to temporary names.

        A run that is killed leaves ``complete: false`` behind, never the green report of yesterday.

        Raises:
            pytest.UsageError: another run writes into ``out``.
        """
        out = self.out
        if out is None:
            return
        if not self._made(out):
            return
        hold_for(self.config, out)
        try:
            write_results(out, record, complete=False, first=lambda: _remove_all(out, self.metrics.names))
        except OSError as error:
            self._failed("results.json", error)
            _remove_all(out, self.metrics.names)
            _remove(out / "results.json")
        for name in REPORTS:  # also those that this run will not write: they would pass for its own
            _remove(out / name)
        remove_left_over(out, self.metrics.names)
        for name, reason in self._others.direct(out):
            self._failed(name, reason)

    def _made(self, out: Path) -> bool:
        try:
            out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            self.failures = {_EVERYTHING: "Not a directory" if isinstance(error, FileExistsError) else reason_of(error)}
            return False
        self.failures.pop(_EVERYTHING, None)
        return True

    @property
    def warning(self) -> str | None:
        """What is known to go wrong as the run begins."""
        return f"{self.problem}; the run goes on, and ends with exit status 3" if self.problem else None

    @property
    def problem(self) -> str | None:
        """What could not be written, in one line."""
        if not self.failures:
            return None
        if self.out is not None and _EVERYTHING in self.failures:
            return f"cannot write into {shown(self.out)}: {self.failures[_EVERYTHING]}"
        reasons: dict[str, list[str]] = {}
        for name, reason in self.failures.items():
            reasons.setdefault(reason, []).append(name)
        said = "; ".join(f"{', '.join(names)} ({reason})" for reason, names in reasons.items())
        where = "" if self.out is None or all("/" in name for name in self.failures) else f" into {shown(self.out)}:"
        return f"cannot write{where} {said}"

    def write(
        self, record: RunRecord, platform: Artifacts, export: Callable[[], Iterable[ExportReport]], *, complete: bool
    ) -> None:
        """Write everything that can be written, the record last; ``failures`` has the rest.

        With a failure the exit status in the record becomes 3, and the record is not complete.

        Args:
            record: of the run.
            platform: that it read.
            export: tells others of the run, and returns what became of that.
            complete: whether the run came to its end.
        """
        self.tried = True
        out = self.out
        if out is None or not self._made(out):
            self._export(record, export)
            self._write_metrics(record, platform, complete=complete)
            return
        self.failures.pop("results.json", None)  # it may be possible by now
        self._settle(record)
        self._export(record, export)
        self._write_metrics(record, platform, complete=complete)
        self._write_for_services(out, record, complete=complete)
        self._write_record(out, record, platform, complete=complete)

    def _write_record(self, out: Path, record: RunRecord, platform: Artifacts, *, complete: bool) -> None:
        """Write the document of a run, as a page for people and for programs: what could not be written stands in it."""
        from pytest_mlmonitor.outputs.report.report_file import write_report

        document = results_document(record, complete=complete and not self.failures)
        if not self._try(record, REPORT, write_report, out, document):
            document = results_document(record, complete=False)
        if not self._try(record, "results.json", write_document, out, document):
            _remove_all(out, ("results.json", REPORT))  # they may have got their names, and claim that all is well
            self._written = [name for name in self._written if name != REPORT]
            self._write_metrics(record, platform, complete=complete)

    def _write_metrics(self, record: RunRecord, platform: Artifacts, *, complete: bool) -> None:
        """Write the metrics when all else is known: how many alerts fire, and what could not be written."""
        path = self.metrics.of(record, self.out, complete=complete and not self._given_up)
        if path is None or (not platform.roots and path.parent != self.out):
            return
        from pytest_mlmonitor.outputs.metrics.prometheus import write_metrics

        inside = path.parent == self.out
        if not inside:
            remove_left_over(path.parent, (path.name,))
        name = path.name if inside else shown(path)
        if not self._try(record, name, write_metrics, path.parent, record, platform, path.name) and inside:
            _remove(path)

    def _export(self, record: RunRecord, export: Callable[[], Iterable[ExportReport]]) -> None:
        reports = list(export())
        record.exports = [report for report in reports if report.said or report.problem is not None]
        for report in reports:
            if report.file is not None and report.problem is not None:
                self.failures[safe(report.file)] = report.problem
            elif report.file is not None and report.file not in self._written:
                self._written.append(report.file)
        self._settle(record)

    def _write_for_services(self, out: Path, record: RunRecord, *, complete: bool) -> None:
        from pytest_mlmonitor.outputs.ci.ci_services import ci_service
        from pytest_mlmonitor.outputs.ci.code_quality import write_code_quality
        from pytest_mlmonitor.outputs.ci.markdown_summary import write_markdown_summary

        whole = complete and not self.failures
        self._try(record, "summary.md", lambda: write_markdown_summary(out, record, complete=whole))
        service = ci_service(os.environ)
        if service is not None and service.name == "gitlab":
            self._try(record, "code-quality.json", write_code_quality, out, record)

    def _settle(self, record: RunRecord) -> None:
        """Give a record with a verdict the exit status of a run whose outputs are not whole."""
        if self.failures and record.exit_status in _VERDICTS:
            record.exit_status = int(pytest.ExitCode.INTERNAL_ERROR)

    def make_place(self) -> None:
        """Make the directory of the reporters again, should somebody have removed ``out`` during the run."""
        self._others.make_place()

    def reporter_failed(self, error: OSError, path: Path | None = None) -> bool:
        """Note that a reporter of pytest's could not write its file (``path`` where that is known), and let it announce nothing.

        Returns:
            Whether it was one: any other error is not ours to explain.
        """
        name = self._others.failed(error, path)
        if name is not None:
            self._failed(name, error)
        return name is not None

    def publish(self) -> None:
        """Give the files of pytest's own reporters their names, and let them announce these."""
        for name, reason in self._others.publish(self.failures, given_up=self._given_up):
            if reason is not None:
                self._failed(name, reason)
            else:
                self._written.append(name)
        if self._given_up and self.out is not None:
            try:
                _remove(self.out / "results.json")
                put_back(self.config)
                self.out = None
            except OSError as error:
                self._failed("results.json", error)

    @property
    def link_to_report(self) -> str | None:
        """The report as a link out of the page of pytest-html; None where none will be written."""
        if self.out is None or self._given_up:
            return None
        return self._others.link(self.out / REPORT)

    @property
    def said(self) -> str:
        """What was written and where, for the last line; empty where nothing was."""
        metrics = dict.fromkeys(self.metrics.names, "metrics")
        names = {"results.json": "results", "lineage": "lineage", **metrics, REPORT: "report"}
        written = ", ".join(word for name, word in names.items() if name in self._written)
        elsewhere = self.metrics.elsewhere
        said = [f"{written} in {shown(self.out)}/"] if written and self.out is not None else []
        said += [f"metrics in {shown(elsewhere)}"] if elsewhere and shown(elsewhere) in self._written else []
        return " · ".join(said)

    @property
    def report(self) -> Path | None:
        """The report for people, None where none was written."""
        return self.out / REPORT if self.out is not None and REPORT in self._written else None

    def _try(self, record: RunRecord, name: str, write: Callable[..., object], *given: object) -> bool:
        try:
            write(*given)
        except OSError as error:
            self._failed(name, error)
            self._settle(record)
            return False
        if name not in self._written:
            self._written.append(name)
        return True

    def _failed(self, name: str, error: OSError) -> None:
        self.failures[safe(name)] = reason_of(error)
        if name in self._written:
            self._written.remove(name)


def reason_of(error: OSError) -> str:
    """Return the system's words for what went wrong, e.g. ``No space left on device``."""
    return safe(error.strerror or str(error))


def _remove_all(directory: Path, names: Iterable[str]) -> None:
    for name in names:
        _remove(directory / name)


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink()
