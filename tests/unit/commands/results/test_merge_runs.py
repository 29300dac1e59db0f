"""``mlmonitor merge``: one verdict and one exit status of several runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pytest_mlmonitor import ResultsError, read_results
from pytest_mlmonitor.commands.app import app
from tests.unit.outputs.test_joined_runs import GOOD, run

RED = {"data/a.json::rows": ("error", None)}


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with outputs of runs: good, red, empty, stopped, and two halves."""
    monkeypatch.chdir(tmp_path)
    halves = [dict(list(GOOD.items())[i::2]) for i in range(2)]
    documents: dict[str, Any] = {
        "good": run(GOOD, whole=True),
        "red": run(GOOD | RED, whole=True),
        "empty": run({}, whole=True),
        "stopped": {**run(GOOD, whole=True), "complete": False},
        "half": run(halves[0]),
        "other": run(halves[1]),
    }
    for name, document in documents.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "results.json").write_text(json.dumps(document))
    (tmp_path / "torn").mkdir()
    (tmp_path / "torn" / "results.json").write_text('{"schema_version": 2,')
    return tmp_path


@pytest.mark.parametrize(
    ("outs", "status"),
    [
        (["good"], 0),
        (["good", "empty"], 0),
        (["good", "good/results.json", "./good"], 0),
        (["half", "other"], 0),
        (["good", "red"], 1),
        (["red", "half"], 1),
        (["half"], 3),
        (["good", "nowhere"], 3),
        (["nowhere"], 3),
        (["good", "torn"], 3),
        (["good", "stopped"], 3),
        (["red", "stopped"], 3),
        (["empty", "nowhere"], 3),
        (["empty"], 5),
        (["empty", "empty"], 5),
        ([], 2),
        (["good", "--nonsense"], 2),
        (["good", "--out", "good"], 2),
    ],
)
def test_one_exit_status(made: Path, outs: list[str], status: int) -> None:
    assert CliRunner().invoke(app, ["merge", *outs]).exit_code == status


@pytest.mark.parametrize("outs", [["good", "red"], ["half", "other"], ["good", "good/results.json"], ["half", "good"]])
def test_the_joined_record_is_a_verdict(made: Path, outs: list[str]) -> None:
    result = CliRunner().invoke(app, ["merge", *outs, "--out", "joined"])
    document = read_results("joined/results.json")
    assert document["exit_status"] == result.exit_code
    assert (len(document["results"]), document["narrowed"]) == (9, False)


@pytest.mark.parametrize("outs", [["half"], ["good", "stopped"], ["good", "nowhere"], ["nowhere"], ["torn"]])
def test_what_lacks_something_leaves_no_verdict_behind(made: Path, outs: list[str]) -> None:
    assert CliRunner().invoke(app, ["merge", "good", "--out", "joined"]).exit_code == 0
    (made / "joined" / "metrics.prom").write_text('mlmonitor_run_success{environment="local"} 1.0\n')
    assert CliRunner().invoke(app, ["merge", *outs, "--out", "joined"]).exit_code == 3
    with pytest.raises(ResultsError):
        read_results("joined/results.json")
    assert not (made / "joined" / "metrics.prom").exists()


def test_it_says_what_is_wrong_and_what_is_missing(made: Path) -> None:
    result = CliRunner().invoke(app, ["merge", "red", "nowhere", "stopped"])
    assert "ERROR   dataset a  rows could not run: no reason given" in result.stdout
    assert "2 runs joined: 3 artifacts; 8 pass, 1 error" in result.stdout
    assert "nowhere/results.json: cannot be read" in result.stderr
    assert "stopped/results.json: the run did not come to its end" in result.stderr
    result = CliRunner().invoke(app, ["merge", "half"])
    assert "4 checks left out of all of them: data/a.json::schema, " in result.stderr
    assert "PARTIAL dataset a  checks were left out" in result.stdout


def test_the_joined_run_has_a_report(made: Path) -> None:
    CliRunner().invoke(app, ["merge", "half", "other", "--out", "joined"])
    assert '"complete":true' in (made / "joined" / "report.html").read_text()
    CliRunner().invoke(app, ["merge", "half", "nowhere", "--out", "joined"])
    assert '"complete":false' in (made / "joined" / "report.html").read_text()
    CliRunner().invoke(app, ["merge", "nowhere", "--out", "joined"])
    assert not (made / "joined" / "report.html").exists()


def test_an_output_directory_that_cannot_be_written_is_three(made: Path) -> None:
    (made / "file").write_text("")
    result = CliRunner().invoke(app, ["merge", "good", "--out", "file"])
    assert (result.exit_code, "cannot be written" in result.stderr) == (3, True)


def test_runs_of_several_days_and_records_that_were_cut_are_said(made: Path) -> None:
    for name, change in {"old": {"evaluated_at": "2026-04-20T00:00:00Z"}, "cut": {"results": []}}.items():
        document = json.loads((made / "good" / "results.json").read_text()) | change
        (made / name).mkdir()
        (made / name / "results.json").write_text(json.dumps(document))
    old = CliRunner().invoke(app, ["merge", "good", "old"])
    assert old.exit_code == 0
    assert "different times, from 2026-04-20T00:00:00Z to" in old.output
    cut = CliRunner().invoke(app, ["merge", "good", "cut"])
    assert cut.exit_code == 3
    assert "does not count what it holds" in cut.output
