"""A run that is killed while it writes leaves no half file and no green one behind, and the next run loses nothing."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.turns import in_turn

PLATFORM = Path(__file__).parents[2] / "contract_tests" / "platform"
CLEAN, LATER = "2026-04-26T14:00:37Z", "2026-04-28T14:00:37Z"
POINTS = 40
"""Of the whole; test_killed_writers.py kills each writer at a hundred of its own."""


@pytest.fixture
def states(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What runs left behind that were killed; before them there was a green one, and they find a stale dataset."""
    for name in os.environ:
        if name.startswith("MLMONITOR_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("KILL_POINTS", os.environ.get("KILL_POINTS", str(len(in_turn(range(POINTS))))))
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    shutil.copytree(PLATFORM, pytester.path / "artifacts")
    pytester.makefile(".toml", mlmonitor='artifacts = ["artifacts"]\nout = "out"\nfreshness.max_age_seconds = 21600\n')
    assert pytester.runpytest_subprocess("--mlmonitor-now", CLEAN).ret == 0
    pytester.runpytest_subprocess("-p", "tests.hostile.killed_outputs", "--mlmonitor-now", LATER, timeout=1500)
    return pytester.path / "states"


def documents(place: Path) -> Iterator[Path]:
    yield from (path for path in (place / "out").rglob("*.json") if not path.name.startswith("."))


def lines(path: Path) -> tuple[list[str], list[str]]:
    """Return the lines of a file that are JSON, and those that are none."""
    whole: list[str] = []
    torn: list[str] = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            whole.append(json.dumps(json.loads(line), sort_keys=True))
        except ValueError:
            torn.append(line)
    return whole, torn


def assert_whole(place: Path, *, torn: int) -> None:
    """Assert that every file is what some run has written, and at most ``torn`` lines of each log are not."""
    for path in documents(place):
        json.loads(path.read_text(encoding="utf-8"))
    for path in (place / "out").rglob("*.ndjson"):
        assert len(lines(path)[1]) <= torn, path
    for path in (place / "out").glob("*.prom"):
        assert list(text_string_to_metric_families(path.read_text()))
    if (place / "out" / "junit.xml").exists():
        ElementTree.parse(place / "out" / "junit.xml")  # noqa: S314 (ours)
    for path in (place / "out").glob("*.html"):
        assert path.read_text().rstrip().endswith("</html>"), path
    with closing(sqlite3.connect(place / ".mlmonitor" / "store.db")) as store:
        assert store.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def results(place: Path) -> dict[str, object] | None:
    path = place / "out" / "results.json"
    found: dict[str, object] | None = json.loads(path.read_text()) if path.exists() else None
    return found


def decided(place: Path) -> tuple[list[str], list[str]]:
    """Return the keys of decisions to train again: of those in files, and of those in the store."""
    files = [json.loads(path.read_text())["idempotency_key"] for path in (place / "out" / "retrain").glob("[!.]*.json")]
    with closing(sqlite3.connect(place / ".mlmonitor" / "store.db")) as store:
        return sorted(files), sorted(key for (key,) in store.execute("SELECT key FROM decision"))


def of_check_run(line: str) -> bool:
    """Return whether an event is of the run of the checks, which is another one each time."""
    return '"check_run_completed"' in line or '"name": "checks"' in line


def counted(place: Path) -> set[str]:
    text = (place / "out" / "metrics.prom").read_text()
    return {line for line in text.splitlines() if line.startswith("ml_prediction_total{")}


@pytest.mark.slow(turn=1)
def test_whatever_the_moment(states: Path) -> None:
    killed = sorted(path for path in states.iterdir() if (path / "killed").is_dir())
    assert len(killed) >= int(os.environ["KILL_POINTS"])
    whole = states / "whole"
    expected = {path.name: set(lines(path)[0]) for path in (whole / "out").rglob("*.ndjson")}
    for state in killed:
        assert_whole(state / "killed", torn=1)
        left = results(state / "killed")
        if left is not None and left["complete"]:
            assert (left["exit_status"], str(left["evaluated_at"])) == (1, LATER), (
                f"{state.name}: a verdict of another run"
            )
        assert (state / "status").read_text() == "1", f"{state.name}: {(states / f'{state.name}.next.log').read_text()}"
        assert_whole(state / "next", torn=1)
        after = results(state / "next")
        assert after is not None and after["complete"] and after["exit_status"] == 1
        assert after["store"] == {"file": ".mlmonitor/store.db", "problem": None, "notices": []}
        assert counted(state / "next") == counted(whole), state.name
        for path in (state / "next" / "out" / "lineage").rglob("*.ndjson"):
            missing = {line for line in expected[path.name] - set(lines(path)[0]) if not of_check_run(line)}
            assert not missing, f"{state.name}: {missing}"
        files, kept = decided(state / "next")
        assert files == kept, f"{state.name}: a decision without its file, or a file without its decision"
        assert len(kept) == 1, f"{state.name}: decided once"
