"""The README's commands run, and print what the README says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
ELLIPSIS = "…"


def _sessions() -> list[list[tuple[str, list[str]]]]:
    """Return every ``console`` block as (command, expected lines) pairs."""
    text = (PROJECT / "README.md").read_text(encoding="utf-8")
    sessions = []
    for block in re.findall(r"```console\n(.*?)```", text, re.DOTALL):
        session: list[tuple[str, list[str]]] = []
        for line in block.splitlines():
            if line.startswith("$ "):
                session.append((line[2:], []))
            else:
                session[-1][1].append(line)
        sessions.append(session)
    return sessions


def _timeless(line: str) -> str:
    return re.sub(r"=* *(.*?) in [0-9.]+s.*", r"\1", line).rstrip()


@pytest.mark.parametrize("session", _sessions(), ids=lambda session: session[-1][0].split()[0] + str(len(session)))
def test_a_console_block_of_the_readme_is_true(session: list[tuple[str, list[str]]], tmp_path: Path) -> None:
    shutil.copytree(PROJECT / "contract_tests", tmp_path / "contract_tests")
    shutil.copy(PROJECT / "pyproject.toml", tmp_path)
    (tmp_path / "build").mkdir()
    (tmp_path / "tests").mkdir()
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "MLMONITOR_", "CI"))}
    for command, expected in session:
        done = subprocess.run(
            command, shell=True, cwd=tmp_path, env={**environment, "PATH": path, "COLUMNS": "80"}, text=True,
            capture_output=True, check=False,
        )  # fmt: skip
        assert done.stderr == ""
        printed = [_timeless(line) for line in done.stdout.splitlines()]
        position = 0
        for line in expected:
            if line != ELLIPSIS:
                wanted = _timeless(line)
                assert wanted in printed[position:], f"{command}\nnot printed: {line}\n\n{done.stdout}"
                position = printed.index(wanted, position) + 1


def test_the_two_commands_of_the_readme_are_targets_of_the_makefile() -> None:
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    commands = re.findall(r"^make (\w+)$", readme, re.MULTILINE)
    assert commands == ["demo", "test"]
    for target in commands:
        done = subprocess.run(["make", "-n", target], cwd=PROJECT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert "pytest" in done.stdout


def test_every_file_the_documentation_links_to_is_there() -> None:
    for page in [PROJECT / "README.md", *(PROJECT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\((?!http)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
