"""What lies among artifacts is never run and switches nothing off, in each of the ways that we recommend."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_mlmonitor.commands.run import command_of

from .sample import NOW, SIDECAR, Project, error_text

OFF = "-p no:mlmonitor -p evil"
PLANTED = {
    "pytest.ini": f"[pytest]\naddopts = {OFF}\npythonpath = .\n",
    ".pytest.ini": f"[pytest]\naddopts = {OFF}\npythonpath = .\n",
    "pytest.toml": '[pytest]\naddopts = ["-p", "no:mlmonitor", "-p", "evil"]\npythonpath = ["."]\n',
    ".pytest.toml": '[pytest]\naddopts = ["-p", "no:mlmonitor", "-p", "evil"]\npythonpath = ["."]\n',
    "pyproject.toml": f'[tool.pytest.ini_options]\naddopts = "{OFF}"\npythonpath = "."\n[tool.mlmonitor]\nfail_on = "never"\n',
    "tox.ini": f"[pytest]\naddopts = {OFF}\npythonpath = .\n",
    "setup.cfg": f"[tool:pytest]\naddopts = {OFF}\npythonpath = .\n",
    "conftest.py": "{code}",
    "mlmonitor.toml": 'artifacts = []\nfail_on = "never"\nplugins = ["evil"]\n',
}
"""Files that pytest, or this plugin, would read or import where it finds them."""

STARTED = (
    "sitecustomize.py",
    "usercustomize.py",
    "evil.pth",
    "pytest.py",
    "pytest_mlmonitor.py",
    "test_evil.py",
    "__init__.py",
)
"""Files that Python itself would import where it starts."""


def by_command(*words: str) -> Callable[[Project], pytest.RunResult]:
    """Return a way that runs what ``mlmonitor run`` starts, in this process."""

    def run(project: Project) -> pytest.RunResult:
        command, _ = command_of(words, Path.cwd(), os.environ)
        assert command[1:4] == ["-P", "-m", "pytest"]
        return project.run(*command[4:])

    return run


WAYS: dict[str, Callable[[Project], pytest.RunResult]] = {
    "pytest --mlmonitor=DIR": lambda project: project.run("--mlmonitor=artifacts"),
    "pytest -c FILE DIR": lambda project: project.run("-c", "pyproject.toml", "artifacts"),
    "pytest, with a policy": lambda project: project.run(),
    "mlmonitor run DIR": by_command("artifacts"),
    "mlmonitor run, with a policy": by_command("-q"),
    "mlmonitor run ID": by_command(f"artifacts/{SIDECAR}::row_count"),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("below", ["", "p2"])
@pytest.mark.parametrize("name", PLANTED)
def test_nothing_planted_is_run_or_makes_a_finding_green(project: Project, name: str, below: str, way: str) -> None:
    project.edit(SIDECAR, row_count=1)
    if way in ("pytest -c FILE DIR", "pytest, with a policy", "mlmonitor run, with a policy"):
        project.policy('artifacts = ["artifacts"]')
    code = f"open({str(project.path / 'feather')!r}, 'w').close()\n"
    for place in {"", below}:
        project.plant(f"{place}/evil.py" if place else "evil.py", code)
    project.plant(f"{below}/{name}" if below else name, PLANTED[name].replace("{code}", code))
    result = WAYS[way](project)
    assert result.ret == pytest.ExitCode.TESTS_FAILED, result.stdout.str() + error_text(result)
    assert not (project.path / "feather").exists()


@pytest.mark.parametrize("declared", ["", '["artifacts/p2"]', "[]"])
@pytest.mark.parametrize(
    "words", ["artifacts", "artifacts/p2/notes.txt", "artifacts/p2/test_evil.py", f"artifacts/{SIDECAR}"]
)
def test_whatever_is_named_nothing_beside_it_is_imported(project: Project, words: str, declared: str) -> None:
    project.edit(SIDECAR, row_count=1)
    if declared:
        project.policy(f"artifacts = {declared}")
    for name in ("conftest.py", "test_evil.py", "p2/conftest.py", "p2/test_evil.py", "p4/conftest.py"):
        project.plant(name, f"open({str(project.path / 'feather')!r}, 'w').close()\n")
    project.plant("p2/notes.txt", "")
    result = by_command(words)(project)
    red = words in ("artifacts", f"artifacts/{SIDECAR}")
    assert result.ret == (pytest.ExitCode.TESTS_FAILED if red else pytest.ExitCode.USAGE_ERROR)
    assert not (project.path / "feather").exists()


@pytest.mark.parametrize("name", ["mlmonitor.toml", "pyproject.toml", "pytest.ini"])
@pytest.mark.parametrize("words", [(), (".",), ("p2",)])
def test_a_policy_above_holds_where_you_stand(
    project: Project, monkeypatch: pytest.MonkeyPatch, name: str, words: tuple[str, ...]
) -> None:
    project.edit(SIDECAR, row_count=1)
    project.policy('artifacts = ["artifacts"]')
    project.plant(name, PLANTED[name])
    monkeypatch.chdir(project.root)
    assert by_command(*words)(project).ret == pytest.ExitCode.TESTS_FAILED


@pytest.mark.parametrize("where", [".", "artifacts"])
def test_nothing_is_imported_where_python_starts(project: Project, where: str) -> None:
    project.edit(SIDECAR, row_count=1)
    code = f"open({str(project.path / 'feather')!r}, 'a').close()\n"
    for name in (*STARTED, "conftest.py"):
        project.plant(name, f"import os; {code}")
    project.plant("pytest.ini", PLANTED["pytest.ini"])
    command = "from pytest_mlmonitor.commands.app import main; main()"
    root = os.path.relpath(project.root, project.path / where)
    done = subprocess.run(
        [sys.executable, "-P", "-c", command, "run", root, "-q", "--mlmonitor-now", NOW],
        cwd=project.path / where, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout + done.stderr
    assert "row_count says 1" in done.stdout
    assert not (project.path / "feather").exists()
    assert not list(project.root.rglob(".pytest_cache"))


@pytest.mark.parametrize("name", PLANTED)
def test_where_a_plugin_is_still_asked_the_shortest_form_is_refused_or_red(project: Project, name: str) -> None:
    """``pytest DIR``: what acts before any plugin cannot be closed, but a run that we see is never green."""
    project.edit(SIDECAR, row_count=1)
    project.policy('artifacts = ["artifacts"]')
    project.plant(
        name, PLANTED[name].replace(OFF, "-q").replace('"-p", "no:mlmonitor", "-p", "evil"', '"-q"').format(code="")
    )
    assert project.run("artifacts").ret in (pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.USAGE_ERROR)


@pytest.mark.parametrize(
    "args", [(), ("--mlmonitor=artifacts",), ("-c", "pyproject.toml"), ("-c", os.devnull, "--mlmonitor=artifacts")]
)
def test_the_line_that_runs_it_again_holds_too(project: Project, args: tuple[str, ...]) -> None:
    project.edit(SIDECAR, row_count=1)
    if "--mlmonitor=artifacts" not in args:
        project.policy('artifacts = ["artifacts"]')
    project.plant("pytest.ini", PLANTED["pytest.ini"])
    project.plant("p2/pytest.ini", PLANTED["pytest.ini"])
    first = project.run(*args)
    (again,) = {line.partition("again")[2].strip() for line in first.outlines if line.startswith("  again")}
    words = shlex.split(again)
    assert words[0] == "pytest"
    result = project.run(*words[1:])
    result.assert_outcomes(failed=1)
    assert not (project.path / "feather").exists()
