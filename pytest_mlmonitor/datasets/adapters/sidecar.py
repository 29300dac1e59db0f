"""Reading a dataset by its sidecar ``dataset_metadata.json`` (specification 1.1)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from pytest_mlmonitor.core.adapter import Adapter, Mark
from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.editing import EditedFiles, Editing
from pytest_mlmonitor.core.files.document_names import is_sidecar
from pytest_mlmonitor.core.files.opening import Refused, resolve_inside
from pytest_mlmonitor.core.files.walk import Directory
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.names import quoted
from pytest_mlmonitor.core.text.times import DAY, NaiveTimestamp, parse_timestamp
from pytest_mlmonitor.core.text.words import instant
from pytest_mlmonitor.datasets.embedded_metadata import artifact_name, whole_count
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.datasets.record import DatasetMetadata
from pytest_mlmonitor.records.documents import Document, read_document
from pytest_mlmonitor.tables.source.directories import is_table_directory


def read(ref: ArtifactRef) -> Dataset:
    """Read the dataset whose sidecar is ``ref.path``; its data is only looked for, not opened."""
    document = read_document(ref.path, DatasetMetadata)
    violations = list(document.violations)
    data_path: Path | None = None
    text = document.text("path")
    if text is not None:
        try:
            data_path = resolve_inside(text, ref.path.parent, ref.root, is_table_directory)
        except Refused as refusal:
            violations.append(
                Finding(
                    Severity.ERROR,
                    f"path {quoted(text)} {refusal}",
                    "the dataset's parquet file or table directory, relative to the sidecar",
                    quoted(text),
                    "path",
                    document.where("path"),
                )
            )
    built_at = _built_at(document, violations)
    _version_is_a_timestamp(document, violations)
    data = document.data or {}
    name, version = document.text("dataset_name"), document.text("dataset_version")
    return Dataset(
        ref=ArtifactRef(ref.kind, ref.path, artifact_name(name, version) or ref.name, ref.root),
        unreadable=document.unreadable,
        violations=tuple(violations),
        dataset_name=name,
        dataset_version=version,
        path=text,
        built_at=built_at,
        row_count=whole_count(data.get("row_count")),
        feature_count=whole_count(data.get("feature_count")),
        target=document.text("target"),
        entity=document.text("entity"),
        event_ts=document.text("event_ts"),
        schema_version=document.text("schema_version"),
        sidecar=ref.path,
        document=document.data,
        data_path=data_path,
        documents={ref.path: document.places},
    )


def _built_at(document: Document, violations: list[Finding]) -> datetime | None:
    text = document.text("built_at")
    if text is None:
        return None
    try:
        return parse_timestamp(text)
    except NaiveTimestamp:
        moment = parse_timestamp(text, naive_is_utc=True)
        violations.append(
            Finding(
                Severity.WARNING,
                f"built_at {quoted(text)} has no time zone; it is taken as UTC ({instant(moment)})",
                "a timestamp with a zone",
                quoted(text),
                "built_at",
                document.where("built_at"),
            )
        )
        return moment
    except ValueError:
        return None


def _version_is_a_timestamp(document: Document, violations: list[Finding]) -> None:
    text = document.text("dataset_version")
    if text is None:
        return
    try:
        # "an ISO-8601 string": a date, or a time without a zone, is one too
        parse_timestamp(f"{text}T00:00Z" if DAY.fullmatch(text) else text, naive_is_utc=True)
    except ValueError:
        violations.append(
            Finding(
                Severity.ERROR,
                f"dataset_version {quoted(text)} is not an ISO-8601 timestamp",
                "an ISO-8601 timestamp, the instant of the build",
                quoted(text),
                "dataset_version",
                document.where("dataset_version"),
            )
        )


def _recognise(directory: Directory) -> Iterator[Mark]:
    yield from (Mark(directory.path / n) for n in directory.names if is_sidecar(n) and not n.startswith("."))


def _claims(dataset: Dataset) -> Iterator[Path]:
    if dataset.data_path is not None:
        yield dataset.data_path


def _edit(dataset: Dataset, editing: Editing) -> EditedFiles:
    from pytest_mlmonitor.datasets.edited.edited_sidecar import edited_sidecar

    return edited_sidecar(dataset, editing)


SIDECAR = Adapter("dataset", "sidecar", read, recognise=_recognise, names_others=True, claims=_claims, edit=_edit)
