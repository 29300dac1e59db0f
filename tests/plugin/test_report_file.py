"""report.html: ours, written with results.json out of the same document, and as careful with what may be taken for a verdict."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from .sample import SIDECAR, Project, read_json

POLICY = 'artifacts = ["artifacts"]\nout = "out"'


def page(project: Project) -> str:
    return (project.path / "out" / "report.html").read_text(encoding="utf-8")


def data(project: Project) -> dict[str, Any]:
    """Return what the page knows of the run."""
    found = re.search(r'id="data">(.*?)</script>', page(project), re.DOTALL)
    assert found is not None
    return dict(json.loads(found[1]))


def test_it_is_written_and_announced(bundle: Project) -> None:
    result = bundle.check("--mlmonitor-out", "out")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*report in out/"])
    assert page(bundle).startswith("<!doctype html>")


def test_it_says_what_the_record_says(project: Project) -> None:
    project.edit(SIDECAR, row_count=7)
    document = project.results()
    drawn = data(project)
    told = {(artifact["kind"], artifact["name"]): artifact["verdict"] for artifact in document["artifacts"]}
    assert {(artifact["kind"], artifact["name"]): artifact["verdict"] for artifact in drawn["artifacts"]} == told
    assert "failed" in told.values()
    assert drawn["run"]["counts"] == document["counts"]


def test_it_needs_no_pytest_html(bundle: Project) -> None:
    bundle.check("--mlmonitor-out", "out", "-p", "no:html")
    assert page(bundle)
    assert not (bundle.path / "out" / "pytest.html").exists()


def test_a_part_of_the_platform_writes_none_unless_told(bundle: Project) -> None:
    bundle.policy(POLICY)
    bundle.run("-k", "metrics")
    assert not (bundle.path / "out").exists()
    bundle.run("-k", "metrics", "--mlmonitor-out", "out")
    assert page(bundle)


def test_a_run_that_was_stopped_says_so(bundle: Project) -> None:
    bundle.policy(POLICY)
    bundle.write("test_mine.py", "def test_mine(): raise KeyboardInterrupt\n")
    bundle.run_alone()
    assert read_json(bundle.path / "out" / "results.json")["complete"] is False
    assert data(bundle)["run"]["complete"] is False


def test_one_of_a_run_whose_outputs_are_not_whole_says_so(bundle: Project) -> None:
    bundle.write("out/lineage", "")
    assert bundle.check("--mlmonitor-out", "out").ret == pytest.ExitCode.INTERNAL_ERROR
    assert data(bundle)["run"]["complete"] is False


def test_none_stays_where_the_record_cannot_be_written(bundle: Project) -> None:
    (bundle.path / "out" / "results.json").mkdir(parents=True)
    assert bundle.check("--mlmonitor-out", "out").ret == pytest.ExitCode.INTERNAL_ERROR
    assert not (bundle.path / "out" / "report.html").exists()


def test_a_record_says_where_it_has_no_report(bundle: Project) -> None:
    (bundle.path / "out" / "report.html").mkdir(parents=True)
    assert bundle.check("--mlmonitor-out", "out").ret == pytest.ExitCode.INTERNAL_ERROR
    document = read_json(bundle.path / "out" / "results.json")
    assert (document["complete"], document["exit_status"]) == (False, 3)
