"""Several processes that serve under one deployment_id: windows of one minute that are recorded differently, again and again."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.names import bare
from pytest_mlmonitor.core.text.words import count, instant
from pytest_mlmonitor.serving.history import ServedEndpoint, ServingHistory
from pytest_mlmonitor.serving.model import ServingWindow
from pytest_mlmonitor.serving.seen.last_seen import LastSeen
from pytest_mlmonitor.serving.seen.limits import rates_of_window


def readings(endpoint: ServedEndpoint) -> Iterator[tuple[LastSeen, str]]:
    """Yield the last windows of an endpoint, and with several instances the worse records of them, each with words to add."""
    yield endpoint.last, ""
    conflicts = endpoint.conflicts
    if conflicts is not None and conflicts.second is not None and conflicts.last != endpoint.last:
        yield conflicts.last, " (by the worse of two records of a window: several instances)"


def several_instances(history: ServingHistory) -> Iterator[Finding]:
    """Yield the endpoints of which several windows in a row have two different records (specification 2.3)."""
    for endpoint in history.endpoints:
        conflicts = endpoint.conflicts
        if conflicts is None or conflicts.first is None or conflicts.second is None:
            continue
        first, second = conflicts.first, conflicts.second
        yield Finding(
            Severity.WARNING,
            f"several instances write windows of endpoint {bare(endpoint.name)}: {conflicts.in_a_row:,} in a row have "
            f"two different records; at {instant(first.window_start)} the first says {_reading(first)}, the other "
            f"{_reading(second)}; the first counts, and health is the worse of the two",
            "one record per deployment_id, endpoint_name, window_start, window_end: a deployment_id for each instance, or "
            "windows that hold the requests of all",
            f"{count(conflicts.number, 'window')} with two records",
            "deployment_id, endpoint_name, window_start, window_end",
            second.location,
        )


def _reading(window: ServingWindow) -> str:
    rates = rates_of_window(window)
    return (
        f"{count(window.request_count, 'request')}, {rates.failed_pct:.1f}% failed, {rates.rejected_pct:.1f}% rejected, "
        f"p95 {window.latency_p95_ms:.1f}ms"
    )
