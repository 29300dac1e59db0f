"""What a dataset says of itself, by the names that an edit has for it: those of a declared source's ``fields``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_mlmonitor.core.editing import Editing
from pytest_mlmonitor.datasets.model import Dataset

_FIELDS = ("dataset_name", "dataset_version", "path", "built_at", "row_count", "feature_count")


def said_fields(dataset: Dataset) -> dict[str, Any]:
    """Return what a dataset says; what is known of it otherwise is not among it."""
    in_sidecar = set(dataset.document or ()) if dataset.sidecar is not None else set()
    found = {name: getattr(dataset, name) for name in _FIELDS if name in in_sidecar | dataset.mapped}
    if "digest" in dataset.mapped and len(dataset.digests) == 1:
        found["digest"] = dataset.digests[0]
    return {name: value for name, value in found.items() if value is not None}


def changed_fields(dataset: Dataset, editing: Editing) -> Mapping[str, Any]:
    """Return what of that it shall say otherwise."""
    said = said_fields(dataset)
    return {name: value for name, value in (editing.change(said) or {}).items() if name in said}
