"""A serving tree in whose windows and events a deployment says something else."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.editing import EditedFiles, Editing
from pytest_mlmonitor.core.files.opening import Refused
from pytest_mlmonitor.core.files.record_files import COMPRESSED, original, read_records
from pytest_mlmonitor.core.text.times import parse_timestamp
from pytest_mlmonitor.records.json_edits import dumped_like
from pytest_mlmonitor.records.quick_object import quick_object
from pytest_mlmonitor.records.strict_json import NotAnObject, parse_object
from pytest_mlmonitor.serving.model import Deployment

_PLACE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})/(?:([0-9]{2})/)?(?:metrics_([0-9]{2}))?")
_TIMES = ("window_start", "window_end", "event_time", "bundle_created_at", "started_at", "completed_at")


def edited_tree(deployment: Deployment, editing: Editing) -> EditedFiles:
    """Return the files of windows and events of one deployment as far as they are others; its neighbours' lines stay.

    A file whose last line goes is not there any more, as if it had never been written.
    """
    discovery = next((d for d in editing.platform.discoveries if d.root == deployment.ref.root), None)
    files: dict[Path, bytes | None] = {}
    directories = [one for one in (deployment.metrics_dir, deployment.events_dir) if one is not None]
    for directory in directories:
        for name in discovery.records.get(directory, ()) if discovery is not None else ():
            if not _lies_before(original(name), editing.since):
                files |= _edited(directory / name, partial(_line, deployment.ref.name, editing))
    return files


def _lies_before(name: str, since: datetime | None) -> bool:
    """Return whether all that a file may hold lies before a time, by its name: of a minute, an hour or a day."""
    found = _PLACE.match(name)
    if since is None or found is None:
        return False
    year, month, day, hour, minute = (None if one is None else int(one) for one in found.groups())
    length = timedelta(days=1) if hour is None else timedelta(hours=1) if minute is None else timedelta(minutes=1)
    try:
        begin = datetime(year or 0, month or 0, day or 0, hour or 0, minute or 0, tzinfo=UTC)
    except ValueError:
        return False
    return begin + length <= since


def _edited(path: Path, line: Callable[[bytes], bytes | None]) -> EditedFiles:
    try:
        data = read_records(path).data
    except Refused:
        return {}
    texts = data.split(b"\n")
    made = [(one, line(one) if one.strip() else one) for one in texts]
    if all(before is after for before, after in made):
        return {}
    kept = [after for _, after in made if after is not None]
    content = b"\n".join(kept)
    if not content.strip():
        return {path: None}
    return {path: gzip.compress(content, mtime=0) if path.name.endswith(COMPRESSED) else content}


def _line(deployment_id: str, editing: Editing, line: bytes) -> bytes | None:
    values = _record(line)
    if values is None or values.get("deployment_id") != deployment_id:
        return line
    record = _in_our_words(values)
    start = record.get("window_start")
    if editing.since is not None and isinstance(start, datetime) and start < editing.since:
        return line
    changed = editing.change(record)
    if changed is None:
        return None
    there = {name: value for name, value in changed.items() if name in values and value != record.get(name)}
    if not there:
        return line
    written = {name: _written(value, values[name]) for name, value in there.items()}
    return dumped_like(line, {**values, **written})


def _record(line: bytes) -> Mapping[str, Any] | None:
    values = quick_object(line)
    if values is None:
        try:
            values = parse_object(line)
        except NotAnObject:
            return None
    return values


def _in_our_words(values: Mapping[str, Any]) -> dict[str, Any]:
    record = dict(values)
    for name in _TIMES:
        try:
            record[name] = parse_timestamp(values[name])
        except (KeyError, ValueError, TypeError, AttributeError):
            continue
    return record


def _written(value: Any, known: Any) -> Any:
    if isinstance(value, datetime):
        text = value.astimezone(UTC).isoformat()
        return f"{text.removesuffix('+00:00')}Z" if isinstance(known, str) and known.endswith("Z") else text
    return value
