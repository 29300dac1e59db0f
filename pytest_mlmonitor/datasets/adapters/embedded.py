"""Reading a dataset by the metadata embedded in its parquet schema (specification 1.1)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pytest_mlmonitor.core.artifact import ArtifactRef, Links
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.names import shown
from pytest_mlmonitor.core.text.times import stamp_of
from pytest_mlmonitor.datasets.builtin import ENTITY, EVENT_TS, NON_FEATURES, TARGET
from pytest_mlmonitor.datasets.embedded import artifact_name, count_of, embedded_metadata, embedded_violations
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.tables.profile import ParquetHead
from pytest_mlmonitor.tables.unreadable import Unreadable


def read_parquet(ref: ArtifactRef, platform: Links, head: Callable[[Path], ParquetHead]) -> Dataset:
    """Read the dataset that is the parquet file ``ref.path`` itself, with embedded metadata (specification 1.1).

    Args:
        ref: the file.
        platform: handed on to the dataset.
        head: reads a footer, or raises ``Unreadable``.
    """
    name = ref.path.stem
    try:
        found = head(ref.path)
    except Unreadable as error:
        finding = Finding(Severity.ERROR, f"{ref.path.name} {error}", "a parquet file", None, None, shown(ref.path))
        return Dataset(ref, platform, (finding,), dataset_name=name, path=str(ref.path), data_path=ref.path)
    embedded = embedded_metadata(found)
    violations = embedded_violations(found, ref.path, required=True)
    built_at = stamp_of(embedded.get("build_timestamp"))
    version = built_at.isoformat() if built_at else None
    row_count = embedded.get("row_count", "")
    return Dataset(
        ref=ArtifactRef(ref.kind, ref.path, artifact_name(name, version) or name, ref.root),
        platform=platform,
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
