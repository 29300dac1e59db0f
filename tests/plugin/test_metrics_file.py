"""Where the text file of metrics is: in ``out``, or elsewhere, where others read it while runs last."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from .sample import SIDECAR, Project

SUCCESS = 'mlmonitor_run_success{environment="local"} 1.0'
ELSEWHERE = 'artifacts = ["artifacts"]\nout = "out"\nmetrics.file = "textfiles/mlmonitor.prom"'


def text(project: Project, place: str = "textfiles/mlmonitor.prom") -> str:
    return (project.path / place).read_text(encoding="utf-8")


def test_a_name_is_a_file_in_out_and_taken_back_with_the_others(project: Project) -> None:
    project.policy('out = "out"\nmetrics.file = "nightly.prom"')
    project.check()
    assert SUCCESS in text(project, "out/nightly.prom")
    assert not (project.path / "out" / "metrics.prom").exists()
    project.policy('out = "out"\nmetrics.file = "nightly.prom"\ncolour = "red"')
    project.check()
    assert not (project.path / "out" / "nightly.prom").exists(), "the run came to nothing"


def test_the_file_of_an_earlier_policy_does_not_stay_green(project: Project) -> None:
    project.policy('out = "out"')
    project.check()
    project.policy('out = "out"\nmetrics.file = "nightly.prom"')
    project.check()
    assert {path.name for path in (project.path / "out").glob("*.prom")} == {"nightly.prom"}


def test_a_path_is_a_file_elsewhere_that_whole_runs_replace(project: Project) -> None:
    project.policy(ELSEWHERE)
    said = project.check().stdout.str()
    assert "metrics in textfiles/mlmonitor.prom" in said
    assert SUCCESS in text(project)
    assert not (project.path / "out" / "metrics.prom").exists()
    before = text(project)
    project.check("-k", "row_count", "--mlmonitor-out", "part")
    assert text(project) == before, "a part never takes the place of the whole"
    assert 'mlmonitor_run_success{environment="local"} 0.0' in text(project, "part/mlmonitor.prom")
    project.edit(SIDECAR, row_count=7)
    project.check("-x")
    assert text(project) == before, "a run that was stopped says nothing of what it left out"
    project.check()
    assert 'mlmonitor_run_success{environment="local"} 0.0' in text(project)


def test_it_may_not_lie_among_the_data(project: Project) -> None:
    project.policy('artifacts = ["artifacts"]\nmetrics.file = "artifacts/mlmonitor.prom"')
    result = project.check()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "lies inside an artifact root" in result.stderr.str() + result.stdout.str()


def test_a_file_elsewhere_that_cannot_be_written_is_red_and_whole(project: Project) -> None:
    project.policy(ELSEWHERE)
    project.check()
    before = text(project)
    (project.path / "textfiles").rename(project.path / "gone")
    (project.path / "textfiles").write_text("a file in its place")
    result = project.check()
    assert result.ret == pytest.ExitCode.INTERNAL_ERROR
    assert "cannot write" in result.stdout.str() and "textfiles/mlmonitor.prom" in result.stdout.str()
    assert (project.path / "gone" / "mlmonitor.prom").read_text() == before


def test_what_killed_runs_left_there_is_removed_and_others_may_read(project: Project) -> None:
    project.policy(ELSEWHERE)
    directory = project.path / "textfiles"
    directory.mkdir()
    (directory / ".mlmonitor.prom.0123abcd").write_text("half a fi")
    (directory / ".other.prom.0123abcd").write_text("not ours")
    project.check()
    assert {path.name for path in directory.iterdir()} == {"mlmonitor.prom", ".other.prom.0123abcd"}
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE(Path(directory / "mlmonitor.prom").stat().st_mode) == 0o666 & ~umask


def test_job_and_suite_are_labels_of_every_series(project: Project) -> None:
    project.policy('out = "out"\nenvironment = "staging"\nmetrics.job = "ml"\nmetrics.suite = "a \\"b\\""')
    project.check()
    lines = [line for line in text(project, "out/metrics.prom").splitlines() if not line.startswith("#")]
    assert lines and all('job="ml"' in line and 'suite="a \\"b\\""' in line for line in lines)
    foreign = [line for line in lines if 'run_environment="staging"' in line]
    assert foreign == [line for line in lines if 'environment="production"' in line] != []
