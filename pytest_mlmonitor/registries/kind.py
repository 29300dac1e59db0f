"""The kind ``model_registry``."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_mlmonitor.core.kind import Kind, Link
from pytest_mlmonitor.registries.model import ModelRegistry


def _links(registry: ModelRegistry) -> Iterator[Link]:
    for version in registry.versions:
        if version.run_id is not None:
            yield Link("registers", "training_run", version.run_id, location=version.location)


MODEL_REGISTRY = Kind(
    "model_registry",
    artifact=ModelRegistry,
    package="pytest_mlmonitor.registries",
    formats=("registry", "production", "version", "audit", "summary"),
    topics=("registry", "links", "promotion", "rejected"),
    links=_links,
    names=lambda registry: [version.model_name for version in registry.versions],
    sections=("promotion",),
)
