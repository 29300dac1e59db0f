"""Of several runs at once that find the same one tells, whatever the store: nobody is woken twice, and nobody is forgotten."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services.conftest import PLATFORM
from tests.services.postgres_server import PostgresServer, postgres
from tests.services.receiver import receiving

RUNS = 3


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with postgres() as running:
        yield running


@pytest.mark.parametrize("kind", ["file", "postgres"])
def test_one_of_them_tells(tmp_path: Path, kind: str, request: pytest.FixtureRequest) -> None:
    shutil.copytree(PLATFORM, tmp_path / "artifacts")
    lines = ['artifacts = ["artifacts"]', 'alerts.slack.url_env = "SLACK"', "retrain = false"]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("MLMONITOR_")}
    if kind == "postgres":
        lines.append('store_env = "STORE"')
        environ["STORE"] = request.getfixturevalue("server").new_url()
    (tmp_path / "mlmonitor.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    with receiving() as receiver:
        environ["SLACK"] = f"{receiver.url}/slack"
        for _ in range(2):
            runs = [
                subprocess.Popen(
                    [
                        sys.executable,
                        "-m",
                        "pytest",
                        "-q",
                        "-p",
                        "no:cacheprovider",
                        "--mlmonitor-now=2026-04-26T14:00:37Z",
                    ],
                    cwd=tmp_path,
                    env=environ,
                    stdout=subprocess.PIPE,
                    text=True,
                )
                for _ in range(RUNS)
            ]
            said = [run.communicate(timeout=240)[0] for run in runs]
            assert [run.returncode for run in runs] == [1] * RUNS, said
        told = [request.json["text"] for request in receiver.requests]
    assert len(told) == 1, (told, said)
    assert "STALE" in told[0]
