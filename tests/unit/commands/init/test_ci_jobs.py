"""The jobs that run a project: valid, in the safe form, nothing overwritten."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from pytest_mlmonitor.commands.init.ci_jobs import FILES, CiSystem, job_file, job_text, repository_of

SYSTEMS: tuple[CiSystem, ...] = get_args(CiSystem)


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("below", ["", "ml/monitor"])
def test_a_job_is_yaml_that_runs_the_project(system: CiSystem, below: str) -> None:
    text = job_text(system, below, "mlmonitor.toml")
    document = yaml.safe_load(text)
    flat = str(document)
    assert "mlmonitor run -c mlmonitor.toml --mlmonitor-out build/mlmonitor" in flat
    inside = f"{below}/" if below else ""
    for path in (f"{inside}.mlmonitor", f"{inside}build/mlmonitor"):
        assert repr(path)[1:-1] in flat
    assert "@" not in text.replace("checkout@", "").replace("python@", "").replace("cache@", "").replace("artifact@", "").replace(
        "Version@", "").replace("Cache@", "").replace("Results@", "")  # fmt: skip
    assert all(line == line.rstrip() for line in text.splitlines())


def test_the_parts_that_each_service_needs() -> None:
    github: dict[str, Any] = yaml.safe_load(job_text("github", "", "mlmonitor.toml"))
    steps = github["jobs"]["mlmonitor"]["steps"]
    assert steps[-1]["if"] == "always()" and github["permissions"] == {"contents": "read"}
    gitlab: dict[str, Any] = yaml.safe_load(job_text("gitlab", "", "mlmonitor.toml"))["mlmonitor"]
    assert gitlab["artifacts"]["when"] == "always" and "junit" in gitlab["artifacts"]["reports"]
    azure: dict[str, Any] = yaml.safe_load(job_text("azure", "", "mlmonitor.toml"))
    assert any(step.get("task") == "PublishTestResults@2" for step in azure["steps"])


@pytest.mark.parametrize("system", SYSTEMS)
def test_nothing_is_overwritten(system: CiSystem, tmp_path: Path) -> None:
    first = job_file(system, tmp_path)
    assert first == tmp_path / FILES[system]
    first.parent.mkdir(parents=True, exist_ok=True)
    first.write_text("mine", encoding="utf-8")
    assert job_file(system, tmp_path) != first


def test_a_job_lies_at_the_top_of_the_repository(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "ml" / "monitor").mkdir(parents=True)
    assert repository_of(tmp_path / "ml" / "monitor") == tmp_path
