"""A build that says in its parquet schema what it is (specification 1.1) stays one where a declared source takes it."""

from __future__ import annotations

from dataclasses import replace

from pytest_mlmonitor.core.text.times import stamp_of
from pytest_mlmonitor.datasets.anchors import is_build
from pytest_mlmonitor.datasets.build_time import BuildTime
from pytest_mlmonitor.datasets.builtin import ENTITY, EVENT_TS, NON_FEATURES, TARGET
from pytest_mlmonitor.datasets.embedded_metadata import count_of, embedded_metadata, embedded_violations
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.tables.reader.client import TableReader
from pytest_mlmonitor.tables.unreadable import Unreadable


def with_embedded(dataset: Dataset, reader: TableReader) -> Dataset:
    """Return a dataset of a source with what its file says of itself, where it is called like a build and says something.

    What the source maps goes before; what the file says is held against the file either way.
    """
    path = dataset.data_path
    if path is None or not is_build(path.name) or not path.is_file():
        return dataset
    try:
        found = reader.head(path)
    except Unreadable:
        return dataset  # the check `readable` says so
    texts = embedded_metadata(found)
    if not texts:
        return dataset
    stamp, built = stamp_of(texts.get("build_timestamp")), dataset.built
    if stamp is not None and (built is None or built.named or built.origin in ("version", "date")):
        built = BuildTime(stamp, stamp, "embedded")
    rows, features = count_of(texts.get("row_count", "")), max(len(found.names) - NON_FEATURES, 0)
    return replace(
        dataset,
        violations=(*dataset.violations, *embedded_violations(found, path, required=True)),
        embedded=texts,
        described=True,
        built=built,
        built_at=built.start if built is not None else None,
        row_count=dataset.row_count if dataset.row_count is not None else rows,
        feature_count=dataset.feature_count if dataset.feature_count is not None else features,
        target=dataset.target or TARGET,
        entity=dataset.entity or ENTITY,
        event_ts=dataset.event_ts or EVENT_TS,
        schema_version=dataset.schema_version or "v1",
    )
