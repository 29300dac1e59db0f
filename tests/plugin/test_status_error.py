"""A check that crashes is an error with its traceback: our fault, never softened, never a finding."""

from __future__ import annotations

import pytest

from .sample import BUNDLE, Project, read_json

CRASHING = """
from pytest_mlmonitor import check

@check("training_run", category="quality")
def crashing(run, settings):
    raise KeyError("no such \\x1b[31mthing")
    yield

def pytest_mlmonitor_checks():
    return [crashing]
"""
NODE = f"artifacts/{BUNDLE}::crashing"


@pytest.fixture
def crashing(bundle: Project) -> Project:
    bundle.write("conftest.py", CRASHING)
    return bundle


def test_the_run_is_red_and_the_others_are_still_judged(crashing: Project) -> None:
    result = crashing.check()
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    outcomes = result.parseoutcomes()
    assert outcomes["failed"] == 1
    assert outcomes["passed"] >= 6
    result.stdout.fnmatch_lines(
        ["the check could not run: KeyError: *thing*", "Traceback (most recent call last):", "*conftest.py*crashing*"]
    )


@pytest.mark.parametrize("policy", ['severity.crashing = "info"', 'severity.crashing = "warning"', 'fail_on = "never"'])
def test_no_policy_softens_it(crashing: Project, policy: str) -> None:
    crashing.policy(policy)
    assert crashing.check(NODE).ret == pytest.ExitCode.TESTS_FAILED


def test_results_say_error(crashing: Project) -> None:
    crashing.check("--mlmonitor-out", "out")
    document = read_json(crashing.path / "out" / "results.json")
    assert document["counts"]["error"] == 1
    assert document["artifacts"][0]["verdict"] == "error"
    found = next(result for result in document["results"] if result["check"] == "crashing")
    assert (found["status"], found["severity"], found["findings"]) == ("error", None, [])
    assert "KeyError" in found["reason"]


def test_the_summary_says_error_and_what_happened(crashing: Project) -> None:
    crashing.check().stdout.re_match_lines([r"ERROR\s+training_run\s+43826da11ab758aa547be3d9f1df80fb\s+.*"])


def test_the_summary_row_of_an_error_names_the_check_or_the_exception(crashing: Project) -> None:
    row = next(line for line in crashing.check().outlines if line.startswith("ERROR "))
    assert "crashing" in row or "KeyError" in row


def test_no_control_byte_of_the_exception_reaches_the_terminal(crashing: Project) -> None:
    assert "\x1b" not in crashing.check("--color=no").stdout.str()


def test_in_a_test_of_ones_own_it_is_an_error_too(crashing: Project) -> None:
    crashing.write(
        "test_mine.py", "from conftest import crashing\n\ndef test_mine(training_run): crashing(training_run)\n"
    )
    crashing.policy('artifacts = ["artifacts"]\nfail_on = "never"')
    result = crashing.run("test_mine.py", "--mlmonitor-out", "out")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    document = read_json(crashing.path / "out" / "results.json")
    assert [found["status"] for found in document["results"]] == ["error"]


@pytest.mark.parametrize("style", ["long", "short", "line", "no"])
def test_the_row_of_a_test_of_ones_own_says_what_it_raised(bundle: Project, style: str) -> None:
    bundle.write("test_mine.py", "def test_mine(training_run):\n    raise KeyError('no such thing')\n")
    said = bundle.run("--mlmonitor=artifacts", "test_mine.py", f"--tb={style}", "-rN").stdout
    said.re_match_lines([r".*test_mine could not run: KeyError: 'no such thing'$"])
