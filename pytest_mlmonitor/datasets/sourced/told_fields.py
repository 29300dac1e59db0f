"""What documents beside a dataset say of it: ``metadata``, ``fields`` and ``constants`` of its source (specification 8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.decoder import Decoder, Undecoded
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.sources.sourced import Sourced
from pytest_mlmonitor.core.text.names import shown
from pytest_mlmonitor.datasets.sourced.mapped_fields import MAPPED
from pytest_mlmonitor.formats.decoders import decoder_for
from pytest_mlmonitor.formats.metadata_documents import lies_within, no_document
from pytest_mlmonitor.records.references.field_map import FieldMap

MAX_RECORDS = 10_000
"""Of a document that is a list: what describes a dataset has no more."""


@dataclass(frozen=True)
class Told:
    """What is said of a dataset beside its data.

    Attributes:
        values: by our field.
        ends: of times that stand for a day or an hour, when that ends.
        findings: documents that are not there or cannot be read, fields that they lack, values that do not fit.
        document: the first document, None without one.
        mapped: our fields that the source maps.
        location: where they are said.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    ends: Mapping[str, datetime] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    document: Mapping[str, Any] | None = None
    mapped: frozenset[str] = frozenset()
    location: str | None = None


class SourceDocuments:
    """The documents of ``metadata``, and the fields of sources: many tables share one document, all versions one source."""

    def __init__(self, platform: Any) -> None:
        self._added: Sequence[Decoder] = platform.decoders
        self._fields: dict[str, FieldMap] = {}
        self._read: dict[Path, tuple[Any, list[Finding]]] = {}

    def fields(self, sourced: Sourced) -> FieldMap:
        """Return what a source says of the fields of a dataset."""
        if sourced.name not in self._fields:
            self._fields[sourced.name] = FieldMap(sourced.source, MAPPED, sourced.name)
        return self._fields[sourced.name]

    def read(self, path: Path) -> tuple[Any, list[Finding]]:
        """Return a document, a list of records where it holds several, None where it is none, with what is wrong."""
        if path not in self._read:
            self._read[path] = _read(path, self._added)
        return self._read[path]


def told(sourced: Sourced, known: SourceDocuments) -> Told:
    """Return what the documents of a dataset, its path and the policy say of it."""
    source, fields = sourced.source, known.fields(sourced)
    mapped = frozenset((*source.fields, *source.constants))
    findings: list[Finding] = []
    documents: dict[Path, Any] = {}
    for path in sourced.documents:
        found, wrong = known.read(path) if lies_within(path, sourced.ref.root) else (None, [no_document(path, sourced)])
        findings += wrong
        documents[path] = found
    there = [path for path, document in documents.items() if document is not None]
    location = shown(there[0]) if there else shown(sourced.ref.path)
    caught = dict(sourced.caught) | ({"version": sourced.version} if sourced.version is not None else {})
    of_it = fields.of(caught, documents)
    first = documents[there[0]] if there and isinstance(documents[there[0]], Mapping) else None
    said = of_it.record(first or {}, location)
    findings += said.findings
    if there or not documents:  # of documents that are not there no field is missed
        findings += of_it.lacking(location)
    return Told(
        said.values,
        said.ends,
        tuple(findings),
        first,
        mapped,
        location,
    )


def _read(path: Path, added: Sequence[Decoder]) -> tuple[Any, list[Finding]]:
    decoder = decoder_for(path.name, None, added)
    if decoder is None:
        words = "has a suffix that no decoder reads: expected JSON, YAML or TOML"
        return None, [Finding(Severity.ERROR, f"{path.name} {words}", "a document", None, "metadata", shown(path))]
    found = list(islice(decoder.records(path), MAX_RECORDS))
    wrong = [one.finding(path) for one in found if isinstance(one, Undecoded)]
    records = [one.values for one in found if not isinstance(one, Undecoded)]
    return (records[0] if len(records) == 1 else records or None), wrong
