"""Deployment events: few, so they are all read in every run, line by line like windows (specification 1.3)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from pytest_mlmonitor.core.files.opening import Refused
from pytest_mlmonitor.core.files.record_files import COMPRESSED, base_name, original, read_records
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.words import instant
from pytest_mlmonitor.records.compiled import compiled
from pytest_mlmonitor.records.foreign import foreign
from pytest_mlmonitor.records.lines import LineReading
from pytest_mlmonitor.serving.fold.evidence import Evidence
from pytest_mlmonitor.serving.fold.window_lines import UNATTRIBUTED, owner_of, short
from pytest_mlmonitor.serving.live_writer import excused, just_changed, unfinished
from pytest_mlmonitor.serving.model import DeploymentEvent
from pytest_mlmonitor.serving.record import DeploymentEventRecord

_EVENT = compiled(DeploymentEventRecord)
_FIELDS = frozenset(_EVENT.names)


@dataclass
class Events:
    """The events of one deployment, and what is wrong with their lines."""

    events: list[DeploymentEvent] = field(default_factory=list)
    unreadable: Evidence = field(default_factory=Evidence)
    violations: Evidence = field(default_factory=Evidence)
    misplaced: Evidence = field(default_factory=Evidence)
    duplicates: Evidence = field(default_factory=Evidence)


Writing = Callable[[float, datetime | None], float | None]
"""Says, of a file's time of change (seconds since 1970) and its newest event, since when its writer may be at its last line."""


def read_events(base: Path, names: Sequence[str], tree: str, writing: Writing | None = None) -> dict[str, Events]:
    """Return the events below ``base`` by deployment, those of each by time.

    Args:
        base: the events directory; it need not exist.
        names: its files in read order, relative to it.
        tree: the directory as it is shown to people, with a separator at its end.
        writing: asked of the newest file where its last line has no end; None where nobody is writing.
    """
    newest_file = max(map(original, names), default=None)
    found: dict[str, Events] = {}
    seen: dict[tuple[str, datetime], DeploymentEvent] = {}
    for name in names:
        try:
            data, flaw, unfinished_file = read_records(base / name)
        except Refused as refusal:
            data, flaw, unfinished_file = b"", str(refusal), False
        asked = writing if original(name) == newest_file else None
        if unfinished_file:
            data = data[: data.rfind(b"\n") + 1]  # its last line is not whole either
        unread = found.get(UNATTRIBUTED, Events()).unreadable
        if flaw is not None:
            finding = Finding(Severity.ERROR, f"{short(name)} {flaw}", "a readable JSONL file")
            if unfinished_file and writing is not None and name.removesuffix(COMPRESSED) in names:
                finding = excused(finding, just_changed(_changed(base / name)))
            elif unfinished_file and asked is not None:
                finding = excused(finding, asked(_changed(base / name), _newest(seen.values())))
            unread.add(finding, name, 0, alike=False)
        if _EVENT.decode_all(data) is None and (other := foreign(data, short(name), _FIELDS)) is not None:
            unread.add(other, name, 1)
            data = b""
        if unread.kinds:
            found.setdefault(UNATTRIBUTED, Events()).unreadable = unread
        reading = LineReading(DeploymentEventRecord, short(name))
        texts = data.split(b"\n")
        for line in reading.lines(texts):
            if asked is not None and line.number == len(texts):
                line = unfinished(line, asked(_changed(base / name), _newest(seen.values())))  # noqa: PLW2901
            if line.refusal is not None:
                found.setdefault(owner_of(line), Events()).unreadable.add(line.refusal, name, line.number, alike=False)
            for finding in line.violations:
                found.setdefault(owner_of(line), Events()).violations.add(finding, name, line.number)
            if line.record is None:
                continue
            event = DeploymentEvent(**_EVENT.values(line.record), location=f"{tree}{name}:{line.number}")
            known = found.setdefault(event.deployment_id, Events())
            misplaced = _misplaced(name, event.event_time)
            if misplaced is not None:
                known.misplaced.add(misplaced, name, line.number)
            first = seen.setdefault((event.deployment_id, event.event_time), event)
            if first is event:
                known.events.append(event)
            elif (duplicate := _duplicate(first, event, f"{tree}{name}")) is not None:
                known.duplicates.add(duplicate, name, line.number)
        if reading.given_up:
            unread = found.setdefault(UNATTRIBUTED, Events()).unreadable
            unread.add(reading.too_many(), name, reading.number, alike=False)
    for known in found.values():
        known.events.sort(key=lambda event: event.event_time)
    return found


def _newest(events: Iterable[DeploymentEvent]) -> datetime | None:
    return max((event.event_time for event in events), default=None)


def _changed(path: Path) -> float:
    try:
        return os.lstat(path).st_mtime
    except OSError:
        return 0.0  # it went away while we looked


def _misplaced(name: str, time: datetime) -> Finding | None:
    wanted = f"{time:%Y-%m-%d}/deployment_events.jsonl"
    if wanted in (name, original(name)):
        return None
    return Finding(
        Severity.ERROR,
        f"{name} holds a record that belongs in {wanted} by its event_time {instant(time)}",
        "the file of the event_time (UTC)",
        f"events/{name}",
        "event_time",
        short=f"{name.split('/', 1)[0]} holds an event of {time:%d %b %Y}: a wrong file",
    )


def _duplicate(first: DeploymentEvent, second: DeploymentEvent, in_file: str) -> Finding | None:
    """Return the finding that two events have one key; log rotation copies, and identical copies are one event."""
    what = f"the event of {instant(first.event_time)}"
    place = short(first.location)
    differing = [name for name in _EVENT.names if getattr(first, name) != getattr(second, name)]
    if not differing:
        file = first.location.rpartition(":")[0]
        if file != in_file and base_name(file) == base_name(in_file):
            return None
        message = f"{what} is recorded twice, identically; it counts once (first at {place})"
        return Finding(Severity.INFO, message, "one record per event", "identical records")
    return Finding(
        Severity.WARNING,
        f"{what} is recorded twice with different {', '.join(differing)}: the first counts",
        "one record per deployment_id, event_time",
        f"another record at {place}",
        "deployment_id, event_time",
        short=f"two records of one event differ in {differing[0]}",
    )
