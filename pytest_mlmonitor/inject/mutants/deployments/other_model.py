"""Deployments that serve another model than the one that is registered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from pytest_mlmonitor.core.artifact import UNKNOWN
from pytest_mlmonitor.core.text.names import bare
from pytest_mlmonitor.inject.mutants.deployments.served_time import history
from pytest_mlmonitor.inject.mutants.material import Material
from pytest_mlmonitor.inject.mutants.mutant import FileChanges, Mutant
from pytest_mlmonitor.inject.mutants.operator import mutation
from pytest_mlmonitor.registries.views import Registries
from pytest_mlmonitor.serving.model import Deployment, ServingWindow, run_of
from pytest_mlmonitor.training.model import TrainingRun
from pytest_mlmonitor.training.views import Runs

_NAME_THE_RUN = ("bundle_id", "bundle_uri", "run_id", "model_uri")
_NO_MODELS = "neither a training run nor a registry lies below the roots: nothing here says which models there are"
_COPIES = ("input_dataset_name", "input_dataset_version")
_TIMES = {"started_at": "started_at", "completed_at": "completed_at", "bundle_created_at": "created_at"}


@mutation("deployment", per="serving", words="it serves another model than the registered one")
def other_model(deployment: Deployment, material: Material) -> Iterator[Mutant]:
    """All that the deployment wrote names another run of its model: one that does not serve, or one that nobody knows."""
    found = history(deployment, material)
    if found.latest is None or not material.can_edit(deployment):
        return
    run_id = _run_of(found.latest)
    if run_id is None and found.latest.model_version == UNKNOWN:
        return  # it does not say what it serves
    other = _other_run(found.latest, run_id, material)
    named = bare(other.ref.name, 60) if other is not None else "nobody registered"
    yield Mutant(
        f"it serves {'the run ' if other is not None else 'a model that '}{named}",
        partial(_served, deployment, material, run_id, other),
        equivalent=None if _knows_models(material) else _NO_MODELS,
    )


def _knows_models(material: Material) -> bool:
    return bool(material.platform.view(Runs).all or material.platform.view(Registries).all)


def _run_of(window: ServingWindow) -> str | None:
    said = (window.run_id, window.bundle_id if window.bundle_id != UNKNOWN else None, window.model_uri)
    return next((run_of(one) for one in said if one), None)


def _other_run(window: ServingWindow, run_id: str | None, material: Material) -> TrainingRun | None:
    """Return the latest other run of the model, None without one."""
    alike = [
        run
        for run in material.platform.view(Runs).all
        if run.model_name == window.model_name and run.run_id not in (None, run_id) and run.completed_at is not None
    ]
    return max(alike, key=lambda run: (run.completed_at, run.ref), default=None)


def _served(deployment: Deployment, material: Material, run_id: str | None, other: TrainingRun | None) -> FileChanges:
    def changed(record: Mapping[str, Any]) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        version = record.get("model_version")
        if isinstance(version, str):
            known = other.model_version if other is not None else None
            fields["model_version"] = f"{version}-other" if known in (None, UNKNOWN) else known
        for name in _NAME_THE_RUN:
            value = record.get(name)
            if run_id is not None and isinstance(value, str) and run_id in value:
                fields[name] = value.replace(run_id, (other.run_id if other is not None else None) or _unknown(run_id))
        if other is not None:
            fields |= {name: getattr(other, name) for name in _COPIES if getattr(other, name) not in (None, UNKNOWN)}
            fields |= {name: other.emitted[theirs] for name, theirs in _TIMES.items() if theirs in other.emitted}
        return fields

    return material.edited(deployment, changed)


def _unknown(run_id: str) -> str:
    """Return an id of the same form that is no run's."""
    return run_id[::-1] if run_id[::-1] != run_id else f"{run_id}0"
