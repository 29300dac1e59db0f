"""Prediction logs whose entries say something else: of the forms that are known, and of those that a declared source describes.

An edit has the fields of an entry as a source's ``fields`` call them: ``prediction``, ``confidence``, ``probabilities``, ``label``
and ``time``; a log that has a score in the place of one of them has it under that name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.editing import EditedFiles, Editing
from pytest_mlmonitor.core.text.times import EPOCH
from pytest_mlmonitor.formats.decoders import decoder_for
from pytest_mlmonitor.formats.edited_records import edited_file, edited_lines
from pytest_mlmonitor.predictions.log_fields import MAPPED
from pytest_mlmonitor.predictions.model import DeclaredLog, Predictions
from pytest_mlmonitor.predictions.record import LOG_FIELDS
from pytest_mlmonitor.records.json_edits import copied
from pytest_mlmonitor.records.references.field_edits import FieldEdits
from pytest_mlmonitor.records.references.field_map import FieldMap
from pytest_mlmonitor.tables.edited_table import edited_table

_ROLES = {
    "prediction": "predicted_class",
    "confidence": "confidence",
    "probabilities": "probabilities",
    "label": "label",
    "time": "time",
}
_PARQUET = ".parquet"

_ChangeRecord = Callable[[dict[str, Any]], dict[str, Any] | None]


def edited_log(predictions: Predictions, editing: Editing) -> EditedFiles:
    """Return the file of a log whose fields go by the usual names, where it is another."""
    names = {field: LOG_FIELDS[role] for field, role in _ROLES.items()}
    return _edited_by_names(predictions.file, names, editing)


def edited_test_predictions(predictions: Predictions, editing: Editing) -> EditedFiles:
    """Return the trainer's test predictions, where they are others."""
    names = {"prediction": ("y_pred",), "confidence": ("y_score",), "label": ("y_true",)}
    return _edited_by_names(predictions.file, names, editing)


def edited_declared_log(predictions: Predictions, editing: Editing) -> EditedFiles:
    """Return the files of a log that a source describes, where they are others.

    Raises:
        NotChecked: its records cannot say that.
    """
    if predictions.declared is None:
        raise NotChecked("no source says which fields the log has")
    log = _DeclaredEdit(predictions.declared, editing)
    files: dict[Path, bytes | None] = {}
    for number, path in enumerate(predictions.declared.sourced.files):
        if not log.lies_before(number):
            log.changed = False
            data = log.edited(path)
            if log.changed:
                files[path] = data
    return files


def _edited_by_names(path: Path, names: Mapping[str, tuple[str, ...]], editing: Editing) -> EditedFiles:
    changed = False

    def change(record: dict[str, Any]) -> dict[str, Any] | None:
        nonlocal changed
        there = {field: next((one for one in known if one in record), None) for field, known in names.items()}
        said = {field: _alone(record[name]) for field, name in there.items() if name is not None}
        said["time"] = _moment(said.get("time"))
        found = _asked(said, editing)
        if found is None:
            changed = True
            return None
        put = {there[field]: value for field, value in found.items() if there.get(field) is not None}
        if not put:
            return record
        changed = True
        return {**record, **{str(name): _as_it_was(value, record[str(name)]) for name, value in put.items()}}

    data = edited_table(path, change) if path.suffix == _PARQUET else edited_lines(path, None, change)
    return {path: data} if changed else {}


class _DeclaredEdit:
    def __init__(self, declared: DeclaredLog, editing: Editing) -> None:
        sourced = declared.sourced
        self._sourced, self._editing = sourced, editing
        fields = FieldMap(sourced.source, MAPPED, sourced.name)
        caught = dict(sourced.caught)
        if sourced.version is not None:
            caught["version"] = sourced.version
        self._known = fields.of(caught, declared.documents)
        self._edits = FieldEdits(fields, declared.documents)
        said = {*fields.references, *fields.constants}
        self._said = said
        score_alone = "score" in said and said.isdisjoint(("prediction", "confidence"))
        self._called = {
            "prediction": "score" if score_alone else "prediction",
            "confidence": "confidence" if "confidence" in said or "score" not in said or score_alone else "score",
        }
        self.changed = False

    def lies_before(self, number: int) -> bool:
        """Return whether all entries of a file lie before the edit, by the date in its path."""
        since, dates = self._editing.since, self._sourced.dates
        if since is None or len(dates) != len(self._sourced.files):
            return False
        end = dates[number].end
        return end is not None and end + timedelta(days=1) < since

    def edited(self, path: Path) -> bytes:
        source = self._sourced.source
        if source.format == "parquet" or (source.format is None and path.suffix == _PARQUET):
            return edited_table(path, self._record)
        decoder = decoder_for(path.name, source.format, self._editing.platform.decoders)
        return edited_file(path, decoder, source.rows, self._record)

    def _record(self, record: dict[str, Any]) -> dict[str, Any] | None:
        if not self._known.keeps(record):
            return record
        values = {name: record[name] for name in MAPPED if name in record and name not in self._said}
        values |= self._known.record(record).values
        said = {field: values[name] for field in _ROLES if (name := self._called.get(field, field)) in values}
        said.setdefault("time", None)
        found = _asked(said, self._editing)
        if found is None:
            self.changed = True
            return None
        put = {self._called.get(field, field): value for field, value in found.items()}
        if not put:
            return record
        self.changed = True
        made = copied(record)
        self._edits.put(made, {name: value for name, value in put.items() if name in self._said})
        made.update({name: value for name, value in put.items() if name not in self._said})  # a decoder's own names
        return made


def _asked(said: Mapping[str, Any], editing: Editing) -> dict[str, Any] | None:
    """Return the fields of an entry that shall be others, None for one that shall not be there."""
    moment = said.get("time")
    if editing.since is not None and isinstance(moment, datetime) and moment < editing.since:
        return {}
    changed = editing.change(said)
    if changed is None:
        return None
    return {field: value for field, value in changed.items() if field in said and value != said[field]}


def _moment(value: Any) -> datetime | None:
    from pytest_mlmonitor.tables.logs.entry_values import NO_TIME, times

    found = int(times([value])[0][0]) if value is not None else NO_TIME
    return EPOCH + timedelta(microseconds=found) if found != NO_TIME else None


def _alone(value: Any) -> Any:
    """Return the value that a list of one holds, such as ``predict`` returns for one row."""
    return value[0] if isinstance(value, list) and len(value) == 1 and not isinstance(value[0], list) else value


def _as_it_was(value: Any, known: Any) -> Any:
    return [value] if isinstance(known, list) and len(known) == 1 and not isinstance(value, list) else value
