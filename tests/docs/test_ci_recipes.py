"""The jobs of docs/ci.md: they are YAML, their check is run as it stands, and what they keep and upload is there afterwards."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from .blocks import DOCS

PLATFORM = Path(__file__).parents[2] / "contract_tests" / "platform"
TEXT = (DOCS / "ci.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(yaml|toml)\n(.*?)```", TEXT, re.DOTALL)
POLICY = next(block for language, block in BLOCKS if language == "toml")
JOBS: dict[str, Any] = {
    block.splitlines()[0].removeprefix("# "): yaml.safe_load(block)
    for language, block in BLOCKS
    if language == "yaml" and block.startswith("# ")
}


def _texts(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Yield every text of a document with the key that it stands at."""
    if isinstance(value, dict):
        for name, below in value.items():
            yield from _texts(below, str(name))
    elif isinstance(value, list):
        for below in value:
            yield from _texts(below, key)
    elif isinstance(value, str):
        yield key, value


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A project whose data were fetched."""
    shutil.copytree(PLATFORM, tmp_path / "artifacts")
    # The sample is judged at its own time.
    options = '[tool.pytest]\naddopts = ["--mlmonitor-now=2026-04-26T14:00:37Z"]\n'
    (tmp_path / "pyproject.toml").write_text(POLICY + options)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "variable"),
    [
        (".github/workflows/monitor.yml", "GITHUB_ACTIONS=true"),
        (".gitlab-ci.yml", "GITLAB_CI=true"),
        ("azure-pipelines.yml", "TF_BUILD=True"),
    ],
)
def test_the_check_of_a_job_is_red_on_a_fault_and_leaves_what_is_uploaded(
    name: str, variable: str, checkout: Path
) -> None:
    texts = list(_texts(JOBS[name]))
    (call,) = [text for _, text in texts if text.startswith("pytest ")]
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("GITHUB", "GITLAB", "TF_", "MLMONITOR_"))}
    environment |= dict([variable.split("=")])
    program = f"{sys.executable} -m {call}"

    def run() -> int:
        return subprocess.run(
            program, shell=True, cwd=checkout, env=environment, capture_output=True, check=False
        ).returncode

    assert run() == 0
    places = {text for key, text in texts if text.startswith(("build/", ".mlmonitor"))}
    assert places
    assert {place for place in places if not (checkout / place).exists()} == set()
    sidecar = checkout / "artifacts" / "p2" / "dataset_metadata.json"
    sidecar.write_text(sidecar.read_text().replace('"row_count": 1076', '"row_count": 7'))
    assert run() == 1
    assert {place for place in places if not (checkout / place).exists()} == set()
    shutil.rmtree(checkout / "artifacts")
    (checkout / "artifacts").mkdir()
    assert run() == 5
