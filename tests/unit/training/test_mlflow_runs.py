"""What runs of MLflow are in our words: which model they are of, and what they were trained on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_mlmonitor.commands.described.version_positions import family_key
from pytest_mlmonitor.core.artifact import UNKNOWN
from pytest_mlmonitor.training.model import TrainingRun
from tests.samples.mlflow_store import change, database, file_store, run_called
from tests.unit.support import platform_at


def runs(root: Path) -> dict[str, TrainingRun]:
    found = platform_at(root).of_kind("training_run")
    return {run.run_id: run for run in found}


@pytest.mark.parametrize("make", [file_store, database])
def test_an_experiment_is_no_model(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    make(tmp_path / "shop" / ("mlruns" if make is file_store else "mlflow.db"))
    found = runs(tmp_path / "shop").values()
    assert sorted((run.model_name, run.declared_family) for run in found) == [
        ("churn", None),
        ("churn", None),
        *[(UNKNOWN, "churn weekly")] * 4,
    ]
    assert {run.model_version for run in found} == {None}, "the registry numbers versions as it likes"


def test_the_runs_of_an_experiment_are_described_together() -> None:
    runs_of_one = [
        {"kind": "training_run", "family": "e", "source": None, "name": n, "path": f"mlruns/1/{n}/meta.yaml"}
        for n in "ab"
    ]
    assert family_key(runs_of_one[0]) == family_key(runs_of_one[1])


def test_a_model_that_was_logged_names_its_run(tmp_path: Path) -> None:
    made = database(tmp_path / "shop" / "mlflow.db")
    insert = """
        INSERT INTO logged_models SELECT 'm-{0}', 1, '{0}', 'x', 1, 1, 2, 'active', NULL, run_uuid, NULL
        FROM runs WHERE name = '{1}'
    """
    change(made, insert.format("gbm", "last"), insert.format("model", "failed"))
    named = {run.status: run.model_name for run in runs(tmp_path / "shop").values() if run.model_name != "churn"}
    assert named["FAILED"] == UNKNOWN, "every model that MLflow logs by itself is called so"
    assert "gbm" in {run.model_name for run in runs(tmp_path / "shop").values()}


def test_data_that_a_run_was_evaluated_on_are_not_what_it_learnt_from(tmp_path: Path) -> None:
    store = file_store(tmp_path / "shop" / "mlruns")
    run_id = run_called(store, "week-1").name
    (place,) = (store / run_called(store, "week-1").parent.name / run_id / "inputs").glob("*/meta.yaml")
    other = place.parent.with_name("other")
    other.mkdir()
    (other / "meta.yaml").write_text(place.read_text().replace(": training", ": eval"))
    (given,) = runs(tmp_path / "shop")[run_id].inputs
    assert (given.name, given.rows, given.version) == ("churn_train", 40, None)
    place.unlink()
    assert len(runs(tmp_path / "shop")[run_id].inputs) == 1, "what else is known of it is taken"
