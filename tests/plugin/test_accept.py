"""`[[tool.mlmonitor.accept]]`: findings that somebody answers for, and rules that nobody needs any more."""

from __future__ import annotations

from typing import Any

import pytest

from .sample import DATASET, SIDECAR, Project, error_text, read_json

ROOTS = 'artifacts = ["artifacts"]\n'


def rule(artifact: str = DATASET, check: str = "row_count", until: str = "2026-04-26", **more: str) -> str:
    lines = {"artifact": artifact, "check": check, "reason": "ticket 7", **more}
    text = "".join(f'{key} = "{value}"\n' for key, value in lines.items())
    return f"[[tool.mlmonitor.accept]]\n{text}until = {until}\n"


@pytest.fixture
def wrong(project: Project) -> Project:
    """A project whose dataset has another number of rows than its sidecar says."""
    project.edit(SIDECAR, row_count=7)
    return project


def results_of(project: Project, *args: str) -> dict[str, Any]:
    project.run("--mlmonitor-out", "out", *args)
    return read_json(project.path / "out" / "results.json")


def result(found: dict[str, Any], check: str) -> dict[str, Any]:
    (one,) = (r for r in found["results"] if r["check"] == check)
    return dict(one)


def test_an_accepted_finding_is_information_everywhere(wrong: Project) -> None:
    wrong.policy(ROOTS + rule())
    found = results_of(wrong)
    assert found["exit_status"] == 0
    one = result(found, "row_count")
    assert (one["status"], one["severity"]) == ("pass", "info")
    (finding,) = one["findings"]
    assert finding["accepted"] == "ticket 7 (until 2026-04-26)"
    assert finding["message"].endswith("; accepted until 2026-04-26: ticket 7")
    assert (wrong.path / "out" / "metrics.prom").read_text().count(
        'ml_accepted_findings{check="row_count",environment="local",kind="dataset"} 1.0'
    ) == 1
    assert result(found, "accepts_hold")["findings"] == []


@pytest.mark.parametrize(
    ("now", "status", "severity"),
    [
        ("2026-04-25T14:00:00Z", "pass", "info"),  # its data lie ahead then; the rule holds
        ("2026-04-26T23:59:59Z", "pass", "info"),
        ("2026-04-27T00:00:00Z", "fail", "error"),
    ],
)
def test_the_day_is_that_of_the_evaluation_time(wrong: Project, now: str, status: str, severity: str) -> None:
    wrong.policy(ROOTS + rule())
    wrong.run("--mlmonitor-out", "out", now=now)
    found = read_json(wrong.path / "out" / "results.json")
    assert result(found, "row_count")["status"] == status
    assert result(found, "row_count")["severity"] == severity


def test_an_expired_rule_is_a_warning(wrong: Project) -> None:
    wrong.policy(ROOTS + rule(until="2026-04-25"))
    found = results_of(wrong)
    assert found["exit_status"] == 1
    held = result(found, "accepts_hold")
    assert held["severity"] == "warning"
    assert "accept[0]: held until 2026-04-25; row_count of" in held["findings"][0]["message"]


def test_a_rule_for_nothing_is_a_warning_that_names_what_is_near(wrong: Project) -> None:
    wrong.policy(ROOTS + rule("trainig_dataset"))
    held = result(results_of(wrong), "accepts_hold")
    assert held["severity"] == "warning"
    assert "accept[0]: no artifact under the roots is called 'trainig_dataset'; there are training_dataset" in str(held)


@pytest.mark.parametrize(
    "text", [rule(check="freshness"), rule(column="no_such"), rule("deployment:*", "row_count"), rule("*", "volume")]
)
def test_a_rule_that_excuses_nothing_can_go(wrong: Project, text: str) -> None:
    wrong.policy(ROOTS + text)
    held = result(results_of(wrong), "accepts_hold")
    assert (held["status"], held["severity"]) == ("pass", "info")
    assert "accept[0]: excused nothing" in held["findings"][0]["message"]
    assert "it can go" in held["findings"][0]["message"]


def test_parallel_workers_know_what_others_excused(wrong: Project) -> None:
    pytest.importorskip("xdist")
    wrong.policy(ROOTS + rule() + rule(check="freshness"))
    wrong.run_alone("-n", "2", "--mlmonitor-out", "out")
    found = read_json(wrong.path / "out" / "results.json")
    assert result(found, "row_count")["severity"] == "info"
    assert [f["message"][:9] for f in result(found, "accepts_hold")["findings"]] == ["accept[1]"]


def test_a_selection_of_the_project_does_not_make_rules_useless(wrong: Project) -> None:
    wrong.policy(ROOTS + rule() + rule(check="freshness"), pytest_table='addopts = ["-k", "accepts_hold"]')
    found = results_of(wrong)
    assert [r["check"] for r in found["results"]] == ["accepts_hold"]
    assert [f["message"][:9] for f in result(found, "accepts_hold")["findings"]] == ["accept[1]"]


def test_a_narrowed_run_says_of_no_rule_that_it_can_go(wrong: Project) -> None:
    wrong.policy(ROOTS + rule() + rule(check="freshness") + rule("no_such"))
    found = results_of(wrong, "-k", "accepts_hold")
    assert [f["message"][:9] for f in result(found, "accepts_hold")["findings"]] == ["accept[2]"]
    assert result(found, "accepts_hold")["status"] == "pass"


def test_a_check_of_a_hook_is_accepted_too(wrong: Project) -> None:
    wrong.write(
        "conftest.py",
        """
from pytest_mlmonitor import Finding, Severity, check

@check("dataset", category="quality")
def seasonal(dataset, context):
    yield Finding(Severity.ERROR, "not in season")

def pytest_mlmonitor_checks(config):
    return [seasonal]
""",
    )
    wrong.policy(ROOTS + rule() + rule(check="seasonal"))
    found = results_of(wrong)
    assert (found["exit_status"], result(found, "seasonal")["severity"]) == (0, "info")
    assert result(found, "accepts_hold")["findings"] == []


def test_a_person_s_own_test_passes_with_what_is_accepted(wrong: Project) -> None:
    wrong.write(
        "test_mine.py", "from pytest_mlmonitor import row_count\n\n\ndef test_rows(dataset):\n    row_count(dataset)\n"
    )
    wrong.policy(ROOTS)
    assert wrong.run("test_mine.py").ret == pytest.ExitCode.TESTS_FAILED
    wrong.policy(ROOTS + rule("training_dataset"))
    assert wrong.run("test_mine.py").ret == 0


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            rule(until="2027-04-28"),
            "accept[0].until = 2027-04-28 in FILE: at most 366 days ahead, so no later than 2027-04-27",
        ),
        (
            rule(check="row_counts"),
            "check = 'row_counts' in accept[0] of FILE: there is no check of that name; did you mean row_count?",
        ),
        (
            rule("datasets:x"),
            "artifact = 'datasets:x' in accept[0] of FILE: there is no kind 'datasets'; did you mean dataset?",
        ),
        (rule(reason=""), "accept[0].reason = '' in FILE: expected some words"),
        (
            rule().replace("until = 2026-04-26\n", ""),
            "accept[0].until is missing in FILE: the last day on which it holds",
        ),
        (rule(until="'soon'"), "accept[0].until = 'soon' in FILE: expected a date such as 2026-12-31"),
    ],
)
def test_a_mistake_in_a_rule_is_a_usage_error(wrong: Project, text: str, told: str) -> None:
    file = wrong.policy(ROOTS + text)
    run = wrong.run()
    assert run.ret == pytest.ExitCode.USAGE_ERROR
    assert told.replace("FILE", str(file)) in error_text(run)
    assert "Traceback" not in error_text(run)


def test_a_rule_for_a_year_is_the_longest(wrong: Project) -> None:
    wrong.policy(ROOTS + rule(until="2027-04-27"))
    assert wrong.run().ret == 0
