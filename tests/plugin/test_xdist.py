"""`-n 2 --dist loadfile` finds, says and writes the same as a run without it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .sample import BUNDLE, SIDECAR, Project, read_json

pytest.importorskip("xdist")
PARALLEL = ("-n", "2", "--dist", "loadfile")


def _timeless(document: dict[str, Any]) -> dict[str, Any]:
    text = json.dumps({**document, "duration_seconds": 0, "remembered": []})  # a later run need not read a table again
    again: dict[str, Any] = json.loads(text)
    del again["run"]["command"], again["run"]["policy"]  # they name the directory of the outputs
    for result in again["results"]:
        result["started_at"] = result["duration_seconds"] = 0
    return again


@pytest.fixture
def broken(project: Project) -> Project:
    """A failure, a warning, a skip and a user's own test that fails."""
    project.edit(SIDECAR, row_count=7)
    project.edit(BUNDLE, model_version=None)
    # Alerts and decisions that the first of two runs told are held back by the second.
    project.policy('artifacts = ["artifacts"]\nalerts = false\nretrain = false')
    project.write(
        "test_mine.py",
        """
        from pytest_mlmonitor import freshness

        def test_fresh(dataset):
            freshness(dataset)

        def test_big(dataset):
            assert dataset.row_count > 1000, "too small"
        """.replace("\n        ", "\n"),
    )
    return project


def test_results_are_the_same(broken: Project) -> None:
    alone = broken.run("--mlmonitor-out", "alone")
    (broken.path / ".mlmonitor" / "store.db").unlink()  # else the second run has a history
    parallel = broken.run_alone(*PARALLEL, "--mlmonitor-out", "parallel")
    assert alone.ret == parallel.ret == 1
    assert alone.parseoutcomes() == parallel.parseoutcomes()
    first, second = (read_json(broken.path / name / "results.json") for name in ("alone", "parallel"))
    assert second["complete"] is True
    assert len(first["results"]) > 50
    assert _timeless(first) == _timeless(second)
    for name in ("alone", "parallel"):
        files = {path.name for path in (broken.path / name).iterdir()}
        assert files == {
            "results.json",
            "lineage",
            "metrics.prom",
            "report.html",
            "pytest.html",
            "junit.xml",
            "summary.md",
        }
    ndjson = [
        (broken.path / name / "lineage" / "lineage-2026-04-26.ndjson").read_text() for name in ("alone", "parallel")
    ]
    assert ndjson[0].splitlines()[:-1] == ndjson[1].splitlines()[:-1]


def test_narrowing_and_the_summary_work(project: Project) -> None:
    result = project.run_alone("--mlmonitor=artifacts", f"artifacts/{SIDECAR}::freshness", *PARALLEL)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["mlmonitor * · artifacts · *", "PARTIAL dataset * checks left out"])


def test_no_artifact_is_not_green(project: Project) -> None:
    project.keep("handoff")
    project.write("test_mine.py", "def test_mine(): pass")
    project.policy('artifacts = ["artifacts"]')
    assert project.run_alone(*PARALLEL).ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_what_names_nothing_is_a_usage_error(project: Project) -> None:
    result = project.run_alone("--mlmonitor=artifacts", f"artifacts/{SIDECAR}::freshnes", *PARALLEL)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "not found" in result.stdout.str() + result.stderr.str()
