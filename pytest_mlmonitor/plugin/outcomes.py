"""From a check to a pytest report: results of items and of a person's own tests, and how they cross process borders."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from pytest_mlmonitor.core.artifact import Artifact, NotChecked
from pytest_mlmonitor.core.check import CheckError, ContractViolation, noting
from pytest_mlmonitor.core.finding import Finding, Severity, headline
from pytest_mlmonitor.core.judge import is_red
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.plugin.items import CheckItem

_noted = pytest.StashKey[list[CheckResult]]()


def results_of(report: object) -> Sequence[CheckResult]:
    """Return the results that a report carries."""
    return getattr(report, "mlmonitor", ())


class Outcomes:
    """Runs in every process, under xdist in the controller too: there reports are rebuilt."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """Note which checks a person's own test called; one that had nothing to compare with is a skip."""
        if isinstance(item, CheckItem):
            return (yield)
        with noting() as results:
            item.stash[_noted] = results
            try:
                return (yield)
            except NotChecked as reason:
                # The test's own place: not this line of ours.
                raise pytest.skip.Exception(f"not checked: {safe(str(reason))}", _use_item_location=True) from None

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Put results on the report."""
        report = yield
        results: Sequence[CheckResult] = ()
        if isinstance(item, CheckItem):
            if call.when == "call" and item.result is not None:
                results = [item.result]
        elif call.when == "call" or report.outcome != "passed":
            results = _results_of_test(item, call, report, self.settings)
        if results:
            findings = [f for r in results for f in r.findings]
            if report.passed and findings:
                report.sections.append(("mlmonitor", "\n".join(f"{f.severity.word}: {headline(f)}" for f in findings)))
            worst = max((f.severity for r in results if r.status == "fail" for f in r.findings), default=None)
            report.mlmonitor = results  # type: ignore[attr-defined]
            report.mlmonitor_automatic = isinstance(item, CheckItem)  # type: ignore[attr-defined]
            report.mlmonitor_warned = report.passed and worst is not None  # type: ignore[attr-defined]
        return report

    @pytest.hookimpl(wrapper=True)
    def pytest_report_to_serializable(
        self, report: pytest.CollectReport | pytest.TestReport
    ) -> Generator[None, dict[str, Any] | None, dict[str, Any] | None]:
        """Only plain JSON crosses to another process."""
        data = yield
        if data and results_of(report):
            data["mlmonitor"] = [result.to_dict() for result in results_of(report)]
        return data

    @pytest.hookimpl(wrapper=True)
    def pytest_report_from_serializable(
        self, data: dict[str, Any]
    ) -> Generator[
        None, pytest.CollectReport | pytest.TestReport | None, pytest.CollectReport | pytest.TestReport | None
    ]:
        """Rebuild the results on this side."""
        report = yield
        if "mlmonitor" in data:
            report.mlmonitor = [CheckResult.from_dict(d) for d in data["mlmonitor"]]  # type: ignore[union-attr]
        return report


def _results_of_test(
    item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport, settings: Settings
) -> list[CheckResult]:
    """Return what a person's own test said of an artifact: its checks' results, or its own outcome."""
    noted: list[CheckResult] = item.stash.get(_noted, []) if report.when == "call" else []
    results = list(noted)
    if report.passed:  # a violation that did not fail the test was expected by it (pytest.raises)
        results = [r for r in results if not is_red(r, settings)]
    artifacts: Sequence[Artifact] = [
        value for value in getattr(item, "funcargs", {}).values() if isinstance(value, Artifact)
    ]
    error = call.excinfo.value if call.excinfo is not None else None
    if not artifacts or isinstance(error, ContractViolation | CheckError):
        return results
    if results and (report.outcome == "passed" or any(r.status == "not_checked" for r in results)):
        return results
    name = getattr(item, "originalname", None) or item.name
    status = {"passed": "pass", "failed": "fail", "skipped": "not_checked"}[report.outcome]
    findings: tuple[Finding, ...] = ()
    reason: str | None = None
    if report.outcome == "failed":
        if isinstance(error, AssertionError | pytest.fail.Exception):
            first = (str(error).strip() or type(error).__name__).splitlines()[0]
            findings = (
                Finding(Severity.ERROR, first, location=f"{report.location[0]}:{(report.location[1] or 0) + 1}"),
            )
        else:
            # The style of traceback decides what stands last in it; readers take the last line for what was raised.
            status, reason = "error", f"{report.longreprtext}\n{_raised(error)}"
    elif report.outcome == "skipped":
        reason = str(error)
    began, took = datetime.fromtimestamp(call.start, UTC), round(call.duration, 6)
    return [
        *results,
        *(
            CheckResult(name, "contract", a.ref, status, findings, reason, took, started_at=began)  # type: ignore[arg-type]
            for a in artifacts
        ),
    ]


def _raised(error: BaseException | None) -> str:
    if error is None:
        return ""
    first = next(iter(str(error).strip().splitlines()), "")
    return f"{type(error).__name__}: {first}" if first else type(error).__name__
