"""What is wrong with an artifact in one line: the worst first, two findings at most."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.measure import Measure
from pytest_mlmonitor.core.record import JudgedArtifact, RunRecord
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.outputs.overview.headlines import MAX_HEADLINE, headline_of, next_action
from pytest_mlmonitor.outputs.overview.worst_measure import worst_measure
from tests.unit.support import NOW

REF = ArtifactRef("dataset", Path("data/a.json"), "a", Path("data"))


def result(check: str, *findings: Finding, category: str = "quality", **more: Any) -> CheckResult:
    bad = any(finding.severity >= Severity.WARNING for finding in findings)
    status: Any = more.pop("status", "fail" if bad else "pass")
    return CheckResult(check, category, REF, status, findings, action=f"Repair {check}", **more)


def judged(*results: CheckResult, **more: Any) -> JudgedArtifact:
    record = RunRecord(NOW, results=[(f"a::{one.check}", one) for one in results], **more)
    return record.artifacts()[0]


def error(message: str, column: str | None = None, **more: Any) -> Finding:
    return Finding(Severity.ERROR, message, column=column, **more)


def test_the_worst_comes_first_and_a_second_one_where_there_is_room() -> None:
    one = judged(
        result("volume", Finding(Severity.WARNING, "fewer rows than yesterday")), result("rows", error("x is null"))
    )
    assert headline_of(one) == "x is null; fewer rows than yesterday"
    assert next_action(one) == "Repair rows"


def test_what_others_follow_from_comes_first_among_equals() -> None:
    one = judged(
        result("drift", error("amount drifted"), category="drift"),
        result("schema", error("y is gone"), category="contract"),
    )
    assert headline_of(one).startswith("y is gone")
    assert next_action(one) == "Repair schema"


def test_a_column_is_named_once_and_further_findings_are_counted() -> None:
    one = judged(
        result("rows", error("amount is null in 3 rows", "amount"), error("id is null in 1 row", "id")),
        result("null_rates", error("amount is null too often", "amount")),
    )
    assert headline_of(one) == "amount is null in 3 rows and 1 more"


def test_what_the_rule_says_shortly_is_taken() -> None:
    assert headline_of(judged(result("rows", error("m" * 100, short="many m")))) == "many m"


def test_accepted_findings_and_passes_are_no_headline() -> None:
    fine = judged(result("rows", Finding(Severity.INFO, "ten rows", accepted="known")))
    assert (headline_of(fine), next_action(fine)) == ("", "")


def test_a_crash_says_what_was_raised() -> None:
    one = judged(result("rows", status="error", reason="Traceback\nKeyError: 'x'"))
    assert headline_of(one) == "rows could not run: KeyError: 'x'"
    assert "traceback" in next_action(one)


def test_what_nobody_could_judge_says_so() -> None:
    one = judged(result("rows", status="not_checked", reason="no reference"))
    assert headline_of(one) == "not checked: no reference"


def test_a_runbook_that_is_a_sentence_goes_before_the_checks_own_words() -> None:
    one = judged(result("rows", error("x is null")))
    assert (
        next_action(replace(one, runbook="Fix the pos_export feed, then rebuild."))
        == "Fix the pos_export feed, then rebuild"
    )
    assert next_action(replace(one, runbook="https://wiki.example/rows")) == "Repair rows"
    assert next_action(replace(one, runbook="w" * 61)) == "Repair rows"


severities = st.sampled_from(list(Severity))
findings = st.builds(Finding, severities, st.text(max_size=200), column=st.none() | st.sampled_from(["a", "b"]))
results = st.lists(findings, max_size=4).map(lambda some: result("rows", *some))


@given(st.lists(results, min_size=1, max_size=5))
def test_it_always_fits_and_says_something_where_something_is_wrong(some: list[CheckResult]) -> None:
    one = judged(*some)
    made = headline_of(one)
    assert len(made) <= MAX_HEADLINE
    assert made == safe(made)
    if one.verdict == "ok":
        assert made == ""
    elif all(finding.message.strip() for entry in some for finding in entry.findings):
        assert made


@pytest.mark.parametrize("beyond", [True, False])
def test_the_worst_value_never_contradicts_the_verdict(beyond: bool) -> None:
    near = Measure("age", 9 if not beyond else 30, 10, "seconds")
    far = Measure("null rate", 0.1, 0.2, "share")
    verdict = (error("old"),) if beyond else ()
    found = worst_measure([result("freshness", *verdict, measures=(near,)), result("nulls", measures=(far,))])
    assert found == ("freshness", near)


def test_a_value_beyond_its_limit_that_was_accepted_is_no_reason() -> None:
    accepted = result("freshness", Finding(Severity.INFO, "old", accepted="known"), measures=(Measure("age", 30, 10),))
    assert worst_measure([accepted]) is None
    assert worst_measure([accepted, result("rows", measures=(Measure("rows", 5, 4, direction="below"),))]) == (
        "rows",
        Measure("rows", 5, 4, direction="below"),
    )


def test_a_failing_check_without_a_number_has_none_from_those_that_pass() -> None:
    assert worst_measure([result("schema", error("x")), result("rows", measures=(Measure("rows", 1, 2),))]) is None


def test_a_check_of_ours_explains_the_test_of_ones_own() -> None:
    own = result("test_rows", error("too few rows"), category="contract")
    ours = result("row_count", error("says 7, holds 1,076 rows"), category="reconcile")
    pairs = [("test_mine.py::test_rows[a]", own), ("zebra::row_count", ours)]
    for results in (pairs, pairs[::-1]):
        one = RunRecord(NOW, results=list(results)).artifacts()[0]
        assert headline_of(one) == "says 7, holds 1,076 rows"
        assert (one.check, one.failing) == ("row_count", {"failed": ("row_count", "test_rows")})
        assert next_action(one) == "Repair row_count"


def test_a_value_far_below_its_limit_gives_way_to_one_that_is_near_it_and_to_an_age() -> None:
    many, nulls = Measure("rows", 5000, 1, "count", "below"), Measure("null rate", 0.01, 0.1, "share")
    young, tiny = Measure("age", 60, 86400, "seconds"), Measure("null rate", 0.0001, 0.1, "share")
    assert worst_measure([result("rows", measures=(many, nulls))]) == ("rows", nulls)
    assert worst_measure([result("rows", measures=(tiny,)), result("freshness", measures=(young,))]) == (
        "freshness",
        young,
    )
    assert worst_measure([result("rows", measures=(many,))]) == ("rows", many)


def test_what_lies_ahead_is_no_job_to_run() -> None:
    late = error(
        "built_at 2030-01-01T00:00:00Z lies 1,342 d ahead of the evaluation time 2026-04-26T14:00:00Z", ahead=True
    )
    one = judged(result("freshness", late, category="freshness"))
    assert headline_of(one) == "built_at 1 Jan 00:00 lies 1,342 d ahead"
    assert next_action(one) == "Correct the clock or the time that it states"


def test_what_was_expected_is_not_what_there_is_more_of() -> None:
    more = (
        error("mae is NaN: expected a finite number", "mae"),
        error("rmse is NaN: expected a finite number", "rmse"),
    )
    assert headline_of(judged(result("metrics_finite", *more))) == "mae is NaN and 1 more"


def test_the_number_belongs_to_the_words_beside_it() -> None:
    rows = result("rows", error("37 rows are below 0"), category="contract", measures=(Measure("broken rows", 37, 10),))
    drift = result("drift", error("amount drifted"), category="drift", measures=(Measure("PSI", 5.6, 0.2, "psi"),))
    one = judged(drift, rows)
    assert headline_of(one).startswith("37 rows")
    assert worst_measure(one.results) == ("rows", Measure("broken rows", 37, 10))
    assert worst_measure([replace(rows, measures=()), drift]) == ("drift", Measure("PSI", 5.6, 0.2, "psi"))


def test_what_explains_ones_own_test_gives_the_value_too() -> None:
    mine = result(
        "test_mine", error("too few"), category="contract", measures=(Measure("rows", 7, 1000, direction="below"),)
    )
    ours = result("drift", error("amount drifted"), category="drift", measures=(Measure("PSI", 0.3, 0.2, "psi"),))
    (one,) = RunRecord(NOW, results=[("test_mine.py::test_mine", mine), ("a::drift", ours)]).artifacts()
    assert headline_of(one).startswith("amount drifted")
    assert worst_measure(one.results) == ("drift", Measure("PSI", 0.3, 0.2, "psi"))
