"""Accepted findings are information and say so; nothing else is accepted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.core.acceptance import Acceptances, rule_for
from pytest_mlmonitor.core.artifact import Artifact, ArtifactRef
from pytest_mlmonitor.core.check import MAX_FINDINGS, Check, check, run_check
from pytest_mlmonitor.core.context import Artifacts, Context
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.kind import Kind
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.result import CheckResult

NOW = datetime(2026, 4, 7, 10, tzinfo=UTC)
CARD = Artifact(ArtifactRef("card", Path("/r/card.json"), "card", Path("/r")))
RULE: dict[str, Any] = {"artifact": "card", "check": "told", "until": "2026-04-07", "reason": "known since May"}


@check("card", category="quality")
def told(card: Artifact, context: Context) -> Iterator[Finding]:
    """Say three things."""
    yield Finding(Severity.CRITICAL, "a is wrong", column="a")
    yield Finding(Severity.WARNING, "b is odd", column="b")
    yield Finding(Severity.INFO, "c is so", column="a")


def judged(rules: list[dict[str, Any]], *, made: Check = told, now: datetime = NOW, **policy: Any) -> CheckResult:
    platform = Artifacts([CARD], Settings(accept=rules, **policy), now, [Kind("card")])
    return run_check(made, CARD, platform.context(CARD.ref))


def said(result: CheckResult) -> list[tuple[str, str, str | None]]:
    return [(finding.severity.word, finding.message, finding.accepted) for finding in result.findings]


def test_accepted_findings_are_information_with_reason_and_last_day() -> None:
    result = judged([RULE])
    reason = "known since May (until 2026-04-07)"
    assert said(result) == [
        ("info", "a is wrong; accepted until 2026-04-07: known since May", reason),
        ("info", "b is odd; accepted until 2026-04-07: known since May", reason),
        ("info", "c is so", None),
    ]
    assert result.status == "pass"
    assert CheckResult.from_dict(result.to_dict()) == result


def test_a_column_is_accepted_alone() -> None:
    assert [(word, accepted is None) for word, _, accepted in said(judged([RULE | {"column": "a"}]))] == [
        ("warning", True),
        ("info", False),
        ("info", True),
    ]


@pytest.mark.parametrize(
    ("until", "worst"), [("2026-04-06", "critical"), ("2026-04-07", "info"), ("2026-04-08", "info")]
)
def test_past_its_last_day_findings_count_again(until: str, worst: str) -> None:
    assert said(judged([RULE | {"until": until}]))[0][0] == worst


@pytest.mark.parametrize(
    "change", [{"artifact": "other"}, {"check": "else"}, {"column": "z"}, {"artifact": "dataset:card"}]
)
def test_a_rule_for_something_else_excuses_nothing(change: dict[str, str]) -> None:
    assert said(judged([RULE | change]))[0][0] == "critical"


def test_acceptance_comes_after_the_severity_of_the_policy() -> None:
    assert said(judged([RULE], severity={"told": "critical"}))[0][0] == "info"


def test_acceptance_comes_after_what_the_kind_adjusts() -> None:
    def raised(finding: Finding, *_: Any) -> Finding:
        return Finding(Severity.CRITICAL, f"{finding.message}, again", column=finding.column)

    platform = Artifacts([CARD], Settings(accept=[RULE]), NOW, [Kind("card", adjustments=lambda: (raised,))])
    assert {word for word, *_ in said(run_check(told, CARD, platform.context(CARD.ref)))} == {"info"}


def test_what_is_left_out_of_many_findings_is_accepted_with_them() -> None:
    @check("card", category="quality", name="told")
    def many(card: Artifact, context: Context) -> Iterator[Finding]:
        for number in range(MAX_FINDINGS + 3):
            yield Finding(Severity.ERROR, str(number), column="a")
        yield Finding(Severity.WARNING, "b", column="b")

    assert said(judged([RULE | {"column": "a"}], made=many))[0] == (
        "warning",
        "… and 4 more findings of this check",
        None,
    )
    assert judged([RULE], made=many).status == "pass"


def test_a_crash_is_not_accepted() -> None:
    @check("card", category="quality", name="told")
    def crashed(card: Artifact, context: Context) -> Iterator[Finding]:
        raise ZeroDivisionError

    assert judged([RULE], made=crashed).status == "error"


def test_an_expired_rule_is_still_known_to_those_who_ask_for_ever() -> None:
    platform = Artifacts([CARD], Settings(accept=[RULE]), NOW.replace(year=2027), [Kind("card")])
    context = platform.context(CARD.ref)
    found = rule_for(Finding(Severity.ERROR, "x", column="a"), "told", context)
    assert found is not None
    assert found.reason == "known since May"
    assert rule_for(Finding(Severity.ERROR, "x"), "else", context) is None


def test_it_is_noted_which_rule_excused_something() -> None:
    rules = [RULE | {"column": "z"}, RULE | {"column": "b"}, RULE | {"artifact": "other"}]
    platform = Artifacts([CARD], Settings(accept=rules), NOW, [Kind("card")])
    run_check(told, CARD, platform.context(CARD.ref))
    noted = platform.view(Acceptances)
    assert (noted.used, noted.judged) == ({1}, {(CARD.ref, "told")})


def test_under_another_policy_nothing_is_noted() -> None:
    platform = Artifacts([CARD], Settings(accept=[RULE]), NOW, [Kind("card")])
    run_check(told, CARD, Context(platform, Settings(accept=[RULE]), CARD.ref))
    assert platform.view(Acceptances).used == set()


def test_a_section_that_is_off_is_not_checked_and_by_whom() -> None:
    result = judged([], overrides=[{"artifact": "card", "quality": False}])
    assert (result.status, result.reason) == ("not_checked", "switched off: quality = false in overrides[0]")
    assert judged([], quality=False).reason == "switched off: quality = false in the policy"
    assert judged([], drift=False).status == "fail"


def test_a_check_without_section_is_never_switched_off() -> None:
    @check("card", category="quality", section=None)
    def contract_rule(card: Artifact, context: Context) -> Iterator[Finding]:
        yield Finding(Severity.ERROR, "x")

    assert judged([], made=contract_rule, quality=False).status == "fail"
    with pytest.raises(ValueError, match="section 'colour' is none of freshness, quality"):
        check("card", category="quality", section="colour")(lambda card, context: ())


def test_a_policy_that_is_given_holds_as_it_is_for_this_artifact() -> None:
    @check("card", category="quality", name="limit")
    def limit(card: Artifact, settings: Settings) -> Iterator[Finding]:
        yield Finding(Severity.INFO, str(settings.quality.min_rows))

    platform = Artifacts(
        [CARD], Settings(overrides=[{"artifact": "card", "quality": {"min_rows": 7}}]), NOW, [Kind("card")]
    )
    assert limit(CARD).findings[0].message == "7"
    assert limit(CARD, Settings(quality={"min_rows": 3})).findings[0].message == "3"
    both = Settings(quality={"min_rows": 3}, overrides=[{"artifact": "c*", "quality": {"min_rows": 5}}])
    assert limit(CARD, both).findings[0].message == "5"
    assert platform.context(CARD.ref).settings.overrides == ()
