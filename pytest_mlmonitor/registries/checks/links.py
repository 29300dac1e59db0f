"""Model registries and the rest of the platform: their documents, training runs and deployments tell one story."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.check import check
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.names import bare, quoted
from pytest_mlmonitor.links.champions import Champion, Champions
from pytest_mlmonitor.registries.described import compared, disagreements
from pytest_mlmonitor.registries.model import ModelRegistry, ModelVersion
from pytest_mlmonitor.registries.registry_words import same_version
from pytest_mlmonitor.registries.views import named, production_of
from pytest_mlmonitor.training.views import Runs


@check(
    "model_registry",
    category="reconcile",
    applies=lambda registry: registry.layout not in ("registry", "audit"),
    action="Register the version, or correct what the document says",
)
def registered(document: ModelRegistry, context: Context) -> Iterator[Finding]:
    """The version is the one in the file's name, is in the registry, and is there in production where this says so."""
    yield from compared(document, context)


@check(
    "model_registry",
    category="lineage",
    applies=lambda registry: registry.layout != "audit",
    action="Restore the training run, or correct its id or metrics",
)
def run_link(registry: ModelRegistry, context: Context) -> Iterator[Finding]:
    """The training runs that versions come from exist, and say the same of their metrics."""
    trained = [version for version in registry.versions if version.run_id is not None]
    if not trained:
        raise NotChecked("no version names its training run")
    if not context.platform.holds("training_run"):
        raise NotChecked("the roots hold no training run")
    for version in trained:
        assert version.run_id is not None
        runs = context.view(Runs).by_id(version.run_id)
        if not runs:
            yield Finding(
                Severity.ERROR,
                f"{named(version)} → run_id {quoted(version.run_id, 40)}: no training run of that run_id under the roots",
                "a training run under the roots",
                quoted(version.run_id, 40),
                "run_id",
                version.location,
            )
        yield from dict.fromkeys(
            f for run in runs for f in disagreements(version, run.metrics, f"its run {quoted(run.ref.name, 40)}")
        )


@check(
    "model_registry",
    category="lineage",
    applies=lambda registry: registry.layout in ("registry", "production"),
    action="Deploy the version in production, or correct the registry",
)
def serving_link(registry: ModelRegistry, context: Context) -> Iterator[Finding]:
    """The version in production is what the active deployment of its model serves."""
    serving = context.link(Champions).serving
    if not serving:
        raise NotChecked("no deployment serves a model")
    judged = False
    for version in production_of(registry):
        name = version.model_name
        runs = context.view(Runs).by_id(version.run_id) if version.run_id is not None else []
        names = [name, *(run.model_name for run in runs)]
        champion = next((serving[n] for n in names if n is not None and n in serving), None)
        if champion is None and name is None and len(serving) == 1:
            champion = next(iter(serving.values()))
        if champion is not None:
            judged = True
            if not _serves(champion, version):
                yield Finding(
                    Severity.ERROR,
                    f"{named(version)} is said to be in production, but {bare(champion.said_by, 80)} serves "
                    f"version {quoted(champion.version, 40)} of the run {quoted(champion.run_id, 40)}",
                    f"{champion.version} ({champion.run_id})",
                    quoted(version.version, 40),
                    "run_id" if version.run_id is not None else "version",
                    version.location,
                )
    if not judged:
        raise NotChecked("no version in production is of a model that a deployment serves")


def _serves(champion: Champion, version: ModelVersion) -> bool:
    """Runs tell versions apart better than names do: registries number their versions as they like."""
    if version.run_id is not None:
        return version.run_id == champion.run_id
    said = {word for word in (champion.version, champion.run_id) if word is not None}
    return version.version is None or any(same_version(version.version, word) for word in said)
