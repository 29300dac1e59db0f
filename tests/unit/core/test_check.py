"""The one place that runs checks: it times, catches and decides."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from pytest_mlmonitor.core.check import (
    MAX_FINDINGS,
    Check,
    CheckError,
    ContractViolation,
    NotChecked,
    check,
    grouped,
    noting,
    run_check,
)
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.kinds import built_in
from tests.unit.support import dataset


def rule_of(*findings: Finding, then: Exception | None = None) -> Check:
    @check("dataset", category="contract", name="made")
    def rule(artifact: Any, settings: Settings) -> Iterator[Finding]:
        yield from findings
        if then is not None:
            raise then

    return rule


INFO, WARNING, ERROR = (Finding(s, s.word) for s in (Severity.INFO, Severity.WARNING, Severity.ERROR))


@pytest.mark.parametrize(
    ("findings", "status"),
    [((), "pass"), ((INFO,), "pass"), ((INFO, WARNING), "fail"), ((ERROR, INFO), "fail")],
)
def test_status_follows_the_worst_finding(findings: tuple[Finding, ...], status: str) -> None:
    result = run_check(rule_of(*findings), dataset(), Settings())
    assert result.status == status
    assert list(result.findings) == sorted(findings, key=lambda f: -f.severity)
    assert result.duration_seconds >= 0


def test_nothing_to_compare_with_is_not_checked() -> None:
    result = run_check(rule_of(then=NotChecked("no reference")), dataset(), Settings())
    assert (result.status, result.reason) == ("not_checked", "no reference")


def test_what_was_found_before_counts_although_the_rest_was_not_checked() -> None:
    result = run_check(rule_of(ERROR, then=NotChecked("no reference")), dataset(), Settings())
    assert (result.status, result.reason) == ("fail", "no reference")


def test_a_note_does_not_make_a_check_pass_that_was_not_done() -> None:
    assert run_check(rule_of(INFO, then=NotChecked("no reference")), dataset(), Settings()).status == "not_checked"


@pytest.mark.parametrize("error", [ValueError("x"), RecursionError(), KeyError("k"), MemoryError()])
def test_a_crash_is_an_error_with_its_traceback_and_never_softened(error: Exception) -> None:
    settings = Settings(severity={"made": "info"}, fail_on="never")
    result = run_check(rule_of(WARNING, then=error), dataset(), settings)
    assert result.status == "error"
    assert result.verdict == "error"
    assert type(error).__name__ in (result.reason or "")
    assert "rule" in (result.reason or "")


def test_an_interrupt_is_not_caught() -> None:
    with pytest.raises(KeyboardInterrupt):
        run_check(rule_of(then=KeyboardInterrupt()), dataset(), Settings())  # type: ignore[arg-type]


def test_policy_sets_the_severity_of_what_fails_and_of_nothing_else() -> None:
    result = run_check(rule_of(INFO, WARNING, ERROR), dataset(), Settings(severity={"made": "critical"}))
    assert [f.severity.word for f in result.findings] == ["critical", "critical", "info"]
    softened = run_check(rule_of(ERROR), dataset(), Settings(severity={"made": "info"}))
    assert softened.status == "pass"


def test_findings_are_capped_and_the_rest_counted() -> None:
    many = [WARNING] * (MAX_FINDINGS + 2) + [ERROR]
    result = run_check(rule_of(*many), dataset(), Settings())
    assert len(result.findings) == MAX_FINDINGS + 1
    assert result.findings[0] == Finding(Severity.ERROR, "… and 3 more findings of this check")


def test_artifacts_that_cannot_be_read_are_judged_only_by_checks_that_ask_for_them() -> None:
    broken = dataset(unreadable=(Finding(Severity.ERROR, "x.json is cut short"),))
    result = run_check(rule_of(ERROR), broken, Settings())
    assert (result.status, result.reason) == ("not_checked", "cannot be read: x.json is cut short")
    brave = Check("made", "dataset", "contract", lambda artifact, settings: [ERROR], reads_broken=True)
    assert run_check(brave, broken, Settings()).status == "fail"


def called(made: Check, *args: Any) -> CheckResult:
    """Call a check as a person's test does, without this test run taking note of it."""
    with noting():
        return made(*args)


def test_called_in_a_test_it_raises_what_fails() -> None:
    with pytest.raises(ContractViolation, match="error") as caught:
        called(rule_of(ERROR), dataset(), Settings())
    assert caught.value.result.status == "fail"
    assert isinstance(caught.value, AssertionError)


def test_called_in_a_test_it_returns_warnings() -> None:
    assert called(rule_of(WARNING), dataset(), Settings()).severity == Severity.WARNING
    with pytest.raises(ContractViolation):
        called(rule_of(WARNING), dataset(), Settings(fail_on="warning"))
    assert called(rule_of(ERROR), dataset(), Settings(fail_on="never")).status == "fail"


def test_called_in_a_test_it_says_what_could_not_be_done() -> None:
    with pytest.raises(NotChecked, match="no reference"):
        called(rule_of(then=NotChecked("no reference")), dataset(), Settings())
    with pytest.raises(CheckError, match="ZeroDivisionError"):
        called(rule_of(then=ZeroDivisionError()), dataset(), Settings())


def test_results_of_calls_are_noted() -> None:
    with noting() as others, noting() as results:
        rule_of(WARNING)(dataset(), Settings())
        with pytest.raises(ContractViolation):
            rule_of(ERROR)(dataset(), Settings())
    assert [r.severity for r in results] == [Severity.WARNING, Severity.ERROR]
    assert others == []


def test_the_policy_of_the_artifact_holds_when_none_is_given() -> None:
    made = dataset()
    object.__setattr__(made.platform, "settings", Settings(fail_on="never"))
    assert called(rule_of(ERROR), made).status == "fail"


def test_categories_are_those_of_the_specification() -> None:
    with pytest.raises(ValueError, match="category 'taste' is none of contract"):
        Check("x", "dataset", "taste", lambda artifact, settings: ())


def test_alike_findings_are_one_with_the_other_places() -> None:
    alike = [Finding(Severity.ERROR, f"m{i}", "e", None, "c", f"/d/f{i}.jsonl:1") for i in range(6)]
    other = Finding(Severity.WARNING, "m", "e", None, "c", "/d/g.jsonl:1")
    found = list(grouped([*alike, other]))
    assert [f.message for f in found] == [
        "m0 (5 more: f1.jsonl:1, f2.jsonl:1, f3.jsonl:1 and 2 more)",
        "m",
    ]


def test_built_in_checks_have_one_name_per_kind_and_say_what_they_do() -> None:
    checks = built_in()
    assert len({(c.kind, c.name) for c in checks}) == len(checks) > 40
    assert all((c.__doc__ or "").strip().endswith(".") for c in checks)
    fixed = ["file_exists", "valid_json", "dataset_name_present", "dataset_version_present", "freshness_computable"]
    assert [c.name for c in checks][:5] == fixed
