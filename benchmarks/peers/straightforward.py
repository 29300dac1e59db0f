"""Serving health the straightforward way: ``python -m benchmarks.peers.straightforward ROOT NOW``.

json.loads and pydantic's model_validate line by line into one list, then the rules of the specification (2.3) over it. It
looks for no duplicates, misplaced records, events or lineage, and knows no line that is wrong.
"""

from __future__ import annotations

import json
import sys
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, NonNegativeFloat, NonNegativeInt


class ServingWindow(BaseModel):
    """One line of a metrics file."""

    schema_version: Literal["v1"]
    window_start: datetime
    window_end: datetime
    service_name: str
    service_version: str
    environment: str
    deployment_id: str
    model_name: str
    model_version: str
    bundle_id: str
    input_dataset_name: str
    input_dataset_version: str
    endpoint_name: str
    request_count: NonNegativeInt
    success_count: NonNegativeInt
    failure_count: NonNegativeInt
    rejected_count: NonNegativeInt
    timeout_count: NonNegativeInt
    latency_p50_ms: NonNegativeFloat
    latency_p95_ms: NonNegativeFloat
    latency_p99_ms: NonNegativeFloat
    feature_lookup_p95_ms: NonNegativeFloat | None = None
    model_exec_p95_ms: NonNegativeFloat | None = None
    validation_error_count: NonNegativeInt
    feature_lookup_error_count: NonNegativeInt
    model_load_error_count: NonNegativeInt
    inference_runtime_error_count: NonNegativeInt
    dependency_error_count: NonNegativeInt
    internal_error_count: NonNegativeInt
    input_schema_failure_count: NonNegativeInt
    missing_required_field_count: NonNegativeInt
    invalid_type_count: NonNegativeInt
    domain_violation_count: NonNegativeInt
    prediction_count: NonNegativeInt
    prediction_null_count: NonNegativeInt
    prediction_non_finite_count: NonNegativeInt
    prediction_out_of_range_count: NonNegativeInt
    fallback_prediction_count: NonNegativeInt
    missing_feature_count: NonNegativeInt | None = None
    default_imputed_feature_count: NonNegativeInt | None = None
    stale_feature_count: NonNegativeInt | None = None
    feature_vector_build_failure_count: NonNegativeInt | None = None
    heartbeat_emitted_at: datetime


def read(root: Path) -> list[ServingWindow]:
    """Return every window below ``root``."""
    windows: list[ServingWindow] = []
    for path in sorted((root / "serving" / "metrics").rglob("*.jsonl")):
        with path.open(encoding="utf-8") as lines:
            windows += [ServingWindow.model_validate(json.loads(line)) for line in lines if line.strip()]
    return windows


def status(windows: list[ServingWindow], now: datetime) -> str:
    """Return the health of one deployment; the first rule that holds decides."""
    windows = sorted(windows, key=lambda window: window.window_start)
    latest = windows[-1]
    gaps = [(after.window_start - before.window_start).total_seconds() for before, after in pairwise(windows)]
    missing = sum(max(int(gap / 60) - 1, 1) for gap in gaps if gap > 60 * 2.0)
    requests = latest.request_count
    if (now - latest.window_end).total_seconds() > 10 * 60:
        return "unhealthy"
    if not any(window.request_count for window in windows):
        return "unhealthy"
    degraded = (
        missing > 3
        or max(gaps, default=0.0) > 5 * 60
        or latest.latency_p95_ms > 500
        or latest.latency_p99_ms > 1000
        or (requests and 100 * latest.failure_count / requests > 5)
        or (requests and 100 * latest.rejected_count / requests > 5)
    )
    return "degraded" if degraded else "healthy"


def main() -> None:
    """Print the status of every deployment as JSON."""
    root, now = Path(sys.argv[1]), datetime.fromisoformat(sys.argv[2])
    windows = read(root)
    by_deployment: dict[str, list[ServingWindow]] = {}
    for window in windows:
        by_deployment.setdefault(window.deployment_id, []).append(window)
    print(json.dumps({name: status(of, now) for name, of in sorted(by_deployment.items())}))


if __name__ == "__main__":
    main()
