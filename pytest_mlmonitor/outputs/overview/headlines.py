"""What is wrong with an artifact in one short line, and what to do: made of its findings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.record import JudgedArtifact, worst_of
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.core.said import MAX_ACTION
from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.core.text.words import count
from pytest_mlmonitor.outputs.overview.short_message import cut_at_word, short_message

MAX_HEADLINE = 70
"""Characters of a headline."""

_LEAST = 20
"""Characters that a second finding needs; with less it says nothing."""

_EXPECTED = re.compile(r"[:;,] (?:un)?expected\b.*$", re.DOTALL)

_SCHEMES = ("http://", "https://")


def headline_of(judged: JudgedArtifact) -> str:
    """Return what is wrong with an artifact, the worst first, two findings at most; empty where all is fine.

    Returns:
        At most 70 characters on one line, safe to print.
    """
    if judged.verdict == "error":
        return _crash(judged)
    counting = [result for result in judged.results if _counts(result)]
    if not counting:
        return _nothing_found(judged)
    said = list(_said(counting))
    first = _words(*said[0])
    room = MAX_HEADLINE - len(first) - 2
    for finding, more in said[1:]:
        second = _words(finding, more)
        if _LEAST <= len(second) <= room:
            return f"{first}; {second}"
    return first


def next_action(judged: JudgedArtifact) -> str:
    """Return what to do with an artifact that is not fine; empty where nothing is to be done.

    A runbook that is a sentence goes before what the worst check says of itself; one that is an address stands beside it.
    """
    if judged.verdict == "ok":
        return ""
    if judged.verdict == "error":
        return "Read the traceback: the check could not run"
    runbook = judged.runbook or ""
    if runbook and len(runbook) <= MAX_ACTION and " " in runbook.strip() and not runbook.startswith(_SCHEMES):
        return safe(runbook.strip().rstrip("."))
    counting = [result for result in judged.results if _counts(result)]
    if not counting:
        return "Run the checks that were left out" if judged.verdict == "partial" else ""
    if worst_of(counting[0]).ahead:
        return "Correct the clock or the time that it states"
    return safe(counting[0].action)


def _counts(result: CheckResult) -> bool:
    return result.status == "fail" and any(finding.severity >= Severity.WARNING for finding in result.findings)


def _crash(judged: JudgedArtifact) -> str:
    crashed = judged.failing.get("error", ())
    who = f"{safe(crashed[0])} could not run" if len(crashed) == 1 else f"{count(len(crashed), 'check')} could not run"
    reason = " ".join(safe(judged.crash).split())
    return cut_at_word(f"{who}: {reason}" if reason else who, MAX_HEADLINE)


def _nothing_found(judged: JudgedArtifact) -> str:
    if judged.verdict == "partial":
        return f"{count(judged.left_out, 'check')} left out"
    if judged.unchecked and judged.verdict == "ok":
        return cut_at_word(f"not checked: {' '.join(safe(judged.unchecked).split())}", MAX_HEADLINE)
    return ""


def _said(results: Sequence[CheckResult]) -> Iterator[tuple[Finding, int]]:
    """Yield the worst finding of each check, and how many others as bad it has; what is said of one column is said once."""
    columns: set[str] = set()
    for result in results:
        worst = worst_of(result)
        if worst.column is not None:
            if worst.column in columns:
                continue
            columns.add(worst.column)
        yield worst, sum(finding.severity == worst.severity for finding in result.findings) - 1


def _words(finding: Finding, more: int) -> str:
    if not more:
        return short_message(finding.short or finding.message, MAX_HEADLINE)
    tail = f" and {more:,} more"
    # "expected a finite number and 1 more" would be one more number
    said = _EXPECTED.sub("", finding.short or finding.message) or finding.message
    return short_message(said, MAX_HEADLINE - len(tail)) + tail
