"""Reading the model registries that a declared source found: a version a record, wherever its records lie (specification 8)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.adapter import Adapter, Reading
from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.decoder import Undecoded
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.sources.assembling import assembled
from pytest_mlmonitor.core.sources.file_order import natural
from pytest_mlmonitor.core.sources.sourced import Sourced
from pytest_mlmonitor.core.text.names import quoted, shown
from pytest_mlmonitor.formats.decoders import decoder_for
from pytest_mlmonitor.formats.metadata_documents import metadata_documents
from pytest_mlmonitor.records.references.field_map import FieldMap
from pytest_mlmonitor.records.references.mapped_metrics import MetricReading
from pytest_mlmonitor.registries import registry_words as words
from pytest_mlmonitor.registries.entries import live_by
from pytest_mlmonitor.registries.gate_words import rejection
from pytest_mlmonitor.registries.model import MAPPED_OF_REGISTRIES, ModelRegistry, ModelVersion

_TIMES = tuple(name for name, form in MAPPED_OF_REGISTRIES.items() if form == "time")


def read(ref: ArtifactRef) -> ModelRegistry:
    """Return a registry of which nothing but its place is known: only sources find such."""
    return ModelRegistry(ref)


class DocumentsOfRegistries:
    """What sources found that is one registry: the documents of a family, a file a version or one for all."""

    def __init__(self, _: Any) -> None:
        self._known: dict[tuple[Path, str, str], list[Sourced]] = {}
        self._roots: set[Path] = set()
        self._asked: set[tuple[Path, str, str]] = set()

    def of(self, sourced: Sourced, reading: Reading) -> list[Sourced]:
        """Return all that belongs to the registry of what a source found, in order; nothing once that was asked for."""
        root = sourced.ref.root
        key = (root, sourced.name, sourced.family)
        if key in self._asked:
            return []
        self._asked.add(key)
        if root not in self._roots:
            self._roots.add(root)
            for one in assembled(reading.discovery.gathering):
                self._known.setdefault((root, one.name, one.family), []).append(one)
            for found in self._known.values():
                found.sort(key=lambda one: natural(one.version.text if one.version is not None else ""))
        return self._known.get(key, [sourced])


def from_source(sourced: Sourced, reading: Reading) -> Iterator[ModelRegistry]:
    """Yield the registry whose first document a source found; all of its versions are one artifact."""
    whole = reading.view(DocumentsOfRegistries).of(sourced, reading)
    if not whole:
        return
    made = _RegistryDocuments(reading)
    for one in whole:
        made.add(one)
    ref = ArtifactRef(sourced.ref.kind, sourced.ref.path, sourced.family, sourced.ref.root)
    yield ModelRegistry(
        ref=ref,
        unreadable=tuple(made.unreadable) if not made.versions else (),
        violations=(*(made.unreadable if made.versions else ()), *made.findings, *made.lacking()),
        versions=tuple(made.versions),
        document={},
        source=sourced.name,
    )


class _RegistryDocuments:
    """The versions of a registry while its documents are read."""

    def __init__(self, reading: Reading) -> None:
        self.versions: list[ModelVersion] = []
        self.unreadable: list[Finding] = []
        self.findings: list[Finding] = []
        self._reading = reading
        self._lacks: dict[str, tuple[int, Finding]] = {}
        self._read = 0

    def add(self, sourced: Sourced) -> None:
        """Read what a source found."""
        added = self._reading.platform.decoders
        documents, missing = metadata_documents(sourced, added)
        self.findings += missing
        fields = FieldMap(sourced.source, MAPPED_OF_REGISTRIES, sourced.name)
        caught = {**sourced.caught, **({"version": sourced.version} if sourced.version is not None else {})}
        for path in sourced.files:
            decoder = decoder_for(path.name, sourced.source.format, added)
            if decoder is None:
                what = f"{quoted(path.name)} has a suffix that no decoder reads: say format (json, jsonl, yaml, toml)"
                self.unreadable.append(Finding(Severity.ERROR, what, "a document", location=shown(path)))
                continue
            known = fields.of(caught, documents)
            self._read += 1
            for record in decoder.records(path, sourced.source.rows):
                if isinstance(record, Undecoded):
                    self.unreadable.append(record.finding(path))
                elif known.keeps(record.values):
                    place = f"{shown(path)}{record.place}" if record.place.startswith(":") else shown(path)
                    said = known.record(record.values, place)
                    self.findings += said.findings
                    self._version(sourced, {**_by_path(sourced), **said.values}, path, record.values, documents, place)
            for lacks in known.lacking(shown(path)):
                number, first = self._lacks.get(lacks.column or "", (0, lacks))
                self._lacks[lacks.column or ""] = (number + 1, first)

    def lacking(self) -> list[Finding]:
        """Return what the source maps and none of its documents has."""
        return [finding for number, finding in self._lacks.values() if number == self._read]

    def _version(
        self,
        sourced: Sourced,
        values: Mapping[str, Any],
        path: Path,
        record: Mapping[str, Any],
        documents: Mapping[Path, Any],
        location: str,
    ) -> None:
        version, run_id = values.get("version"), values.get("run_id")
        if version is None and run_id is None:
            what = f"source.{sourced.name}: neither fields.version nor fields.run_id tells this version from others"
            self.findings.append(Finding(Severity.ERROR, what, "version, or run_id", "absent", "version", location))
        metrics = MetricReading(sourced.name, {path: record, **documents}, location)
        if sourced.source.metrics is not None:
            found = metrics.read(sourced.source.metrics, frozenset())
        else:
            found = metrics.read_beside(record, words.METRICS, words.metric_word)
        self.findings += [*found.findings, *found.lacking]
        aliases = values.get("alias", ())
        entry = {key: values[key] for key in ("stage", "production", "promote") if key in values}
        entry["aliases"] = list(aliases) if isinstance(aliases, tuple) else [aliases]
        self.versions.append(
            ModelVersion(
                model_name=values.get("name"),
                version=version,
                environment=values.get("environment"),
                stage=words.stage_of(entry),
                production=live_by(entry) is not None,
                said_by=live_by(entry),
                aliases=tuple(entry["aliases"]),
                run_id=run_id,
                metrics={name.lower(): value for name, value in found.values.items()},
                paths={"path": values["path"]} if "path" in values else {},
                times={name: values[name] for name in _TIMES if name in values},
                forced=words.flag(values.get("forced")) is True,
                rejected=rejection(entry),
                location=location,
            )
        )


def _by_path(sourced: Sourced) -> dict[str, Any]:
    """Return our fields that the path caught."""
    found: dict[str, Any] = {} if sourced.version is None else {"version": sourced.version.text}
    for name, one in sourced.caught.items():
        form = MAPPED_OF_REGISTRIES.get(name)
        if form == "time" and isinstance(one.value, datetime):
            found[name] = one.value
        elif form is not None:
            found[name] = one.text
    return found


DECLARED = Adapter("model_registry", "declared", read, from_source=from_source)
