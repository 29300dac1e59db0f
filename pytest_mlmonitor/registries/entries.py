"""What the documents of a file-based model registry say, whatever layout they are in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Literal

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.names import quoted, safe, shown
from pytest_mlmonitor.core.text.times import NaiveTimestamp, day_of, parse_timestamp, stamp_of
from pytest_mlmonitor.records.contract import dotted, kind_of
from pytest_mlmonitor.records.documents import Document, read_object
from pytest_mlmonitor.records.numbers import numbers
from pytest_mlmonitor.records.strict_json import non_finite_findings
from pytest_mlmonitor.registries import record as words
from pytest_mlmonitor.registries.model import ModelRegistry, ModelVersion


class _RegistryReading:
    """What is found out about one document while it is read."""

    def __init__(self, document: Document) -> None:
        self.findings: list[Finding] = []
        self.naive: list[str] = []
        self._document = document

    def where(self, at: words.EntryPath) -> str:
        return self._document.where(*at)

    def add(self, severity: Severity, message: str, expected: str, actual: str | None, at: words.EntryPath) -> None:
        self.findings.append(Finding(severity, message, expected, actual, safe(dotted(at)) or None, self.where(at)))


def read_layout(
    ref: ArtifactRef,
    layout: Literal["registry", "production", "version"],
    find: Callable[[Mapping[str, Any]], words.RegistryLayout],
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
    found = find(document)
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
    reading.findings += non_finite_findings(document, tuple(reading.findings), reading.where)
    if reading.naive:
        reading.findings.append(
            Finding(
                Severity.WARNING,
                f"{reading.naive[0]} and {len(reading.naive) - 1:,} more times have no time zone; taken as UTC"
                if len(reading.naive) > 1
                else f"{reading.naive[0]} has no time zone; taken as UTC",
                "ISO-8601 times with a zone",
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
        file_version=file_version,
        document=document,
        documents={ref.path: opened.places},
    )


def _version(
    entry: Mapping[str, Any],
    at: words.EntryPath,
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
    if said is None and key is None:
        stands = f"{quoted(place)} stands in" if place else "nothing tells it from others"
        message = f"{safe(dotted((*at, 'version')))} is missing; {stands}: upstream should emit it"
        reading.add(Severity.WARNING, message, "version", "absent", (*at, "version"))
    elif said is not None and key is not None and not words.same_version(said, key):
        message = f"{safe(dotted(at))} says version {quoted(said)}"
        reading.add(Severity.ERROR, message, quoted(key), quoted(said), at)
    stage = next((entry[key] for key in words.STAGE if isinstance(entry.get(key), str)), None)
    flagged = any(entry.get(key) is True for key in words.FLAGS)
    return ModelVersion(
        model_name=name,
        version=said or place,
        stage=stage,
        production=flagged or (stage is not None and stage.strip().lower() in words.LIVE),
        run_id=run_id,
        metrics=_metrics(entry, at, reading),
        paths={key: entry[key] for key in words.PATHS if isinstance(entry.get(key), str) and entry[key].strip()},
        times=_times(entry, at, reading),
        forced=entry.get("forced") is True,
        location=reading.where(at),
    )


def _metrics(entry: Mapping[str, Any], at: words.EntryPath, reading: _RegistryReading) -> dict[str, float]:
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
        found |= {name.lower(): value for name, value in numbers(values).items()}
    return found


def _times(entry: Mapping[str, Any], at: words.EntryPath, reading: _RegistryReading) -> dict[str, datetime]:
    found: dict[str, datetime] = {}
    for key, text in words.times_of(entry):
        try:
            found[key] = parse_timestamp(text)
        except NaiveTimestamp:
            found[key] = parse_timestamp(text, naive_is_utc=True)
            reading.naive.append(safe(dotted((*at, key))))
        except ValueError:
            moment = stamp_of(text) or day_of(text)  # the other two forms in which platforms write times
            if moment is None:
                message = f"{safe(dotted((*at, key)))} is {quoted(text)}, no timestamp"
                reading.add(Severity.WARNING, message, "an ISO-8601 timestamp with a zone", quoted(text), (*at, key))
            else:
                found[key] = moment
    return found
