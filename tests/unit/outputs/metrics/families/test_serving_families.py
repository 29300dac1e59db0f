"""Metrics of serving in metrics.prom: by model, the worst of several deployments, through the parser of the client."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.finding import Figure
from pytest_mlmonitor.core.record import RunRecord
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.outputs.metrics import series
from pytest_mlmonitor.outputs.metrics.series import OTHER
from tests.unit.outputs.metrics.test_prometheus import FORBIDDEN, values
from tests.unit.outputs.metrics.test_prometheus import written as written_of
from tests.unit.support import at, deployment, window

ROOT = Path("/data")
FAMILIES = (
    "ml_serving_health",
    "ml_serving_failure_ratio",
    "ml_serving_rejection_ratio",
    "ml_serving_latency_seconds",
    "ml_serving_burn_rate",
)


def judged(name: str, model: str, kind: str = "deployment", **figures: float) -> tuple[str, CheckResult]:
    ref = ArtifactRef(kind, ROOT / "metrics", name, ROOT)
    found = tuple(Figure(figure, model, value) for figure, value in figures.items())
    return f"{name}::serving_health", CheckResult("serving_health", "health", ref, "pass", figures=found)


def written(tmp_path: Path, *results: tuple[str, CheckResult]) -> dict[str, dict[tuple[str, ...], float]]:
    found = written_of(tmp_path, [], RunRecord(at(0), "production", list(results)))
    for name in FAMILIES:
        assert found[name].type == "gauge"
        assert not any(FORBIDDEN & set(sample.labels) for sample in found[name].samples)
        assert all(sample.labels["environment"] == "production" for sample in found[name].samples)
    return {
        name: {
            tuple(label for key, label in labels if key != "environment"): value
            for labels, value in values(found[name], name).items()
        }
        for name in FAMILIES
    }


def test_deployments_by_status_and_the_worst_of_them(tmp_path: Path) -> None:
    found = written(
        tmp_path,
        judged(
            "one", "m", serving_healthy=1, failure_rate=0.01, rejection_rate=0.2, latency_p95_ms=100, latency_p99_ms=200
        ),
        judged(
            "two", "m", serving_healthy=1, failure_rate=0.04, rejection_rate=0.0, latency_p95_ms=50, latency_p99_ms=900
        ),
        judged("old", "m", serving_retired=1, role_retired=1),
        judged("one", "m", burn_rate_1h=2.5, burn_rate_6h=0.5),
        judged("other", "n", serving_unhealthy=1),
    )
    assert found == {
        "ml_serving_health": {
            ("m", "active", "healthy"): 2, ("m", "active", "degraded"): 0,
            ("m", "active", "unhealthy"): 0, ("m", "active", "retired"): 0,
            ("m", "retired", "healthy"): 0, ("m", "retired", "degraded"): 0,
            ("m", "retired", "unhealthy"): 0, ("m", "retired", "retired"): 1,
            ("n", "active", "healthy"): 0, ("n", "active", "degraded"): 0,
            ("n", "active", "unhealthy"): 1, ("n", "active", "retired"): 0,
        },
        "ml_serving_failure_ratio": {("m", "active"): 0.04},
        "ml_serving_rejection_ratio": {("m", "active"): 0.2},
        "ml_serving_latency_seconds": {("m", "p95", "active"): 0.1, ("m", "p99", "active"): 0.9},
        "ml_serving_burn_rate": {("m", "active", "1h"): 2.5, ("m", "active", "6h"): 0.5},
    }  # fmt: skip


def test_a_canary_is_no_part_of_the_series_of_the_active_one(tmp_path: Path) -> None:
    """The role is a figure of serving_health and holds for what other checks measured of the same deployment."""
    found = written(
        tmp_path,
        judged("one", "m", serving_healthy=1, role_active=1, failure_rate=0.01),
        judged("new", "m", serving_degraded=1, role_canary=1, failure_rate=0.4),
        judged("new", "m", burn_rate_1h=9.0),
        judged("old", "m", serving_healthy=1, role_nobody=1, failure_rate=0.02),  # no role that there is: bounded
    )
    assert found["ml_serving_failure_ratio"] == {("m", "active"): 0.02, ("m", "canary"): 0.4}
    assert found["ml_serving_burn_rate"] == {("m", "canary", "1h"): 9.0}
    assert found["ml_serving_health"]["m", "canary", "degraded"] == 1
    assert found["ml_serving_health"]["m", "active", "healthy"] == 2


def test_figures_of_other_kinds_are_none_of_serving(tmp_path: Path) -> None:
    found = written(tmp_path, judged("p", "m", kind="predictions", failure_rate=0.5, serving_healthy=1))
    assert not any(found.values())


def test_series_are_capped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(series, "MAX_SERIES", 8)
    many = [
        judged(f"d{k}", f"m{k}", serving_healthy=1, failure_rate=0, latency_p95_ms=1, latency_p99_ms=1, burn_rate_1h=1)
        for k in range(20)
    ]
    found = written(tmp_path, *many)
    assert [sum(labels[0] != OTHER for labels in found[name]) for name in FAMILIES] == [8, 8, 0, 8, 8]
    assert [sum(labels[0] == OTHER for labels in found[name]) for name in FAMILIES] == [4, 1, 0, 2, 1]


def test_deployments_stand_under_the_environment_of_their_windows(tmp_path: Path) -> None:
    staging = deployment(window(0, environment="staging"))
    other = judged("other", "m", serving_healthy=1, failure_rate=0.1)
    result = CheckResult(
        "serving_health",
        "health",
        staging.ref,
        "pass",
        figures=(Figure("serving_unhealthy", "m", 1.0), Figure("failure_rate", "m", 0.9)),
    )
    found = written_of(tmp_path, [staging], RunRecord(at(0), "production", [other, ("x", result)]))
    ratio = values(found["ml_serving_failure_ratio"], "ml_serving_failure_ratio")
    assert {dict(labels)["environment"]: value for labels, value in ratio.items()} == {
        "production": 0.1,
        "staging": 0.9,
    }
    health = values(found["ml_serving_health"], "ml_serving_health")
    assert {dict(labels)["environment"]: dict(labels)["status"] for labels, value in health.items() if value} == {
        "production": "healthy",
        "staging": "unhealthy",
    }
