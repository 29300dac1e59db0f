"""Reading ``model_registry.json``: which versions there are."""

from __future__ import annotations

from pytest_mlmonitor.core.adapter import Adapter
from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.registries.entries import read_layout
from pytest_mlmonitor.registries.model import ModelRegistry
from pytest_mlmonitor.registries.record import registry_layout

_EXPECTED = "entries below models or versions, each with version, stage, metrics, …, or a production_version"


def read(ref: ArtifactRef) -> ModelRegistry:
    """Read a registry, which may be the bare list of its entries."""
    return read_layout(ref, "registry", registry_layout, _EXPECTED, wrap="models")


REGISTRY = Adapter("model_registry", "registry", read, ("model_registry.json",))
