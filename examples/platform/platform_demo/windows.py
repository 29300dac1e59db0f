"""What the service counts: a window a minute, written when the next one begins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from platform_demo.places import Places, append_line, text_of

MINUTE = timedelta(minutes=1)
_NEVER_HERE = (
    "timeout_count", "feature_lookup_error_count", "model_load_error_count", "dependency_error_count",
    "internal_error_count", "input_schema_failure_count", "invalid_type_count", "domain_violation_count",
    "prediction_null_count", "prediction_non_finite_count", "prediction_out_of_range_count", "fallback_prediction_count",
)  # fmt: skip


@dataclass(frozen=True)
class Release:
    """What a deployment serves.

    Attributes:
        version: of the model.
        run_id: that made it.
        run_started_at: when that run began, as text.
        run_completed_at: when it was over.
        dataset_name: what it was trained on.
        dataset_version: of that.
    """

    version: str
    run_id: str
    run_started_at: str
    run_completed_at: str
    dataset_name: str
    dataset_version: str

    @property
    def deployment_id(self) -> str:
        """A deployment a version."""
        return f"bikes-{self.version}"

    def identity(self) -> dict[str, str]:
        """Return what windows and events say of themselves."""
        return {
            "service_name": "bike-serving",
            "service_version": "1.4.0",
            "environment": "production",
            "deployment_id": self.deployment_id,
            "model_name": "empty_station",
            "model_version": self.version,
            "bundle_id": f"/srv/bikes/bundles/{self.run_id}",
            "input_dataset_name": self.dataset_name,
            "input_dataset_version": self.dataset_version,
        }


@dataclass
class Window:
    """Requests of one minute so far; latencies in ms."""

    start: datetime
    latencies: list[float] = field(default_factory=list)
    rejected: int = 0
    failed: int = 0


class WindowLog:
    """Counts requests of a release, and writes the minutes that are over."""

    def __init__(self, places: Places, release: Release) -> None:
        self._places = places
        self._release = release
        self._open: Window | None = None

    def answered(self, at: datetime, latency_ms: float) -> None:
        """Count a request that got its prediction."""
        self._at(at).latencies.append(latency_ms)

    def rejected(self, at: datetime) -> None:
        """Count a request that asked for nothing that can be predicted."""
        self._at(at).rejected += 1

    def failed(self, at: datetime) -> None:
        """Count a request on which the model failed."""
        self._at(at).failed += 1

    def flush(self, now: datetime, *, ending: bool = False) -> None:
        """Write the window that is over; where the service ends, also the one that is not."""
        found = self._open
        if found is not None and (ending or now >= found.start + MINUTE):
            self._open = None
            self._write(found, now)

    def _at(self, at: datetime) -> Window:
        self.flush(at)
        if self._open is None:
            self._open = Window(at.replace(second=0, microsecond=0))
        return self._open

    def _write(self, window: Window, now: datetime) -> None:
        p50, p95, p99 = (nearest_rank(window.latencies, share) for share in (50, 95, 99))
        answered = len(window.latencies)
        record: dict[str, Any] = {
            "schema_version": "v1",
            "window_start": text_of(window.start),
            "window_end": text_of(window.start + MINUTE),
            "heartbeat_emitted_at": text_of(now),
            **self._release.identity(),
            "endpoint_name": "/predict",
            "request_count": answered + window.rejected + window.failed,
            "success_count": answered,
            "failure_count": window.failed,
            "rejected_count": window.rejected,
            "validation_error_count": 0,
            "missing_required_field_count": 0,
            "inference_runtime_error_count": window.failed,
            "prediction_count": answered,
            "latency_p50_ms": p50,
            "latency_p95_ms": p95,
            "latency_p99_ms": p99,
        }
        record |= dict.fromkeys(_NEVER_HERE, 0)
        start = window.start
        file = self._places.serving / "metrics" / f"{start:%Y-%m-%d}" / f"{start:%H}" / f"metrics_{start:%M}.jsonl"
        append_line(file, record)


def nearest_rank(values: Sequence[float], share: int) -> float:
    """Return the smallest value that at least so many percent do not exceed; 0 of none."""
    return sorted(values)[max(0, -(-share * len(values) // 100) - 1)] if values else 0.0


def announce(places: Places, release: Release, at: datetime, *, reason: str, traffic: str = "serving") -> None:
    """Write down that a deployment takes the traffic, or (``draining``) that it gives it away."""
    event = {
        "event_type": "serving_deployment_activated",
        "event_time": text_of(at),
        **release.identity(),
        "bundle_uri": f"file:///srv/bikes/bundles/{release.run_id}",
        "bundle_created_at": release.run_completed_at,
        "started_at": release.run_started_at,
        "completed_at": release.run_completed_at,
        "activation_reason": reason,
        "traffic_status": traffic,
        "schema_version": "v1",
    }
    append_line(places.serving / "events" / f"{at:%Y-%m-%d}" / "deployment_events.jsonl", event)
