"""Which runs and registry entries a version in a prediction log means: a number of its own model, an alias, a run's URI."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.kinds import Platform
from pytest_mlmonitor.links.models.known_versions import ModelVersions
from pytest_mlmonitor.registries.model import ModelRegistry, ModelVersion
from tests.unit.support import at, training_run

ROOT = Path("/data")


@pytest.fixture
def versions() -> ModelVersions:
    registry = ModelRegistry(
        ArtifactRef("model_registry", ROOT / "model_registry.json", "r", ROOT),
        versions=(
            ModelVersion("churn", "3", run_id="c3", aliases=("champion",)),
            ModelVersion("fraud", "3", run_id="f3", stage="Production", production=True),
        ),
        document={},
    )
    runs = [
        training_run(
            ref=ArtifactRef("training_run", ROOT / name / "metadata.json", name, ROOT),
            run_id=name,
            model_name=model,
            model_version="unknown",
        )
        for name, model in (("c3", "churn"), ("f3", "fraud"))
    ]
    return ModelVersions(Platform.of([registry, *runs], now=at(30)))


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("models:/churn/3", ["c3"]),
        ("models:/fraud/3", ["f3"]),
        ("models:/churn@champion", ["c3"]),
        ("models:/fraud/Production", ["f3"]),
        ("models:/fraud@champion", []),
        ("runs:/f3/model", ["f3"]),
        ("champion", ["c3"]),
        ("3", ["c3", "f3"]),
        ("c3", ["c3"]),
    ],
)
def test_the_runs_of_a_version(versions: ModelVersions, said: str, wanted: list[str]) -> None:
    assert [run.run_id for run in versions.runs(said)] == wanted
