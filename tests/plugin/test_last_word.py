"""The exit status in the outputs is that of the process, also where others change it when everything was written."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from .sample import SIDECAR, Project, read_json

POLICY = 'artifacts = ["artifacts"]\nout = "out"'

SETS = """
import pytest

@pytest.hookimpl({how})
def pytest_sessionfinish(session):
    {first}
    session.exitstatus = {status}
"""
RAISES = "def {hook}: raise RuntimeError('boom')"
CLEANUP = "def pytest_configure(config): config.add_cleanup(lambda: 1 / 0)"
"""Called behind every hook: in pytest so is what raises unraisable exceptions under ``-W error``."""


def said(project: Project) -> tuple[int, bool, float]:
    """Return the exit status and completeness of the record, and what the metrics say of success."""
    document = read_json(project.path / "out" / "results.json")
    metrics = (project.path / "out" / "metrics.prom").read_text()
    (success,) = re.findall(r"^mlmonitor_run_success\{.*\} (\S+)$", metrics, re.M)
    return document["exit_status"], document["complete"], float(success)


def events(project: Project) -> list[dict[str, Any]]:
    (file,) = (project.path / "out" / "lineage").glob("lineage-*")
    lines = map(json.loads, file.read_text().splitlines())
    return [line["metadata"] for line in lines if line["event_type"] == "check_run_completed"]


@pytest.mark.parametrize(
    ("how", "first"),
    [
        ("trylast=True", "pass"),
        ("tryfirst=True", "pass"),
        ("wrapper=True", "yield"),
        ("wrapper=True, tryfirst=True", "yield"),
    ],
)
@pytest.mark.parametrize("status", [1, 42])
def test_a_status_of_a_conftest_is_that_of_the_outputs(project: Project, how: str, first: str, status: int) -> None:
    project.policy(POLICY)
    project.write("conftest.py", SETS.format(how=how, first=first, status=status))
    assert project.run().ret == status
    assert said(project) == (status, True, 0.0)
    assert events(project)[-1]["exit_status"] == status


def test_a_status_that_says_that_the_run_broke_off_is_no_complete_record(project: Project) -> None:
    project.policy(POLICY)
    project.write("conftest.py", SETS.format(how="trylast=True", first="pass", status=3))
    assert project.run().ret == 3
    assert said(project) == (3, False, 0.0)


def test_too_many_warnings_are_no_success(project: Project) -> None:
    project.policy(POLICY)
    project.write("tests/test_mine.py", "import warnings\ndef test_mine(): warnings.warn('old')\n")
    result = project.run_alone("tests", "artifacts", "--max-warnings=0")
    assert result.ret == 6
    assert said(project) == (6, True, 0.0)


@pytest.mark.parametrize(
    "conftest",
    [
        RAISES.format(hook="pytest_sessionfinish(session)"),
        RAISES.format(hook="pytest_terminal_summary(terminalreporter)"),
        RAISES.format(hook="pytest_unconfigure(config)"),
        CLEANUP,
    ],
    ids=["sessionfinish", "terminal_summary", "unconfigure", "cleanup"],
)
def test_a_run_that_ends_in_a_traceback_is_not_complete(project: Project, conftest: str) -> None:
    project.policy(POLICY)
    project.write("conftest.py", conftest)
    assert project.run_alone().ret == 1
    status, complete, success = said(project)
    assert status != 0
    assert not complete
    assert success == 0.0


def test_an_exit_at_the_very_end_is_not_complete(project: Project) -> None:
    project.policy(POLICY)
    project.write(
        "conftest.py", "import pytest\ndef pytest_sessionfinish(session): pytest.exit('enough', returncode=0)\n"
    )
    assert project.run_alone().ret == 0
    status, complete, success = said(project)
    assert (status, complete, success) == (2, False, 0.0)


def test_who_starts_pytest_while_handling_an_exception_gets_a_whole_record(project: Project) -> None:
    project.policy(POLICY)
    try:
        raise ValueError("of somebody else")
    except ValueError:
        assert project.run().ret == 0
    assert said(project) == (0, True, 1.0)
    assert len(events(project)) == 1


def test_who_was_told_is_not_told_again_when_the_exit_status_changes(project: Project) -> None:
    """Nobody knows without a store what was told: alerts and decisions would go out twice."""
    project.keep("p2")
    project.edit(SIDECAR, row_count=7)
    project.write("conftest.py", SETS.format(how="trylast=True", first="pass", status=42))
    result = project.check("--mlmonitor-out", "out")
    assert result.ret == 42
    lines = (project.path / "out" / "alerts.ndjson").read_text().splitlines()
    keys = [json.loads(line)["key"] for line in lines]
    assert keys and sorted(set(keys)) == sorted(keys)
    told = read_json(project.path / "out" / "results.json")["exports"]
    assert [one["name"] for one in told].count("alerts") == 1
