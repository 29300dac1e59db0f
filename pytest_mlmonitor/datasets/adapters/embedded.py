"""Reading a dataset by the metadata embedded in its parquet schema (specification 1.1)."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_mlmonitor.core.adapter import Adapter, Mark, Reading
from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.files.walk import Directory
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.names import shown
from pytest_mlmonitor.core.text.times import stamp_of
from pytest_mlmonitor.datasets.anchors import is_build
from pytest_mlmonitor.datasets.builtin import ENTITY, EVENT_TS, NON_FEATURES, TARGET
from pytest_mlmonitor.datasets.embedded_metadata import artifact_name, count_of, embedded_metadata, embedded_violations
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.tables.reader.client import TableReader, start
from pytest_mlmonitor.tables.unreadable import Unreadable


def read(ref: ArtifactRef, reading: Reading) -> Dataset:
    """Read the dataset that is the parquet file ``ref.path`` itself, with embedded metadata (specification 1.1)."""
    name = ref.path.stem
    try:
        found = reading.view(TableReader).head(ref.path)
    except Unreadable as error:
        finding = Finding(Severity.ERROR, str(error), "a parquet file", None, None, shown(ref.path))
        return Dataset(ref, (finding,), dataset_name=name, path=str(ref.path), data_path=ref.path)
    embedded = embedded_metadata(found)
    violations = embedded_violations(found, ref.path, required=True)
    built_at = stamp_of(embedded.get("build_timestamp"))
    version = built_at.isoformat() if built_at else None
    row_count = embedded.get("row_count", "")
    return Dataset(
        ref=ArtifactRef(ref.kind, ref.path, artifact_name(name, version) or name, ref.root),
        violations=tuple(violations),
        dataset_name=name,
        dataset_version=version,
        path=str(ref.path),
        built_at=built_at,
        row_count=count_of(row_count),
        feature_count=max(len(found.names) - NON_FEATURES, 0),
        target=TARGET,
        entity=ENTITY,
        event_ts=EVENT_TS,
        schema_version="v1",
        data_path=ref.path,
        embedded=embedded,
    )


def _recognise(directory: Directory) -> Iterator[Mark]:
    if is_build(directory.path.name):  # Spark writes a directory, where others write a file
        yield Mark(directory.path, "table")
    for name in directory.names:
        if is_build(name) and not name.startswith("."):
            yield Mark(directory.path / name)


EMBEDDED = Adapter("dataset", "embedded", read, recognise=_recognise, ahead=start)
