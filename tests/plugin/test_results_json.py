"""results.json is the machine's record of a run (specification 3)."""

from __future__ import annotations

import pytest

from .sample import BUNDLE, DATASET, DEPLOYMENT_ID, RUN_ID, SERVING, SIDECAR, Project, read_json

FIELDS = {
    "schema_version",
    "evaluated_at",
    "duration_seconds",
    "counts",
    "artifacts",
    "unclaimed",
    "results",
    "complete",
}
RESULT_FIELDS = {
    "nodeid",
    "artifact",
    "kind",
    "check",
    "category",
    "severity",
    "status",
    "findings",
    "duration_seconds",
}
FINDING_FIELDS = {"severity", "message", "expected", "actual", "column", "location"}
CATEGORIES = {"contract", "reconcile", "freshness", "quality", "drift", "health", "performance", "lineage"}


def test_it_has_the_fields_of_the_specification(project: Project) -> None:
    project.edit(SIDECAR, row_count=7, surplus=1)
    document = project.results()
    assert set(document) >= FIELDS
    assert document["schema_version"] == 1
    assert document["evaluated_at"] == "2026-04-26T14:00:37Z"
    assert 0 < document["duration_seconds"] < 60
    assert list(document)[-1] == "complete"
    assert document["complete"] is True
    for result in document["results"]:
        assert set(result) >= RESULT_FIELDS
        assert result["category"] in CATEGORIES
        assert result["status"] in {"pass", "fail", "error", "not_checked"}
        assert result["severity"] in {None, "info", "warning", "error", "critical"}
        assert result["duration_seconds"] >= 0
        for finding in result["findings"]:
            assert set(finding) == FINDING_FIELDS


def test_every_item_is_in_it_once_sorted_by_id(project: Project) -> None:
    document = project.results()
    ids = [result["nodeid"] for result in document["results"]]
    assert ids == sorted(project.ids())


def test_counts_are_those_of_the_results(project: Project) -> None:
    project.edit(SIDECAR, row_count=7, surplus=1)
    project.edit(BUNDLE, model_version=None)
    document = project.results()
    for status in ("pass", "fail", "error", "not_checked"):
        assert document["counts"][status] == sum(result["status"] == status for result in document["results"])
    assert document["counts"]["fail"] == 3
    assert document["counts"]["warned"] == 2


def test_artifacts_have_a_verdict_worst_first(project: Project) -> None:
    project.edit(SIDECAR, row_count=7)
    project.edit(BUNDLE, model_version=None)
    found = project.results()["artifacts"]
    assert [artifact["verdict"] for artifact in found] == ["failed", "warned", "ok", "ok", "ok"]
    assert found[0] == {"kind": "dataset", "name": DATASET, "path": f"artifacts/{SIDECAR}", "verdict": "failed"}
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
    assert project.results()["unclaimed"] == [
        "artifacts/handoff/feature_schema.json",
        "artifacts/handoff/model_metadata.json",
        "artifacts/p2/notes.txt",
    ]


def test_narrowing_records_what_was_asked_for(project: Project) -> None:
    document = project.results(f"artifacts/{SIDECAR}::freshness")
    assert [result["check"] for result in document["results"]] == ["freshness"]
    assert len(document["artifacts"]) == 1


def test_two_runs_of_the_same_say_the_same(project: Project) -> None:
    first, second = project.results(), project.results()
    for document in (first, second):
        document["duration_seconds"] = 0
        for result in document["results"]:
            result["duration_seconds"] = 0
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
    project.run(f"artifacts/{SIDECAR}::freshness")
    assert read_json(project.path / "build" / "monitor" / "results.json")["complete"] is True


def test_out_may_come_from_the_environment(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.policy('artifacts = ["artifacts"]\nout = "build/monitor"')
    monkeypatch.setenv("MLMONITOR_OUT", "elsewhere")
    project.run(f"artifacts/{SIDECAR}::freshness")
    assert (project.path / "elsewhere" / "results.json").exists()
    assert not (project.path / "build").exists()


def test_a_deployment_is_an_artifact_of_its_own(project: Project) -> None:
    found = [artifact for artifact in project.results()["artifacts"] if artifact["kind"] == "deployment"]
    assert [artifact["name"] for artifact in found] == [DEPLOYMENT_ID]
