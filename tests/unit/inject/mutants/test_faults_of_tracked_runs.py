"""Faults of runs of MLflow, in its file store and its database, and of runs that a source describes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pytest_mlmonitor.core.policy.load import load
from pytest_mlmonitor.inject.mutants.material import Material
from pytest_mlmonitor.inject.mutants.operator import MutationOperator
from pytest_mlmonitor.inject.mutants.runs.dataset_links import dataset_link_missing, dataset_version_wrong
from pytest_mlmonitor.inject.mutants.runs.early_training import trained_before_data
from pytest_mlmonitor.inject.mutants.runs.wrong_metrics import metric_nan, worse_than_champion
from pytest_mlmonitor.kinds import Platform
from pytest_mlmonitor.training.checks.training import metrics_finite
from pytest_mlmonitor.training.model import TrainingRun
from tests.samples.mlflow_store import database, file_store
from tests.unit.inject.mutants.held_mutants import faults, held, mutants_in
from tests.unit.support import READER, platform_at

NOW = datetime(2026, 11, 29, 8, tzinfo=UTC)
STORES = pytest.mark.parametrize("make", [file_store, database])
Make = Callable[[Path], Path]


@pytest.fixture
def root(tmp_path: Path, make: Make) -> Path:
    """A store, and the dataset of its last trained run."""
    made = tmp_path.resolve() / "shop"
    make(made / ("mlruns" if make is file_store else "mlflow.db"))
    (made / "data").mkdir()
    pq.write_table(pa.table({"customer": range(40), "label": [0, 1] * 20}), made / "data/churn_train_20261127.parquet")
    return made


def runs(root: Path) -> dict[str | None, TrainingRun]:
    """Return what is to be known of the runs, by their ids."""
    found = platform_at(root, now=NOW).of_kind("training_run")
    return {run.run_id: replace(run, violations=(), documents={}, document={}) for run in found}


def changed(root: Path, operator: MutationOperator, number: int = -1) -> tuple[TrainingRun, TrainingRun]:
    """Hold a mutant; return the run before and after, of which alone anything is other."""
    before = runs(root)
    mutants = mutants_in(platform_at(root, now=NOW), operator)
    held(mutants[number])
    after = runs(root)
    ((was, one),) = [(before[name], run) for name, run in after.items() if run != before[name]]
    assert before.keys() == after.keys()
    return was, one


@STORES
def test_a_metric_is_nan_in_the_last_value_of_its_run(root: Path) -> None:
    was, one = changed(root, metric_nan)
    (gone,) = was.metrics.keys() - one.metrics.keys()
    assert gone == "test_rmse"
    assert replace(one, metrics=was.metrics) == was
    assert [found.column for found in faults(root, metrics_finite, now=NOW)] == ["metrics.test_rmse"]


@STORES
def test_a_run_is_worse_than_it_was(root: Path) -> None:
    what = [one.what for one in mutants_in(platform_at(root, now=NOW), worse_than_champion)]
    number = next(i for i, one in enumerate(what) if "of the champion" in one)
    was, one = changed(root, worse_than_champion, number)
    (champion,) = [run for run in runs(root).values() if run.ref.name in what[number]]
    assert one.metrics["test_rmse"] == pytest.approx(1.2 * champion.metrics["test_rmse"])
    assert one.metrics["test_mae"] / was.metrics["test_mae"] == pytest.approx(
        one.metrics["test_rmse"] / was.metrics["test_rmse"]
    )
    assert replace(one, metrics=was.metrics) == was


@STORES
def test_a_run_names_no_dataset(root: Path) -> None:
    was, one = changed(root, dataset_link_missing)
    assert len(was.inputs) == 1
    assert not one.inputs


@STORES
def test_a_run_names_a_dataset_that_is_nowhere(root: Path) -> None:
    was, one = changed(root, dataset_version_wrong)
    (before,), (after,) = was.inputs, one.inputs
    assert after.path == str(before.path).replace(".parquet", "_other.parquet")
    assert after.digest != before.digest
    assert after.name == before.name


@STORES
def test_all_times_of_a_run_are_early(root: Path) -> None:
    built = datetime(2026, 11, 28, tzinfo=UTC)
    sidecar = {"dataset_name": "churn_train", "built_at": built.isoformat(), "path": "churn_train_20261127.parquet"}
    sidecar |= {"dataset_version": built.isoformat(), "row_count": 40, "feature_count": 1, "schema_version": "v1"}  # type: ignore[dict-item]
    sidecar |= {"target": "label", "entity": "customer", "event_ts": "customer"}
    (root / "data" / "dataset_metadata.json").write_text(json.dumps(sidecar))
    was, one = changed(root, trained_before_data)
    assert one.started_at == built - timedelta(hours=1)
    assert was.started_at is not None and was.completed_at is not None and one.completed_at is not None
    assert one.completed_at - one.started_at == was.completed_at - was.started_at


POLICY = """
[source.train]
kind = "training_run"
path = "runs/{version}/summary.%s"
metadata = ["stats.json"]
metrics = "scores"
fields.model_name = "model"
fields.dataset_name = "data.name"
fields.dataset_version = "data.build"
fields.started_at = "stats.json:begin in epoch_ms"
fields.completed_at = "end in %%d.%%m.%%Y %%H:%%M:%%S"
"""
SUMMARY: dict[str, Any] = {
    "model": "churn",
    "data": {"name": "customers", "build": "2026-11-27T08:00:00Z"},
    "scores": {"f1": 0.8, "val": {"f1": "0.7"}},
    "end": "28.11.2026 10:00:00",
}


def declared(root: Path, form: str) -> Platform:
    (root / "mlmonitor.toml").write_text(POLICY % form)
    return Platform([root / "root"], load(root / "mlmonitor.toml"), NOW, reader=READER)


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_a_run_that_a_source_describes_says_it_where_the_source_says_that_it_stands(tmp_path: Path, form: str) -> None:
    directory = tmp_path / "root" / "runs" / "7"
    directory.mkdir(parents=True)
    (directory / f"summary.{form}").write_text(json.dumps(SUMMARY, indent=1))
    (directory / "stats.json").write_text(json.dumps({"begin": 1795856400000}))
    (was,) = declared(tmp_path, form).of_kind("training_run")
    assert was.metrics["f1"] == 0.8
    for operator, is_so in (
        (metric_nan, lambda run: "f1" not in run.metrics),
        (worse_than_champion, lambda run: run.metrics["f1"] == pytest.approx(0.64)),
        (dataset_version_wrong, lambda run: run.input_dataset_version == "2026-11-26T08:00:00Z"),
        (dataset_link_missing, lambda run: not run.inputs),
    ):
        (mutant,) = mutants_in(declared(tmp_path, form), operator)
        assert [path.name for path in held(mutant)] == [f"summary.{form}"]
        (one,) = declared(tmp_path, form).of_kind("training_run")
        assert is_so(one)
        assert one.emitted == was.emitted
        (directory / f"summary.{form}").write_text(json.dumps(SUMMARY, indent=1))


def test_times_move_in_every_document_in_its_own_form(tmp_path: Path) -> None:
    directory = tmp_path / "root" / "runs" / "7"
    directory.mkdir(parents=True)
    (directory / "summary.json").write_text(json.dumps(SUMMARY))
    (directory / "stats.json").write_text(json.dumps({"begin": 1795856400000}))
    platform = declared(tmp_path, "json")
    (run,) = platform.of_kind("training_run")
    files = Material(platform).edited(
        run, lambda said: {name: said[name] - timedelta(days=1) for name in ("started_at", "completed_at")}
    )
    contents = {path.name: json.loads(content.data or b"") for path, content in files.items()}
    assert contents == {
        "summary.json": SUMMARY | {"end": "27.11.2026 10:00:00"},
        "stats.json": {"begin": 1795770000000},
    }
