"""What a fold remembers of the windows of the last hours, one by one: a few numbers each, in one flat list."""

from __future__ import annotations

from collections.abc import Container, Iterator
from datetime import timedelta
from typing import Any

from msgspec import UNSET

RECENT = timedelta(hours=6)
"""How far back windows are remembered one by one: the longest window of the burn rate (Google SRE workbook, chapter 5)."""

RECENT_FIELDS = (
    "request_count",
    "failure_count",
    "rejected_count",
    "input_schema_failure_count",
    "missing_required_field_count",
    "invalid_type_count",
    "domain_violation_count",
    "prediction_count",
    "fallback_prediction_count",
    "missing_feature_count",
    "default_imputed_feature_count",
    "stale_feature_count",
    "feature_vector_build_failure_count",
)
"""Counts that are remembered of recent windows."""

ABSENT = -1
"""Stands there for an optional one that is absent."""

RECENT_ROW = 2 + len(RECENT_FIELDS)
"""Numbers that are remembered of each: its start and end come first."""


def counts_of(window: Any, absent: Container[str]) -> Iterator[int]:
    """Yield the counts of a window that are remembered; of a declared source some may be absent."""
    for name in RECENT_FIELDS:
        count = getattr(window, name)
        yield ABSENT if count is None or count is UNSET or name in absent else count
