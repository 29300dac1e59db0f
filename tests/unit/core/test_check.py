"""The one place that runs checks: it times, catches and decides."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.core.artifact import Artifact, ArtifactRef
from pytest_mlmonitor.core.check import (
    MAX_FINDINGS,
    Check,
    CheckError,
    ContractViolation,
    NotChecked,
    check,
    run_check,
)
from pytest_mlmonitor.core.context import context_of
from pytest_mlmonitor.core.finding import Figure, Finding, Severity, grouped
from pytest_mlmonitor.core.kind import Kind
from pytest_mlmonitor.core.noting import noting
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.kinds import Platform, built_in
from tests.unit.support import dataset, linked


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


@pytest.mark.parametrize("before", [WARNING, ERROR])
def test_what_was_found_before_counts_although_the_rest_was_not_checked(before: Finding) -> None:
    result = run_check(rule_of(before, then=NotChecked("no reference")), dataset(), Settings())
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
    (made,) = linked(dataset(), fail_on="never")
    assert called(rule_of(ERROR), made).status == "fail"
    with pytest.raises(ContractViolation):
        rule_of(ERROR)(made, context=replace(context_of(made), settings=Settings()))


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


@pytest.mark.parametrize("said", [False, 3, "late", ERROR, [False], [ERROR, "late"]])
def test_a_rule_that_returns_no_findings_is_an_error_and_no_pass(said: Any) -> None:
    result = run_check(Check("made", "dataset", "contract", lambda made, context: said), dataset())
    assert result.status == "error"
    assert "TypeError: the check made" in (result.reason or "")


def test_a_rule_that_returns_nothing_passes() -> None:
    assert run_check(Check("made", "dataset", "contract", lambda made, context: None), dataset()).status == "pass"


def test_an_applies_that_raises_is_an_error_of_its_item() -> None:
    def applies(_: Any) -> bool:
        raise KeyError("owner")

    made = Check("made", "dataset", "contract", lambda made, context: (), applies=applies)
    assert made.concerns(dataset(), context_of(dataset()))
    result = run_check(made, dataset())
    assert result.status == "error" and "KeyError: 'owner'" in (result.reason or "")


def test_an_adjustment_that_raises_keeps_the_findings() -> None:
    def adjust(*_: Any) -> Finding:
        raise ValueError("adjust")

    kind = Kind("card", adjustments=lambda: (adjust,))
    artifact = Artifact(ArtifactRef("card", Path("c"), "c", Path()))
    platform = Platform(kinds=[kind])
    result = run_check(Check("made", "card", "contract", lambda *_: [ERROR]), artifact, platform.context(artifact.ref))
    assert result.status == "error" and result.findings == (ERROR,)
    assert "ValueError: adjust" in (result.reason or "")


def test_a_check_takes_a_context_where_it_takes_a_policy() -> None:
    given: list[Any] = []
    made = Check("made", "dataset", "contract", lambda _, context: given.append(context))
    artifact, (known,) = dataset(), linked(dataset())
    made(artifact, context_of(known))
    made(artifact, context=context_of(known))
    assert given == [context_of(known)] * 2
    with pytest.raises(TypeError, match="a policy or a context beside the artifact, not int"):
        made(artifact, 3)  # type: ignore[arg-type]


def test_words_of_a_finding_that_are_no_text_become_text() -> None:
    found = Finding(Severity.ERROR, "late", expected=3, actual=2.5)  # type: ignore[arg-type]
    (finding,) = run_check(rule_of(found), dataset()).findings
    assert (finding.expected, finding.actual) == ("3", "2.5")
    (finding,) = run_check(rule_of(Finding(Severity.ERROR, None)), dataset()).findings  # type: ignore[arg-type]
    assert finding.message == "a finding without a message"


def test_a_skip_inside_a_rule_is_not_checked_and_hides_no_finding() -> None:
    def rule(*said: Finding) -> Check:
        @check("dataset", category="contract", name="made")
        def skipping(artifact: Any, context: object) -> Iterator[Finding]:
            yield from said
            pytest.skip("no package")

        return skipping

    result = run_check(rule(), dataset())
    assert (result.status, result.reason) == ("not_checked", "no package")
    assert run_check(rule(ERROR), dataset()).status == "fail"


@pytest.mark.parametrize("ends", [lambda: pytest.fail("x"), lambda: pytest.xfail("x"), lambda: sys.exit(0)])
def test_what_ends_a_test_inside_a_rule_is_an_error(ends: Any) -> None:
    result = run_check(Check("made", "dataset", "contract", lambda *_: ends()), dataset())
    assert result.status == "error"


def test_a_severity_that_is_a_word_is_an_error() -> None:
    result = run_check(rule_of(Finding("error", "bad")), dataset())  # type: ignore[arg-type]
    assert result.status == "error"


def test_a_check_of_another_kind_is_refused_by_name() -> None:
    made = Check("made", "training_run", "contract", lambda *_: [])
    with pytest.raises(TypeError, match="the check made judges a training_run, not a dataset"):
        made(dataset())
    with pytest.raises(TypeError, match="the check made judges a training_run, not a str"):
        made("hello")


@pytest.mark.parametrize("figure", [Figure("psi", None, 1.0), Figure(3, "c", 1.0), Figure("psi", "c", "1")])  # type: ignore[arg-type]
def test_a_figure_of_the_wrong_types_is_an_error(figure: Figure) -> None:
    assert run_check(Check("made", "dataset", "contract", lambda *_: [figure]), dataset()).status == "error"
