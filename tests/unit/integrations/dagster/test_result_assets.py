"""What the six assets say of a run."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_mlmonitor.integrations.dagster.judged_families import JudgedFamilies
from pytest_mlmonitor.integrations.dagster.result_assets import result_metadata


@pytest.mark.parametrize(
    ("allowed", "warned", "status"),
    [
        (3601.0, None, "FRESH"),
        (3600.0, None, "STALE"),
        (7200.0, 1800.0, "FRESH"),
        (None, 1800.0, "STALE"),
        (None, None, "no limit"),
    ],
)
def test_an_age_is_fresh_only_within_a_limit(allowed: float | None, warned: float | None, status: str) -> None:
    built = {"name": "built_timestamp_seconds", "column": "built_at", "value": 1_800_000_000.0}
    limit = {"name": "freshness_threshold_seconds", "column": "built_at", "value": allowed}
    results: Any = {
        "evaluated_at": "2027-01-15T09:00:00+00:00",  # an hour later
        "artifacts": [{"kind": "dataset", "name": "orders", "path": "orders", "id": "a"}],
        "results": [
            {
                "kind": "dataset",
                "artifact": "orders",
                "path": "orders",
                "category": "freshness",
                "status": "pass",
                "severity": None,
                "figures": [built] if allowed is None else [built, limit],
                "measures": [] if warned is None else [{"what": "age", "limit": warned}],
                "findings": [],
            }
        ],
    }
    made = result_metadata("freshness_result", JudgedFamilies(results), None)
    (row,) = made["datasets"].records  # type: ignore[attr-defined]
    assert (row.data["freshness_seconds"], row.data["status"]) == (3600.0, status)
