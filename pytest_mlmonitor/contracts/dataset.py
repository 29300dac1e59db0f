"""Metadata of a training dataset: the sidecar, and the key/value metadata embedded in the parquet schema."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import Field

from pytest_mlmonitor.contracts.record import Count, NaiveIsUtc, NonBlank, Record, parse_timestamp
from pytest_mlmonitor.words import instant

STAMP = re.compile(r"[0-9]{8}_[0-9]{6}")
DATASET_FILE = re.compile(r"training_dataset_([0-9]{8}_[0-9]{6})\.parquet")
_FAMILY = re.compile(r"(.+?)[_-]([0-9]{8}[_T-]?[0-9]{6}Z?)")

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


def parse_stamp(text: str) -> datetime:
    """Return a ``YYYYMMDD_HHMMSS`` stamp as a UTC datetime.

    Raises:
        ValueError: the text has another form, or is no possible date.
    """
    if not STAMP.fullmatch(text):
        raise ValueError("not of the form YYYYMMDD_HHMMSS")
    try:
        return datetime.strptime(text, "%Y%m%d_%H%M%S").replace(tzinfo=UTC)
    except ValueError as error:
        raise ValueError(f"no possible date and time ({error})") from None


def family(dataset_name: str) -> str:
    """Return the family of builds a dataset belongs to: its name less a trailing build timestamp."""
    match = _FAMILY.fullmatch(dataset_name)
    return match.group(1) if match else dataset_name


def is_instant(version: str) -> bool:
    """Return whether a version is a timestamp, as P2's are."""
    try:
        parse_timestamp(version)
    except ValueError:
        return False
    return True


def version_key(version: str) -> str:
    """Return a form in which equal versions are equal: timestamps compare as instants, others as text."""
    try:
        return instant(parse_timestamp(version))
    except ValueError:
        return version
