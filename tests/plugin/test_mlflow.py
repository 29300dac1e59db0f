"""A tracking store of MLflow is found without a word of declaration, and judged like any other platform."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.samples.mlflow_store import NOW, change, database, edit, file_store, run_called

from .sample import Project, read_json

Check = Callable[..., dict[str, Any]]


@pytest.fixture
def project(new_project: Callable[..., Project]) -> Project:
    return new_project()


def judged(project: Project, *args: str) -> dict[str, Any]:
    """Check ``shop`` on the morning after the samples were made, and return what came out."""
    project.run("--mlmonitor=shop", "--mlmonitor-out=out", *args, now=NOW)
    return read_json(project.path / "out" / "results.json")


def serious(results: dict[str, Any]) -> list[str]:
    """Return the messages of warning or higher."""
    found = [finding for result in results["results"] for finding in result["findings"]]
    return [finding["message"] for finding in found if finding["severity"] in ("warning", "error", "critical")]


def kinds(results: dict[str, Any]) -> dict[str, int]:
    names = [artifact["kind"] for artifact in results["artifacts"]]
    return {name: names.count(name) for name in names}


@pytest.mark.parametrize("make", [file_store, database])
def test_a_sound_store_is_green(project: Project, make: Callable[[Path], Path]) -> None:
    make(project.path / "shop" / ("mlruns" if make is file_store else "mlflow.db"))
    results = judged(project)
    assert kinds(results) == {"training_run": 6, "model_registry": 1}
    assert serious(results) == []
    assert results["exit_status"] == 0
    assert results["unclaimed"] == []
    said = [f["message"] for r in results["results"] for f in r["findings"]]
    assert any(message.startswith("the run failed (FAILED)") for message in said)
    assert any("rmse 1.3 against 1.5 of the champion '1' is better by 0.2" in message for message in said)


def test_the_directory_itself_is_a_root(project: Project) -> None:
    file_store(project.path / "mlruns")
    result = project.run("mlruns", now=NOW)
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*6 training runs, 1 model registry*"])


def test_a_project_around_it_is_none(project: Project) -> None:
    file_store(project.path / "work" / "mlruns")
    project.write("work/test_own.py", "def test_own(): pass\n")
    project.run("work", now=NOW).assert_outcomes(passed=1)


def test_a_store_of_another_name(project: Project) -> None:
    file_store(project.path / "shop" / "tracking")
    assert kinds(judged(project)) == {"training_run": 6, "model_registry": 1}


def test_one_experiment_is_a_root(project: Project) -> None:
    store = file_store(project.path / "mlruns")
    shutil.copytree(run_called(store, "last").parent, project.path / "shop")
    assert kinds(judged(project)) == {"training_run": 6}


def test_what_lies_in_the_artifacts_of_a_run_is_the_run_s(project: Project) -> None:
    inside = run_called(file_store(project.path / "shop" / "mlruns"), "week-1") / "artifacts"
    assert (inside / "metrics.json").is_file()
    (inside / "model").mkdir(exist_ok=True)
    (inside / "model" / "MLmodel").write_text("flavors: {}\n")
    (inside / "dataset_metadata.json").write_text("{}")
    (inside / "training_metadata.json").write_text("{}")
    (inside / "sample.parquet").write_bytes(b"PAR1")
    results = judged(project)
    assert kinds(results) == {"training_run": 6, "model_registry": 1}
    assert serious(results) == []
    assert results["unclaimed"] == []


def test_artifacts_of_runs_in_a_database_are_none(project: Project) -> None:
    database(project.path / "shop" / "mlflow.db")
    for place in ("mlruns/1/7c9e66797c9e66797c9e66797c9e6679", "mlartifacts/1/7c9e66797c9e66797c9e66797c9e6679"):
        path = project.write(f"shop/{place}/artifacts/metrics.json", '{"test_rmse": 1.0, "test_mae": 2.0}')
        assert path.is_file()
    results = judged(project)
    assert kinds(results) == {"training_run": 6, "model_registry": 1}
    assert serious(results) == []


def in_files(store: Path, fault: str) -> None:
    run, model = run_called(store, "week-1"), store / "models" / "churn"
    if fault == "NaN":
        (run / "metrics" / "test_mae").write_text("1795893138827 nan 0\n")
    elif fault == "two in production":
        edit(model / "version-1" / "meta.yaml", "Archived", "Production")
        (model / "aliases" / "champion").write_text("2")
    elif fault == "alias to nothing":
        (model / "aliases" / "previous").write_text("7")
    elif fault == "champion to nothing":
        (model / "aliases" / "champion").write_text("7")
    elif fault == "no end":
        edit(run / "meta.yaml", f"end_time: {value(run, 'end_time')}", "end_time: null")
    elif fault == "deleted run":
        edit(run / "meta.yaml", "lifecycle_stage: active", "lifecycle_stage: deleted")
    elif fault == "worse in production":
        (run / "metrics" / "test_rmse").write_text("1795893138827 1.9 0\n")
    elif fault == "failed in production":
        edit(run / "meta.yaml", "status: 3", "status: 4")
    elif fault == "impossible":
        (run / "metrics" / "accuracy").write_text("1795893138827 1.7 0\n")
    elif fault == "ends before it starts":
        edit(run / "meta.yaml", f"start_time: {value(run, 'start_time')}", "start_time: 1795999999999")


def value(run: Path, name: str) -> str:
    lines = (run / "meta.yaml").read_text().splitlines()
    return next(line.removeprefix(f"{name}: ") for line in lines if line.startswith(f"{name}: "))


IN_A_DATABASE = {
    "NaN": "UPDATE latest_metrics SET is_nan = 1 WHERE key = 'test_mae'",
    "two in production": "UPDATE model_versions SET current_stage = 'Production'",
    "alias to nothing": "UPDATE registered_model_aliases SET version = 7 WHERE alias = 'previous'",
    "champion to nothing": "UPDATE registered_model_aliases SET version = 7 WHERE alias = 'champion'",
    "no end": "UPDATE runs SET end_time = NULL WHERE name = 'week-1'",
    "deleted run": "UPDATE runs SET lifecycle_stage = 'deleted' WHERE name = 'week-1'",
    "worse in production": "UPDATE latest_metrics SET value = 1.9 WHERE value < 1.301 AND key = 'test_rmse'",
    "failed in production": "UPDATE runs SET status = 'FAILED' WHERE name = 'week-1'",
    "impossible": "UPDATE latest_metrics SET key = 'accuracy', value = 1.7 WHERE key = 'val/auc'",
    "ends before it starts": "UPDATE runs SET start_time = 1795999999999 WHERE name = 'week-1'",
}

SAID = {
    "NaN": "metrics.test_mae is NaN: expected a finite number",
    "two in production": "2 versions of model 'churn' are in production: '1', '2'",
    "alias to nothing": "alias 'previous' names version '7', which is not registered",
    "champion to nothing": "version '7' is said to be in production, and is not registered",
    "no end": "the run is FINISHED, and nothing says when it ended (end_time)",
    "deleted run": "version '2' of 'churn' comes from the run '",
    "worse in production": "promoted: version '2' fails its gate: rmse 1.9 against 1.5 of the champion '1'",
    "failed in production": "the run failed (FAILED), and what is in use depends on it",
    "impossible": "metrics.accuracy is 1.7, which is impossible: expected between 0 and 1",
    "ends before it starts": "completed_at",
}


@pytest.mark.parametrize("form", ["files", "database"])
@pytest.mark.parametrize("fault", SAID)
def test_a_fault_is_named(project: Project, fault: str, form: str) -> None:
    if form == "files":
        in_files(file_store(project.path / "shop" / "mlruns"), fault)
    else:
        change(database(project.path / "shop" / "mlflow.db"), IN_A_DATABASE[fault])
    results = judged(project)
    assert results["exit_status"] == 1
    assert [one for one in serious(results) if one.startswith(SAID[fault])], serious(results)


def test_a_run_that_was_cut_off(project: Project) -> None:
    store = file_store(project.path / "shop" / "mlruns")
    run = run_called(store, "last")
    edit(run / "meta.yaml", "status: 3", "status: 1")
    edit(run / "meta.yaml", f"end_time: {value(run, 'end_time')}", "end_time: null")
    assert serious(judged(project)) == []
    project.run("--mlmonitor=shop", "--mlmonitor-out=out", now="2026-12-02T08:00:00Z")
    (said,) = serious(read_json(project.path / "out" / "results.json"))
    assert said.startswith("the run never ended: RUNNING for 3 d 12 h")


# What a run was trained on: MLflow's digest is of values in memory, so that the path, the name and the rows must do.

LAKE = """
artifacts = ["shop"]
{rebase}
[source.churn_train]
path = "data/churn_train_{{version:%Y%m%d}}.parquet"
target = "label"
freshness = "2d"
"""
REBASE = 'rebase = {"/home/ana/shop" = "."}'


def lake(project: Project, rebase: str = REBASE, rows: int = 40) -> Path:
    """Put the tables beside a store that its runs were trained on."""
    store = file_store(project.path / "shop" / "mlruns")
    project.write("mlmonitor.toml", LAKE.format(rebase=rebase))
    for week, day in enumerate(("20261126", "20261127")):
        path = project.path / "shop" / "data" / f"churn_train_{day}.parquet"
        path.parent.mkdir(exist_ok=True)
        pq.write_table(
            pa.table({"customer": range(rows), "tenure": range(week, rows + week), "label": [0, 1] * (rows // 2)}), path
        )
    return store


def of_run(project: Project, store: Path, check: str, name: str = "week-1") -> dict[str, Any]:
    project.run("--mlmonitor-out=out", now="2026-11-28T21:00:00Z")
    results = read_json(project.path / "out" / "results.json")["results"]
    run_id = run_called(store, name).name
    return next(one for one in results if (one["artifact"], one["check"]) == (run_id, check))


def test_a_run_is_linked_to_its_dataset_by_path(project: Project) -> None:
    store = lake(project)
    assert of_run(project, store, "dataset_link")["status"] == "pass"
    assert of_run(project, store, "input_rows")["status"] == "pass"
    assert of_run(project, store, "chronology")["status"] == "pass"


def test_where_the_paths_are_another_machine_s_the_reason_says_what_to_write(project: Project) -> None:
    link = of_run(project, lake(project, rebase=""), "dataset_link")
    assert link["status"] == "not_checked"
    assert link["reason"] == (
        "the path '/home/ana/shop/data/churn_train_20261127.parquet' lies below no root, and rebase does not say where: "
        'rebase = {"/home/ana/shop" = "."} in the policy'
    )


@pytest.mark.parametrize(
    ("rows", "severity", "more"), [(41, "error", "they were written anew since"), (30, "warning", "it")]
)
def test_rows_that_a_dataset_does_not_have(project: Project, rows: int, severity: str, more: str) -> None:
    store = lake(project)
    place = next(path for path in store.glob("*/datasets/*/meta.yaml") if "20261127" in path.read_text())
    edit(place, '"num_rows": 40', f'"num_rows": {rows}')
    (finding,) = of_run(project, store, "input_rows")["findings"]
    assert finding["severity"] == severity
    assert finding["message"].startswith(f"the run read {rows} rows of churn_train@20261127, which has 40: {more}")


def test_the_training_part_of_a_split_is_information(project: Project) -> None:
    store = lake(project)
    place = next(path for path in store.glob("*/datasets/*/meta.yaml") if "20261127" in path.read_text())
    other = place.parent.with_name("a" * 32)
    shutil.copytree(place.parent, other)
    edit(place, '"num_rows": 40', '"num_rows": 30')
    edit(other / "meta.yaml", '"num_rows": 40', '"num_rows": 10')
    given = next(run_called(store, "week-1").glob("inputs/*/meta.yaml"))
    shutil.copytree(given.parent, given.parent.with_name("a" * 32))
    kept = given.parent.with_name("a" * 32) / "meta.yaml"
    kept.write_text(kept.read_text().replace(place.parent.name, "a" * 32).replace(": training", ": testing"))
    (finding,) = of_run(project, store, "input_rows")["findings"]
    assert (finding["severity"], finding["actual"]) == ("info", "30 rows")


def test_a_dataset_that_is_not_there_any_more(project: Project) -> None:
    store = lake(project)
    data = project.path / "shop" / "data"
    (data / "churn_train_20261127.parquet").rename(data / "churn_train_20261125.parquet")
    (finding,) = of_run(project, store, "dataset_link")["findings"]
    assert finding["severity"] == "error"
    assert "nothing lies at data/churn_train_20261127.parquet" in finding["message"]


def test_a_store_behind_a_link_is_said(project: Project) -> None:
    store = file_store(project.path / "elsewhere" / "mlruns")
    (project.path / "shop").mkdir()
    os.symlink(store, project.path / "shop" / "mlruns")
    (said,) = serious(judged(project))
    assert said.startswith("mlruns is a link to '")
    assert "is not followed: nothing behind it is checked" in said
