"""A run in a child process: its verdict, and what is no verdict."""

from __future__ import annotations

import json
import shutil
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from pytest_mlmonitor.integrations.suite_run import NoVerdict, ProjectSuite, run_suite

PLATFORM = Path(__file__).parents[3] / "contract_tests" / "platform"
NOW = "--mlmonitor-now=2026-04-26T14:00:37Z"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shutil.copytree(PLATFORM, tmp_path / "artifacts")
    (tmp_path / "mlmonitor.toml").write_text('artifacts = ["artifacts"]\nfreshness.max_age_seconds = 21600\n')
    return tmp_path


def no_verdict(suite: ProjectSuite) -> NoVerdict:
    with pytest.raises(NoVerdict) as caught:
        run_suite(suite)
    return caught.value


def test_a_run_that_is_well_is_a_verdict(project: Path) -> None:
    run = run_suite(ProjectSuite(project, (NOW,)))
    assert run.results["exit_status"] == 0 and run.results["counts"]["pass"] > 0
    assert run.out is None, "nothing names a place for outputs"


def test_findings_are_a_verdict_and_outputs_lie_where_the_policy_says(project: Path) -> None:
    with (project / "mlmonitor.toml").open("a") as file:
        file.write('out = "written"\n')
    (project / "artifacts" / "p2" / "dataset_metadata.json").write_text("{}")
    run = run_suite(ProjectSuite(project, (NOW,)))
    assert run.results["exit_status"] == 1
    assert run.out == project / "written"
    assert (project / "written" / "report.html").is_file()
    # a part takes the place of the whole nowhere
    whole = (project / "written" / "results.json").read_bytes()
    error = no_verdict(ProjectSuite(project, (NOW, "-k", "freshness")))
    assert "that select a part leave the record of the whole as it is; name a directory of their own" in str(error)
    assert (project / "written" / "results.json").read_bytes() == whole


def test_hooks_and_contract_tests_of_the_project_count(project: Path) -> None:
    (project / "pyproject.toml").write_text('[tool.pytest]\ntestpaths = ["contracts"]\n')
    contracts = project / "contracts"
    contracts.mkdir()
    (contracts / "test_own.py").write_text("def test_of_ours(datasets):\n    assert False, 'ours'\n")
    run = run_suite(ProjectSuite(project, (NOW,)))
    assert run.results["exit_status"] == 1 and "test_of_ours" in run.output


def test_nothing_found_is_no_verdict(project: Path) -> None:
    shutil.rmtree(project / "artifacts")
    (project / "artifacts").mkdir()
    error = no_verdict(ProjectSuite(project, (NOW,)))
    assert (error.exit_status, error.may_retry) == (5, False)
    assert str(error).startswith("pytest found no artifact, or nothing was selected (exit status 5)")


def test_a_policy_that_cannot_be_used_is_no_verdict(project: Path) -> None:
    (project / "mlmonitor.toml").write_text("freshnes = 3\n")
    error = no_verdict(ProjectSuite(project))
    assert not error.may_retry and "freshnes" in str(error)


def test_an_interpreter_that_is_not_there(project: Path) -> None:
    error = no_verdict(ProjectSuite(project, python="/nowhere/python"))
    assert str(error) == "/nowhere/python cannot be started: No such file or directory"


def slow(project: Path, body: str = "time.sleep(600)") -> None:
    (project / "conftest.py").write_text(
        f"import time, os, pathlib, signal\n\ndef pytest_collection_finish(session):\n"
        f"    pathlib.Path('started').touch()\n    {body}\n"
    )


def test_a_run_that_takes_too_long_is_interrupted(project: Path) -> None:
    slow(project)
    error = no_verdict(ProjectSuite(project, (NOW,), seconds=4.0))
    assert "pytest was ended: it had taken longer than 4 s" in str(error) and not error.may_retry


def test_a_run_is_stopped_by_whoever_started_it(project: Path) -> None:
    slow(project)
    told = threading.Event()
    threading.Timer(0.0, lambda: (wait_for(project / "started"), told.set())).start()
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # as in what a script begins in the background
    try:
        with pytest.raises(NoVerdict, match="it was told to stop") as caught:
            run_suite(ProjectSuite(project, (NOW,)), stopped=told.is_set)
    finally:
        signal.signal(signal.SIGINT, before)
    assert caught.value.exit_status == 2, "pytest ended by itself"


def wait_for(file: Path) -> None:
    until = time.monotonic() + 60
    while not file.exists():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_a_child_that_is_killed_may_be_tried_again_and_an_old_record_is_not_its_verdict(project: Path) -> None:
    suite = ProjectSuite(project, (NOW,), out=Path("out"))
    run_suite(suite)
    assert (project / "out" / "results.json").is_file()
    slow(project, "os.kill(os.getpid(), signal.SIGKILL)")
    error = no_verdict(suite)
    assert error.may_retry and error.exit_status == -9 and "killed by SIGKILL" in str(error)


def test_a_record_that_a_newer_version_wrote_is_no_verdict(project: Path) -> None:
    """As of an interpreter with a newer version of this package."""
    newer = project / "python"
    newer.write_text(
        f'#!/bin/sh\n{sys.executable} "$@"\nstatus=$?\n'
        f'sed -i \'s/"schema_version": 2/"schema_version": 3/\' out/results.json\nexit $status\n'
    )
    newer.chmod(0o755)
    error = no_verdict(ProjectSuite(project, (NOW,), out=Path("out"), python=str(newer)))
    assert "written by a newer pytest_mlmonitor" in str(error)
    assert json.loads((project / "out" / "results.json").read_text())["schema_version"] == 3
