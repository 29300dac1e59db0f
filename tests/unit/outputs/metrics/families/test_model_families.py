"""Metrics of models in metrics.prom: what predictions measured, through the parser of the client."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.finding import Figure
from pytest_mlmonitor.core.record import RunRecord
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.outputs.metrics import series
from tests.unit.outputs.metrics.test_prometheus import FORBIDDEN, families, values
from tests.unit.outputs.metrics.test_prometheus import written as written_of
from tests.unit.support import at

ROOT = Path("/data")


def judged(check: str, name: str, *figures: Figure) -> tuple[str, CheckResult]:
    ref = ArtifactRef("predictions", ROOT / name, name, ROOT)
    return f"{name}::{check}", CheckResult(check, "performance", ref, "pass", figures=figures)


def written(tmp_path: Path, *results: tuple[str, CheckResult]) -> dict[str, dict[tuple[str, ...], float]]:
    record = RunRecord(at(0), "production", list(results))
    found = written_of(tmp_path, [], record)
    assert families(tmp_path / "metrics.prom").keys() == found.keys()
    for name in ("ml_model_metric", "ml_prediction_drift_score", "ml_drift_score", "ml_null_rate"):
        assert found[name].type == "gauge"
        assert not any(FORBIDDEN & set(sample.labels) for sample in found[name].samples)
        assert all(sample.labels["environment"] == "production" for sample in found[name].samples)
    return {
        name: {
            tuple(label for key, label in labels if key != "environment"): value
            for labels, value in values(found[name], name).items()
        }
        for name in found
    }


def test_metrics_of_a_model(tmp_path: Path) -> None:
    found = written(
        tmp_path,
        judged("performance", "test_predictions_20260426_131236.parquet", Figure("test_accuracy", "m", 0.9)),
        judged("performance", "predictions_1.jsonl", Figure("accuracy", "m", 0.8), Figure("ece", "m", 0.1)),
    )
    assert found["ml_model_metric"] == {("test_accuracy", "m"): 0.9, ("accuracy", "m"): 0.8, ("ece", "m"): 0.1}
    assert not found["ml_drift_score"] and not found["ml_prediction_drift_score"]


def test_the_latest_file_stands_for_its_model(tmp_path: Path) -> None:
    found = written(
        tmp_path,
        judged("performance", "predictions_10.jsonl", Figure("accuracy", "m", 0.7)),
        judged("performance", "predictions_9.jsonl", Figure("accuracy", "m", 0.8)),
    )
    assert found["ml_model_metric"] == {("accuracy", "m"): 0.7}


def test_the_confidence_of_the_whole_log_counts(tmp_path: Path) -> None:
    """Whichever of the two checks ran first."""
    found = written(
        tmp_path,
        judged("mean_confidence", "predictions_1.jsonl", Figure("mean_confidence", "m", 0.6)),
        judged("performance", "predictions_1.jsonl", Figure("mean_confidence", "m", 0.9)),
    )
    assert found["ml_model_metric"] == {("mean_confidence", "m"): 0.6}


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("test_predictions_20260426_131236.parquet", "test_predictions"),
        ("bike_predictions-2026-04-26T10.jsonl", "bike_predictions"),
        ("predictions_10.jsonl", "predictions"),
        ("2026-04-26T10:15:00Z_v2_predictions.jsonl", "v_predictions"),
    ],
)
def test_drift_of_predictions_goes_by_a_name_without_numbers(name: str, label: str, tmp_path: Path) -> None:
    found = written(tmp_path, judged("prediction_drift", name, Figure("psi", "y_score", 0.3)))
    assert found["ml_prediction_drift_score"] == {("y_score", label, "psi"): 0.3}
    assert not found["ml_drift_score"] and not found["ml_model_metric"]


def test_series_are_capped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(series, "MAX_SERIES", 3)
    figures = [Figure(kind, f"m{k}", 0.5) for k in range(9) for kind in ("accuracy", "psi")]
    found = written(tmp_path, judged("performance", "predictions_1.jsonl", *figures))
    assert [len(found[name]) for name in ("ml_model_metric", "ml_prediction_drift_score")] == [4, 4]
