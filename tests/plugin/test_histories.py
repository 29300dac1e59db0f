"""What several runs say of one artifact: since when, for how many runs, what is new and what is well again."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from .sample import Project

FIRST = datetime(2026, 11, 1, 6, tzinfo=UTC)
POLICY = """out = "out"
artifacts = ["artifacts"]
quality.min_rows = 5
[tool.mlmonitor.source.lake]
path = "{name}/dt={version:%Y-%m-%d}/part.parquet"
freshness = "30h"
"""


@pytest.fixture
def lake(project: Project) -> Project:
    project.keep()
    project.policy(POLICY)
    return project


def build(project: Project, night: int, rows: int = 20, name: str = "customers") -> Path:
    """Write the version of a night; ten rows are few."""
    day = FIRST + timedelta(days=night)
    path = project.root / name / f"dt={day:%Y-%m-%d}" / "part.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({"id": list(range(rows)), "amount": [float(i) for i in range(rows)]}), path)
    return path


def judge(project: Project, night: int, *args: str) -> dict[str, Any]:
    """Judge as of the morning after a night; return what results.json says."""
    now = FIRST + timedelta(days=night)
    project.run(*args, now=f"{now:%Y-%m-%dT%H:%M:%SZ}")
    found: dict[str, Any] = json.loads((project.path / "out" / "results.json").read_text())
    return found


def of(document: dict[str, Any], name: str = "customers", version: int | None = None) -> dict[str, Any]:
    """Return what is said of the newest version of a dataset, or of that of a night."""
    found = [one for one in document["artifacts"] if one["kind"] == "dataset" and name in one["path"]]
    found.sort(key=lambda one: one["path"])
    return found[-1 if version is None else version]


def standing(entry: dict[str, Any]) -> tuple[Any, ...]:
    return entry["verdict"], entry["runs"], entry["new"], entry["fixed"]


def day(night: int) -> str:
    return f"{FIRST + timedelta(days=night):%Y-%m-%dT%H:%M:%SZ}"


def findings(document: dict[str, Any], check: str) -> list[dict[str, Any]]:
    return [one for result in document["results"] if result["check"] == check for one in result["findings"]]


def test_a_new_version_every_night_goes_on_with_the_history_of_its_family(lake: Project) -> None:
    build(lake, 0)
    first = judge(lake, 0)
    assert standing(of(first)) == ("ok", None, None, None), "nothing is guessed of a first run"
    assert of(first)["history"] == ["ok"]
    assert first["run"]["previous"] is None and first["run"]["new"] is None
    build(lake, 1, rows=3)
    second = judge(lake, 1)
    assert standing(of(second)) == ("failed", 1, True, False)
    assert of(second)["history"] == ["ok", "failed"]
    assert of(second)["since"] == day(1)
    build(lake, 2, rows=2)
    third = judge(lake, 2)
    assert standing(of(third)) == ("failed", 2, False, False)
    assert (of(third)["since"], of(third)["history"]) == (day(1), ["ok", "failed", "failed"])
    (few,) = [one for one in findings(third, "enough_rows") if one["severity"] == "error"]
    assert (few["since"], few["runs"], few["new"]) == (day(1), 2, False)
    build(lake, 3)
    fourth = judge(lake, 3)
    assert standing(of(fourth)) == ("warned", 1, False, False), "better is not new, and not yet well"
    assert [one["new"] for one in findings(fourth, "volume") if one["severity"] == "warning"] == [True]
    build(lake, 4)
    fifth = judge(lake, 4)
    assert standing(of(fifth)) == ("ok", 1, False, True)
    assert of(fifth)["history"] == ["ok", "failed", "failed", "warned", "ok"]


def test_an_older_version_that_a_newer_one_stands_in_for_has_no_history(lake: Project) -> None:
    build(lake, 0, rows=3)
    judge(lake, 0)
    build(lake, 1)
    found = judge(lake, 1)
    assert standing(of(found, version=0))[1:] == (None, None, None)
    assert of(found, version=0)["history"][0] is None


def test_a_run_tells_what_is_new_still_there_and_no_more(lake: Project) -> None:
    for name, rows in (("a", 20), ("b", 2), ("c", 2)):
        build(lake, 0, rows, name)
    judge(lake, 0)
    for name, rows in (("a", 2), ("b", 2), ("c", 20)):
        shutil.rmtree(lake.root / name)
        build(lake, 1, rows, name)
    run = judge(lake, 1)["run"]
    assert (run["new"], run["still"], run["fixed"]) == (1, 1, 1)
    assert run["previous"] == {"evaluated_at": day(0), "exit_status": 1, "failed": 2, "warned": 0}
    assert run["history"] == [
        {"evaluated_at": day(0), "failed": 2, "warned": 0},
        {"evaluated_at": day(1), "failed": 2, "warned": 0},
    ]


def test_a_narrowed_run_is_held_against_the_history_and_leaves_none(lake: Project) -> None:
    build(lake, 0)
    judge(lake, 0)
    build(lake, 1, rows=2)
    narrowed = judge(lake, 1, "-k", "not pyproject", "--mlmonitor-out", "out")
    assert standing(of(narrowed)) == ("failed", 1, True, False)
    assert judge(lake, 2)["run"]["previous"]["evaluated_at"] == day(0)


def test_another_environment_in_the_same_store_is_another_history(
    lake: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(lake, 0, rows=2)
    judge(lake, 0)
    monkeypatch.setenv("MLMONITOR_ENVIRONMENT", "dev")
    dev = judge(lake, 1)
    assert (of(dev)["runs"], dev["run"]["previous"]) == (None, None)
    monkeypatch.delenv("MLMONITOR_ENVIRONMENT")
    found = judge(lake, 2)
    assert (of(found)["since"], of(found)["runs"]) == (day(0), 2)


def test_without_a_store_nothing_is_said(project: Project) -> None:
    project.keep("p2")
    found = project.results()
    assert {one["runs"] for one in found["artifacts"]} == {None}
    assert found["run"]["history"] == []
    assert (found["run"]["new"], found["run"]["previous"]) == (None, None)


def test_a_store_that_cannot_be_used_says_nothing_of_before(lake: Project) -> None:
    build(lake, 0)
    judge(lake, 0)
    store = lake.path / ".mlmonitor" / "store.db"
    store.unlink()
    store.mkdir()
    found = judge(lake, 1)
    assert found["store"]["problem"]
    assert (of(found)["runs"], of(found)["history"], found["run"]["history"]) == (None, [], [])


def test_what_another_suite_said_is_no_guess_for_the_first_run_of_one(
    lake: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(lake, 0, rows=2)
    judge(lake, 0)
    monkeypatch.setenv("MLMONITOR_ENVIRONMENT", "dev")
    assert of(judge(lake, 1))["since"] == day(1)
    assert of(judge(lake, 2))["since"] == day(1)


def test_what_a_newer_version_stands_in_for_is_not_called_new(lake: Project) -> None:
    """It failed yesterday; that it only warns today, because it is history, is no news."""
    build(lake, 0, rows=2)
    judge(lake, 0)
    build(lake, 1)
    now = FIRST + timedelta(days=1)
    result = lake.run(now=f"{now:%Y-%m-%dT%H:%M:%SZ}")
    found = json.loads((lake.path / "out" / "results.json").read_text())
    assert (of(found, version=0)["verdict"], of(found, version=0)["since"]) == ("warned", None)
    assert "new in this run" not in result.stdout.str()
