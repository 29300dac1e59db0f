"""Reading ``production_model.json``: which version serves."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from pytest_mlmonitor.core.adapter import Adapter
from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.registries.entries import read_layout
from pytest_mlmonitor.registries.model import ModelRegistry
from pytest_mlmonitor.registries.record import single_layout

_EXPECTED = "the version in production: version, model_name, path, metrics, promoted_at, …"


def read(ref: ArtifactRef) -> ModelRegistry:
    """Read what is in production: the document says so of its version by its name."""
    found = read_layout(ref, "production", partial(single_layout, bare=True), _EXPECTED)
    return replace(found, versions=tuple(replace(version, production=True) for version in found.versions))


PRODUCTION = Adapter("model_registry", "production", read, ("production_model.json",))
