"""The store of a run: history and counters that outlive artifacts, and a store that cannot be used changes no verdict."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.core.store.run_history import past_runs
from pytest_mlmonitor.core.store.sqlite_store import SqliteStore

from .sample import NOW, SERVING, Project, error_text


@pytest.fixture
def serving(project: Project) -> Project:
    project.keep("p5")
    project.policy('out = "out"')
    return project


def store_of(project: Project) -> Path:
    return project.path / ".mlmonitor" / "store.db"


def document(project: Project) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((project.path / "out" / "results.json").read_text())
    return found


def predictions(project: Project) -> float | None:
    for line in (project.path / "out" / "metrics.prom").read_text().splitlines():
        if line.startswith("ml_prediction_total{"):
            return float(line.rsplit(" ", 1)[1])
    return None


def windows(project: Project) -> list[Path]:
    return sorted(project.root.rglob("metrics_*.jsonl"))


def total(project: Project) -> int:
    return sum(
        json.loads(line)["prediction_count"] for path in windows(project) for line in path.read_text().splitlines()
    )


def test_what_was_counted_stays_counted_when_windows_are_deleted(serving: Project) -> None:
    expected = total(serving)
    serving.check()
    assert predictions(serving) == expected
    for path in windows(serving)[:5]:
        path.unlink()
    serving.check()
    assert predictions(serving) == expected > total(serving)
    late = windows(serving)[0]
    line = json.loads(late.read_text().splitlines()[0])
    line["endpoint_name"], line["prediction_count"] = "/another", 7
    with open(late, "a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
    serving.check()
    assert predictions(serving) == expected, "the deleted hour had more than it has now"


def test_a_new_window_counts_once_however_many_runs_see_it(serving: Project) -> None:
    serving.check()
    before = predictions(serving)
    serving.deploy(["dep-new"])
    for _ in range(2):
        serving.check()
        assert predictions(serving) == total(serving) > (before or 0)


def test_under_xdist_the_run_is_kept_once(serving: Project) -> None:
    serving.run_alone("--mlmonitor=artifacts", "-n", "2")
    assert len(SqliteStore(store_of(serving)).transaction(past_runs)) == 1
    assert predictions(serving) == total(serving)


def test_verdicts_have_since(serving: Project) -> None:
    serving.check()
    assert [one["since"] for one in document(serving)["artifacts"]] == [NOW]
    serving.check(now="2026-04-26T18:00:00Z")
    assert [(one["verdict"], one["since"]) for one in document(serving)["artifacts"]] == [
        ("failed", "2026-04-26T18:00:00Z")
    ]
    serving.check("-k", "serving_health", "--mlmonitor-out", "out", now="2026-04-26T18:10:00Z")
    serving.check(now="2026-04-26T18:20:00Z")
    assert [one["since"] for one in document(serving)["artifacts"]] == ["2026-04-26T18:00:00Z"]
    runs = SqliteStore(store_of(serving)).transaction(past_runs)
    assert [(run.narrowed, run.exit_status) for run in runs] == [(False, 1), (True, 1), (False, 1), (False, 0)]


def test_without_a_policy_file_there_is_no_store_and_outputs_say_so(project: Project) -> None:
    project.keep("p5")
    found = project.results()
    assert found["store"] is None
    assert {one["since"] for one in found["artifacts"]} == {None}
    metrics = (project.path / "out" / "metrics.prom").read_text()
    assert "without a store the total falls" in metrics
    assert "mlmonitor_store_usable" not in metrics
    assert not list(project.path.rglob("store.db"))


def test_listing_tests_keeps_nothing(serving: Project) -> None:
    serving.check("--co")
    assert not store_of(serving).exists()


@pytest.mark.parametrize("place", ["artifacts/store.db", "artifacts/p5/x/../store.db", "link/store.db"])
def test_a_store_inside_the_root_is_refused(place: str, serving: Project) -> None:
    (serving.path / "link").symlink_to(serving.root)
    serving.policy(f'store = "{place}"')
    result = serving.check()
    assert result.ret == 4
    assert "store = " in error_text(result)
    assert "lies inside an artifact root" in error_text(result)


def test_the_policy_says_where_it_is(serving: Project) -> None:
    serving.policy('out = "out"\nstore = "kept/history.db"')
    serving.check()
    assert document(serving)["store"] == {"file": "kept/history.db", "problem": None, "notices": []}
    assert (serving.path / "kept" / "history.db").is_file()


@pytest.mark.parametrize("days", ["0", '"long"', "40000"])
def test_a_retention_that_is_none_is_refused(days: str, serving: Project) -> None:
    serving.policy(f"store_retention_days = {days}")
    result = serving.check()
    assert result.ret == 4
    assert "store_retention_days" in error_text(result)


def spoil(project: Project, how: str) -> str:
    """Make the store unusable, and return a part of what is to be said of it."""
    path = store_of(project)
    if how == "newer":
        with sqlite3.connect(path) as connection:
            connection.execute("UPDATE store_version SET version = 99")
            connection.execute("PRAGMA user_version = 99")
        connection.close()
        return "newer pytest_mlmonitor"
    if how == "somebody else's":
        project.policy('out = "out"\nstore = "theirs.db"')
        with sqlite3.connect(project.path / "theirs.db") as connection:
            connection.execute("CREATE TABLE theirs (x)")
        connection.close()
        return "no store of ours"
    path.unlink()
    path.mkdir()
    return "no regular file"


@pytest.mark.parametrize("how", ["newer", "somebody else's", "a directory"])
def test_a_store_that_cannot_be_used_is_said_and_fails_nothing(how: str, serving: Project) -> None:
    serving.check()
    before = [(one["verdict"], one["name"]) for one in document(serving)["artifacts"]]
    expected = spoil(serving, how)
    result = serving.check()
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        [f"mlmonitor: the store * cannot be used (*{expected}*): this run is not in the history*"]
    )
    found = document(serving)
    assert expected in found["store"]["problem"]
    assert [(one["verdict"], one["name"]) for one in found["artifacts"]] == before
    assert {one["since"] for one in found["artifacts"]} == {None}
    assert predictions(serving) is None, "a total that falls and rises again would be counted twice"
    assert 'mlmonitor_store_usable{environment="local"} 0.0' in (serving.path / "out" / "metrics.prom").read_text()


def test_a_damaged_store_is_kept_and_what_can_be_read_is_brought_over(serving: Project) -> None:
    serving.check()
    expected = predictions(serving)
    path = store_of(serving)
    with open(path, "r+b") as file:
        file.write(b"\0" * 4096)
    damaged = path.read_bytes()
    for file_ in windows(serving):
        file_.unlink()
    result = serving.check()
    result.stdout.fnmatch_lines(["mlmonitor: the store * was damaged (*): it is kept as store.db.damaged-* 1 run*"])
    (kept,) = path.parent.glob("store.db.damaged-*")
    assert kept.read_bytes() == damaged
    assert predictions(serving) == expected
    assert serving.check().stdout.str().count("was damaged") == 0


def test_a_store_that_is_empty_is_not_taken_for_a_new_one(serving: Project) -> None:
    serving.check()
    store_of(serving).write_bytes(b"")
    result = serving.check()
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*the store * was damaged (it is empty)*what could be read of it: nothing*"])


def test_a_project_that_moves_takes_its_store_along(serving: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    serving.check()
    expected = predictions(serving)
    moved = serving.path / "moved"
    moved.mkdir()
    for name in ("artifacts", ".mlmonitor", "pyproject.toml"):
        shutil.move(serving.path / name, moved / name)
    monkeypatch.chdir(moved)
    serving.run("--mlmonitor=artifacts")
    line = next(
        line
        for line in (moved / "out" / "metrics.prom").read_text().splitlines()
        if line.startswith("ml_prediction_total{")
    )
    assert float(line.rsplit(" ", 1)[1]) == expected


def total_of(project: Project, name: str, **labels: str) -> float | None:
    for line in (project.path / "out" / "metrics.prom").read_text().splitlines():
        if line.startswith(f"{name}{{") and all(f'{key}="{value}"' in line for key, value in labels.items()):
            return float(line.rpartition(" ")[2])
    return None


def test_requests_failures_records_and_runs_are_counted_once_and_never_fall(serving: Project) -> None:
    serving.check()
    first = {
        name: total_of(serving, name)
        for name in ("ml_serving_requests_total", "ml_serving_failures_total", "ml_records_total")
    }
    assert all(first.values())
    assert total_of(serving, "mlmonitor_runs_total", outcome="ok") == 1
    assert total_of(serving, "mlmonitor_runs_total", outcome="error") == 0
    serving.check()
    for path in windows(serving)[:1]:
        path.unlink()
    serving.check("-k", "row_count", "--mlmonitor-out", "part")
    serving.check()
    assert {name: total_of(serving, name) for name in first} == first
    runs = [total_of(serving, "mlmonitor_runs_total", outcome=one) or 0 for one in ("ok", "findings", "error")]
    assert sum(runs) == 3, "the run over a part is none of them"


def test_the_last_success_is_remembered_over_runs_that_fail(serving: Project) -> None:
    serving.check()
    before = total_of(serving, "mlmonitor_run_last_success_timestamp_seconds")
    assert before == total_of(serving, "mlmonitor_run_last_timestamp_seconds")
    serving.edit_lines(SERVING, request_count=-1)
    serving.check("--mlmonitor-now", "2026-04-26T14:05:00Z")
    assert total_of(serving, "mlmonitor_run_last_success_timestamp_seconds") == before
    assert total_of(serving, "mlmonitor_run_success") == 0


def test_suites_with_one_store_count_for_themselves(serving: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    for suite in ("a", "b", "a"):
        monkeypatch.setenv("MLMONITOR_METRICS__SUITE", suite)
        serving.check()
    assert total_of(serving, "mlmonitor_runs_total", outcome="ok", suite="a") == 2
    assert predictions(serving) == total(serving), "what another suite counted is not counted twice"
