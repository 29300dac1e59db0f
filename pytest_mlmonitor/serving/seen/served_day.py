"""The last day of a deployment in points of ten minutes, as it is drawn."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_mlmonitor.serving.fold.day_points import POINTS, STEP, points_of, slot_of
from pytest_mlmonitor.serving.history import ServingHistory

STEP_SECONDS = int(STEP.total_seconds())


@dataclass(frozen=True, slots=True)
class ServedDay:
    """What was served in the day before an evaluation time: :data:`~.fold.day_points.POINTS` values each, the last one holds it.

    How the windows of one point are put together: :mod:`pytest_mlmonitor.serving.fold.day_points`.

    Attributes:
        start: of the first point, seconds since 1970.
        requests: None where no window starts.
        p95, p99: milliseconds; None where no window with requests says it.
        failed, rejected: share of the requests; None without requests, or where no window says it.
    """

    start: int
    requests: tuple[int | None, ...]
    p95: tuple[float | None, ...]
    p99: tuple[float | None, ...]
    failed: tuple[float | None, ...]
    rejected: tuple[float | None, ...]


def served_day(history: ServingHistory) -> ServedDay:
    """Return the day that ends at the evaluation time of a history."""
    first = slot_of(history.terms.now) - POINTS + 1
    by_slot = {point.slot - first: point for point in points_of(history.day)}
    points = [by_slot.get(at) for at in range(POINTS)]
    return ServedDay(
        first * STEP_SECONDS,
        tuple(point and point.requests for point in points),
        tuple(point and _milliseconds(point.p95) for point in points),
        tuple(point and _milliseconds(point.p99) for point in points),
        tuple(point and _share(point.failed, point.requests) for point in points),
        tuple(point and _share(point.rejected, point.requests) for point in points),
    )


def _milliseconds(latency: float | None) -> float | None:
    return None if latency is None else round(latency, 2)


def _share(part: int | None, requests: int) -> float | None:
    """Return a share; a broken record may count more failures than requests, and arithmetic says so."""
    return None if part is None or not requests else round(min(part / requests, 1.0), 6)
