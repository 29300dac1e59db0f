"""A check called in a person's own test speaks like an automatic item."""

from __future__ import annotations

import pytest

from .sample import BUNDLE, DATASET, RUN_ID, SIDECAR, Project, read_json


@pytest.fixture
def mine(project: Project) -> Project:
    project.policy('artifacts = ["artifacts"]')
    return project


def _write(project: Project, body: str, names: str) -> None:
    project.write("test_mine.py", f"from pytest_mlmonitor import {names}\n\n{body}\n")


def test_a_check_that_passes_returns_its_result(mine: Project) -> None:
    _write(mine, "def test_mine(dataset):\n    assert freshness(dataset).status == 'pass'", "freshness")
    mine.run("test_mine.py").assert_outcomes(passed=1)


def test_a_failure_leads_with_the_finding(mine: Project) -> None:
    mine.edit(SIDECAR, built_at="2026-04-26T01:01:48Z")
    _write(mine, "def test_mine(dataset):\n    freshness(dataset)", "freshness")
    result = mine.run("test_mine.py")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"FAILED test_mine.py::test_mine[[]{DATASET}] - *STALE: built 12 h 58 min ago*"])
    assert "def __call__" not in result.stdout.str()
    assert "run_check" not in result.stdout.str()


def test_the_exception_is_an_assertion_error_with_the_result(mine: Project) -> None:
    mine.edit(SIDECAR, row_count=7)
    _write(
        mine,
        "import pytest\n\n"
        "def test_mine(dataset):\n"
        "    with pytest.raises(ContractViolation) as caught:\n"
        "        row_count(dataset)\n"
        "    assert isinstance(caught.value, AssertionError)\n"
        "    assert caught.value.result.check == 'row_count'\n"
        "    assert str(caught.value).splitlines()[0].startswith(caught.value.result.findings[0].message)\n",
        "ContractViolation, row_count",
    )
    assert mine.run("test_mine.py").ret == 0


def test_the_policy_of_the_run_is_used(mine: Project) -> None:
    _write(mine, "def test_mine(dataset):\n    freshness(dataset)", "freshness")
    mine.run("test_mine.py").assert_outcomes(passed=1)
    mine.policy('artifacts = ["artifacts"]\nseverity.freshness = "warning"')
    mine.edit(SIDECAR, built_at="2026-04-26T01:01:48Z")
    assert mine.run("test_mine.py").parseoutcomes() == {"warned": 1}


def test_a_policy_of_ones_own_can_be_given(mine: Project) -> None:
    _write(
        mine,
        "def test_mine(dataset):\n    freshness(dataset, Settings(freshness={'max_age_seconds': 60}))",
        "Settings, freshness",
    )
    result = mine.run("test_mine.py")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*STALE: built 58 min 49 s ago, allowed 1 min*"])


def test_a_warning_is_shown_as_warned(mine: Project) -> None:
    mine.edit(BUNDLE, model_version=None)
    mine.write(
        "conftest.py",
        "from pytest_mlmonitor import Finding, Severity, check\n\n"
        "@check('training_run', category='quality')\n"
        "def named(run, settings):\n"
        "    if run.model_version == 'unknown':\n"
        "        yield Finding(Severity.WARNING, 'nameless')\n",
    )
    mine.write("test_mine.py", "from conftest import named\n\ndef test_mine(training_run): named(training_run)\n")
    result = mine.run("test_mine.py", "-v", "--mlmonitor-out", "out")
    assert result.ret == 0
    assert result.parseoutcomes() == {"passed": 1, "warned": 1}
    document = read_json(mine.path / "out" / "results.json")
    assert document["counts"]["warned"] == 1
    assert {r["check"] for r in document["results"]} == {"named"}


def test_nothing_to_compare_with_is_a_skip(bundle: Project) -> None:
    bundle.policy('artifacts = ["artifacts"]')
    _write(bundle, "def test_mine(training_run):\n    dataset_link(training_run)", "dataset_link")
    result = bundle.run("test_mine.py", "-rs", "--mlmonitor-out", "out")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["SKIPPED * not checked: *dataset*"])
    found = read_json(bundle.path / "out" / "results.json")["results"]
    assert [(r["check"], r["status"]) for r in found] == [("dataset_link", "not_checked")]


def test_the_skip_names_the_users_own_line(bundle: Project) -> None:
    bundle.policy('artifacts = ["artifacts"]')
    _write(bundle, "def test_mine(training_run):\n    dataset_link(training_run)", "dataset_link")
    line = next(line for line in bundle.run("test_mine.py", "-rs").outlines if line.startswith("SKIPPED"))
    assert "test_mine.py" in line


def test_results_are_those_of_the_checks_called(mine: Project) -> None:
    mine.edit(SIDECAR, row_count=7)
    _write(
        mine,
        "def test_mine(dataset):\n    freshness(dataset)\n    feature_count(dataset)\n    row_count(dataset)",
        "feature_count, freshness, row_count",
    )
    mine.run("test_mine.py", "--mlmonitor-out", "out")
    found = read_json(mine.path / "out" / "results.json")["results"]
    assert {r["check"]: r["status"] for r in found} == {
        "freshness": "pass",
        "feature_count": "pass",
        "row_count": "fail",
    }
    assert {r["nodeid"] for r in found} == {f"test_mine.py::test_mine[{DATASET}]"}


def test_a_plain_assertion_after_a_check_is_recorded_beside_it(mine: Project) -> None:
    _write(mine, "def test_mine(dataset):\n    freshness(dataset)\n    assert dataset.row_count == 3", "freshness")
    mine.run("test_mine.py", "--mlmonitor-out", "out")
    found = read_json(mine.path / "out" / "results.json")
    assert {r["check"]: r["status"] for r in found["results"]} == {"freshness": "pass", "test_mine": "fail"}
    assert found["artifacts"][0]["verdict"] == "failed"


def test_a_violation_that_is_expected_does_not_fail_the_artifact(mine: Project) -> None:
    mine.edit(SIDECAR, row_count=7)
    _write(
        mine,
        "import pytest\n\ndef test_mine(dataset):\n    with pytest.raises(ContractViolation): row_count(dataset)",
        "ContractViolation, row_count",
    )
    result = mine.run("test_mine.py", "--mlmonitor-out", "out")
    document = read_json(mine.path / "out" / "results.json")
    assert result.parseoutcomes() == {"passed": 1}
    assert [artifact["verdict"] for artifact in document["artifacts"]] == ["partial"]  # its other checks did not run


def test_a_failure_of_ones_own_is_in_the_summary_of_artifacts(mine: Project) -> None:
    mine.write("test_mine.py", f"def test_mine(training_run): assert training_run.run_id != '{RUN_ID}', 'banned'\n")
    result = mine.run("test_mine.py")
    result.stdout.re_match_lines(
        [rf"FAILED\s+training_run\s+{RUN_ID}\s+test_mine", r"FAILED test_mine\.py::.* - AssertionError: banned"]
    )
