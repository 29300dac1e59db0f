"""Model registries and the rest of the platform: their documents, training runs and deployments tell one story."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.check import check
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.names import bare, quoted, shown
from pytest_mlmonitor.links.champions import Champion, Champions
from pytest_mlmonitor.registries.model import ModelRegistry, ModelVersion
from pytest_mlmonitor.registries.registry_words import same_version
from pytest_mlmonitor.registries.views import Registries, listed, named, production_of, same_model
from pytest_mlmonitor.training.views import Runs

AGREEMENT = 1e-9
"""Relative difference up to which two copies of one figure are equal: what a detour through text may change."""


@check("model_registry", category="reconcile", applies=lambda registry: registry.layout not in ("registry", "audit"))
def registered(document: ModelRegistry, context: Context) -> Iterator[Finding]:
    """The version is the one in the file's name, is in the registry, and is there in production where this says so."""
    if not document.versions:
        raise NotChecked("the document describes no version")
    (version,) = document.versions
    written = version.version
    if written is not None and document.file_version is not None and not same_version(written, document.file_version):
        yield Finding(
            Severity.ERROR,
            f"version is {quoted(written, 40)}, but the file is called {quoted(document.ref.path.name)}",
            quoted(document.file_version, 40),
            quoted(written, 40),
            "version",
            version.location,
        )
    registries = context.view(Registries)
    registry = registries.of(document)
    if registry is None or (written is None and version.run_id is None):
        raise NotChecked("no model_registry.json that it belongs to" if registry is None else "it names no version")
    entries = registries.entries(registry, version)
    where = shown(registry.ref.path)
    if not entries:
        trained = document.layout != "production"
        # Candidates that failed their evaluation are often never registered.
        more = ": trained, and not registered" if trained else ""
        yield Finding(
            Severity.INFO if trained else Severity.ERROR,
            f"{named(version)} is not in {where}{more}",
            f"one of {listed(registry.versions)}",
            quoted(written or version.run_id, 40),
            "version",
            version.location,
        )
        return
    if document.layout == "production":
        live = [v for v in production_of(registry) if same_model(v, version)]
        stages = sorted({entry.stage for entry in entries if entry.stage is not None})
        # A registry that knows stages and calls none production contradicts as well; one without stages says nothing.
        empty = [
            key
            for name, key in registry.empty_pointers
            if None in (name, version.model_name) or name == version.model_name
        ]
        if (live or stages or empty) and not any(entry in live for entry in entries):
            theirs = f"{where} says {listed(live)}" if live else f"{where} calls it {quoted(', '.join(stages), 40)}"
            if empty and not live:
                theirs = f"{where} says that none is ({empty[0]} is null)"
            yield Finding(
                Severity.ERROR,
                f"says that {named(version)} is in production; {theirs}",
                listed(live) if live else "a version that the registry has in production",
                quoted(written or version.run_id, 40),
                "version",
                version.location,
            )
    for entry in entries:
        yield from _disagreements(version, entry.metrics, where)


@check("model_registry", category="lineage", applies=lambda registry: registry.layout != "audit")
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
            f for run in runs for f in _disagreements(version, run.metrics, f"its run {quoted(run.ref.name, 40)}")
        )


@check("model_registry", category="lineage", applies=lambda registry: registry.layout in ("registry", "production"))
def serving_link(registry: ModelRegistry, context: Context) -> Iterator[Finding]:
    """The version in production is what the active deployment of its model serves."""
    serving = context.link(Champions).serving
    if not serving:
        raise NotChecked("no deployment serves a model")
    compared = False
    for version in production_of(registry):
        name = version.model_name
        runs = context.view(Runs).by_id(version.run_id) if version.run_id is not None else []
        names = [name, *(run.model_name for run in runs)]
        champion = next((serving[n] for n in names if n is not None and n in serving), None)
        if champion is None and name is None and len(serving) == 1:
            champion = next(iter(serving.values()))
        if champion is not None:
            compared = True
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
    if not compared:
        raise NotChecked("no version in production is of a model that a deployment serves")


def _serves(champion: Champion, version: ModelVersion) -> bool:
    """Runs tell versions apart better than names do: registries number their versions as they like."""
    if version.run_id is not None:
        return version.run_id == champion.run_id
    said = {word for word in (champion.version, champion.run_id) if word is not None}
    return version.version is None or any(same_version(version.version, word) for word in said)


def _disagreements(version: ModelVersion, theirs: Mapping[str, float], where: str) -> Iterator[Finding]:
    for metric, value in version.metrics.items():
        other = theirs.get(metric)
        if other is not None and not math.isclose(value, other, rel_tol=AGREEMENT, abs_tol=0.0):
            yield Finding(
                Severity.ERROR,
                f"{named(version)} has {bare(metric, 40)} {value:.10g}, but {where} says {other:.10g}",
                f"{other!r}",
                f"{value!r}",
                f"metrics.{bare(metric, 40)}",
                version.location,
            )
