"""Logs of windows or requests, as a declared source describes them, in which a deployment says something else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.editing import EditedFiles, Editing
from pytest_mlmonitor.core.sources.sourced import Sourced
from pytest_mlmonitor.formats.decoders import decoder_for
from pytest_mlmonitor.formats.edited_records import edited_file
from pytest_mlmonitor.formats.metadata_documents import metadata_documents
from pytest_mlmonitor.records.json_edits import copied
from pytest_mlmonitor.records.references.field_edits import FieldEdits
from pytest_mlmonitor.records.references.field_map import FieldMap
from pytest_mlmonitor.serving.declared.deployment_fields import MAPPED
from pytest_mlmonitor.serving.declared.request_outcomes import GRPC_CODES, HTTP_CODES, outcome_of
from pytest_mlmonitor.serving.model import COUNTED, Deployment

OUTCOME = "outcome"
"""What became of a request (:data:`~pytest_mlmonitor.serving.declared.request_outcomes.Outcome`): of single requests an edit has it
in the place of their status."""

_FAILED_HTTP, _FAILED_GRPC = 500, 13


def edited_declared(deployment: Deployment, editing: Editing) -> EditedFiles:
    """Return the files of a log as far as they are others; other deployments' records stay as they are.

    Raises:
        NotChecked: its records cannot say that.
    """
    return _LogEdit(deployment, editing).files()


class _LogEdit:
    def __init__(self, deployment: Deployment, editing: Editing) -> None:
        self._deployment, self._editing = deployment, editing
        self._sourced: Sourced = editing.platform.found_as[deployment.ref]
        self._source = self._sourced.source
        added = editing.platform.decoders
        documents, _ = metadata_documents(self._sourced, added)
        fields = FieldMap(self._source, MAPPED, self._sourced.name)
        caught = dict(self._sourced.caught)
        if self._sourced.version is not None:
            caught["version"] = self._sourced.version
        self._known = fields.of(caught, documents)
        self._named = "deployment_id" in fields.references
        self._of_path = {name: one.text for name, one in self._sourced.caught.items() if name in MAPPED}
        self._edits = FieldEdits(fields, documents)
        self._said = {*fields.references}
        self._totals: dict[Any, Mapping[str, Any]] = {}
        self._moved: dict[Any, Counter[str]] = {}
        self._changed = False
        self._added = added

    def files(self) -> EditedFiles:
        found: dict[Path, bytes | None] = {}
        for path in self._sourced.files:
            if self._lies_before(path):
                continue
            self._changed = False
            decoder = decoder_for(path.name, self._source.format, self._added)
            data = edited_file(path, decoder, self._source.rows, self._record)
            if self._changed:
                found[path] = data if data.strip() else None
        return found

    def _lies_before(self, path: Path) -> bool:
        """Return whether all records of a file lie before the edit, by the date in its path; of totals every record counts."""
        since = self._editing.since
        if since is None or self._source.cumulative or len(self._sourced.dates) != len(self._sourced.files):
            return False
        end = self._sourced.dates[self._sourced.files.index(path)].end
        return end is not None and end + timedelta(days=1) < since

    def _record(self, record: dict[str, Any]) -> dict[str, Any] | None:
        if not self._known.keeps(record):
            return record
        values = {**self._of_path, **self._known.record(record).values}
        name = values.get("deployment_id") if self._named else values.get("deployment_id", self._sourced.family)
        start = values.get("time", values.get("window_start"))
        if name != self._deployment.ref.name or not isinstance(start, datetime):
            return record
        said = self._as_window(values) if "window_start" in values else self._as_request(values)
        if said is None:
            return record
        early = self._editing.since is not None and start < self._editing.since
        changed: Mapping[str, Any] | None = {} if early else self._editing.change(said)
        if changed is None:
            self._changed = True
            return None
        put = self._to_put(values, said, changed)
        if not put:
            return record
        made = copied(record)
        elsewhere = self._edits.put(made, put)
        if elsewhere:
            raise NotChecked(f"{', '.join(put)} of single records stand in another document")
        self._changed = True
        return made

    def _as_window(self, values: dict[str, Any]) -> dict[str, Any] | None:
        """Return what a window counted: of running totals the difference from the record before it, None for the first."""
        length = timedelta(seconds=self._deployment.window_seconds or 60.0)
        values.setdefault("window_end", values["window_start"] + length)
        if not self._source.cumulative:
            return values
        before = self._totals.get(key := self._series(values))
        self._totals[key] = values
        if before is None:
            return None
        if values["window_start"] < before["window_start"]:
            raise NotChecked("the totals of its log are not in order of time")
        counted = {
            one: values[one] - before[one] if values[one] >= before[one] else values[one]
            for one in COUNTED
            if one in values and one in before
        }
        if values["request_count"] < before["request_count"]:  # the process began again, and counts from nothing
            self._moved.pop(key, None)
        return {**values, **counted}

    @staticmethod
    def _as_request(values: dict[str, Any]) -> dict[str, Any] | None:
        outcome = outcome_of(values["status"]) if "status" in values else None
        return {**values, OUTCOME: outcome} if outcome is not None else None

    def _to_put(self, values: Mapping[str, Any], said: Mapping[str, Any], changed: Mapping[str, Any]) -> dict[str, Any]:
        """Return our fields as they shall stand in the record; what the source does not say is not among them."""
        put = {
            name: value
            for name, value in changed.items()
            if name in self._said and name in values and value != said.get(name)
        }
        if changed.get(OUTCOME) == "failure" != said.get(OUTCOME):
            put["status"] = _failed(values["status"])
        if self._source.cumulative:
            moved = self._moved.setdefault(self._series(values), Counter())
            for name in [one for one in put if one in COUNTED]:
                moved[name] += put.pop(name) - said[name]
            put |= {name: values[name] + by for name, by in moved.items() if by and name in values}
        return put

    @staticmethod
    def _series(values: Mapping[str, Any]) -> tuple[Any, ...]:
        return values.get("deployment_id"), values.get("endpoint_name")


def _failed(status: Any) -> Any:
    """Return a status that says failure, as the log writes one.

    >>> _failed(200), _failed("200"), _failed(0), _failed("OK"), _failed("ok"), _failed(True)
    (500, '500', 13, 'ERROR', 'error', False)
    """
    if isinstance(status, bool):
        return False
    if isinstance(status, int | float):
        code = _FAILED_GRPC if status in GRPC_CODES and status not in HTTP_CODES else _FAILED_HTTP
        return type(status)(code)
    text = str(status).strip()
    if text.isdecimal():
        return str(_failed(int(text)))
    return "ERROR" if text.isupper() else "error"
