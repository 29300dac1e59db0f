"""Serving windows: counts that add up, times that fit, records in their place (specification 1.3 and 2.10)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from pytest_mlmonitor.checking import NotChecked, check, grouped
from pytest_mlmonitor.model import Deployment, DeploymentEvent, Finding, ServingWindow, Severity
from pytest_mlmonitor.names import quoted, shown
from pytest_mlmonitor.settings import Settings
from pytest_mlmonitor.words import count, duration, instant

_FAILURE_CAUSES = (
    "feature_lookup_error_count",
    "model_load_error_count",
    "inference_runtime_error_count",
    "dependency_error_count",
    "internal_error_count",
)
_WINDOW_TIMES = ("window_start", "window_end", "heartbeat_emitted_at")
_EVENT_TIMES = ("event_time", "bundle_created_at", "started_at", "completed_at")
_BAD_PREDICTIONS = ("prediction_null_count", "prediction_non_finite_count", "prediction_out_of_range_count")


@check("deployment", category="contract", reads_broken=True)
def placement(deployment: Deployment, settings: Settings) -> Iterator[Finding]:
    """Every record stands in the file that its time says."""
    yield from grouped(deployment.misplaced)


@check("deployment", category="contract", reads_broken=True)
def duplicates(deployment: Deployment, settings: Settings) -> Iterator[Finding]:
    """Every window and event is recorded once."""
    yield from grouped(deployment.duplicates)


@check("deployment", category="contract")
def arithmetic(deployment: Deployment, settings: Settings) -> Iterator[Finding]:
    """Outcomes add up to requests, causes to failures, and percentiles are in order."""
    _need_windows(deployment)
    yield from grouped(finding for window in deployment.windows for finding in _arithmetic(window))


@check("deployment", category="contract")
def window_times(deployment: Deployment, settings: Settings) -> Iterator[Finding]:
    """Windows are as long as they should be and do not overlap on one endpoint."""
    _need_windows(deployment)
    yield from grouped(_times(deployment, settings.serving.expected_window_seconds))


@check("deployment", category="contract")
def not_in_future(deployment: Deployment, settings: Settings) -> Iterator[Finding]:
    """Nothing lies more than the clock skew ahead of the evaluation time."""
    now, skew = deployment.platform.now, settings.clock_skew_seconds
    ahead: dict[bool, list[tuple[float, str, str]]] = {}
    records: list[ServingWindow | DeploymentEvent] = [*deployment.windows, *deployment.events]
    for record in records:
        fields = _WINDOW_TIMES if isinstance(record, ServingWindow) else _EVENT_TIMES
        late = {field: (getattr(record, field) - now).total_seconds() for field in fields}
        late = {field: seconds for field, seconds in late.items() if seconds > 0}
        if late:
            furthest = max(late.values())
            ahead.setdefault(furthest > skew, []).append((furthest, record.location, ", ".join(late)))
    for beyond, found in ahead.items():
        seconds, location, field = max(found)
        others = f" ({count(len(found) - 1, 'other record')} too)" if len(found) > 1 else ""
        lies = "lie up to" if "," in field else "lies"
        yield Finding(
            Severity.ERROR if beyond else Severity.INFO,
            f"{field} {lies} {duration(seconds)} ahead of the evaluation time {instant(now)}{others}",
            f"at most {skew:g} s ahead (clock_skew_seconds)",
            f"{seconds:g} s ahead",
            field,
            location,
        )


def _need_windows(deployment: Deployment) -> None:
    if not deployment.windows:
        assert deployment.metrics_dir is not None
        raise NotChecked(f"no readable window below {shown(deployment.metrics_dir)}")


def _arithmetic(window: ServingWindow) -> Iterator[Finding]:
    where = f"window {instant(window.window_start)}"

    def broken(message: str, expected: str, actual: object, column: str) -> Finding:
        return Finding(Severity.ERROR, f"{where}: {message}", expected, str(actual), column, window.location)

    outcomes = window.success_count + window.failure_count + window.rejected_count
    # Timeouts are counted inside the failures by some versions of the serving layer and apart by others.
    if window.request_count not in (outcomes, outcomes + window.timeout_count):
        formula = "success_count + failure_count + rejected_count"
        word = "less" if outcomes < window.request_count else "more"
        message = f"{formula} (+ timeout_count) = {outcomes}, {word} than request_count {window.request_count}"
        yield broken(message, f"{formula} == request_count", outcomes, f"request_count, {formula} + timeout_count")
    for low, high in (("latency_p50_ms", "latency_p95_ms"), ("latency_p95_ms", "latency_p99_ms")):
        if getattr(window, low) > getattr(window, high):
            message = f"{high} {getattr(window, high):g} is below {low} {getattr(window, low):g}"
            yield broken(message, f"{low} ≤ {high}", getattr(window, high), f"{low}, {high}")
    causes = sum(getattr(window, name) for name in _FAILURE_CAUSES)
    if causes > window.failure_count:
        largest = max(_FAILURE_CAUSES, key=lambda name: getattr(window, name))
        message = (
            f"the error causes add up to {causes} (most in {largest}), more than failure_count {window.failure_count}"
        )
        yield broken(message, "sum of error causes ≤ failure_count", causes, ", ".join(_FAILURE_CAUSES))
    for part, whole in (
        ("validation_error_count", "rejected_count"),
        *((name, "prediction_count") for name in _BAD_PREDICTIONS),
        ("prediction_count", "success_count"),
    ):
        if getattr(window, part) > getattr(window, whole):
            message = f"{part} {getattr(window, part)} exceeds {whole} {getattr(window, whole)}"
            yield broken(message, f"{part} ≤ {whole}", getattr(window, part), part)


def _times(deployment: Deployment, length: float) -> Iterator[Finding]:
    per_endpoint: dict[str, list[ServingWindow]] = {}
    for window in deployment.windows:
        per_endpoint.setdefault(window.endpoint_name, []).append(window)
        seconds = (window.window_end - window.window_start).total_seconds()
        if seconds != length:
            how = "ends before it starts" if seconds < 0 else "is empty" if seconds == 0 else f"is {seconds:g} s long"
            yield Finding(
                Severity.ERROR,
                f"window {instant(window.window_start)} {how} (window_end {instant(window.window_end)}): expected {length:g} s",
                f"window_end == window_start + {length:g} s",
                f"{seconds:g} s",
                "window_start, window_end",
                window.location,
            )
        offset = window.window_start.timestamp() % length
        if offset:
            yield Finding(
                Severity.ERROR,
                f"window_start {instant(window.window_start)} lies {offset:g} s off the grid of {length:g} s windows",
                f"window_start aligned to {length:g} s",
                f"{offset:g} s off",
                "window_start",
                window.location,
            )
        if window.heartbeat_emitted_at < window.window_start:
            yield Finding(
                Severity.ERROR,
                f"heartbeat_emitted_at {instant(window.heartbeat_emitted_at)} lies before its window_start "
                f"{instant(window.window_start)}",
                "window_start ≤ heartbeat_emitted_at",
                instant(window.heartbeat_emitted_at),
                "heartbeat_emitted_at",
                window.location,
            )
    for endpoint, windows in per_endpoint.items():
        for before, after in pairwise(windows):
            if after.window_start < before.window_end and before.window_end > before.window_start:
                yield Finding(
                    Severity.ERROR,
                    f"window_start {instant(after.window_start)} of {quoted(endpoint)} overlaps the window "
                    f"{instant(before.window_start)} to {instant(before.window_end)}",
                    "windows of one endpoint do not overlap",
                    f"starts before {instant(before.window_end)}",
                    "window_start",
                    after.location,
                )
