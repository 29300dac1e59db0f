"""Predictions against those before them, and the quality of prediction logs (specifications 2.4 and 2.5)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pytest_mlmonitor.core.check import Check, run_check
from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.predictions.checks.drift import prediction_drift
from pytest_mlmonitor.predictions.checks.quality import mean_confidence, unseen_classes
from pytest_mlmonitor.predictions.views import Order
from pytest_mlmonitor.tables.drift.statistics import shares
from tests.unit.support import (
    BUNDLE,
    DATASET,
    PARQUET,
    SAMPLE,
    change_json,
    copy_of_sample,
    messages,
    only,
    platform_at,
)

EARLIER, LATER = "20260426_131236", "20260427_131236"


def scores(mean: float, rows: int = 400) -> list[float]:
    return list(np.clip(np.random.default_rng(7).normal(mean, 0.1, rows), 0, 1))


def of_test(root: Path, stamp: str, y_score: Sequence[float], **more: Any) -> None:
    y_pred = [int(score >= 0.5) for score in y_score]
    path = root / "models" / f"test_predictions_{stamp}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({"y_score": pa.array(y_score, pa.float64()), "y_pred": y_pred} | more), path)


def result(check: Check, root: Path, name: str, **settings: Any) -> CheckResult:
    platform = platform_at(root, **settings)
    (found,) = [a for a in platform.of_kind("predictions") if name in a.ref.path.name]
    return run_check(check, found, platform.settings)


# -- test predictions -------------------------------------------------------------------------------------------------


def test_the_same_scores_pass(tmp_path: Path) -> None:
    of_test(tmp_path, EARLIER, scores(0.4))
    of_test(tmp_path, LATER, scores(0.4))
    found = result(prediction_drift, tmp_path, LATER)
    assert (found.status, found.findings) == ("pass", ())


def test_classes_and_scores_that_moved(tmp_path: Path) -> None:
    before, now = scores(0.4), scores(0.55)
    of_test(tmp_path, EARLIER, before)
    of_test(tmp_path, LATER, now)
    found = result(prediction_drift, tmp_path, LATER)
    assert {f.column for f in found.findings} == {"y_pred", "y_score"}
    assert found.severity == Severity.ERROR
    classes = next(f for f in found.findings if f.column == "y_pred")
    counts = [np.array([sum(s < 0.5 for s in side), sum(s >= 0.5 for s in side)]) for side in (before, now)]
    assert f"psi={shares.psi(*counts):.12g}" in (classes.actual or "")
    assert f"chi2={shares.chi_square(*counts):.12g}" in (classes.actual or "")
    assert f"test_predictions_{EARLIER} (the previous version)" in classes.message


def test_distances_are_figures_also_when_nothing_is_wrong(tmp_path: Path) -> None:
    of_test(tmp_path, EARLIER, scores(0.4))
    of_test(tmp_path, LATER, scores(0.4))
    found = {(figure.column, figure.name): figure.value for figure in result(prediction_drift, tmp_path, LATER).figures}
    assert found.keys() == {("y_pred", "psi"), ("y_pred", "chi2"), ("y_score", "psi"), ("y_score", "ks")}
    assert set(found.values()) == {0.0}


def test_a_shift_of_scores_alone_warns(tmp_path: Path) -> None:
    of_test(tmp_path, EARLIER, scores(0.2))
    of_test(tmp_path, LATER, scores(0.23))
    finding = only(result(prediction_drift, tmp_path, LATER, drift={"psi_error": 1.0}))
    assert (finding.column, finding.severity) == ("y_score", Severity.WARNING)


def test_what_chance_explains_is_information(tmp_path: Path) -> None:
    """One value more or two less in a tenth of thirty: a PSI of 0.3 that chance gives any day."""
    now = [1, 5, 3, 3, 1, 5, 3, 3, 1, 5]
    of_test(tmp_path, EARLIER, [(tenth + (k + 0.5) / 3) / 10 for tenth in range(10) for k in range(3)])
    of_test(tmp_path, LATER, [(tenth + (k + 0.5) / n) / 10 for tenth, n in enumerate(now) for k in range(n)])
    found = result(prediction_drift, tmp_path, LATER)
    assert found.status == "pass"
    assert "no more than chance" in messages(found)[0]


def test_the_thresholds_are_those_of_the_policy(tmp_path: Path) -> None:
    of_test(tmp_path, EARLIER, scores(0.4))
    of_test(tmp_path, LATER, scores(0.55))
    loose = {"psi_warning": 30.0, "psi_error": 30.0, "ks": 1.0}
    assert result(prediction_drift, tmp_path, LATER, drift=loose).status == "pass"


def test_without_an_earlier_file_nothing_is_checked(tmp_path: Path) -> None:
    of_test(tmp_path, EARLIER, scores(0.4))
    of_test(tmp_path, LATER, scores(0.55))
    found = result(prediction_drift, tmp_path, EARLIER)
    assert found.status == "not_checked"
    assert "no earlier test predictions" in (found.reason or "")


@pytest.mark.parametrize(("rows", "status"), [(29, "not_checked"), (30, "pass")])
def test_thirty_rows_are_needed_on_each_side(rows: int, status: str, tmp_path: Path) -> None:
    of_test(tmp_path, EARLIER, scores(0.4)[:rows])
    of_test(tmp_path, LATER, scores(0.4)[:rows])
    found = result(prediction_drift, tmp_path, LATER)
    assert found.status == status
    assert ("at least 30" in (found.reason or "")) == (status == "not_checked")


def test_what_cannot_be_read_is_not_checked(tmp_path: Path) -> None:
    of_test(tmp_path, EARLIER, scores(0.4))
    of_test(tmp_path, LATER, scores(0.4))
    path = tmp_path / "models" / f"test_predictions_{EARLIER}.parquet"
    path.write_bytes(path.read_bytes()[:-20])
    assert result(prediction_drift, tmp_path, LATER).status == "not_checked"


def test_a_column_that_is_missing_before_is_named(tmp_path: Path) -> None:
    of_test(tmp_path, EARLIER, scores(0.4))
    of_test(tmp_path, LATER, scores(0.4))
    path = tmp_path / "models" / f"test_predictions_{EARLIER}.parquet"
    pq.write_table(pq.read_table(path).drop_columns(["y_pred"]), path)
    finding = only(result(prediction_drift, tmp_path, LATER))
    assert (finding.column, finding.severity) == ("y_pred", Severity.INFO)


def test_predictions_are_compared_within_their_directory_first(tmp_path: Path) -> None:
    of_test(tmp_path / "a", EARLIER, scores(0.4))
    of_test(tmp_path / "b", "20260427_000000", scores(0.4))
    of_test(tmp_path / "a", LATER, scores(0.4))
    platform = platform_at(tmp_path)
    by_name = {(p.ref.path.parts[-3], p.stamp): p for p in platform.of_kind("predictions")}
    order = platform.view(Order)
    before = order.before(by_name["a", LATER])
    assert before is by_name["a", EARLIER]
    assert order.before(by_name["b", "20260427_000000"]) is by_name["a", EARLIER]
    assert order.before(by_name["a", EARLIER]) is None


# -- logs -------------------------------------------------------------------------------------------------------------


def log(
    path: Path, classes: Sequence[Any], confidences: Sequence[Any] = (), time: datetime | None = None, **more: Any
) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    confidences = confidences or [0.8] * len(classes)
    rows = [
        {"request_id": f"r{i}", "predicted_class": c, "confidence": p, "model_version": "v1"} | more
        for i, (c, p) in enumerate(zip(classes, confidences, strict=True))
    ]
    if time is not None:
        rows = [row | {"timestamp": (time + timedelta(seconds=i)).isoformat()} for i, row in enumerate(rows)]
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


A, B = ["a"] * 90 + ["b"] * 10, ["a"] * 50 + ["b"] * 50


@pytest.mark.parametrize("before", ["jsonl", "parquet"])
@pytest.mark.parametrize("now", ["jsonl", "parquet"])
def test_logs_of_either_format_are_compared_with_the_same_figures(before: str, now: str, tmp_path: Path) -> None:
    log(tmp_path / f"predictions_1.{before}", A, scores(0.7, 100))
    log(tmp_path / f"predictions_2.{now}", B, scores(0.8, 100))
    if now == "parquet" or before == "parquet":  # *predictions*.parquet and *prediction*.jsonl are both found
        assert len(platform_at(tmp_path).of_kind("predictions")) == 2
    found = result(prediction_drift, tmp_path, "predictions_2")
    by_column = {f.column: f for f in found.findings}
    psi = shares.psi(np.array([90, 10]), np.array([50, 50]))
    assert f"psi={psi:.12g}" in (by_column["predicted_class"].actual or "")
    assert by_column["predicted_class"].severity == Severity.ERROR
    assert "ks=0." in (by_column["confidence"].actual or "")


def test_the_order_of_logs_is_that_of_their_times(tmp_path: Path) -> None:
    noon = datetime.fromisoformat("2026-04-26T12:00:00+00:00")
    log(tmp_path / "predictions_1.jsonl", B, time=noon + timedelta(hours=1))
    log(tmp_path / "predictions_2.jsonl", A, time=noon)
    assert result(prediction_drift, tmp_path, "predictions_1").status == "fail"
    assert result(prediction_drift, tmp_path, "predictions_2").status == "not_checked"


def test_without_times_numbers_in_names_count(tmp_path: Path) -> None:
    for number, classes in ((9, A), (10, B), (2, A)):
        log(tmp_path / f"predictions_{number}.jsonl", classes)
    found = result(prediction_drift, tmp_path, "predictions_10")
    assert "predictions_9 " in only(found).message


def test_logs_of_other_names_are_no_reference(tmp_path: Path) -> None:
    log(tmp_path / "bike_predictions_1.jsonl", A)
    log(tmp_path / "taxi_predictions_2.jsonl", B)
    found = result(prediction_drift, tmp_path, "taxi")
    assert found.status == "not_checked"
    assert "no earlier log" in (found.reason or "")


def test_predicted_numbers_are_compared_as_numbers(tmp_path: Path) -> None:
    log(tmp_path / "predictions_1.jsonl", [i / 7 for i in range(100)])
    log(tmp_path / "predictions_2.jsonl", [i / 7 + 9 for i in range(100)])
    assert "D 0." in messages(result(prediction_drift, tmp_path, "predictions_2"))[0]
    assert "not classes" in (result(unseen_classes, tmp_path, "predictions_2").reason or "")


@pytest.mark.parametrize(
    ("confidences", "status"),
    [([0.55] * 4, "pass"), ([0.54] * 4, "fail"), ([None] * 4, "not_checked"), ([1.0, 0.2, 0.2, 0.2], "fail")],
)
def test_mean_confidence(confidences: list[Any], status: str, tmp_path: Path) -> None:
    log(tmp_path / "predictions_1.jsonl", ["a"] * 4, confidences)
    found = result(mean_confidence, tmp_path, "predictions_1")
    assert found.status == status, found.reason
    numbers = [one for one in confidences if one is not None]
    assert [f.value for f in found.figures] == ([pytest.approx(sum(numbers) / len(numbers))] if numbers else [])
    if status == "fail":
        assert (only(found).severity, only(found).column) == (Severity.WARNING, "confidence")
        assert result(mean_confidence, tmp_path, "predictions_1", quality={"mean_confidence_min": 0.3}).status == "pass"


def test_a_probability_of_class_1_is_no_confidence(tmp_path: Path) -> None:
    entries = [{"predicted_class": int(p >= 0.5), "score": p} for p in (0.1, 0.1, 0.2, 0.9)]
    (tmp_path / "predictions_1.jsonl").write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    found = result(mean_confidence, tmp_path, "predictions_1")
    assert found.status == "pass"
    assert [f.value for f in found.figures] == [pytest.approx((0.9 + 0.9 + 0.8 + 0.9) / 4)]


def test_unseen_classes_of_the_log_before(tmp_path: Path) -> None:
    log(tmp_path / "predictions_1.jsonl", ["a", "b", 1])
    log(tmp_path / "predictions_2.jsonl", ["a", "c", "c", 1.0, True])
    finding = only(result(unseen_classes, tmp_path, "predictions_2"))
    assert (finding.severity, finding.column, finding.actual) == (Severity.WARNING, "predicted_class", "'c' (2)")
    assert result(unseen_classes, tmp_path, "predictions_1").status == "not_checked"


def test_unseen_classes_of_the_data_that_the_model_learnt_from(tmp_path: Path) -> None:
    root = copy_of_sample(tmp_path)
    version = json.loads((SAMPLE / BUNDLE / "metadata.json").read_text(encoding="utf-8"))["model_version"]
    log(root / "logs" / "predictions_1.jsonl", [0, 1, 2], model_version=version)
    finding = only(result(unseen_classes, root, "predictions_1"))
    assert "'2'" in finding.message
    assert DATASET in finding.message
    log(root / "logs" / "predictions_1.jsonl", [0, 1, 1.0], model_version=version)
    assert result(unseen_classes, root, "predictions_1").status == "pass"


def test_classes_of_a_dataset_without_a_contract_are_read(tmp_path: Path) -> None:
    root = copy_of_sample(tmp_path)
    version = json.loads((SAMPLE / BUNDLE / "metadata.json").read_text(encoding="utf-8"))["model_version"]
    (root / PARQUET).rename(root / "p2" / "output" / "own.parquet")
    change_json(root / "p2" / "dataset_metadata.json", dataset_name="own", path="output/own.parquet")
    for path in (root / BUNDLE / "metadata.json", root / "p2" / "training_metadata.json"):
        change_json(path, input_dataset_name="own")
    log(root / "logs" / "predictions_1.jsonl", [0, 1, 2], model_version=version)
    assert "the target of own" in only(result(unseen_classes, root, "predictions_1")).message


@pytest.mark.parametrize("text", ["", "[]\n{\n", '{"predicted_class": []}\n{"confidence": 1e999}\n'])
def test_a_log_without_sound_entries_is_never_passed(text: str, tmp_path: Path) -> None:
    (tmp_path / "predictions_2.jsonl").write_text(text, encoding="utf-8")
    log(tmp_path / "predictions_1.jsonl", A)
    for check in (prediction_drift, mean_confidence, unseen_classes):
        assert result(check, tmp_path, "predictions_2").status == "not_checked"


def test_the_day_after_a_blip_is_green(tmp_path: Path) -> None:
    for number, classes in ((1, A), (2, A), (3, B), (4, A)):
        log(tmp_path / f"predictions_{number}.jsonl", classes)
    assert result(prediction_drift, tmp_path, "predictions_3").severity is not None
    assert result(prediction_drift, tmp_path, "predictions_4").findings == ()
