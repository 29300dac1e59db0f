"""Why a check did not judge, in one line: what a report says of a failure, a skip or an expected failure."""

from __future__ import annotations

import pytest

from pytest_mlmonitor.core.finding import headline
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.core.text.names import safe

_NOT_RUN = "[NOTRUN]"
"""What pytest puts before the reason of ``xfail(run=False)``."""


def why_failed(report: pytest.TestReport) -> str:
    """Return the first line of why a report failed, with the phase where it was not the check itself."""
    crash = getattr(report.longrepr, "reprcrash", None)
    # Of a text itself: in the controller of xdist longreprtext says first which worker it was.
    text = report.longrepr if isinstance(report.longrepr, str) else report.longreprtext
    said = (_first(crash.message) if crash is not None else "") or _first(text) or "no reason given"
    return f"{report.when}: {said}" if report.when in ("setup", "teardown") else said


def why_skipped(report: pytest.TestReport, result: CheckResult | None = None) -> str:
    """Return why a skipped report was skipped; an expected failure says what was found all the same.

    Args:
        report: skipped, or expected to fail.
        result: what the check said before, if it ran.
    """
    expected = getattr(report, "wasxfail", None)
    if expected is None:
        said = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longreprtext
        return f"skipped: {_first(said.removeprefix('Skipped: ')) or 'no reason given'}"
    reason = _first(expected.removeprefix("reason: ").removeprefix(_NOT_RUN)) or "no reason given"
    how = "expected to fail, not run" if expected.startswith(_NOT_RUN) else "expected to fail"
    found = _found(result) if result is not None else ""
    return f"{how}: {reason}{f'; found: {found}' if found else ''}"


def why_passed(result: CheckResult) -> str:
    """Return why a check that was not fine counts for nothing: a hook of a conftest or plugin made pytest say that it passed."""
    return f"a hook let it pass; found: {_found(result)}"


def _found(result: CheckResult) -> str:
    if result.status == "error":
        return f"could not run: {safe(next(iter((result.reason or '').strip().splitlines()[-1:]), ''))}"
    return headline(result.findings[0]) if result.findings else ""


def _first(text: str) -> str:
    return safe(next(iter(text.strip().splitlines()), "").strip())
