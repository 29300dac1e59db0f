"""Which failures are printed where: a finding in full with its evidence, then one line an item that keeps its words.

A failure that stands in full is not said again: the table of artifacts names its check, and the line of its item has the words for
whoever reads the end of the output only, or searches it for ``FAILED``.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path

import pytest

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.check import ContractViolation
from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.outputs.alike import Fold, folded, others, said_by
from pytest_mlmonitor.plugin.outcomes import results_of

_MIN_WORDS = 60
"""Columns that the words of a failure have at least; the node id is not theirs to give up: it is pasted back and searched for."""

_CLASS = f"{ContractViolation.__module__}.{ContractViolation.__qualname__}: "
"""What pytest puts before the words of a finding that a person's own test raised."""

_STATS = {"x": "xfailed", "X": "xpassed", "f": "failed", "s": "skipped", "p": "passed", "E": "error"}
"""What pytest lists in its short summary, by the letters of ``-r``."""


class ShownFailures:
    """Stands around everything that is printed at the end: failures that are alike do not flood the terminal, and ``-q`` is short.

    It touches what is printed and nothing else: exit status, counts, hooks of others, results.json and the reports know every
    failure, and ``-v`` shows them all.
    """

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.lines = FailureLines(self)
        self._failed: list[pytest.TestReport] = []
        self._folds: list[Fold[pytest.TestReport]] = []

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> Generator[None]:
        """Take failures out of what pytest prints in full, and say at the end what it left to us."""
        stats = terminalreporter.stats
        if "failed" not in stats:
            return (yield)
        self._failed = failed = stats["failed"]
        self._folds = self._alike(failed)
        left = {id(report) for fold in self._folds for report in fold.left}
        quiet = self._quiet(terminalreporter)
        stats["failed"] = [one for one in failed if id(one) not in left and not (quiet and _is_finding(one))]
        try:
            yield
            if self.lines.wanted(terminalreporter):
                self.lines.write(terminalreporter)
                if left:
                    terminalreporter.line(f"… and {len(left):,} more FAILED like those above (-v lists them)", red=True)
        finally:
            stats["failed"] = failed

    def print_left(self, write: pytest.TerminalReporter) -> None:
        """Say below pytest's failures what was left out of them."""
        if self.config.option.tbstyle == "no" or write.no_summary:
            return
        for fold in self._folds:
            write.line(f"… and {others(fold)} (-v shows them)", red=True)

    @property
    def in_full(self) -> bool:
        """Whether findings stand in full above, and whoever reads the lines may be spared the end of long ones."""
        option = self.config.option
        return bool(option.verbose == 0 and option.tbstyle != "no")

    @property
    def everyone(self) -> Sequence[pytest.TestReport]:
        """What failed."""
        return self._failed

    @property
    def unfolded(self) -> list[pytest.TestReport]:
        """What failed, without those that others stand for."""
        left = {id(report) for fold in self._folds for report in fold.left}
        return [one for one in self._failed if id(one) not in left]

    def _alike(self, failed: Sequence[pytest.TestReport]) -> list[Fold[pytest.TestReport]]:
        if self.config.option.verbose > 0:
            return []
        automatic = [report for report in failed if getattr(report, "mlmonitor_automatic", False)]
        return [fold for fold in folded(automatic, lambda report: said_by(results_of(report)[0])) if fold.left]

    def _quiet(self, reporter: pytest.TerminalReporter) -> bool:
        """Return whether the line of a finding says enough: under ``-q``, where nobody chose how failures are shown."""
        option = self.config.option
        return bool(option.verbose < 0 and option.tbstyle == "auto") and self.lines.wanted(reporter)


class FailureLines:
    """The lines of pytest's short summary about artifacts: the words of a finding are what somebody reads it for.

    pytest cuts a line at the edge of the terminal, so that a long node id leaves nothing of them.
    """

    def __init__(self, shown: ShownFailures) -> None:
        self._shown = shown

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> Generator[None]:
        """Let hooks of others see every failure, then leave pytest those of which we have no line."""
        stats = terminalreporter.stats
        if not self._shown.everyone:
            return (yield)
        stats["failed"] = list(self._shown.everyone)
        try:
            return (yield)
        finally:
            ours = {id(one) for one in self._ours()} if self.wanted(terminalreporter) else ()
            stats["failed"] = [one for one in self._shown.unfolded if id(one) not in ours]

    def wanted(self, reporter: pytest.TerminalReporter) -> bool:
        """Return whether failures are to be listed, and by pytest's own reporter: others list them in a way of their own."""
        usual = type(reporter).short_test_summary is pytest.TerminalReporter.short_test_summary
        return usual and not reporter.no_summary and reporter.hasopt("f")

    def said(self, reporter: pytest.TerminalReporter) -> set[tuple[ArtifactRef, str]]:
        """Return of which artifact and check a line will say what is wrong."""
        reports = self._ours() if self.wanted(reporter) else ()
        return {(result.ref, result.check) for one in reports for result in results_of(one)}

    def write(self, reporter: pytest.TerminalReporter) -> None:
        """Write a line for every failure that is ours, below what pytest listed."""
        ours = list(self._ours())
        listed = any(reporter.stats.get(_STATS[letter]) for letter in reporter.reportchars if letter in _STATS)
        if ours and not listed:
            reporter.write_sep("=", "short test summary info", cyan=True, bold=True)
        for report in ours:
            self._write_line(reporter, report)

    def _ours(self) -> Iterator[pytest.TestReport]:
        return (report for report in self._shown.unfolded if results_of(report))

    def _write_line(self, reporter: pytest.TerminalReporter, report: pytest.TestReport) -> None:
        config = self._shown.config
        path, *rest = _seen_from(config, report.nodeid).split("::", 1)
        words = _words(report)
        if self._shown.in_full and not (os.environ.get("CI") or os.environ.get("BUILD_NUMBER")):
            words = _fitting(
                words, len(f"FAILED {path}{'::' if rest else ''}{''.join(rest)} - "), reporter._tw.fullwidth
            )
        reporter.write(_word(config, report), red=True)
        reporter.write(f" {path}")
        if rest:
            reporter.write("::")
            reporter.write(rest[0], bold=True)
        reporter.line(f" - {words}" if words else "")


def _is_finding(report: pytest.TestReport) -> bool:
    """Return whether an automatic item failed by what it found, and not by an error of which only the traceback tells."""
    automatic = getattr(report, "mlmonitor_automatic", False)
    return automatic and all(result.status == "fail" for result in results_of(report))


def _word(config: pytest.Config, report: pytest.TestReport) -> str:
    """Return ``FAILED``, or what a hook of somebody calls it."""
    _, _, word = config.hook.pytest_report_teststatus(report=report, config=config)
    return word if isinstance(word, str) else word[0]


def _words(report: pytest.TestReport) -> str:
    crash = getattr(report.longrepr, "reprcrash", None)
    said = crash.message if crash is not None else report.longrepr if isinstance(report.longrepr, str) else ""
    return safe(next(iter(said.removeprefix(_CLASS).splitlines()), ""))


def _fitting(words: str, before: int, width: int) -> str:
    """Return as many words as fit into the rest of a row, or into the next one where that is not enough to read.

    >>> _fitting("obs_ts: the last event lies 5 d after the build", 40, 80)
    'obs_ts: the last event lies 5 d after the build'
    """
    rows = 1
    while rows * width - before < min(_MIN_WORDS, len(words)):
        rows += 1
    room = rows * width - before
    return words if len(words) <= room else f"{words[: room - 1].rstrip()}…"


def _seen_from(config: pytest.Config, nodeid: str) -> str:
    """Return a node id as seen from where pytest was started: it can be pasted back there."""
    path, *rest = nodeid.split("::", 1)
    here = config.invocation_params.dir
    if here != config.rootpath and path:
        path = os.path.relpath(Path(config.rootpath, path), here)
    return "::".join([path, *rest])
