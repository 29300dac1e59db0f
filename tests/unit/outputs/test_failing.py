"""All failing checks of an artifact stand there by name, the worst first; of many artifacts, how often each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.record import JudgedArtifact, RunRecord
from pytest_mlmonitor.core.result import CATEGORIES, CheckResult
from pytest_mlmonitor.outputs.failing import failing_checks, failing_often, words_of
from tests.unit.support import NOW

CRASH = "Traceback (most recent call last):\n  …\nKeyError: 'thing'"


def result(check: str, *severities: Severity, category: str = "quality", crash: str | None = None) -> CheckResult:
    status = "error" if crash is not None else "fail" if max(severities, default=0) >= Severity.WARNING else "pass"
    findings = tuple(Finding(s, f"{check} {s.word}") for s in severities)
    ref = ArtifactRef("dataset", Path("/data/d.json"), "d", Path("/data"))
    return CheckResult(check, category, ref, status, findings, crash)  # type: ignore[arg-type]


def judged(*results: CheckResult) -> JudgedArtifact:
    return RunRecord(NOW, results=[(one.check, one) for one in results]).artifacts()[0]


def test_the_worst_come_first_and_what_others_may_follow_from() -> None:
    one = judged(
        result("drift", Severity.WARNING, category="drift"),
        result("volume", Severity.INFO),
        result("freshness", Severity.ERROR, category="freshness"),
        result("rows", Severity.ERROR),
        result("paged", Severity.CRITICAL, category="lineage"),
        result("schema", Severity.ERROR, category="contract"),
        result("fine"),
    )
    assert failing_checks(one) == ["4 failed: paged, schema, freshness, rows", "1 warned: drift"]
    assert words_of(one) == "paged critical"


def test_what_could_not_run_stands_before_what_failed() -> None:
    one = judged(result("rows", Severity.ERROR), result("mine", crash=CRASH), result("drift", Severity.WARNING))
    assert failing_checks(one) == ["1 could not run: mine", "1 failed: rows", "1 warned: drift"]
    assert words_of(one) == "mine could not run; rows error"


@pytest.mark.parametrize(
    ("reason", "said"), [(CRASH, "mine could not run: KeyError: 'thing'"), ("", "mine could not run")]
)
def test_a_crash_alone_has_its_own_words(reason: str, said: str) -> None:
    assert words_of(judged(result("mine", crash=reason))) == said


def test_several_that_could_not_run_are_counted_in_the_words() -> None:
    assert words_of(judged(result("a", crash=CRASH), result("b", crash=CRASH))).startswith("2 checks could not run")


def test_a_check_with_two_results_is_named_once_under_the_worse() -> None:
    """A person's own test may call the check that has an item too."""
    one = judged(result("rows", Severity.WARNING), result("rows", Severity.ERROR))
    assert failing_checks(one) == ["1 failed: rows"]


def test_nothing_is_said_of_what_is_fine() -> None:
    one = judged(result("rows"), result("volume", Severity.INFO))
    assert failing_checks(one) == []
    assert words_of(one) == "volume info"


def test_names_are_made_safe() -> None:
    assert "\x1b" not in failing_checks(judged(result("a\x1b[31m", Severity.ERROR)))[0]


def test_of_many_each_is_counted() -> None:
    many = [judged(result("schema", Severity.ERROR), result("drift", Severity.WARNING)) for _ in range(12)]
    some = [judged(result("schema", Severity.ERROR), result("rows", Severity.ERROR)) for _ in range(3)]
    assert failing_often([*some, *many]) == ["failed: schema (15), rows (3)", "warned: drift (12)"]
    assert failing_often([judged(result("schema", Severity.ERROR)) for _ in range(3)]) == []


_RESULTS = st.lists(
    st.builds(
        lambda check, severities, category: result(check, *severities, category=category),
        st.sampled_from("abcdef"),
        st.lists(st.sampled_from(Severity), max_size=3).map(lambda found: sorted(found, reverse=True)),
        st.sampled_from(CATEGORIES),
    ),
    min_size=1,
)


@given(_RESULTS)
def test_every_failing_check_is_named_once_and_the_worst_findings_check_leads(results: Sequence[CheckResult]) -> None:
    one = judged(*results)
    names = [name for group in failing_checks(one) for name in group.split(": ")[1].split(", ")]
    assert sorted(names) == sorted({r.check for r in results if r.verdict != "ok"})
    if names:
        assert names[0] == one.check
    for group in failing_checks(one):
        assert int(group.split()[0]) == len(group.split(", "))
