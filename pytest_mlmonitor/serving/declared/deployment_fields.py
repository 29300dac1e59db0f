"""What a declared source may say of deployments, and what each field holds (specification 8 and 1.3)."""

from __future__ import annotations

from collections.abc import Mapping

from pytest_mlmonitor.core.references.units import FieldForm
from pytest_mlmonitor.serving.model import COUNTED, IDENTITY, LINKS, MEASURED

TEXTS = ("deployment_id", "endpoint_name", *IDENTITY)
"""What tells one series of windows from another, beside :data:`~pytest_mlmonitor.serving.model.LINKS`."""

MAPPED: Mapping[str, FieldForm] = {
    **dict.fromkeys(("window_start", "window_end", "heartbeat_emitted_at", "time"), "time"),
    **dict.fromkeys((*TEXTS, *LINKS), "text"),
    **dict.fromkeys(COUNTED, "count"),
    **dict.fromkeys((*MEASURED, "latency_ms"), "milliseconds"),
    "status": "any",
}

REQUIRED: Mapping[str, tuple[str, ...]] = {
    "windows": ("window_start", "request_count", "failure_count"),
    "requests": ("time", "status"),
}
"""By ``records`` of a source: what every record says, or it is none."""
