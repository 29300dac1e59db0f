"""A ``dataset_metadata.json`` that says something else."""

from __future__ import annotations

from typing import Any

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.editing import EditedFiles, Editing
from pytest_mlmonitor.core.files.opening import read_bytes
from pytest_mlmonitor.core.references.conversion import Unfit
from pytest_mlmonitor.core.references.writing_back import as_theirs
from pytest_mlmonitor.datasets.edited.said_of_dataset import changed_fields
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.records.json_edits import edited_json


def edited_sidecar(dataset: Dataset, editing: Editing) -> EditedFiles:
    """Return the sidecar as far as it is another.

    Raises:
        NotChecked: it is no document, or its form cannot hold what it shall say.
    """
    if dataset.sidecar is None or dataset.document is None:
        raise NotChecked("its sidecar is no document")
    changed = {name: value for name, value in changed_fields(dataset, editing).items() if name in dataset.document}
    if not changed:
        return {}
    values: dict[Any, Any] = {}
    for name, value in changed.items():
        known = dataset.document[name]
        try:
            values[name,] = as_theirs(value, known, "time", None) if name == "built_at" else value
        except (Unfit, ValueError) as error:
            raise NotChecked(f"{name} cannot say that: {error}") from None
    return {dataset.sidecar: edited_json(read_bytes(dataset.sidecar), values)}
