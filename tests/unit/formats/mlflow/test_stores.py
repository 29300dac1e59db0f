"""Both forms of a store say the same: what is read of samples that the real library wrote."""

from __future__ import annotations

import math
import os
import random
from pathlib import Path

import pytest

from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.formats.mlflow.stores import TrackingStores
from pytest_mlmonitor.formats.mlflow.tracked import TrackedRun, TrackingStore
from tests.samples.mlflow_store import change, database, edit, file_store, run_called


def read(path: Path) -> TrackingStore | None:
    files = sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]
    return TrackingStores(Artifacts()).at(path, files)


def read_store(path: Path) -> TrackingStore:
    store = read(path)
    assert store is not None
    return store


@pytest.fixture(params=["files", "database"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> TrackingStore:
    made = file_store(tmp_path / "mlruns") if request.param == "files" else database(tmp_path / "mlflow.db")
    return read_store(made)


def run(store: TrackingStore, name: str) -> TrackedRun:
    return next(one for one in store.runs if one.name == name)


def test_the_runs_of_a_store(store: TrackingStore) -> None:
    assert {one.name: (one.status, one.deleted) for one in store.runs} == {
        "week-0": ("FINISHED", False),
        "week-1": ("FINISHED", False),
        "trial": ("FINISHED", False),
        "failed": ("FAILED", False),
        "killed": ("KILLED", False),
        "thrown away": ("FINISHED", True),
        "last": ("FINISHED", False),
    }
    assert {one.experiment for one in store.runs} == {"churn weekly"}
    assert not [finding for one in store.runs for finding in (*one.unreadable, *one.problems)]
    assert (store.problems, store.unreadable) == ((), ())


def test_a_run(store: TrackingStore) -> None:
    found = run(store, "week-1")
    assert found.metrics == pytest.approx({"val/auc": 0.77, "test_rmse": 1.3, "test_mae": 1.0})
    assert found.started is not None and found.ended is not None
    assert found.started.date().isoformat() == "2026-11-28"
    assert 0 < (found.ended - found.started).total_seconds() < 60
    assert found.tags["mlflow.source.git.commit"] == "7c9e6679" * 5
    assert run(store, "trial").tags["mlflow.parentRunId"] == found.run_id
    (given,) = found.inputs
    assert (given.name, given.rows, given.context) == ("churn_train", 40, "training")
    assert given.source == "/home/ana/shop/data/churn_train_20261127.parquet"
    assert given.digest is not None and len(given.digest) == 8


def test_the_registered_models_of_a_store(store: TrackingStore) -> None:
    (model,) = store.models
    assert (model.name, dict(model.aliases)) == ("churn", {"champion": "2", "previous": "1"})
    assert [(one.version, one.stage, one.status) for one in model.versions] == [
        ("1", "Archived", "READY"),
        ("2", "Production", "READY"),
    ]
    assert [one.run_id for one in model.versions] == [run(store, f"week-{week}").run_id for week in (0, 1)]
    assert model.versions[1].tags == {"team": "growth"}


def test_the_last_value_is_that_of_the_latest_step(tmp_path: Path) -> None:
    made = file_store(tmp_path / "mlruns")
    home = run_called(made, "week-1")
    (home / "metrics" / "val" / "auc").write_text("30 0.9 2\n10 0.5 0\n40 0.6 1\n")
    (home / "metrics" / "old").write_text("30 0.25\n")
    (home / "metrics" / "of_data").write_text("30 0.125 1 churn_train c7e5a5ac\n")
    (home / "metrics" / "at_once").write_text("30 0.2 0\n30 0.75 0\n30 0.5 0\n")
    (home / "metrics" / "gone").write_text("30 nan 7\n")
    (home / "metrics" / "high").write_text("30 -inf 7\n")
    found = run(read_store(made), "week-1").metrics
    assert [found[name] for name in ("val/auc", "old", "of_data", "at_once", "high")] == [
        *(0.9, 0.25, 0.125),
        *(0.75, -math.inf),  # of one step and millisecond the greatest, as MLflow says
    ]
    assert math.isnan(found["gone"])


def test_values_that_a_column_cannot_hold(tmp_path: Path) -> None:
    made = database(tmp_path / "mlflow.db")
    change(
        made,
        "UPDATE latest_metrics SET is_nan = 1, value = 0 WHERE key = 'val/auc'",
        "UPDATE latest_metrics SET value = -1.7976931348623157e308 WHERE key = 'test_mae'",
    )
    found = run(read_store(made), "week-1").metrics
    assert math.isnan(found["val/auc"])
    assert found["test_mae"] == -math.inf


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("metrics/test_mae", "1795893138827 0.7 0\n17958", "metrics.test_mae: line '17958' is cut short"),
        ("metrics/test_mae", "one two three\n", "metrics.test_mae: line 'one two three' is none of a metric"),
        ("metrics/test_mae", "", "metrics.test_mae: the file holds no value"),
        ("meta.yaml", "run_id: [", "meta.yaml is not YAML"),
        ("meta.yaml", "", "meta.yaml is empty; expected a YAML mapping"),
        (
            "meta.yaml",
            "end_time: 1795893138845\n",
            "meta.yaml does not say run_id, start_time, status: it is cut short",
        ),
        ("meta.yaml", "<<<<<<< HEAD\nrun_id: a\n", "meta.yaml is not YAML"),
        ("meta.yaml", None, "the run has no meta.yaml: without it MLflow does not see the run"),
    ],
)
def test_a_run_whose_files_are_broken(tmp_path: Path, file: str, content: str | None, said: str) -> None:
    made = file_store(tmp_path / "mlruns")
    home = run_called(made, "week-1")
    if content is None:
        (home / file).unlink()
    else:
        (home / file).write_text(content)
    store = read_store(made)
    found = next(one for one in store.runs if one.run_id == home.name)
    (finding,) = (*found.unreadable, *found.problems)
    assert finding.message.startswith(said)
    assert finding.location is not None and home.name in finding.location
    assert len(store.runs) == 7, "the others are read all the same"


def test_a_registered_model_without_its_document_is_said(tmp_path: Path) -> None:
    made = file_store(tmp_path / "mlruns")
    (made / "models" / "churn" / "meta.yaml").unlink()
    (model,) = read_store(made).models
    assert [one.message for one in model.unreadable] == [
        "the registered model has no meta.yaml: without it MLflow does not see its versions"
    ]


def test_a_long_history_is_read_from_its_end(tmp_path: Path) -> None:
    made = file_store(tmp_path / "mlruns")
    path = run_called(made, "week-1") / "metrics" / "test_mae"
    path.write_text("".join(f"1795893138827 {step} {step}\n" for step in range(500_000)))
    assert path.stat().st_size > 8 * 1024 * 1024
    assert run(read_store(made), "week-1").metrics["test_mae"] == 499_999


def test_a_model_and_its_versions_in_the_wastebasket(tmp_path: Path) -> None:
    made = file_store(tmp_path / "mlruns")
    edit(made / "models" / "churn" / "version-1" / "meta.yaml", "Archived", "Deleted_Internal")
    of_files = read_store(made)
    other = database(tmp_path / "mlflow.db")
    change(other, "UPDATE model_versions SET current_stage = 'Deleted_Internal' WHERE version = 1")
    for store in (of_files, read_store(other)):
        assert [one.version for one in store.models[0].versions] == ["2"]


def test_the_runs_of_an_experiment_that_was_deleted_are_deleted(tmp_path: Path) -> None:
    made = database(tmp_path / "mlflow.db")
    change(made, "UPDATE experiments SET lifecycle_stage = 'deleted'")
    assert all(one.deleted for one in read_store(made).runs)


# Databases that are not as they should be.


@pytest.mark.parametrize(
    ("statement", "named", "severity"),
    [
        ("ALTER TABLE runs RENAME COLUMN status TO state", "runs.status", "error"),
        ("DROP TABLE runs", "the table runs", "error"),
        ("ALTER TABLE registered_model_aliases RENAME COLUMN alias TO a", "registered_model_aliases.alias", "warning"),
        ("ALTER TABLE latest_metrics RENAME COLUMN value TO v", "latest_metrics.value", "warning"),
    ],
)
def test_what_another_version_lacks_is_said_and_nothing_is_made_up(
    tmp_path: Path, statement: str, named: str, severity: str
) -> None:
    made = database(tmp_path / "mlflow.db")
    change(made, statement)
    store = read_store(made)
    (finding,) = store.problems
    assert named in finding.message
    assert finding.severity.name.lower() == severity, "an error where nothing of the runs can be had"
    assert not any(math.isnan(value) for one in store.runs for value in one.metrics.values())
    assert all("None" not in model.aliases for model in store.models)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "mlflow.db is empty: no database was written there, or it was lost"),
        (b"PAR1 and more", "mlflow.db is no SQLite database"),
        (b"SQLite format 3\x00", "mlflow.db is cut short: it holds 16 bytes"),
        (b"SQLite format 3\x00" + bytes(5000), "mlflow.db cannot be read as an SQLite database: "),
    ],
)
def test_a_file_that_is_no_database(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "mlflow.db").write_bytes(content)
    (finding,) = read_store(tmp_path / "mlflow.db").unreadable
    assert finding.message.startswith(said)
    (tmp_path / "other.db").write_bytes(content)
    assert read(tmp_path / "other.db") is None


@pytest.mark.parametrize("name", ["mlflow.db", "tracking.sqlite3"])
@pytest.mark.parametrize("keep", [0.3, 0.6, 0.9])
def test_a_database_that_is_cut_short(tmp_path: Path, name: str, keep: float) -> None:
    made = database(tmp_path / name)
    os.truncate(made, int(made.stat().st_size * keep) // 4096 * 4096)
    store = read(made)
    if store is None:
        assert name != "mlflow.db", "of another name it may be anybody's, where its tables cannot be read"
    else:
        assert store.unreadable[0].message.startswith(f"{name} cannot be read as an SQLite database")


def test_a_database_of_something_else(tmp_path: Path) -> None:
    for name in ("mlflow.db", "app.db"):
        change(tmp_path / name, "CREATE TABLE runs (id INTEGER)")
    assert read(tmp_path / "app.db") is None
    (finding,) = read_store(tmp_path / "mlflow.db").unreadable
    assert finding.message == "mlflow.db is an SQLite database of something else"


def test_a_database_of_any_name(tmp_path: Path) -> None:
    assert len(read_store(database(tmp_path / "tracking.sqlite")).runs) == 7


def test_columns_and_tables_of_another_version(tmp_path: Path) -> None:
    made = database(tmp_path / "mlflow.db")
    change(
        made,
        "DROP TABLE inputs",
        "DROP TABLE registered_model_aliases",
        "ALTER TABLE runs RENAME COLUMN end_time TO finish_time",
        "UPDATE alembic_version SET version_num = 'ffff00001111'",
    )
    store = read_store(made)
    (finding,) = store.problems
    assert finding.message == (
        "mlflow.db is of a version of MLflow that is not known (its schema is of revision 'ffff00001111'): "
        "without runs.end_time, what they say is not checked"
    )
    assert run(store, "week-1").ended is None
    assert run(store, "week-1").metrics["test_rmse"] == pytest.approx(1.3)


def test_nothing_is_written_beside_a_database(tmp_path: Path) -> None:
    made = database(tmp_path / "store" / "mlflow.db")
    change(made, "PRAGMA journal_mode=WAL")
    before = {path.name: path.read_bytes() for path in made.parent.iterdir()}
    assert list(before) == ["mlflow.db"]
    made.parent.chmod(0o755)
    assert len(read_store(made).runs) == 7
    assert {path.name: path.read_bytes() for path in made.parent.iterdir()} == before


def test_damaged_bytes_are_said_and_never_raise(tmp_path: Path) -> None:
    made = database(tmp_path / "mlflow.db")
    whole, rnd = made.read_bytes(), random.Random(7)  # noqa: S311
    for changes in (1, 5, 50, 500) * 5:
        content = bytearray(whole)
        for _ in range(changes):
            content[rnd.randrange(len(content))] = rnd.randrange(256)
        made.write_bytes(content)
        store = read_store(made)
        assert not (store.unreadable and store.runs)
    assert [path.name for path in tmp_path.iterdir()] == ["mlflow.db"]
