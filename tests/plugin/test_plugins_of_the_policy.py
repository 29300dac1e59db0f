"""Modules that the policy calls ``plugins`` act under pytest and in the command alike."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from .sample import Project

MODULE = """
from pytest_mlmonitor import Adapter, TrainingRun, check, Finding, Severity

def read(ref):
    text = ref.path.read_text()
    return TrainingRun(ref, run_id="r-1", model_name="m", document={}) if "acme" in text else None

def pytest_mlmonitor_adapters(config):
    return [Adapter("training_run", "acme", read, ("summary.json",))]

@check("training_run", category="contract")
def signed(run, context):
    if run.run_id == "r-1":
        yield Finding(Severity.ERROR, "nobody signed r-1")

def pytest_mlmonitor_checks():
    return [signed]
"""


def project(new_project: object) -> Project:
    made: Project = new_project()  # type: ignore[operator]
    made.keep("p4")
    made.write("acme_monitoring.py", MODULE)
    made.write("pyproject.toml", '[tool.mlmonitor]\nplugins = ["acme_monitoring"]\n[tool.pytest]\npythonpath = ["."]\n')
    (made.root / "summary.json").write_text('{"by": "acme"}', encoding="utf-8")
    (made.root / "other").mkdir()
    (made.root / "other" / "summary.json").write_text('{"by": "somebody"}', encoding="utf-8")
    return made


def test_pytest_asks_them(new_project: object) -> None:
    result = project(new_project).run(
        "--mlmonitor=artifacts",
    )
    result.stdout.fnmatch_lines(["*nobody signed r-1*"])
    assert result.ret == 1
    # a reader that declined leaves its file unclaimed
    result.stdout.fnmatch_lines(["*1 file unclaimed*"])


def test_the_command_asks_them_too(new_project: object, monkeypatch: object) -> None:
    made = project(new_project)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(made.path), *sys.path]))  # type: ignore[attr-defined]
    listed = made.pytester.run(Path(sys.executable).with_name("mlmonitor"), "describe", "artifacts", "--json")
    assert listed.ret == 0, listed.stderr.str()
    runs = [one["contract"]["run_id"] for one in json.loads(listed.stdout.str()) if one["kind"] == "training_run"]
    assert "r-1" in runs


def test_one_that_cannot_be_imported_is_a_wrong_policy(new_project: object) -> None:
    made = project(new_project)
    made.write("pyproject.toml", '[tool.mlmonitor]\nplugins = ["nothing_of_that_name"]\n')
    result = made.run(
        "--mlmonitor=artifacts",
    )
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*plugins: 'nothing_of_that_name' cannot be imported*"])
