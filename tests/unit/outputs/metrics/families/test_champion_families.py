"""Which model is in production, how good it is, and by how much the next one is better, whichever side of a metric is better."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.registries.model import ModelRegistry, ModelVersion
from tests.unit.outputs.metrics.test_prometheus import values, written
from tests.unit.support import at, deployment, event, training_run, window


def run(run_id: str, minute: int, **metrics: float) -> Any:
    return training_run(run_id=run_id, model_name="m", completed_at=at(minute), metrics=metrics)


def serving(run_id: str) -> Any:
    place = f"runs/{run_id}"
    return deployment(window(0, bundle_id=place, model_name="m"), events=[event(-1, bundle_id=place, model_name="m")])


def shown(found: dict[str, Any], name: str) -> dict[str, float]:
    """Return a family by its metric, or by its model."""
    return {
        dict(labels).get("metric", dict(labels)["model_name"]): value
        for labels, value in values(found[name], name).items()
    }


def test_the_champion_is_what_serves_and_the_challenger_the_newest_after_it(tmp_path: Path) -> None:
    runs = [
        run("old", -90, rmse=0.1, test_r2=0.9),
        run("champion", -60, rmse=0.3, test_r2=0.7, val_r2=0.6),
        run("between", -50, rmse=0.9),
        run("challenger", -40, rmse=0.2, test_r2=0.6, revenue=5.0),
    ]
    found = written(tmp_path, [*runs, serving("champion")])
    assert shown(found, "ml_model_in_production") == {"m": 1}
    assert shown(found, "ml_champion_metric") == {"rmse": 0.3, "r2": 0.7}
    assert shown(found, "ml_challenger_metric") == {"rmse": 0.2, "r2": 0.6, "revenue": 5.0}
    gains = shown(found, "ml_challenger_improvement")
    assert gains == {"rmse": pytest.approx(0.1), "r2": pytest.approx(-0.1)}
    (info,) = values(found["ml_model_info"], "ml_model_info")
    assert dict(info)["stage"] == "production"


def registry(tmp_path: Path, **fields: Any) -> ModelRegistry:
    ref = ArtifactRef("model_registry", tmp_path / "model_registry.json", "registry", tmp_path)
    return ModelRegistry(ref, document={}, **fields)


@pytest.mark.parametrize(
    "fields",
    [
        {"versions": (ModelVersion("m", "1", run_id="only", stage="staging"),)},
        {"versions": (ModelVersion("m", "1", run_id="only"),), "empty_pointers": ((None, "production"),)},
    ],
    ids=["a registry with stages", "a registry that says that nothing is"],
)
def test_a_model_that_is_not_in_production_has_a_zero(fields: dict[str, Any], tmp_path: Path) -> None:
    found = written(tmp_path, [run("only", -60, rmse=0.3), registry(tmp_path, **fields)])
    assert shown(found, "ml_model_in_production") == {"m": 0}


def test_a_service_that_does_not_say_which_model_answers_is_one_in_production(tmp_path: Path) -> None:
    nameless = deployment(window(0, model_name="unknown", bundle_id="unknown"))
    found = written(tmp_path, [run("only", -60), nameless])
    assert shown(found, "ml_model_in_production") == {"m": 0, "unknown": 1}


@pytest.mark.parametrize("registered", [False, True], ids=["no registry", "a registry without stages"])
def test_where_nothing_says_what_is_in_production_nobody_says_that_nothing_is(registered: bool, tmp_path: Path) -> None:
    known = [registry(tmp_path, versions=(ModelVersion("m", "1", run_id="only"),))] if registered else []
    found = written(tmp_path, [run("only", -60, rmse=0.3), *known])
    assert shown(found, "ml_model_in_production") == {}
    assert shown(found, "ml_champion_metric") == {}
    assert shown(found, "ml_challenger_metric") == {"rmse": 0.3}
    assert shown(found, "ml_challenger_improvement") == {}


def test_metrics_that_are_no_numbers_are_absent(tmp_path: Path) -> None:
    found = written(tmp_path, [run("champion", -60, rmse=float("nan"), r2=0.5), serving("champion")])
    assert shown(found, "ml_champion_metric") == {"r2": 0.5}


def test_scores_of_different_splits_are_not_compared(tmp_path: Path) -> None:
    runs = [run("champion", -60, val_r2=0.9), run("challenger", -40, test_r2=0.5)]
    found = written(tmp_path, [*runs, serving("champion")])
    assert shown(found, "ml_challenger_improvement") == {}
