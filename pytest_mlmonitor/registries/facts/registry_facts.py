"""What a person wants to know of a model registry: what is in production."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_mlmonitor.core.fact_context import Fact, FactContext, metrics_in_words, named_version
from pytest_mlmonitor.core.text.words import count, listing
from pytest_mlmonitor.registries.model import ModelRegistry
from pytest_mlmonitor.registries.views import production_of


def registry_facts(registry: ModelRegistry, context: FactContext) -> Iterator[Fact]:
    """Yield the facts of a registry, or of a document beside one."""
    yield "versions", count(len(registry.versions), "version")
    live = [
        f"{named_version(version.model_name, version.version) or version.run_id or 'one without a version'}"
        f"{f' ({version.environment})' if version.environment else ''}"
        for version in production_of(registry)
    ]
    if live:
        yield "in production", listing(live, 3)
    if registry.promoted_at is not None:
        yield "promoted", context.moment(registry.promoted_at)
    if len(registry.versions) == 1 and registry.versions[0].metrics:
        yield "metrics", metrics_in_words(registry.versions[0].metrics)
