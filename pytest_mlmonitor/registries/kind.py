"""The kind ``model_registry``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_mlmonitor.core.kind import Kind
from pytest_mlmonitor.core.known_by import KnownBy, Link, aliases, models
from pytest_mlmonitor.registries.model import MAPPED_OF_REGISTRIES, ModelRegistry

if TYPE_CHECKING:
    from pytest_mlmonitor.core.fact_context import Fact, FactContext


def _links(registry: ModelRegistry) -> Iterator[Link]:
    for version in registry.versions:
        if version.run_id is not None:
            yield Link("registers", "training_run", version.run_id, location=version.location)


def _gives(registry: ModelRegistry) -> Iterator[tuple[KnownBy, Link]]:
    """What a registry calls a version, its run is called too."""
    from pytest_mlmonitor.registries.views import aliases_by_version

    for version, said in aliases_by_version(registry):
        if version.run_id is not None:
            link = Link("registers", "training_run", version.run_id)
        elif version.version is not None:
            link = Link("registers", "training_run", model=version.model_name, model_version=version.version)
        else:
            continue
        name = version.model_name
        known = list(models(name, version.version)) if version.version is not None else []
        for alias in said:
            known += aliases(name, alias)
        yield from ((one, link) for one in known)


def _registry_facts(registry: ModelRegistry, context: FactContext) -> Iterator[Fact]:
    from pytest_mlmonitor.registries.facts.registry_facts import registry_facts

    return registry_facts(registry, context)


MODEL_REGISTRY = Kind(
    "model_registry",
    artifact=ModelRegistry,
    package="pytest_mlmonitor.registries",
    formats=("registry", "production", "version", "audit", "summary", "mlflow", "declared"),
    topics=("registry", "links", "promotion", "rejected"),
    links=_links,
    gives=_gives,
    names=lambda registry: [version.model_name for version in registry.versions],
    sections=("promotion",),
    mapped=MAPPED_OF_REGISTRIES,
    facts=_registry_facts,
)
