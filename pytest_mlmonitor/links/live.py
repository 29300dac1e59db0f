"""What something live depends on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.known_by import Link
from pytest_mlmonitor.datasets.views import Datasets
from pytest_mlmonitor.links.closure import Closure
from pytest_mlmonitor.links.in_force import Contracts
from pytest_mlmonitor.registries.model import ModelRegistry
from pytest_mlmonitor.registries.views import Registries, production_of
from pytest_mlmonitor.serving.model import links_of
from pytest_mlmonitor.serving.seen.retirement import Retirement
from pytest_mlmonitor.serving.views import Deployments
from pytest_mlmonitor.training.views import Runs


class Live:
    """What something live depends on, over any number of links.

    Live are deployments that are not out of service and silent, by what they serve now; versions that a registry has in
    production; and contracts in force.
    """

    def __init__(self, platform: Artifacts) -> None:
        self._platform = platform
        self._closure = platform.view(Closure)
        self._refs: set[ArtifactRef] = set()
        waiting = [*self._served(), *self._in_production(), *self._in_force()]
        while waiting:
            artifact = waiting.pop()
            if artifact.ref not in self._refs:
                self._refs.add(artifact.ref)
                waiting += (target for edge in self._closure.of(artifact) for target in edge.targets)

    def __contains__(self, artifact: Any) -> bool:
        """Return whether something live depends on an artifact."""
        return artifact.ref in self._refs

    def _served(self) -> Iterator[Any]:
        deployments, retirement = self._platform.view(Deployments), self._platform.view(Retirement)
        for deployment in deployments.all:
            last = deployments.latest(deployment) if retirement.of(deployment) is None else None
            if last is not None:
                for link in links_of(last):
                    yield from self._closure.resolved(deployment, link).targets

    def _in_production(self) -> Iterator[Any]:
        registries, runs = self._platform.view(Registries), self._platform.view(Runs)
        known: list[ModelRegistry] = self._platform.of_kind("model_registry")
        for document in known:
            registry = registries.of(document)
            for version in production_of(document):
                # What says that a version is in production often leaves its run to the registry.
                entries = [version, *(registries.entries(registry, version) if registry is not None else ())]
                named = [entry.run_id for entry in entries if entry.run_id is not None]
                for run_id in named:
                    yield from self._closure.resolved(document, Link("registers", "training_run", run_id)).targets
                for run in runs.of_version(version.version) if version.version is not None and not named else ():
                    if version.model_name in (None, run.model_name):
                        yield run

    def _in_force(self) -> Iterator[Any]:
        contracts = self._platform.view(Contracts)
        for dataset in self._platform.view(Datasets).all:
            yield from contracts.files_of(dataset)
