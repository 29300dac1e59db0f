"""A bundle, a flat ``training_metadata.json`` and the documents of a handoff in which a run says something else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.editing import EditedFiles, Editing
from pytest_mlmonitor.core.files.opening import read_bytes
from pytest_mlmonitor.core.references.conversion import Unfit
from pytest_mlmonitor.core.references.writing_back import as_theirs
from pytest_mlmonitor.records.documents import read_object
from pytest_mlmonitor.records.json_edits import edited_json
from pytest_mlmonitor.training.edited.said_fields import METRIC, changed_fields
from pytest_mlmonitor.training.model import TrainingRun

_OF_BUNDLE = {"model_name": "candidate_name"}
_OF_BOTH = {"dataset_name": "input_dataset_name", "dataset_version": "input_dataset_version"}
"""What documents call our fields that they call otherwise."""

_MAPPED = ("rmse", "mae")
"""Metrics that a bundle says of its splits alone (specification 1.2)."""

_OF_HANDOFF = {**_OF_BOTH, "completed_at": "completed_at"}
_ALSO = {"completed_at": ("trained_at",)}
"""Of a handoff: fields that say the same once more."""


def edited_bundle(run: TrainingRun, editing: Editing) -> EditedFiles:
    """Return ``metadata.json`` and ``metrics.json`` as far as they are others."""
    changed = changed_fields(run, editing)
    metrics = {name: value for name, value in changed.items() if name.startswith(METRIC)}
    rest = {name: value for name, value in changed.items() if name not in metrics}
    directory = run.ref.path.parent
    files: dict[Path, bytes | None] = {}
    if rest:
        names = {**_OF_BOTH, **_OF_BUNDLE}
        files[run.ref.path] = _edited(run.ref.path, rest, names)
    if metrics:
        path = directory / "metrics.json"
        data = read_object(path).data or {}
        places = {place: value for name, value in metrics.items() for place in _places(name, data)}
        files[path] = edited_json(read_bytes(path), places)
    return files


def edited_flat_run(run: TrainingRun, editing: Editing) -> EditedFiles:
    """Return ``training_metadata.json`` as far as it is another."""
    changed = changed_fields(run, editing)
    metrics = (run.document or {}).get("metrics")
    data: Mapping[str, Any] = metrics if isinstance(metrics, dict) else {}
    values: dict[tuple[str | int, ...], Any] = {}
    for name in [one for one in changed if one.startswith(METRIC)]:
        values |= {("metrics", *place): changed[name] for place in _places(name, data)}
    rest = {name: value for name, value in changed.items() if not name.startswith(METRIC)}
    return {run.ref.path: _edited(run.ref.path, rest, _OF_BOTH, values)} if changed else {}


def edited_handoff(path: Path, changed: Mapping[str, Any]) -> EditedFiles:
    """Return a document that a run handed over in which the run says something else; nothing where it says none of that.

    Args:
        path: of ``feature_schema.json`` or ``model_metadata.json``.
        changed: fields of the run, as an edit has them.
    """
    said = read_object(path).data or {}
    there = {name: value for name, value in changed.items() if _OF_HANDOFF.get(name, name) in said}
    values: dict[tuple[str | int, ...], Any] = {
        (also,): _written(changed[name], said[also])
        for name, more in _ALSO.items()
        if name in there
        for also in more
        if also in said
    }
    return {path: _edited(path, there, _OF_HANDOFF, values)} if there else {}


def _edited(
    path: Path,
    changed: Mapping[str, Any],
    names: Mapping[str, str],
    more: Mapping[tuple[str | int, ...], Any] | None = None,
) -> bytes:
    said = read_object(path).data or {}
    values = dict(more or {})
    for name, value in changed.items():
        theirs = names.get(name, name)
        values[theirs,] = _written(value, said.get(theirs))
    return edited_json(read_bytes(path), values)


def _written(value: Any, known: Any) -> Any:
    """Return a value as another one of the field is written."""
    if not isinstance(value, datetime):
        return value
    try:
        return as_theirs(value, known, "time", None)
    except Unfit as error:
        raise NotChecked(str(error)) from None


def _places(name: str, data: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """Yield where documents say a metric by the name that the run has it by: rmse is the test's, else the validation's.

    Raises:
        NotChecked: they do not say it.
    """
    metric = name.removeprefix(METRIC)
    names = (f"test_{metric}", f"val_{metric}") if metric in _MAPPED else ()
    first = [one for one in (*names[:1], metric, *names[1:]) if data.get(one) is not None][:1]
    by_split = [
        (split, metric.removeprefix(f"{split}_"))
        for split, values in data.items()
        if isinstance(values, dict) and metric.startswith(f"{split}_") and metric.removeprefix(f"{split}_") in values
    ]
    if not first and not by_split:
        raise NotChecked(f"the documents of the run do not say {metric}")
    yield from [(one,) for one in first] or by_split
