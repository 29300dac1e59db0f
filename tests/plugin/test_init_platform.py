"""The sample platform: everything is known, and what ``mlmonitor init`` writes is green on it and red on faults."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from .init_projects import mlmonitor, verdict
from .sample import BUNDLE, FIRST_WINDOW, FLAT_RUN, NOW, SAMPLE, SIDECAR, change_json


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = tmp_path_factory.mktemp("sample") / "project"
    shutil.copytree(SAMPLE, project / "platform")
    done = mlmonitor(project, "init", "platform", "--yes", "--now", NOW)
    assert (done.returncode, done.stderr) == (0, "")
    assert "0 failed   exit 0" in done.stdout
    return project


def test_it_is_green_as_it_lies_there(written: Path) -> None:
    found = verdict(written, "platform", NOW)
    assert (found.status, found.failed) == (0, [])
    assert {kind for kind, _ in found.artifacts} >= {"dataset", "training_run", "deployment"}


@pytest.mark.parametrize(
    ("name", "change"),
    [
        (SIDECAR, {"row_count": 1}),
        (SIDECAR, {"built_at": "2026-04-20T00:00:00Z"}),
        (FLAT_RUN, {"metrics": {"rmse": 1.0}}),
        (BUNDLE, {"run_id": "another"}),
        (FIRST_WINDOW, {"request_count": 1_000_000}),
    ],
)
def test_a_fault_is_red(written: Path, tmp_path: Path, name: str, change: dict[str, Any]) -> None:
    project = Path(shutil.copytree(written, tmp_path / "project"))
    path = project / "platform" / name
    if path.suffix == ".jsonl":
        lines = [json.loads(line) | change for line in path.read_text(encoding="utf-8").splitlines()]
        path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    else:
        change_json(path, change)
    found = verdict(project, "platform", NOW)
    assert found.status == 1 and found.failed
