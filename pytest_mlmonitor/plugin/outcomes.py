"""From a check to a pytest report: results of items and of a person's own tests, and how they cross process borders."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from pytest_mlmonitor.core.artifact import Artifact, ArtifactRef, NotChecked
from pytest_mlmonitor.core.check import CheckError, ContractViolation
from pytest_mlmonitor.core.finding import Finding, Severity, headline
from pytest_mlmonitor.core.judge import is_red
from pytest_mlmonitor.core.noting import noting
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.plugin.items import CheckItem
from pytest_mlmonitor.plugin.reasons import why_failed, why_passed, why_skipped

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

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Put results on the report: what pytest and its plugins made of the outcome is known by now."""
        report = yield
        results: Sequence[CheckResult] = ()
        if isinstance(item, CheckItem):
            results = _results_of_check(item, report, self.settings)
            if results and self.settings.junit_properties:
                others = [fact for fact in item.user_properties if not fact[0].startswith("mlmonitor.")]
                item.user_properties[:] = [*others, *item.node.facts, *_facts(results[0])]
                report.user_properties = list(item.user_properties)
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


def could_not_run(ref: ArtifactRef, check: str, category: str, report: pytest.TestReport) -> CheckResult:
    """Return the result of a check whose report failed without one: it did not come to a verdict."""
    start = getattr(report, "start", 0.0)  # none of a worker that died
    began = datetime.fromtimestamp(start, UTC) if start else None
    took = round(getattr(report, "duration", 0.0), 6)
    return CheckResult(check, category, ref, "error", (), why_failed(report), took, started_at=began)


def _results_of_check(item: CheckItem, report: pytest.TestReport, settings: Settings) -> list[CheckResult]:
    """Return what an automatic item's report says, in one voice with pytest.

    Empty where the phase has nothing to say: the results of a call stand on its own report.
    """
    if report.when == "setup":
        item.result = None  # of an earlier attempt
    result = item.result
    if report.passed and report.when != "call":
        return []
    if result is not None:
        if report.failed and report.when == "teardown" and is_red(result, settings):
            return []  # it is red already
        result = in_one_voice(result, report, settings)
    elif report.failed:
        result = could_not_run(item.node.ref, item.check.name, item.check.category, report)
    elif report.skipped:
        began, took = datetime.fromtimestamp(report.start, UTC), round(report.duration, 6)
        result = CheckResult(item.check.name, item.check.category, item.node.ref, "not_checked", (),
                             why_skipped(report), took, started_at=began)  # fmt: skip
    item.result = result
    return [result] if result is not None else []


def in_one_voice(result: CheckResult, report: pytest.TestReport, settings: Settings) -> CheckResult:
    """Return what counts of a result, given the report: hooks of others may have changed the outcome after the check."""
    if report.failed and not is_red(result, settings):
        return replace(result, status="error", reason=why_failed(report))
    if report.skipped and result.status != "not_checked":
        return replace(result, status="not_checked", findings=(), reason=why_skipped(report, result))
    if report.passed and is_red(result, settings):
        return replace(result, status="not_checked", findings=(), reason=why_passed(result))
    return result


def reconcile(report: pytest.TestReport, settings: Settings) -> None:
    """Let the results on a report say what the report says, now that every hook has had its say on it."""
    results = results_of(report)
    if not results:
        return
    automatic = getattr(report, "mlmonitor_automatic", False)
    agreed: list[CheckResult] = list(results)
    if automatic or not report.failed:
        agreed = [one if not automatic and not is_red(one, settings) else in_one_voice(one, report, settings)
                  for one in results]  # fmt: skip
    elif not any(is_red(one, settings) for one in results):  # a person's own test, of which every check was fine
        name = report.nodeid.rsplit("::", 1)[-1].split("[", 1)[0]
        refs = dict.fromkeys(one.ref for one in results)
        agreed += [could_not_run(ref, name, "contract", report) for ref in refs]
    if agreed == list(results):
        return
    report.mlmonitor = agreed  # type: ignore[attr-defined]
    report.mlmonitor_warned = report.passed and any(one.status == "fail" for one in agreed)  # type: ignore[attr-defined]
    report.sections = [one for one in report.sections if one[0] != "mlmonitor" or report.mlmonitor_warned]
    facts = dict(_facts(agreed[0])) if automatic else {}
    report.user_properties = [
        (name, facts.get(name, value))
        for name, value in report.user_properties
        if name not in ("mlmonitor.severity", "mlmonitor.message") or name in facts or not facts
    ]


def _facts(result: CheckResult) -> list[tuple[str, object]]:
    """Return what JUnit properties say of a result."""
    facts: list[tuple[str, object]] = [
        ("mlmonitor.check", result.check),
        ("mlmonitor.category", result.category),
        ("mlmonitor.status", result.status),
    ]
    if result.findings:
        first = result.findings[0]
        facts += [("mlmonitor.severity", first.severity.word), ("mlmonitor.message", headline(first))]
    return facts


def _results_of_test(
    item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport, settings: Settings
) -> list[CheckResult]:
    """Return what a person's own test said of an artifact: its checks' results, or its own outcome."""
    noted: list[CheckResult] = item.stash.get(_noted, []) if report.when == "call" else []
    if hasattr(report, "wasxfail") and report.skipped:
        results = [_expected(r, report) if is_red(r, settings) else r for r in noted]
    elif not report.failed:  # a violation that did not fail the test was expected by it (pytest.raises)
        results = [r for r in noted if not is_red(r, settings)]
    else:
        results = list(noted)
    refs = subjects(item)
    error = call.excinfo.value if call.excinfo is not None else None
    if not refs or (isinstance(error, ContractViolation | CheckError) and results):
        return results
    if results and (report.passed or (report.skipped and any(r.status == "not_checked" for r in results))):
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
        reason = why_skipped(report) if hasattr(report, "wasxfail") or report.when == "setup" else str(error)
    began, took = datetime.fromtimestamp(call.start, UTC), round(call.duration, 6)
    return [
        *results,
        *(
            CheckResult(name, "contract", ref, status, findings, reason, took, started_at=began)  # type: ignore[arg-type]
            for ref in refs
        ),
    ]


def subjects(item: pytest.Item) -> list[ArtifactRef]:
    """Return the artifacts that a person's own test is about, also where its fixtures were not set up."""
    given = [value.ref for value in getattr(item, "funcargs", {}).values() if isinstance(value, Artifact)]
    parameters = getattr(getattr(item, "callspec", None), "params", {})
    return list(dict.fromkeys([*given, *(one for one in parameters.values() if isinstance(one, ArtifactRef))]))


def _expected(result: CheckResult, report: pytest.TestReport) -> CheckResult:
    return replace(result, status="not_checked", findings=(), reason=why_skipped(report, result))


def _raised(error: BaseException | None) -> str:
    if error is None:
        return ""
    first = next(iter(str(error).strip().splitlines()), "")
    return f"{type(error).__name__}: {first}" if first else type(error).__name__
