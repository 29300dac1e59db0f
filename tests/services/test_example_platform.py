"""The living example: healthy it is green under its own suite, and each of its faults is noticed by the check that should."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.services.conftest import program
from tests.turns import in_turn

EXAMPLE = Path(__file__).parents[2] / "examples" / "platform"

NOTICED = [
    ("covariate", {("dataset", "drift")}),
    ("label", {("dataset", "target_drift"), ("dataset", "concept_drift")}),
    ("concept", {("dataset", "concept_drift")}),
    ("missing_values", {("dataset", "rows"), ("dataset", "drift")}),
    ("schema", {("dataset", "schema"), ("dataset", "schema_version")}),
    ("categorical", {("dataset", "drift")}),
    ("temporal", {("dataset", "point_in_time")}),
    ("outage", {("deployment", "serving_health")}),
    ("bad_promotion", {("training_run", "promotion"), ("model_registry", "not_rejected")}),
    ("stale_build", {("dataset", "freshness")}),
]

Told = Callable[..., str]


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Told:
    """What the platform says to the words of its command, in a directory that holds nothing else."""
    missing = [name for name in ("sklearn", "fastapi") if find_spec(name) is None]
    if missing:
        assert not os.environ.get("REQUIRE_SERVICES"), f"{', '.join(missing)} not there, but REQUIRE_SERVICES is set"
        pytest.skip(f"{', '.join(missing)} not installed: pip install -r examples/platform/requirements.txt")
    monkeypatch.syspath_prepend(EXAMPLE)
    monkeypatch.chdir(tmp_path)
    from platform_demo.__main__ import main

    def says(*words: str) -> str:
        assert main([*words, "bikes"]) == 0
        return capsys.readouterr().out

    return says


def judged(said: str, status: int) -> set[tuple[str, str]]:
    """Look at the platform as it says one should; return the kinds and checks that are not well, warnings included."""
    now = said.rsplit(" ", 1)[-1].strip()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "MLMONITOR_"))}
    command = [sys.executable, "-m", "pytest_mlmonitor", "run", "-q", "--mlmonitor-now", now]
    done = subprocess.run(command, cwd="bikes", env=kept, capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stdout + done.stderr
    results: list[dict[str, Any]] = json.loads(Path("bikes", "out", "results.json").read_text())["results"]
    return {(one["kind"], one["check"]) for one in results if one["status"] in ("fail", "error")}


EARLIER = {("dataset", "rows"), ("dataset", "schema"), ("dataset", "point_in_time")}
"""What stays a warning of a build that was replaced."""


def test_a_healthy_platform_is_green_and_each_fault_is_noticed_by_its_check(told: Told) -> None:
    assert judged(told("start", "--at", "2026-04-26T00:00:00Z"), 0) == set()
    for name, checks in in_turn(NOTICED):
        found = judged(told("fault", name), 1)
        assert checks <= found and found - checks <= EARLIER, name
        told("repair")


def test_the_whole_show_ends_with_its_table(tmp_path: Path, told: Told) -> None:
    """What ``make live`` runs; in ``make test-all`` only."""
    if os.environ.get("TEST_TURN"):
        pytest.skip("minutes long: make test-all runs it")
    for name in ("prometheus", "prometheus-alertmanager", "prometheus-pushgateway"):
        program(name)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "MLMONITOR_"))}
    kept["PYTHONPATH"] = os.pathsep.join([str(EXAMPLE), kept.get("PYTHONPATH", "")])
    command = [sys.executable, "-m", "platform_live", "--out", str(tmp_path / "live")]
    done = subprocess.run(command, env=kept, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = json.loads((tmp_path / "live" / "table.json").read_text())
    assert [line["fault"] for line in lines] == [name for name, _ in NOTICED]
    assert "stale_build" in done.stdout and len(list((tmp_path / "live" / "reports").iterdir())) == 1 + 2 * len(NOTICED)
