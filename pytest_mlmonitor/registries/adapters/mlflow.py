"""Registered models of MLflow: its file store, or its SQLite database, read without MLflow (specification 8)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from pytest_mlmonitor.core.adapter import Adapter, Mark, Reading
from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.files.walk import Directory
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.names import quoted
from pytest_mlmonitor.formats.mlflow.store_marks import STORES, may_be_database, top_of_store
from pytest_mlmonitor.formats.mlflow.stores import TrackingStores
from pytest_mlmonitor.formats.mlflow.tracked import RegisteredModel, RegisteredVersion, TrackingStore
from pytest_mlmonitor.registries.gate_words import rejection
from pytest_mlmonitor.registries.model import ModelRegistry, ModelVersion
from pytest_mlmonitor.registries.registry_words import LIVE

_NO_STAGE = "None"
_REGISTERED = ("READY", None)


def read(ref: ArtifactRef, reading: Reading) -> list[ModelRegistry]:
    """Read the registered models of the store at ``ref.path``: one registry a model of a file store, one of a database."""
    store = reading.view(TrackingStores).at(ref.path, reading.discovery.files)
    if store is None:
        return []
    if store.unreadable:
        return [ModelRegistry(ref, store.unreadable)]
    deleted = {run.run_id for run in store.runs if run.deleted}
    if store.database:
        held = [model for model in store.models if model.versions or model.aliases]
        return [_registry(ref, held, deleted, store)] if store.models or store.problems else []
    return [
        _registry(ArtifactRef(ref.kind, model.path, model.name, ref.root), [model], deleted, store)
        for model in store.models
    ]


def _registry(
    ref: ArtifactRef, models: Sequence[RegisteredModel], deleted: set[str], store: TrackingStore
) -> ModelRegistry:
    unreadable = tuple(finding for model in models for finding in model.unreadable)
    problems = [*store.problems] if store.database else []
    problems += (finding for model in models for finding in model.problems)
    versions: list[ModelVersion] = []
    aliases: list[tuple[str | None, str, str]] = []
    for model in models:
        for version in model.versions:
            made = _version(version, model)
            versions.append(made)
            problems += _of_version(version, made, deleted)
        aliases += ((model.name, alias, version) for alias, version in model.aliases.items())
    return ModelRegistry(
        ref,
        unreadable,
        tuple(problems),
        versions=tuple(versions),
        pointers=tuple((name, version) for name, alias, version in aliases if alias.lower() in LIVE),
        aliases=tuple(aliases),
        document={"models": [dict(model.meta) or {"name": model.name} for model in models]},
    )


def _version(version: RegisteredVersion, model: RegisteredModel) -> ModelVersion:
    stage = version.stage if version.stage != _NO_STAGE else None
    aliases = tuple(alias for alias, named in model.aliases.items() if named == version.version)
    live = stage is not None and stage.lower() in LIVE
    times = {"creation_timestamp": version.created, "last_updated_timestamp": version.changed}
    alias = next((one for one in aliases if one.lower() in LIVE), None)
    return ModelVersion(
        model_name=version.model,
        version=version.version,
        stage=stage,
        production=live or alias is not None,
        said_by=f"stage {quoted(stage, 40)}" if live else f"alias {quoted(alias, 40)}" if alias is not None else None,
        aliases=aliases,
        run_id=version.run_id,
        times={name: moment for name, moment in times.items() if moment is not None},
        rejected=rejection(version.tags),
        location=version.location,
    )


def _of_version(version: RegisteredVersion, made: ModelVersion, deleted: set[str]) -> Iterator[Finding]:
    called = f"version {quoted(version.version, 40)} of {quoted(version.model, 60)}"
    severity = Severity.ERROR if made.production else Severity.WARNING
    if version.run_id in deleted:
        words = f"{called} comes from the run {quoted(version.run_id, 40)}, which was deleted"
        yield Finding(severity, words, "a run that is there", "deleted", "run_id", version.location)
    if version.status not in _REGISTERED:
        words = f"{called} is {quoted(version.status, 40)}, not READY"
        yield Finding(severity, words, "READY", quoted(version.status, 40), "status", version.location)


def _store(directory: Directory) -> Path | None:
    top = top_of_store(directory.path, directory.files, directory.directories)
    return top if top is None or top.is_relative_to(directory.root) else directory.root


def _recognise(directory: Directory) -> Iterator[Mark]:
    for name in directory.names:
        if may_be_database(name) and name not in directory.directories and not name.startswith("."):
            yield Mark(directory.path / name)


MLFLOW = Adapter("model_registry", "mlflow", read, recognise=_recognise, directories=STORES[:1], store=_store)
