"""A job of GitHub, Azure or GitLab shows what a run found where people look first; elsewhere nothing of it is printed."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from .sample import SIDECAR, Project


@pytest.fixture(autouse=True)
def _no_service(monkeypatch: pytest.MonkeyPatch) -> None:
    places = ("GITHUB_WORKSPACE", "CI_PROJECT_DIR", "BUILD_SOURCESDIRECTORY")
    for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "TF_BUILD", "GITLAB_CI", *places):
        monkeypatch.delenv(name, raising=False)


def _break(project: Project) -> None:
    path = project.root / SIDECAR
    path.write_text(path.read_text().replace('"row_count": 1076', '"row_count": 7'))


def test_github_gets_an_annotation_at_the_line_and_a_summary_of_the_job(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _break(project)
    summary = tmp_path / "summary"
    summary.write_text("of an earlier step\n")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    result = project.run("--mlmonitor=artifacts", "--mlmonitor-out", "out")
    (line,) = [line for line in result.outlines if line.startswith("::")]
    assert line.startswith(
        "::error title=dataset training_dataset_20260426_130148 · row_count,file=artifacts/p2/dataset_metadata.json,line=6::"
    )
    assert "row_count says 7, but the file holds 1,076 rows" in line
    text = summary.read_text()
    assert text.startswith("of an earlier step\n### ❌ mlmonitor: 1 failed of 5 artifacts (exit status 1)")
    assert (
        text.removeprefix("of an earlier step\n").strip() == (project.path / "out" / "summary.md").read_text().strip()
    )


def test_a_job_that_works_in_a_directory_of_its_repository_names_files_from_the_top(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    _break(project)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(project.path.parent))
    result = project.run("--mlmonitor=artifacts")
    assert f"file={project.path.name}/artifacts/p2/dataset_metadata.json,line=6::" in result.stdout.str()


def test_the_summary_of_a_job_says_that_a_run_was_stopped(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _break(project)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary"))
    project.run("--mlmonitor=artifacts", "-x")
    assert "the run did not come to its end" in (tmp_path / "summary").read_text()


def test_azure_gets_an_issue_and_the_file_of_the_summary(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    _break(project)
    monkeypatch.setenv("TF_BUILD", "True")
    result = project.run("--mlmonitor=artifacts", "--mlmonitor-out", "out")
    issue, upload = [line for line in result.outlines if line.startswith("##vso[")]
    assert issue.startswith(
        "##vso[task.logissue type=error;sourcepath=artifacts/p2/dataset_metadata.json;linenumber=6]"
    )
    assert upload == f"##vso[task.uploadsummary]{project.path / 'out' / 'summary.md'}"


def test_gitlab_gets_a_code_quality_report(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    _break(project)
    monkeypatch.setenv("GITLAB_CI", "true")
    project.run("--mlmonitor=artifacts", "--mlmonitor-out", "out")
    (entry,) = json.loads((project.path / "out" / "code-quality.json").read_text())
    assert entry["location"] == {"path": "artifacts/p2/dataset_metadata.json", "lines": {"begin": 6}}
    assert (entry["check_name"], entry["severity"], len(entry["fingerprint"])) == ("mlmonitor/row_count", "major", 64)
    assert "row_count says 7" in entry["description"]


def test_a_finding_is_the_same_to_gitlab_when_only_its_figures_change(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITLAB_CI", "true")
    found = []
    for rows in (7, 8):
        text = (project.root / SIDECAR).read_text()
        (project.root / SIDECAR).write_text(
            text.replace(f'"row_count": {1076 if rows == 7 else 7}', f'"row_count": {rows}')
        )
        project.run("--mlmonitor=artifacts", "--mlmonitor-out", "out")
        found.append(json.loads((project.path / "out" / "code-quality.json").read_text()))
    assert found[0][0]["description"] != found[1][0]["description"]
    assert found[0][0]["fingerprint"] == found[1][0]["fingerprint"]


def test_elsewhere_there_is_a_summary_and_nothing_is_printed(project: Project) -> None:
    _break(project)
    result = project.run("--mlmonitor=artifacts", "--mlmonitor-out", "out")
    assert not [line for line in result.outlines if line.startswith(("::", "##"))]
    assert "row_count says 7" in (project.path / "out" / "summary.md").read_text()
    assert not (project.path / "out" / "code-quality.json").exists()


def test_a_run_without_artifacts_says_nothing_to_a_service(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    pytester.makepyfile("def test_a(): pass")
    assert not [line for line in pytester.runpytest_inprocess().outlines if line.startswith("::")]


def test_a_name_that_is_a_command_is_none(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TF_BUILD", "True")
    hostile = project.root / "##vso[task.setvariable variable=PATH]x" / "::error::y"
    hostile.parent.mkdir()
    os.rename(project.root / "p2", hostile)
    (hostile / "dataset_metadata.json").write_text("{")
    result = project.run("--mlmonitor=artifacts", "-v")
    commands = [line for line in result.outlines if "##vso[" in line.lower() or line.lstrip().startswith("::")]
    assert commands
    assert all(line.startswith("##vso[task.logissue type=error") for line in commands)
    assert not [line for line in commands if "##vso[" in line[1:].lower()]
