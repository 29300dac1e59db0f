"""The fields of a dataset that a declared source may map."""

from __future__ import annotations

from pytest_mlmonitor.core.references.units import FieldForm

MAPPED: dict[str, FieldForm] = {
    "dataset_name": "text",
    "dataset_version": "text",
    "built_at": "time",
    "row_count": "count",
    "feature_count": "count",
    "target": "text",
    "entity": "text",
    "event_ts": "text",
    "schema_version": "text",
    "digest": "text",
    "commit": "text",
}
"""The fields of a dataset that a source may map, and what each holds."""
