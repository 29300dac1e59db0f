"""The end of a run in the terminal: failures that are alike are shown a few times, then one line per artifact."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from textwrap import wrap

import pytest

from pytest_mlmonitor.core.record import JudgedArtifact
from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.core.text.words import count
from pytest_mlmonitor.outputs.alike import Fold, by_verdict, folded, others, said_by, totals, unfolded
from pytest_mlmonitor.outputs.failing import failing_checks, failing_often, words_of
from pytest_mlmonitor.plugin.outcomes import results_of

_NOT_REPEATED = "failed, not repeated"
"""Where the failures stand that are not printed, while pytest prints the others."""

_INDENT = " " * 8

_MARKUP = {"ok": {"green": True}, "warned": {"yellow": True}, "partial": {"yellow": True}}


class Repeats:
    """Keeps failures that are alike from flooding the terminal; how many there are more is said.

    It touches what is printed and nothing else: exit status, counts, results.json and the reports know every failure, and
    ``-v`` shows them all.
    """

    def __init__(self, config: pytest.Config) -> None:
        self.config = config

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> Generator[None]:
        """Take failures out of what pytest prints, and put them back for what it counts."""
        stats = terminalreporter.stats
        failed = stats.get("failed", [])
        left = {id(report) for fold in self._folds(failed) for report in fold.left}
        if not left:
            return (yield)
        stats["failed"] = [report for report in failed if id(report) not in left]
        stats[_NOT_REPEATED] = [report for report in failed if id(report) in left]
        try:
            return (yield)
        finally:
            stats["failed"] = failed
            del stats[_NOT_REPEATED]
            if terminalreporter.hasopt("f") and not terminalreporter.no_summary:
                terminalreporter.line(f"… and {len(left):,} more FAILED like those above (-v lists them)", red=True)

    def print_left(self, write: pytest.TerminalReporter) -> None:
        """Say below pytest's failures what was left out of them."""
        failed = [*write.stats.get("failed", ()), *write.stats.get(_NOT_REPEATED, ())]
        if self.config.option.tbstyle == "no" or write.no_summary:
            return
        for fold in self._folds(failed):
            write.line(f"… and {others(fold)} (-v shows them)", red=True)

    def _folds(self, failed: Sequence[pytest.TestReport]) -> list[Fold[pytest.TestReport]]:
        if self.config.option.verbose > 0:
            return []
        automatic = [report for report in failed if getattr(report, "mlmonitor_automatic", False)]
        return [fold for fold in folded(automatic, lambda report: said_by(results_of(report)[0])) if fold.left]


def print_artifacts(write: pytest.TerminalReporter, judged: Sequence[JudgedArtifact], verbose: bool) -> None:
    """Print one line per artifact, the worst first; many that are alike share one."""
    if not judged:
        return
    write.write_sep("-", "artifacts")
    folds = unfolded(judged) if verbose else by_verdict(judged)
    rows = [j for fold in folds for j in fold.shown]
    kinds = max(len(j.ref.kind) for j in rows)
    width = max(len(_name(j)) for j in rows)
    for line in totals(judged, folds):
        write.line(line)
    for fold in folds:
        for j in fold.shown:
            _print_row(write, j, kinds, width, verbose)
        if fold.left:
            first = fold.left[0]
            write.write(f"{_word(first):<7} ", **_markup(first))
            write.line(f"… and {others(fold)} (-v lists them)")
            _print_names(write, failing_often(fold.left))


def _print_row(write: pytest.TerminalReporter, j: JudgedArtifact, kinds: int, width: int, verbose: bool) -> None:
    said = words_of(j) or count(j.checked, "check")
    alone = sum(map(len, j.failing.values())) == 1
    # One name needs no line of its own: it stands behind what its check says.
    behind = f" ({safe(j.check)})" if alone and j.verdict != "error" else ""
    write.write(f"{_word(j):<7} ", **_markup(j))
    subject = f"{j.ref.kind:<{kinds}} {_name(j):<{width}}"
    full = write._tw.fullwidth
    if len(said) + len(behind) <= full - len(subject) - 11 or j.verdict == "ok":
        write.line(f"{subject}  {said}{behind}")
    else:  # a cut sentence says nothing: give it a line of its own
        write.line(subject.rstrip())
        write.line(f"{_INDENT}{said if verbose else _cut(said, full * 2 - 10 - len(behind))}{behind}")
    if not alone:
        _print_names(write, failing_checks(j))
    if j.answers and j.verdict != "ok":
        write.line(f"{_INDENT}{safe(j.answers)}")


def _print_names(write: pytest.TerminalReporter, groups: Sequence[str]) -> None:
    """Print names of checks; a line breaks between them, never within one."""
    kept = " · ".join(groups).replace(" (", "\u00a0(")
    lines = wrap(kept, write._tw.fullwidth - len(_INDENT) - 1, subsequent_indent="  ", break_long_words=False,
                 break_on_hyphens=False)  # fmt: skip
    for line in lines:
        write.line(_INDENT + line.replace("\u00a0(", " ("))


def _name(j: JudgedArtifact) -> str:
    return _cut(safe(j.ref.name), 44)


def _word(j: JudgedArtifact) -> str:
    return j.verdict if j.verdict == "ok" else j.verdict.upper()


def _markup(j: JudgedArtifact) -> dict[str, bool]:
    return _MARKUP.get(j.verdict, {"red": True})


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
