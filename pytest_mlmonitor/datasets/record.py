"""Metadata of a training dataset: the sidecar, and the key/value metadata embedded in the parquet schema."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field

from pytest_mlmonitor.core.text.times import STAMP
from pytest_mlmonitor.records.contract import Count, NaiveIsUtc, NonBlank, Record

DATASET_FILE = re.compile(rf"training_dataset_({STAMP.pattern})\.parquet")

EMBEDDED_KEYS = (
    "upstream_db_path",
    "build_timestamp",
    "row_count",
    "positive_rate",
    "station_count",
    "obs_ts_min",
    "obs_ts_max",
)
"""Keys that P2 writes into the parquet schema, all required (specification 1.1)."""


class DatasetMetadata(Record):
    """``dataset_metadata.json``: ten fields, all required (specification 1.1)."""

    dataset_name: NonBlank
    dataset_version: NonBlank
    path: NonBlank
    built_at: NaiveIsUtc
    row_count: Count
    feature_count: Count
    target: NonBlank
    entity: NonBlank
    event_ts: NonBlank
    schema_version: Annotated[Literal["v1"], Field(description='"v1"')]
