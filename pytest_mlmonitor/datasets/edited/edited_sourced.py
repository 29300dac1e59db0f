"""A dataset of a declared source that is said otherwise, in the documents of its ``metadata``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.editing import EditedFiles, Editing
from pytest_mlmonitor.datasets.edited.edited_sidecar import edited_sidecar
from pytest_mlmonitor.datasets.edited.said_of_dataset import changed_fields
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.datasets.sourced.mapped_fields import MAPPED
from pytest_mlmonitor.formats.decoders import decoder_for
from pytest_mlmonitor.formats.edited_records import edited_file
from pytest_mlmonitor.formats.metadata_documents import metadata_documents
from pytest_mlmonitor.records.json_edits import copied, put
from pytest_mlmonitor.records.references.field_edits import FieldEdits, ValueKeys
from pytest_mlmonitor.records.references.field_map import FieldMap


def edited_sourced(dataset: Dataset, editing: Editing) -> EditedFiles:
    """Return the documents of a dataset, and its sidecar if it has one too, as far as they are others.

    Raises:
        NotChecked: a field is said by a path or the policy, a document holds more than this dataset, or nothing writes its format.
    """
    sourced = editing.platform.found_as[dataset.ref]
    changed = changed_fields(dataset, editing)
    files = dict(edited_sidecar(dataset, editing)) if dataset.sidecar is not None else {}
    mapped = {name: value for name, value in changed.items() if name in dataset.mapped}
    if not mapped:
        return files
    documents, _ = metadata_documents(sourced, editing.platform.decoders)
    edits = FieldEdits(FieldMap(sourced.source, MAPPED, sourced.name), documents)
    for path, values in edits.put({}, mapped).items():
        decoder = decoder_for(path.name, None, editing.platform.decoders)
        files[path] = edited_file(path, decoder, None, partial(_with, documents[path] or {}, values))
    return files


def _with(meant: Mapping[str, Any], values: Mapping[ValueKeys, Any], record: dict[str, Any]) -> dict[str, Any]:
    if record != meant:
        raise NotChecked("a document says something of several datasets: nothing tells which record is which")
    made = copied(record)
    for keys, value in values.items():
        put(made, keys, value)
    return made
