"""Serving health: the platform's rules, and this service's own promise to its callers."""

from __future__ import annotations

from pytest_mlmonitor import Deployment, arithmetic, serving_health

PROMISED_P95_MS = 200.0


def test_every_deployment_is_healthy(deployment: Deployment) -> None:
    """Fresh windows, traffic, no gaps, latencies and rates within the policy; degraded shows as warned."""
    serving_health(deployment)


def test_counts_add_up(deployment: Deployment) -> None:
    """What the serving layer counts can be trusted."""
    arithmetic(deployment)


def test_the_promised_latency_is_kept(deployment: Deployment) -> None:
    """Nine windows of ten answer 95 % of their requests within the promise."""
    assert deployment.windows, f"{deployment} has no windows"
    slow = [w for w in deployment.windows if w.latency_p95_ms > PROMISED_P95_MS]
    share = len(slow) / len(deployment.windows)
    assert share <= 0.1, f"{deployment}: {share:.0%} of the windows are slower, first at {slow[0].location}"


def test_predictions_are_usable(deployment: Deployment) -> None:
    """No window answers with NaN or falls back to a default."""
    assert deployment.windows, f"{deployment} has no windows"
    for window in deployment.windows:
        assert window.prediction_non_finite_count == 0, f"NaN predictions at {window.location}"
        assert window.fallback_prediction_count == 0, f"fallback predictions at {window.location}"
