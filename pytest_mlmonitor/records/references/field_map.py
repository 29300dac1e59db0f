"""Our fields out of their records, as ``fields``, ``constants`` and ``where`` of a declared source say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.policy.sources.source_keys import Source
from pytest_mlmonitor.core.references.conversion import conversion
from pytest_mlmonitor.core.references.reference import FieldReference
from pytest_mlmonitor.core.references.units import FieldForm
from pytest_mlmonitor.core.sources.sourced import Caught
from pytest_mlmonitor.core.text.hours.zones import zone_of
from pytest_mlmonitor.records.references.artifact_fields import ArtifactFields, MappedFields


class FieldMap:
    """What a source says of the fields of a kind; compiled once a source.

    Attributes:
        references: by our field, those that are tried in order.
        name: of the source, for messages.
    """

    def __init__(self, source: Source, mapped: Mapping[str, FieldForm], name: str | None = None) -> None:
        """Compile ``source`` for the fields of its kind.

        Args:
            source: presets merged, validated.
            mapped: what each field of the kind holds (``Kind.mapped``).
            name: of the source.
        """
        self.name = name
        self.mapped = mapped
        self.zone: tzinfo = zone_of(source.timezone) if source.timezone else UTC
        files = source.metadata
        self.references: Mapping[str, Sequence[FieldReference]] = {
            field: tuple(FieldReference.parse(text, files) for text in texts)
            for field, texts in source.fields.items()
            if field in mapped
        }
        self.where: Mapping[str, tuple[FieldReference, tuple[Any, ...]]] = {
            text: (FieldReference.parse(text, files), tuple(value) if isinstance(value, list | tuple) else (value,))
            for text, value in source.where.items()
        }
        self.constants: Mapping[str, Any] = {
            field: conversion(mapped[field], None, self.zone)(value)
            for field, value in source.constants.items()
            if field in mapped
        }
        self.metadata = files
        self.looked_in = source.looked_in

    def of(
        self, caught: Mapping[str, Caught] | None = None, documents: Mapping[Path, Any] | None = None
    ) -> ArtifactFields:
        """Return the fields of one artifact.

        Args:
            caught: what the path caught, by placeholder, ``version`` among them.
            documents: those of ``metadata`` in their order, None where one could not be read.
        """
        return ArtifactFields(self, caught or {}, documents or {})

    def record(
        self,
        document: Any,
        *,
        caught: Mapping[str, Caught] | None = None,
        documents: Mapping[Path, Any] | None = None,
        location: str | None = None,
    ) -> MappedFields:
        """Return what a single document says, with a finding for every mapped field that it lacks."""
        fields = self.of(caught, documents)
        made = fields.record(document, location)
        made.findings.extend(fields.lacking(location))
        return made
