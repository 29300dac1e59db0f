"""Outputs go where the user said, all or none; nothing is written without being asked for."""

from __future__ import annotations

import os

import pytest

from .sample import SIDECAR, Project, read_json

ALL = {"results.json", "metrics.prom", "lineage", "report.html", "pytest.html", "junit.xml", "summary.md"}


def test_nothing_is_written_without_out(project: Project) -> None:
    project.check("-p", "no:cacheprovider")
    assert {path.name for path in project.path.iterdir()} == {"artifacts"}


def test_all_outputs_are_written_and_announced(project: Project) -> None:
    result = project.check("--mlmonitor-out", "build/out")
    assert {path.name for path in (project.path / "build" / "out").iterdir()} == ALL
    result.stdout.fnmatch_lines(["*results, lineage, metrics, report in build/out/"])


def test_the_option_is_relative_to_where_you_stand(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    (project.path / "deep").mkdir()
    monkeypatch.chdir(project.path / "deep")
    project.run("--mlmonitor=../artifacts", "--mlmonitor-out", "out")
    assert (project.path / "deep" / "out" / "results.json").exists()


def test_a_failing_run_writes_all_of_them_too(project: Project) -> None:
    project.edit(SIDECAR, row_count=7)
    project.check("--mlmonitor-out", "out")
    assert {path.name for path in (project.path / "out").iterdir()} == {*ALL, "alerts.ndjson"}


def test_an_empty_root_writes_all_of_them_too(project: Project) -> None:
    project.keep("handoff")
    project.check("--mlmonitor-out", "out")
    assert {path.name for path in (project.path / "out").iterdir()} == {*ALL, "alerts.ndjson"}  # that nothing is there
    document = read_json(project.path / "out" / "results.json")
    assert document["complete"] is True
    assert document["exit_status"] == 5
    assert document["results"] == document["artifacts"] == []


def test_a_usage_error_leaves_no_green_record(project: Project) -> None:
    project.results()
    project.check("--mlmonitor-out", "out", f"artifacts/{SIDECAR}::freshnes")
    document = read_json(project.path / "out" / "results.json")
    assert not (document["complete"] and document["exit_status"] == 0)


def test_other_files_in_the_directory_are_left_alone(project: Project) -> None:
    project.write("out/mine.txt", "mine")
    project.check("--mlmonitor-out", "out")
    assert (project.path / "out" / "mine.txt").read_text() == "mine"


def test_no_temporary_file_stays(project: Project) -> None:
    for _ in range(2):
        project.check("--mlmonitor-out", "out")
        assert {path.name for path in (project.path / "out").iterdir()} == ALL


def test_others_may_read_the_files(project: Project) -> None:
    project.check("--mlmonitor-out", "out")
    mask = os.umask(0)
    os.umask(mask)
    for name in (
        "results.json",
        "metrics.prom",
        "report.html",
        "pytest.html",
        "junit.xml",
        "summary.md",
        "lineage/lineage-2026-04-26.ndjson",
    ):
        assert (project.path / "out" / name).stat().st_mode & 0o777 == 0o666 & ~mask, name


def test_results_are_written_through_no_link(project: Project) -> None:
    precious = project.write("precious.txt", "precious")
    (project.path / "out" / "lineage").mkdir(parents=True)
    names = ("results.json", "metrics.prom", "report.html", "pytest.html", "junit.xml", "summary.md")
    for name in (
        *names,
        *(f".{name}.unfinished" for name in names),
        ".results.json.0123abcd",
        ".mlmonitor-unfinished.x",
    ):
        (project.path / "out" / name).symlink_to(precious)
    assert project.check("--mlmonitor-out", "out").ret == 0
    assert precious.read_text() == "precious"


def test_a_link_for_the_lock_is_not_followed(project: Project) -> None:
    precious = project.write("precious.txt", "precious")
    (project.path / "out").mkdir()
    (project.path / "out" / ".mlmonitor.lock").symlink_to(precious)
    project.check("--mlmonitor-out", "out")
    assert precious.read_text() == "precious"


def test_co_takes_no_old_report_away(project: Project) -> None:
    project.results()
    project.check("--co", "--mlmonitor-out", "out")
    assert read_json(project.path / "out" / "results.json")["complete"] is True
