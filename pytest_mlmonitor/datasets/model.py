"""A dataset as it was read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.artifact import Artifact


@dataclass(frozen=True, repr=False)
class Dataset(Artifact):
    """A training dataset: a parquet file and what its sidecar or its embedded metadata say of it.

    Fields hold what could be read; None where upstream broke its contract (the violation is among the findings).

    Attributes:
        dataset_name, dataset_version, path, built_at, row_count, feature_count, target, entity, event_ts,
            schema_version: the ten fields of specification 1.1, ``built_at`` in UTC.
        sidecar: the JSON document, or None for a dataset that carries its metadata in the parquet schema.
        document: the sidecar's top-level object as it stands, None where it could not be parsed.
        data_path: absolute path of the parquet file, None when it does not exist or may not be opened.
        described: whether metadata says what it is; a parquet file that only a data contract speaks of has none.
        embedded: key/value metadata of the parquet schema by the seven contract keys, None when there is none or the
            file could not be opened.
    """

    dataset_name: str | None = None
    dataset_version: str | None = None
    path: str | None = None
    built_at: datetime | None = None
    row_count: int | None = None
    feature_count: int | None = None
    target: str | None = None
    entity: str | None = None
    event_ts: str | None = None
    schema_version: str | None = None
    sidecar: Path | None = None
    document: Mapping[str, Any] | None = None
    data_path: Path | None = None
    embedded: Mapping[str, str] | None = None
    described: bool = True
