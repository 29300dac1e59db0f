"""Serving windows: arithmetic, times and the future (specification 2.10)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.core.check import Check, run_check
from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.serving.checks.windows import arithmetic, not_in_future, window_times
from pytest_mlmonitor.serving.model import ServingWindow
from tests.unit.support import at, deployment, event, linked, only, window


def run(check: Check, *windows: ServingWindow, now: float = 30, events: Any = (), **settings: Any) -> CheckResult:
    (made,) = linked(deployment(*windows, events=events), now=at(now), **settings)
    result = run_check(check, made)
    assert result.status != "error", result.reason
    return result


@pytest.mark.parametrize(
    ("fields", "column"),
    [
        ({}, None),
        ({"request_count": 11}, "request_count"),
        ({"request_count": 9}, "request_count"),
        ({"request_count": 12, "failure_count": 1, "rejected_count": 1}, None),
        ({"request_count": 11, "failure_count": 1, "timeout_count": 1}, None),  # inside the failures
        ({"request_count": 11, "timeout_count": 1}, None),  # apart
        ({"request_count": 12, "timeout_count": 1}, "request_count"),
        ({"latency_p95_ms": 10.0}, None),
        ({"latency_p95_ms": 9.9}, "latency_p50_ms, latency_p95_ms"),
        ({"latency_p99_ms": 19.9}, "latency_p95_ms, latency_p99_ms"),
        ({"validation_error_count": 1}, "validation_error_count"),
        ({"request_count": 11, "rejected_count": 1, "validation_error_count": 1}, None),
        ({"internal_error_count": 1}, "internal_error_count"),
        ({"request_count": 11, "failure_count": 1, "internal_error_count": 1}, None),
        (
            {"request_count": 11, "failure_count": 1, "internal_error_count": 1, "model_load_error_count": 1},
            "model_load_error_count",
        ),
        ({"prediction_count": 11}, "prediction_count"),
        ({"prediction_count": 9}, None),
        ({"prediction_null_count": 11}, "prediction_null_count"),
        ({"prediction_non_finite_count": 11}, "prediction_non_finite_count"),
        ({"prediction_out_of_range_count": 11}, "prediction_out_of_range_count"),
        ({"prediction_null_count": 10, "prediction_non_finite_count": 10}, None),  # each, not their sum
    ],
)
def test_arithmetic(fields: dict[str, Any], column: str | None) -> None:
    result = run(arithmetic, window(0, **fields))
    if column is None:
        assert result.findings == ()
    else:
        finding = only(result)
        assert finding.severity == Severity.ERROR
        assert column in (finding.column or "")
        assert finding.location == "metrics_0.jsonl:1"


COUNTS = st.integers(0, 4)


@given(COUNTS, COUNTS, COUNTS, COUNTS, st.integers(0, 12))
def test_sums(success: int, failure: int, rejected: int, timeout: int, request: int) -> None:
    made = window(
        0,
        request_count=request,
        success_count=success,
        failure_count=failure,
        rejected_count=rejected,
        timeout_count=timeout,
        prediction_count=0,
    )
    outcomes = success + failure + rejected
    assert bool(run(arithmetic, made).findings) == (request not in (outcomes, outcomes + timeout))


def test_many_windows_with_one_fault_are_one_finding() -> None:
    finding = only(run(arithmetic, *(window(m, prediction_count=11) for m in range(5))))
    assert "(4 more: metrics_1.jsonl:1" in finding.message


@pytest.mark.parametrize(
    ("seconds", "word"),
    [(60, None), (59.9, "is 59.9 s long"), (300, "is 300 s long"), (0, "is empty"), (-60, "ends before it starts")],
)
def test_a_window_is_as_long_as_the_policy_says(seconds: float, word: str | None) -> None:
    made = window(0, window_end=at(0) + timedelta(seconds=seconds))
    result = run(window_times, made)
    assert (word is None) == (not result.findings)
    assert all(word in f.message for f in result.findings if word)
    if seconds in (60, 300):
        assert run(window_times, made, serving={"expected_window_seconds": seconds}).status == "pass"


@pytest.mark.parametrize("seconds", [30, 1, 59.999])
def test_a_window_is_aligned_to_the_minute(seconds: float) -> None:
    finding = only(run(window_times, window(seconds / 60)))
    assert (finding.severity, finding.column) == (Severity.ERROR, "window_start")
    assert "off the grid" in finding.message


@pytest.mark.parametrize(
    ("second", "endpoint", "overlaps"),
    [(1, "/predict", False), (0.5, "/predict", True), (0.5, "/other", False), (0.99, "/predict", True)],
)
def test_windows_of_one_endpoint_do_not_overlap(second: float, endpoint: str, overlaps: bool) -> None:
    result = run(window_times, window(0), window(second, endpoint_name=endpoint))
    assert any("overlaps" in f.message for f in result.findings) is overlaps


def test_a_heartbeat_lies_not_before_its_window() -> None:
    finding = only(run(window_times, window(1, heartbeat_emitted_at=at(0.99))))
    assert (finding.severity, finding.column) == (Severity.ERROR, "heartbeat_emitted_at")


def test_windows_that_end_with_their_heartbeat_before_are_no_finding() -> None:
    """A shutdown flushes a partial window."""
    assert run(window_times, window(0, heartbeat_emitted_at=at(0.5))).findings == ()


@pytest.mark.parametrize(
    ("seconds", "severity"),
    [(0, None), (-1, None), (1, Severity.INFO), (300, Severity.INFO), (301, Severity.ERROR), (1e8, Severity.ERROR)],
)
@pytest.mark.parametrize("field", ["window_end", "heartbeat_emitted_at"])
def test_nothing_of_a_window_lies_ahead(field: str, seconds: float, severity: Severity | None) -> None:
    made = window(0, window_end=at(1), heartbeat_emitted_at=at(1))
    changed = {field: at(5) + timedelta(seconds=seconds)}
    result = run(not_in_future, window(0, **{"window_end": at(1), "heartbeat_emitted_at": at(1), **changed}), now=5)
    assert result.severity == severity
    assert run(not_in_future, made, now=5).findings == ()


@pytest.mark.parametrize("field", ["event_time", "bundle_created_at", "started_at", "completed_at"])
def test_nothing_of_an_event_lies_ahead(field: str) -> None:
    made = event(**({"minute": 11} if field == "event_time" else {field: at(11)}))
    finding = only(run(not_in_future, window(0), events=[made], now=5))
    assert (finding.severity, finding.column) == (Severity.ERROR, field)


def test_beyond_and_within_the_skew_are_two_findings() -> None:
    result = run(not_in_future, *map(window, range(12)), now=4)
    assert [f.severity for f in result.findings] == [Severity.ERROR, Severity.INFO]


def test_without_windows_there_is_nothing_to_check() -> None:
    for check in (arithmetic, window_times):
        assert run(check, events=[event()]).status == "not_checked"
