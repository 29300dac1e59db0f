"""What the documents of a file-based model registry say, whatever layout they are in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.policy.possible_values import impossible
from pytest_mlmonitor.core.text.names import quoted, safe, shown
from pytest_mlmonitor.core.text.times import NaiveTimestamp, day_of, parse_timestamp, stamp_of
from pytest_mlmonitor.core.text.versions import version_form
from pytest_mlmonitor.records.contract import dotted, kind_of
from pytest_mlmonitor.records.documents import Document, read_object
from pytest_mlmonitor.records.numbers import numbers
from pytest_mlmonitor.records.strict_json import non_finite_findings
from pytest_mlmonitor.registries import registry_words as words
from pytest_mlmonitor.registries.gate_words import rejection
from pytest_mlmonitor.registries.model import DocumentLayout, ModelRegistry, ModelVersion
from pytest_mlmonitor.registries.record import EntryPath, RegistryLayout
from pytest_mlmonitor.registries.snake_case import snake_keys

_UTC_WORD = re.compile(r"\s+(?:UTC|GMT)$")
ZONED = "ISO-8601 times with a zone"
"""What is expected of times, in the warning of those without."""


class _RegistryReading:
    """What is found out about one document while it is read."""

    def __init__(self, document: Document) -> None:
        self.findings: list[Finding] = []
        self.naive: list[str] = []
        self._document = document

    def where(self, at: EntryPath) -> str:
        return self._document.where(*at)

    def add(self, severity: Severity, message: str, expected: str, actual: str | None, at: EntryPath) -> None:
        self.findings.append(Finding(severity, message, expected, actual, safe(dotted(at)) or None, self.where(at)))


def read_layout(
    ref: ArtifactRef,
    layout: DocumentLayout,
    find: Callable[[Mapping[str, Any]], RegistryLayout],
    expected: str,
    *,
    wrap: str | None = None,
    file_version: str | None = None,
) -> ModelRegistry:
    """Read a document in one layout; never raises on bad data, and never opens a file that it names.

    Args:
        ref: the document.
        layout: what it is called.
        find: finds the entries of versions in it.
        expected: the layout in words.
        wrap: the key below which a bare list is taken, None where a list is no such document.
        file_version: the version that the file's name says.
    """
    opened = read_object(ref.path, wrap)
    document = opened.data
    if document is None:
        return ModelRegistry(ref, opened.unreadable, layout=layout, file_version=file_version)
    reading = _RegistryReading(opened)
    in_snake_case = snake_keys(document)
    found = find(in_snake_case)
    if not found.known:
        reading.add(
            Severity.WARNING,
            f"{ref.path.name} is in no layout that is known, so nothing in it is checked; expected {expected}",
            expected,
            quoted(", ".join(document), 120),
            (),
        )
    for at, value in found.odd:
        message = f"{safe(dotted(at))} is {kind_of(value)}: expected the entry of a version"
        reading.add(Severity.ERROR, message, "an object that describes a version", kind_of(value), at)
    versions = [_version(entry, at, name, key, file_version, reading) for at, entry, name, key in found.entries]
    if found.log:
        versions = _with_past(versions, found)
    reading.findings += non_finite_findings(document, tuple(reading.findings), reading.where)
    if reading.naive:
        reading.findings.append(
            Finding(
                Severity.WARNING,
                f"{reading.naive[0]} and {len(reading.naive) - 1:,} more times have no time zone; taken as UTC"
                if len(reading.naive) > 1
                else f"{reading.naive[0]} has no time zone; taken as UTC",
                ZONED,
                None,
                reading.naive[0],
                shown(ref.path),
            )
        )
    return ModelRegistry(
        ref=ref,
        violations=tuple(reading.findings),
        layout=layout,
        versions=tuple(versions),
        pointers=tuple((name, version) for _, name, version in found.pointers),
        empty_pointers=tuple((name, safe(dotted(at))) for at, name in found.empty),
        aliases=tuple((name, alias, version) for _, name, alias, version in found.aliases),
        latest_only=frozenset(found.latest),
        promoted_at=_moment(in_snake_case.get("last_promoted_at")),
        file_version=file_version,
        document=document,
        documents={ref.path: opened.places},
    )


def _version(
    entry: Mapping[str, Any],
    at: EntryPath,
    name: str | None,
    key: str | None,
    file_version: str | None,
    reading: _RegistryReading,
) -> ModelVersion:
    """Return what one entry says, whatever it calls it; ``key`` is the version that it stands under."""
    place = key or file_version
    said = words.text_of(entry, words.VERSION)
    run_id = words.text_of(entry, words.RUN)
    for field in (*words.VERSION[:3], *words.NAME, *words.RUN):
        value = entry.get(field)
        if value is not None and words.as_version(value) is None:
            word = kind_of(value) if not isinstance(value, str) else "blank"
            message = f"{safe(dotted((*at, field)))} is {word}: expected a name or a number"
            reading.add(Severity.ERROR, message, "a non-blank string or a number", quoted(value), (*at, field))
    if said is None and key is None and run_id is None:
        stands = f"{quoted(place)} stands in" if place else "nothing tells it from others"
        message = f"{safe(dotted((*at, 'version')))} is missing; {stands}: upstream should emit it"
        reading.add(Severity.WARNING, message, "version", "absent", (*at, "version"))
    elif said is not None and key is not None and not words.same_version(said, key):
        message = f"{safe(dotted(at))} says version {quoted(said)}"
        reading.add(Severity.ERROR, message, quoted(key), quoted(said), at)
    stage, by = words.stage_of(entry), live_by(entry)
    times, zoneless = _times(entry, at, reading)
    return ModelVersion(
        model_name=name or _model_type(entry),
        version=said or place,
        environment=_environment(entry),
        stage=stage,
        production=by is not None,
        said_by=by,
        aliases=tuple(_aliases(entry)),
        run_id=run_id,
        metrics=_metrics(entry, at, reading),
        paths={key: entry[key] for key in words.PATHS if isinstance(entry.get(key), str) and entry[key].strip()},
        times=times,
        zoneless=zoneless,
        history=tuple(sorted(_history(entry), key=_when)),
        forced=words.flag(entry.get("forced")) is True,
        rollback=words.flag(entry.get("is_rollback")) is True,
        rejected=rejection(entry),
        location=reading.where(at),
    )


def live_by(entry: Mapping[str, Any]) -> str | None:
    """Return by which of its words an entry is in production, None where it is not."""
    stage = words.stage_of(entry)
    if stage is not None and stage.lower() in words.LIVE:
        return f"stage {quoted(stage, 40)}"
    flag = next((key for key in words.FLAGS if words.flag(entry.get(key))), None)
    if flag is not None:
        return f"{flag} true"
    alias = next((alias for alias in _aliases(entry) if alias.lower() in words.LIVE), None)
    return f"alias {quoted(alias, 40)}" if alias is not None else None


def _aliases(entry: Mapping[str, Any]) -> Iterator[str]:
    said: list[Any] = next((entry[key] for key in words.ALIASES if isinstance(entry.get(key), list)), [])
    for one in said:
        alias = one.get("alias") if isinstance(one, dict) else one
        if isinstance(alias, str) and alias.strip():
            yield alias


def _model_type(entry: Mapping[str, Any]) -> str | None:
    """Return the name of a model that has none but its type, of which each environment has a champion."""
    kind = entry.get("model_type")
    return kind if isinstance(kind, str) and kind.strip() and _environment(entry) is not None else None


def _environment(entry: Mapping[str, Any]) -> str | None:
    said = words.text_of(entry, words.ENVIRONMENT)
    return f"{said} (test mode)" if said is not None and entry.get("test_mode") is True else said


def _history(entry: Mapping[str, Any]) -> Iterator[tuple[str, datetime]]:
    for key in words.HISTORIES:
        changes = entry.get(key)
        for change in changes if isinstance(changes, list) else []:
            if isinstance(change, dict):
                yield from _change(change)


def _change(change: Mapping[str, Any]) -> Iterator[tuple[str, datetime]]:
    became = words.text_of(change, ("to_stage", "to", "stage", "new_stage", "status", "alias", "action", "event"))
    moments = (_moment(value) for _, value in words.times_of(change))
    when = next((moment for moment in moments if moment is not None), None)
    if became is not None and when is not None:
        yield became.strip().lower(), when


def _with_past(versions: list[ModelVersion], found: RegistryLayout) -> list[ModelVersion]:
    """Return the versions with what a list beside them says became of each."""
    past: dict[str, list[tuple[str | None, tuple[str, datetime]]]] = {}
    for _, name, change in found.log:
        version = words.text_of(change, words.VERSION)
        if version is not None:
            past.setdefault(version_form(version), []).extend((name, one) for one in _change(change))

    def of(version: ModelVersion) -> ModelVersion:
        said = past.get(version_form(version.version), []) if version.version is not None else []
        mine = [one for name, one in said if None in (name, version.model_name) or name == version.model_name]
        return replace(version, history=tuple(sorted([*version.history, *mine], key=_when))) if mine else version

    return [of(version) for version in versions]


def _when(change: tuple[str, datetime]) -> datetime:
    return change[1]


def _metrics(entry: Mapping[str, Any], at: EntryPath, reading: _RegistryReading) -> dict[str, float]:
    found: dict[str, float] = {}
    beside = {key: value for key, value in entry.items() if words.metric_word(key)}
    for key, values in [("", beside), *((key, entry.get(key)) for key in words.METRICS)]:
        if not isinstance(values, dict):
            continue
        for name, value in values.items():
            if words.metric_word(name) and isinstance(value, str | bool):
                place = (*at, key, name) if key else (*at, name)
                message = f"{safe(dotted(place))} is {kind_of(value)} ({quoted(value)}): expected a number"
                reading.add(Severity.ERROR, message, "a finite number", quoted(value), place)
        for name, expected in impossible(numbers(values)).items():
            place, actual = (*at, key, name) if key else (*at, name), f"{values[name]:.6g}"
            message = f"{safe(dotted(place))} is {actual}, which is impossible: expected {expected}"
            reading.add(Severity.ERROR, message, expected, actual, place)
        found |= {name.lower(): value for name, value in numbers(values).items()}
    return found


def _times(
    entry: Mapping[str, Any], at: EntryPath, reading: _RegistryReading
) -> tuple[dict[str, datetime], frozenset[str]]:
    found: dict[str, datetime] = {}
    zoneless: set[str] = set()
    for key, value in words.times_of(entry):
        moment = _moment(value)
        if moment is not None:
            found[key] = moment
            if isinstance(value, str) and _naive(value):
                zoneless.add(key)
                reading.naive.append(safe(dotted((*at, key))))
        elif isinstance(value, str) and key not in ("time", "date"):
            message = f"{safe(dotted((*at, key)))} is {quoted(value)}, no timestamp"
            reading.add(Severity.WARNING, message, "an ISO-8601 timestamp with a zone", quoted(value), (*at, key))
    return found, frozenset(zoneless)


def _naive(text: str) -> bool:
    try:
        parse_timestamp(_UTC_WORD.sub("+00:00", text.strip()))
    except NaiveTimestamp:
        return True
    except ValueError:
        pass
    return False


def _moment(value: object) -> datetime | None:
    """Return the moment of a text or a number; None for what is no time. A time without a zone is taken as UTC."""
    if not isinstance(value, str):
        return words.since_1970(value)
    try:
        return parse_timestamp(_UTC_WORD.sub("+00:00", value.strip()), naive_is_utc=True)
    except ValueError:
        return stamp_of(value) or day_of(value) or words.since_1970(value)  # other forms in which platforms write times
