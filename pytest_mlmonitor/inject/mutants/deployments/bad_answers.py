"""Deployments that fail, are slow, or predict nothing: in the windows of the last hour, whose counts still add up."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from pytest_mlmonitor.core.text.times import EPOCH
from pytest_mlmonitor.inject.mutants.deployments.served_time import history, is_window, out_of_service, recent
from pytest_mlmonitor.inject.mutants.material import Material
from pytest_mlmonitor.inject.mutants.mutant import FileChanges, Mutant
from pytest_mlmonitor.inject.mutants.operator import mutation
from pytest_mlmonitor.serving.edited.declared_records import OUTCOME
from pytest_mlmonitor.serving.history import ServingHistory
from pytest_mlmonitor.serving.model import Deployment

FAILED = 0.2
SLOWER = 10
HALF = 0.5
"""Of a request that is owed, from which on one fails."""

_OF_PREDICTIONS = (
    "prediction_null_count",
    "prediction_non_finite_count",
    "prediction_out_of_range_count",
    "fallback_prediction_count",
)


@mutation("deployment", per="serving", words="20 % of the requests fail")
def failures_20(deployment: Deployment, material: Material) -> Iterator[Mutant]:
    """Every fifth request of the last hour failed, by an error inside."""
    if _fit(deployment, material) is not None:
        yield Mutant(
            f"{FAILED:.0%} of the requests of the last hour fail",
            partial(_edited, deployment, material, _Failing),
            equivalent=out_of_service(deployment, material),
        )


@mutation("deployment", per="serving", words="p99 is ten times as long")
def p99_times_10(deployment: Deployment, material: Material) -> Iterator[Mutant]:
    """The slowest hundredth of the requests of the last hour took ten times as long."""
    found = _fit(deployment, material)
    if found is not None and found.newest.latency_p99_ms:
        yield Mutant(
            f"the p99 of the last hour is {SLOWER} times as long",
            partial(_edited, deployment, material, partial(_slower, deployment, found)),
            equivalent=out_of_service(deployment, material),
        )


@mutation("deployment", per="serving", words="all predictions are null")
def predictions_null(deployment: Deployment, material: Material) -> Iterator[Mutant]:
    """What was predicted in the last hour is null, all of it."""
    found = _fit(deployment, material)
    if found is None or not any(endpoint.predicted for endpoint in found.endpoints):
        return
    if found.newest.absent.isdisjoint(("prediction_count", "prediction_null_count")):
        yield Mutant(
            "all predictions of the last hour are null",
            partial(_edited, deployment, material, lambda: _nulls),
            equivalent=out_of_service(deployment, material),
        )


def _fit(deployment: Deployment, material: Material) -> ServingHistory | None:
    """Return what is known of a deployment in whose windows a fault can be put, None without any."""
    found = history(deployment, material)
    return found if found.latest is not None and material.can_edit(deployment) else None


def _edited(deployment: Deployment, material: Material, change: Any) -> FileChanges:
    return material.edited(deployment, change(), recent(history(deployment, material)))


class _Failing:
    """Lets so many requests fail of each window that all in all it is the share: of windows with few requests some have more."""

    def __init__(self) -> None:
        self._owed = 0.0

    def __call__(self, record: Mapping[str, Any]) -> dict[str, Any]:
        if OUTCOME in record:
            self._owed += FAILED - (record[OUTCOME] == "failure")
            fails = record[OUTCOME] == "success" and self._owed >= HALF
            self._owed -= fails
            return {OUTCOME: "failure"} if fails else {}
        if not is_window(record):
            return {}
        requests, failures = record["request_count"], record["failure_count"]
        rejected = record.get("rejected_count") or 0
        successes = record.get("success_count")
        successes = requests - failures - rejected if successes is None else successes
        self._owed += FAILED * requests - failures
        more = max(min(round(self._owed), successes), 0)
        self._owed -= more
        return _with_failures(record, failures + more, successes - more, more)


def _with_failures(record: Mapping[str, Any], failures: int, successes: int, more: int) -> dict[str, Any]:
    predictions = record.get("prediction_count")
    fields: dict[str, Any] = {
        "failure_count": failures,
        "success_count": successes,
        "internal_error_count": (record.get("internal_error_count") or 0) + more,
    }
    if predictions is not None:
        fields["prediction_count"] = predictions = min(predictions, successes)
        fields |= {name: min(record[name], predictions) for name in _OF_PREDICTIONS if record.get(name) is not None}
    return fields


class _Slower:
    """Lets the p99 of each window be so many times as long: of single requests the slowest hundredth of each window are."""

    def __init__(self, slowest: Mapping[datetime, float], length: timedelta) -> None:
        self._slowest, self._length = slowest, length

    def __call__(self, record: Mapping[str, Any]) -> dict[str, Any]:
        if OUTCOME in record:
            took: float = record.get("latency_ms") or 0.0
            start = EPOCH + (record["time"] - EPOCH) // self._length * self._length
            slow = took >= self._slowest.get(start, math.inf)
            return {"latency_ms": took * SLOWER} if slow else {}
        latency = record.get("latency_p99_ms")
        return {"latency_p99_ms": latency * SLOWER} if is_window(record) and latency is not None else {}


def _slower(deployment: Deployment, found: ServingHistory) -> _Slower:
    """Return the edit of a deployment: by when its windows begin, how long the fastest of its slowest requests took."""
    length = found.terms.length
    if not deployment.of_requests:
        return _Slower({}, length)
    since = recent(found)
    slowest: dict[datetime, float] = {}
    for window in deployment.windows:
        if window.window_start >= since - length and window.latency_p99_ms is not None:
            slowest[window.window_start] = min(window.latency_p99_ms, slowest.get(window.window_start, math.inf))
    return _Slower(slowest, length)


def _nulls(record: Mapping[str, Any]) -> dict[str, Any]:
    if not is_window(record) or not record.get("prediction_count"):
        return {}
    return {**dict.fromkeys(_OF_PREDICTIONS[1:3], 0), "prediction_null_count": record["prediction_count"]}
