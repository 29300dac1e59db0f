"""results.json is the machine's record of a run (specification 3)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pytest_mlmonitor import ResultsError, read_results
from tests.unit.outputs.results_schema import problems

from .sample import BUNDLE, DATASET, DEPLOYMENT_ID, RUN_ID, SERVING, SIDECAR, Project, read_json

CATEGORIES = {"contract", "reconcile", "freshness", "quality", "drift", "health", "performance", "lineage"}


def test_it_has_the_fields_of_the_specification(project: Project) -> None:
    project.edit(SIDECAR, row_count=7, surplus=1)
    document = project.results()
    assert list(problems(document)) == []
    assert document["schema_version"] == 2
    assert document["evaluated_at"] == "2026-04-26T14:00:37Z"
    assert 0 < document["duration_seconds"] < 60
    assert list(document)[-1] == "complete"
    assert document["complete"] is True
    for result in document["results"]:
        assert result["category"] in CATEGORIES
        assert result["duration_seconds"] >= 0
        assert result["path"].startswith("artifacts/")
        # by the wall clock: the evaluation time may be any
        assert timedelta(0) <= datetime.now(UTC) - datetime.fromisoformat(result["started_at"]) < timedelta(minutes=1)


def test_figures_of_passing_checks_are_in_it(project: Project) -> None:
    results = [one for one in project.results()["results"] if one["status"] == "pass"]
    health = next(one["figures"] for one in results if one["check"] == "serving_health")
    assert {"name": "failure_rate", "column": "lightgbm_default", "value": 0.0} in health
    nulls = {
        figure["column"]: figure["value"]
        for one in results
        for figure in one["figures"]
        if figure["name"] == "null_rate"
    }
    assert {"station_id", "obs_ts"} <= set(nulls)
    assert all(0 <= rate <= 1 for rate in nulls.values())


CRASHING = """
from pytest_mlmonitor import check

@check("training_run", category="quality")
def crashing(run, context):
    raise KeyError("no")

def pytest_mlmonitor_checks():
    return [crashing]
"""


def test_a_run_in_which_a_check_crashed_keeps_the_schema_and_is_read(bundle: Project) -> None:
    bundle.write("conftest.py", CRASHING)
    document = bundle.results()
    assert list(problems(document)) == []
    crashed: Any = next(one for one in document["results"] if one["status"] == "error")
    assert "KeyError" in crashed["reason"]
    assert crashed["started_at"] is not None
    assert read_results(bundle.path / "out" / "results.json") == document


def test_a_run_over_nothing_keeps_the_schema_and_is_no_verdict(project: Project) -> None:
    project.keep()
    document = project.results()
    assert list(problems(document)) == []
    assert (document["artifacts"], document["results"], document["collected"]) == ([], [], 0)
    with pytest.raises(ResultsError, match="exit status 5"):
        read_results(project.path / "out" / "results.json")


def test_a_stopped_run_is_no_verdict(project: Project) -> None:
    project.edit(SIDECAR, row_count=7)
    assert list(problems(project.results("-x"))) == []
    with pytest.raises(ResultsError, match="did not come to its end"):
        read_results(project.path / "out" / "results.json")


def test_a_test_of_ones_own_says_when_it_began(bundle: Project) -> None:
    bundle.write("test_mine.py", "def test_mine(training_run): assert training_run.run_id\n")
    mine = [one for one in bundle.results("test_mine.py", "artifacts")["results"] if one["check"] == "test_mine"]
    assert len(mine) == 1
    assert timedelta(0) <= datetime.now(UTC) - datetime.fromisoformat(mine[0]["started_at"]) < timedelta(minutes=1)


def test_every_item_is_in_it_once_sorted_by_id(project: Project) -> None:
    document = project.results()
    ids = [result["nodeid"] for result in document["results"]]
    assert ids == sorted(project.ids())


def test_counts_are_those_of_the_results(project: Project) -> None:
    project.edit(SIDECAR, row_count=7, surplus=1)
    project.edit(BUNDLE, model_version=None)
    document = project.results()
    for status in ("pass", "error", "not_checked"):
        assert document["counts"][status] == sum(result["status"] == status for result in document["results"])
    assert sum(result["status"] == "fail" for result in document["results"]) == 3
    assert document["counts"]["fail"] == 1
    assert document["counts"]["warned"] == 2


def test_artifacts_have_a_verdict_worst_first(project: Project) -> None:
    project.edit(SIDECAR, row_count=7)
    project.edit(BUNDLE, model_version=None)
    found = project.results()["artifacts"]
    assert [artifact["verdict"] for artifact in found] == ["failed", "warned", "ok", "ok", "ok"]
    assert (
        found[0]
        | {
            "kind": "dataset",
            "name": DATASET,
            "path": f"artifacts/{SIDECAR}",
            "verdict": "failed",
            "owner": None,
            "runbook": None,
            "since": None,
        }
        == found[0]
    )
    assert found[1]["name"] == RUN_ID


def test_a_finding_says_what_was_expected_and_found_and_where(project: Project) -> None:
    project.edit(SIDECAR, row_count=7)
    found = next(result for result in project.results()["results"] if result["check"] == "row_count")
    assert (found["kind"], found["artifact"], found["category"]) == ("dataset", DATASET, "reconcile")
    assert (found["status"], found["severity"]) == ("fail", "error")
    finding = found["findings"][0]
    assert "7" in finding["message"]
    assert finding["column"] == "row_count"
    assert "1076" in f"{finding['expected']} {finding['actual']}".replace(",", "")
    assert finding["location"].startswith(f"artifacts/{SIDECAR}")


def test_a_line_of_a_log_is_named_by_file_and_line(project: Project) -> None:
    name = f"{SERVING}/metrics/2026-04-26/13/metrics_48.jsonl"
    project.append(name, '{"torn": \n')
    findings = [finding for result in project.results()["results"] for finding in result["findings"]]
    assert any(finding["location"] == f"artifacts/{name}:2" for finding in findings)


def test_unclaimed_files_are_listed(project: Project) -> None:
    project.plant("p2/notes.txt", "x")
    assert project.results()["unclaimed"] == ["artifacts/p2/notes.txt"]


def test_narrowing_records_what_was_asked_for(project: Project) -> None:
    document = project.results(f"artifacts/{SIDECAR}::freshness")
    assert [result["check"] for result in document["results"]] == ["freshness"]
    assert len(document["artifacts"]) == 1


def test_two_runs_of_the_same_say_the_same(project: Project) -> None:
    first, second = project.results(), project.results()
    for document in (first, second):
        document["duration_seconds"] = 0
        for result in document["results"]:
            result["started_at"] = result["duration_seconds"] = 0
    assert first == second


def test_what_was_never_reached_is_not_claimed(project: Project) -> None:
    project.edit(SIDECAR, row_count=7)
    document = project.results("-x")
    assert document["exit_status"] == 1
    assert 0 < len(document["results"]) < len(project.ids())


def test_it_is_ascii_json_without_nan(project: Project) -> None:
    project.edit_lines(SERVING, deployment_id="dép\u2028\ud800".encode("utf-8", "replace").decode())
    project.results()
    data = (project.path / "out" / "results.json").read_bytes()
    assert data.isascii()
    assert b"NaN" not in data
    assert data.endswith(b"}\n")


def test_out_may_be_a_policy_key(project: Project) -> None:
    project.policy('artifacts = ["artifacts"]\nout = "build/monitor"')
    project.run()
    assert read_json(project.path / "build" / "monitor" / "results.json")["complete"] is True


def test_out_may_come_from_the_environment(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.policy('artifacts = ["artifacts"]\nout = "build/monitor"')
    monkeypatch.setenv("MLMONITOR_OUT", "elsewhere")
    project.run()
    assert (project.path / "elsewhere" / "results.json").exists()
    assert not (project.path / "build").exists()


def test_a_deployment_is_an_artifact_of_its_own(project: Project) -> None:
    found = [artifact for artifact in project.results()["artifacts"] if artifact["kind"] == "deployment"]
    assert [artifact["name"] for artifact in found] == [DEPLOYMENT_ID]
