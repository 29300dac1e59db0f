"""Runs of a declared source said otherwise, in their own document or one of ``metadata``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.editing import EditedFiles, Editing
from pytest_mlmonitor.core.references.reference import FieldReference
from pytest_mlmonitor.formats.decoders import decoder_for
from pytest_mlmonitor.formats.edited_records import edited_file
from pytest_mlmonitor.formats.metadata_documents import metadata_documents
from pytest_mlmonitor.records.json_edits import copied, put
from pytest_mlmonitor.records.references.field_edits import FieldEdits, Leaf, ValueKeys, leaves
from pytest_mlmonitor.records.references.field_map import FieldMap
from pytest_mlmonitor.training.edited.said_fields import METRIC, changed_fields
from pytest_mlmonitor.training.model import TrainingRun
from pytest_mlmonitor.training.run_fields import MAPPED_OF_RUNS


def edited_declared_run(run: TrainingRun, editing: Editing) -> EditedFiles:
    """Return the document of a run, and those of ``metadata`` that say what it does not, as far as they are others."""
    sourced = editing.platform.found_as[run.ref]
    source, added = sourced.source, editing.platform.decoders
    documents, _ = metadata_documents(sourced, added)
    changed = changed_fields(run, editing)
    fields = FieldEdits(FieldMap(source, MAPPED_OF_RUNS, sourced.name), documents)
    plain = {name: value for name, value in changed.items() if not name.startswith(METRIC)}
    metrics = {name: value for name, value in changed.items() if name.startswith(METRIC)}
    elsewhere: dict[Path, dict[ValueKeys, Any]] = {}
    found = 0

    def change(record: dict[str, Any]) -> dict[str, Any]:
        nonlocal found
        if record != run.document:
            return record
        found += 1
        made = copied(record)
        for path, values in fields.put(made, plain).items():
            elsewhere.setdefault(path, {}).update(values)
        for beside, keys, value in _of_metrics(source.metrics, record, documents, metrics):
            if beside is None:
                put(made, keys, value)
            else:
                elsewhere.setdefault(beside, {})[keys] = value
        return made

    if not changed:
        return {}
    decoder = decoder_for(sourced.ref.path.name, source.format, added)
    own = edited_file(run.ref.path, decoder, source.rows, change)
    if not found:
        raise NotChecked(f"{run.ref.path.name} holds no such record any more")
    files: dict[Path, bytes | None] = {run.ref.path: own}
    for path, values in elsewhere.items():
        files[path] = edited_file(path, decoder_for(path.name, None, added), None, _putting(values))
    return files


def _putting(values: Mapping[ValueKeys, Any]) -> Any:
    def change(record: dict[str, Any]) -> dict[str, Any]:
        made = copied(record)
        for keys, value in values.items():
            put(made, keys, value)
        return made

    return change


def _of_metrics(
    wanted: str | Mapping[str, str] | None,
    record: Mapping[str, Any],
    documents: Mapping[Path, Any],
    metrics: Mapping[str, Any],
) -> list[tuple[Path | None, ValueKeys, Any]]:
    """Return where metrics stand: in the object or under the names that the source says, else wherever a number is called so."""
    found: list[tuple[Path | None, ValueKeys, Any]] = []
    places: list[tuple[Path | None, Any]] = [(None, leaves(record))]
    places += [(path, leaves(one)) for path, one in documents.items() if one is not None]
    for name, value in metrics.items():
        metric = name.removeprefix(METRIC)
        if isinstance(wanted, Mapping):
            references = [FieldReference.parse(wanted[metric])] if metric in wanted else []
        else:
            references = [FieldReference.parse(f"{wanted}.{metric}" if wanted is not None else metric)]
        pairs = [
            (path, leaf)
            for reference in references
            for path, one in places
            if (reference.file is None or (path is not None and reference.is_of(path.as_posix())))
            and isinstance(leaf := reference.find(one), Leaf)
        ]
        if not pairs:
            raise NotChecked(f"the documents of the run do not say {metric}")
        path, leaf = pairs[0]
        found.append((path, leaf.keys, str(value) if isinstance(leaf.value, str) else value))
    return found
