"""Reading a serving tree: metrics windows and deployment events, line by line (specification 1.3).

A line is judged alone: a bad one becomes a finding with file and line and never hides its neighbours. A refused line is
attributed to the deployment it names as long as that name can still be read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from pytest_mlmonitor.contracts.record import Record, validate
from pytest_mlmonitor.contracts.serving import DeploymentEventRecord, ServingWindowRecord
from pytest_mlmonitor.files import Refused, read_bytes
from pytest_mlmonitor.model import (
    ArtifactRef,
    Deployment,
    DeploymentEvent,
    Finding,
    Links,
    ServingWindow,
    Severity,
)
from pytest_mlmonitor.names import shown
from pytest_mlmonitor.read.json_document import NotAnObject, non_finite_findings, parse_object
from pytest_mlmonitor.words import instant

MAX_BAD_LINES = 1000
"""After so many bad lines a file is no JSONL file of windows, and a finding a line would fill the memory."""

UNATTRIBUTED = "unattributed"
"""Name of the stand-in that carries what a tree holds but no deployment can be told from."""

_DEPLOYMENT_ID = re.compile(rb'"deployment_id"\s*:\s*"((?:[^"\\\x00-\x1f]|\\.)+)"')

T = TypeVar("T", ServingWindow, DeploymentEvent)


@dataclass
class _Records:
    """What is gathered for one deployment while files are read."""

    windows: list[ServingWindow] = field(default_factory=list)
    events: list[DeploymentEvent] = field(default_factory=list)
    unreadable: list[Finding] = field(default_factory=list)
    violations: list[Finding] = field(default_factory=list)
    misplaced: list[Finding] = field(default_factory=list)
    duplicates: list[Finding] = field(default_factory=list)


def read_tree(
    ref: ArtifactRef, platform: Links, window_files: Sequence[Path], event_files: Sequence[Path]
) -> list[Deployment]:
    """Return the deployments of the tree whose metrics directory is ``ref.path``, sorted by deployment_id.

    Args:
        ref: the tree; its path need not exist when there are only events.
        platform: handed on to the deployments.
        window_files: every ``*.jsonl`` below ``metrics/`` in read order.
        event_files: every ``*.jsonl`` below ``events/`` in read order.
    """
    metrics_dir, events_dir = ref.path, ref.path.parent / "events"
    found: dict[str, _Records] = {}
    seen_windows: dict[tuple[Any, ...], tuple[ServingWindow, Mapping[str, Any]]] = {}
    for path in window_files:
        for line in _lines(path, ServingWindowRecord, found):
            window = ServingWindow(**line.fields, location=line.location)
            records = found.setdefault(window.deployment_id, _Records())
            _check_place(records, line, metrics_dir, window_path(window.window_start), "window_start")
            first = seen_windows.setdefault(window.key, (window, line.fields))
            if first[0] is window:
                records.windows.append(window)
            else:
                records.duplicates.append(_duplicate_window(first[0], window, first[1] == line.fields))
    seen_events: dict[tuple[Any, ...], tuple[DeploymentEvent, Mapping[str, Any]]] = {}
    for path in event_files:
        for line in _lines(path, DeploymentEventRecord, found):
            event = DeploymentEvent(**line.fields, location=line.location)
            records = found.setdefault(event.deployment_id, _Records())
            _check_place(records, line, events_dir, event_path(event.event_time), "event_time")
            key = (event.deployment_id, event.event_time)
            known = seen_events.setdefault(key, (event, line.fields))
            if known[0] is event:
                records.events.append(event)
            else:
                records.duplicates.append(_duplicate_event(known[0], event, known[1] == line.fields))
    if not found:
        found[UNATTRIBUTED] = _Records(unreadable=[_empty(metrics_dir, events_dir)])
    return [
        Deployment(
            ref=ArtifactRef(ref.kind, ref.path, deployment_id, ref.root),
            platform=platform,
            unreadable=tuple(records.unreadable),
            violations=tuple(records.violations),
            windows=tuple(sorted(records.windows, key=lambda w: w.window_start)),
            events=tuple(sorted(records.events, key=lambda e: e.event_time)),
            misplaced=tuple(records.misplaced),
            duplicates=tuple(records.duplicates),
            metrics_dir=metrics_dir,
            events_dir=events_dir,
        )
        for deployment_id, records in sorted(found.items())
    ]


def window_path(start: datetime) -> Path:
    """Return where a window that starts at ``start`` (UTC) belongs below ``metrics/``."""
    return Path(f"{start:%Y-%m-%d}/{start:%H}/metrics_{start:%M}.jsonl")


def event_path(time: datetime) -> Path:
    """Return where an event of ``time`` (UTC) belongs below ``events/``."""
    return Path(f"{time:%Y-%m-%d}/deployment_events.jsonl")


@dataclass(frozen=True)
class _Line:
    path: Path
    location: str
    fields: dict[str, Any]


def _lines(path: Path, model: type[Record], found: dict[str, _Records]) -> Iterator[_Line]:
    """Yield the records of one file that keep their contract; put the findings of the others into ``found``."""
    try:
        data = read_bytes(path)
    except Refused as refusal:
        finding = Finding(Severity.ERROR, f"{path.name} {refusal}", "a readable JSONL file", None, None, shown(path))
        found.setdefault(UNATTRIBUTED, _Records()).unreadable.append(finding)
        return
    place = shown(path)
    name = "/".join(path.parts[-3:])  # day/hour/file: the same file name comes every hour
    names = tuple(model.model_fields)
    bad = 0
    # Only "\n" ends a line: U+2028 and its like may stand inside a JSON string.
    for number, raw in enumerate(data.split(b"\n"), 1):
        if not raw.strip():
            continue
        location = f"{place}:{number}"
        if bad > MAX_BAD_LINES:
            message = f"{name} has more than {MAX_BAD_LINES:,} bad lines; it is not read beyond line {number - 1:,}"
            finding = Finding(Severity.ERROR, message, "JSONL records", None, None, location)
            found.setdefault(UNATTRIBUTED, _Records()).unreadable.append(finding)
            return
        try:
            parsed = parse_object(raw)
        except NotAnObject as error:
            bad += 1
            message = f"{name}:{number} {error}"
            finding = Finding(
                Severity.ERROR, message, "one JSON object on the line", error.actual, error.column, location
            )
            found.setdefault(_salvaged_id(raw), _Records()).unreadable.append(finding)
            continue
        record, findings = validate(model, parsed, lambda _: location)  # noqa: B023 (used before the loop goes on)
        findings += non_finite_findings(parsed, {f.column for f in findings}, location)
        owner = parsed.get("deployment_id")
        bad += record is None
        if findings:
            key = owner if isinstance(owner, str) and owner.strip() else UNATTRIBUTED
            found.setdefault(key, _Records()).violations.extend(findings)
        if record is not None:
            yield _Line(path, location, {name: getattr(record, name) for name in names})


def _salvaged_id(raw: bytes) -> str:
    match = _DEPLOYMENT_ID.search(raw)
    try:
        return match.group(1).decode("utf-8") if match and b"\\" not in match.group(1) else UNATTRIBUTED
    except UnicodeDecodeError:
        return UNATTRIBUTED


def _check_place(records: _Records, line: _Line, base: Path, wanted: Path, field_name: str) -> None:
    actual = line.path.relative_to(base)
    if actual != wanted:
        records.misplaced.append(
            Finding(
                Severity.ERROR,
                f"{actual} holds a record that belongs in {wanted} by its {field_name} "
                f"{instant(line.fields[field_name])}",
                f"{base.name}/{wanted}",
                f"{base.name}/{actual}",
                field_name,
                line.location,
            )
        )


def _duplicate_window(first: ServingWindow, second: ServingWindow, identical: bool) -> Finding:
    what = f"window {instant(first.window_start)} of {first.endpoint_name}"
    if identical:
        message = f"{what} is recorded twice, identically; it counts once (first at {first.location})"
        return Finding(Severity.INFO, message, "one record per window", "identical records", None, second.location)
    why = ""
    if first.heartbeat_emitted_at < first.window_end:
        why = "; the first was flushed before the window ended, as at a restart inside the minute"
    differing = [name for name in ServingWindowRecord.model_fields if getattr(first, name) != getattr(second, name)]
    return Finding(
        Severity.WARNING,
        f"{what} is recorded twice with different content ({', '.join(differing[:3])}…): the first counts{why}",
        "one record per deployment_id, endpoint_name, window_start, window_end",
        f"another record at {first.location}",
        "deployment_id, endpoint_name, window_start, window_end",
        second.location,
    )


def _duplicate_event(first: DeploymentEvent, second: DeploymentEvent, identical: bool) -> Finding:
    what = f"the event of {instant(first.event_time)}"
    if identical:
        message = f"{what} is recorded twice, identically; it counts once (first at {first.location})"
        return Finding(Severity.INFO, message, "one record per event", "identical records", None, second.location)
    differing = [name for name in DeploymentEventRecord.model_fields if getattr(first, name) != getattr(second, name)]
    return Finding(
        Severity.WARNING,
        f"{what} is recorded twice with different {', '.join(differing)}: the first counts",
        "one record per deployment_id, event_time",
        f"another record at {first.location}",
        "deployment_id, event_time",
        second.location,
    )


def _empty(metrics_dir: Path, events_dir: Path) -> Finding:
    return Finding(
        Severity.ERROR,
        f"the serving tree holds no record: no *.jsonl below {shown(metrics_dir)} or {shown(events_dir)}",
        "metrics windows and deployment events",
        "no record",
        None,
        shown(metrics_dir.parent),
    )
