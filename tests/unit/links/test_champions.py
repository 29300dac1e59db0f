"""Which run serves a model, as registries say where no deployment does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.core.artifact import UNKNOWN, ArtifactRef
from pytest_mlmonitor.kinds import Platform
from pytest_mlmonitor.links.champions import Champion, Champions
from pytest_mlmonitor.registries.model import ModelRegistry, ModelVersion
from tests.unit.support import at, deployment, event, training_run, window

ROOT = Path("/data")


def registry(**fields: Any) -> ModelRegistry:
    """Return a registry of one version, which is in production."""
    version = ModelVersion(**{"version": "7", "run_id": "run-1", "production": True, **fields})
    ref = ArtifactRef("model_registry", ROOT / "model_registry.json", "r", ROOT)
    return ModelRegistry(ref, versions=(version,), document={})


def champion(*artifacts: Any, model: str = "m") -> Champion | None:
    return Platform.of(artifacts, now=at(60)).view(Champions).of(model)


@pytest.mark.parametrize("name", ["m", None, UNKNOWN])
def test_a_registry_names_the_champion_by_its_run(name: str | None) -> None:
    found = champion(registry(model_name=name), training_run())
    assert found is not None
    assert (found.run_id, found.version) == ("run-1", "7")
    assert champion(registry(model_name=name), training_run(), model=UNKNOWN) is None


def test_a_version_without_a_run_is_no_champion() -> None:
    assert champion(registry(model_name="m", run_id=None), training_run()) is None


def test_what_serves_comes_before_what_is_registered() -> None:
    serving = deployment(window(0), events=[event(bundle_id="/models/run-2")])
    found = champion(registry(model_name="m"), serving, training_run())
    assert found is not None and found.run_id == "run-2"
