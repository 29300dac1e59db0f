"""Reading ``train_meta_v*.json``: how one version was trained."""

from __future__ import annotations

from pytest_mlmonitor.core.adapter import Adapter
from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.registries.entries import read_layout
from pytest_mlmonitor.registries.model import ModelRegistry
from pytest_mlmonitor.registries.record import single_layout

_EXPECTED = "what was trained: version, trained_at, metrics, …"


def read(ref: ArtifactRef) -> ModelRegistry:
    """Read what is said of one version; the file's name says which."""
    file_version = ref.path.stem.removeprefix("train_meta_v") or None
    return read_layout(ref, "version", single_layout, _EXPECTED, file_version=file_version)


VERSION = Adapter("model_registry", "version", read, ("train_meta_v*.json",))
