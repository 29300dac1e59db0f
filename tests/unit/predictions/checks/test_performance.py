"""How right a model is where labels exist, against the report of its training."""

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
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.predictions.checks.performance import performance
from pytest_mlmonitor.predictions.checks.report_metrics import report_metrics
from tests.unit.support import (
    BUNDLE,
    DATASET,
    PARQUET,
    REPORT,
    SAMPLE,
    change_json,
    copy_of_sample,
    load_json,
    messages,
    only,
    platform_at,
)

STAMP = "20260426_131236"
PREDICTIONS = f"p2/models/test_predictions_{STAMP}.parquet"
ROWS = 159
"""As many as the sample's report tested."""

FIRST = 800
"""Where both classes occur."""


def result(check: Check, root: Path, name: str = "test_predictions", **settings: Any) -> CheckResult:
    platform = platform_at(root, **settings)
    (found,) = [a for a in platform.of_kind("predictions") if name in a.ref.path.name]
    made = run_check(check, found, platform.settings)
    assert made.status != "error", made.reason
    return made


def figures(found: CheckResult) -> dict[str, float]:
    return {figure.name: figure.value for figure in found.figures}


def serious(found: CheckResult) -> dict[str, Finding]:
    return {f.message.split()[0].rstrip(":"): f for f in found.findings if f.severity >= Severity.WARNING}


# -- the trainer's own ------------------------------------------------------------------------------------------------


def metrics_of(label: Sequence[int], score: Sequence[float]) -> dict[str, Any]:
    predicted = [int(s >= 0.5) for s in score]
    pairs = list(zip(label, predicted, strict=True))
    tp, fp, tn, fn = (pairs.count(cell) for cell in ((1, 1), (0, 1), (0, 0), (1, 0)))
    loss = [-np.log(np.clip(s if y else 1 - s, 2.0**-52, 1 - 2.0**-52)) for y, s in zip(label, score, strict=True)]
    return {
        "accuracy": (tp + tn) / len(pairs),
        "precision": tp / (tp + fp) if tp + fp else 0.0,
        "recall": tp / (tp + fn) if tp + fn else 0.0,
        "f1": 2 * tp / (2 * tp + fp + fn) if tp else 0.0,
        "confusion_matrix": {"tp": tp, "fp": fp, "tn": tn, "fn": fn},
        "log_loss": float(np.mean(loss)),
    }


@pytest.fixture(scope="module")
def labels() -> pa.Table:
    return pq.read_table(SAMPLE / PARQUET, columns=["station_id", "obs_ts", "target_empty_next_hour"])


def calibrated(label: Sequence[int]) -> list[float]:
    """Return scores of 0.95 and 0.05, right as often as they say."""
    seen = [0, 0]
    scores = []
    for y in label:
        seen[y] += 1
        right = seen[y] % 20 != 0
        scores.append(0.95 if (y == 1) == right else 0.05)
    return scores


@pytest.fixture
def root(tmp_path: Path, labels: pa.Table) -> Path:
    """The sample with test predictions, and a report that is true of them."""
    copy_of_sample(tmp_path)
    write(tmp_path, labels, labels["target_empty_next_hour"].to_pylist()[FIRST : FIRST + ROWS])
    return tmp_path


def write(root: Path, labels: pa.Table, label: list[int], score: list[float] | None = None, **more: Any) -> None:
    score = calibrated(label) if score is None else score
    table = labels.slice(FIRST, len(label)).drop_columns(["target_empty_next_hour"])
    columns = {name: table[name] for name in table.column_names}
    columns |= {"y_true": pa.array(label, pa.int32()), "y_score": pa.array(score, pa.float64())}
    columns |= {"y_pred": pa.array([int(s >= 0.5) for s in score], pa.int32())} | more
    pq.write_table(pa.table(columns), root / PREDICTIONS)
    stated = load_json(root / REPORT)["lightgbm"]
    stated["metrics"] |= metrics_of(label, score)
    change_json(root / REPORT, lightgbm=stated)


def test_the_report_of_the_predictions_is_true(root: Path) -> None:
    assert (result(report_metrics, root).status, result(report_metrics, root).findings) == ("pass", ())
    found = result(performance, root)
    assert (found.status, found.findings) == ("pass", ())
    stated = load_json(root / REPORT)["lightgbm"]["metrics"]
    for name in ("accuracy", "f1", "log_loss"):
        assert figures(found)[f"test_{name}"] == pytest.approx(stated[name])
    assert {"test_rmse", "test_ece", "test_mean_confidence"} <= figures(found).keys()
    assert {figure.column for figure in found.figures} == {"lightgbm_default"}


@pytest.mark.parametrize("metric", ["accuracy", "precision", "recall", "f1", "log_loss"])
def test_a_metric_that_is_not_that_of_the_predictions_is_an_error(metric: str, root: Path) -> None:
    stated = load_json(root / REPORT)["lightgbm"]
    stated["metrics"][metric] += 2e-6 * (1 if stated["metrics"][metric] < 0.5 else -1)
    change_json(root / REPORT, lightgbm=stated)
    finding = only(result(report_metrics, root))
    assert (finding.severity, finding.column) == (Severity.ERROR, f"lightgbm.metrics.{metric}")
    assert (finding.location or "").endswith(REPORT)


def test_what_the_last_bits_say_is_no_difference(root: Path) -> None:
    stated = load_json(root / REPORT)["lightgbm"]
    stated["metrics"]["accuracy"] -= 1e-9
    change_json(root / REPORT, lightgbm=stated)
    assert result(report_metrics, root).status == "pass"


def test_a_confusion_matrix_that_is_not_that_of_the_predictions_is_named_once(root: Path) -> None:
    stated = load_json(root / REPORT)["lightgbm"]
    stated["metrics"]["confusion_matrix"]["tn"] -= 5
    stated["metrics"]["confusion_matrix"]["fp"] += 5
    stated["metrics"]["accuracy"] -= 5 / ROWS
    change_json(root / REPORT, lightgbm=stated)
    finding = only(result(report_metrics, root))
    assert "confusion_matrix is fp" in finding.message and "(and accuracy)" in finding.message
    assert f"test_predictions_{STAMP}.parquet gives fp" in finding.message


def test_the_loss_of_the_impossible_is_not_compared(root: Path, labels: pa.Table) -> None:
    label = labels["target_empty_next_hour"].to_pylist()[FIRST : FIRST + ROWS]
    score = calibrated(label)
    score[label.index(1)] = 0.0
    write(root, labels, label, score)
    stated = load_json(root / REPORT)["lightgbm"]
    stated["metrics"]["log_loss"] += 0.1  # another library clips elsewhere
    change_json(root / REPORT, lightgbm=stated)
    assert result(report_metrics, root).status == "pass"


def test_without_a_report_nothing_is_compared(root: Path) -> None:
    (root / REPORT).unlink()
    assert "is not beside it" in (result(report_metrics, root).reason or "")
    found = result(performance, root)
    assert found.status == "pass" and {figure.column for figure in found.figures} == {"unknown"}


def test_a_report_of_other_rows_is_not_compared(root: Path) -> None:
    pq.write_table(pq.read_table(root / PREDICTIONS).slice(1), root / PREDICTIONS)
    assert "158 predictions, the report tested 159" in (result(report_metrics, root).reason or "")


def test_rows_that_break_their_contract_are_not_judged(root: Path, labels: pa.Table) -> None:
    label = labels["target_empty_next_hour"].to_pylist()[FIRST : FIRST + ROWS]
    score = calibrated(label)
    label[3] = 2
    write(root, labels, label, score)
    assert result(report_metrics, root).status == result(performance, root).status == "not_checked"


def test_without_labels_of_its_own_a_file_is_judged_by_the_dataset(root: Path) -> None:
    before = figures(result(performance, root))
    pq.write_table(pq.read_table(root / PREDICTIONS).drop_columns(["y_true"]), root / PREDICTIONS)
    assert figures(result(performance, root)) == pytest.approx(before)
    assert result(report_metrics, root).status == "pass"


@pytest.mark.parametrize(("rows", "status"), [(29, "not_checked"), (30, "pass")])
def test_thirty_labels_are_needed(rows: int, status: str, root: Path, labels: pa.Table) -> None:
    write(root, labels, [k % 2 for k in range(rows)])
    found = result(performance, root)
    assert found.status == status
    assert ("at least 30" in (found.reason or "")) == (status == "not_checked")


def test_a_badly_calibrated_trainer_is_told_and_fails_nothing(root: Path, labels: pa.Table) -> None:
    label = [k % 2 for k in range(ROWS)]
    write(root, labels, label, [0.6 if y else 0.4 for y in label])
    finding = only(result(performance, root))
    assert (finding.severity, finding.column) == (Severity.INFO, "y_score")
    assert "0.400 away" in finding.message


def test_a_cut_file_is_not_judged(root: Path) -> None:
    (root / PREDICTIONS).write_bytes((root / PREDICTIONS).read_bytes()[:-20])
    assert result(performance, root).status == result(report_metrics, root).status == "not_checked"


# -- live -------------------------------------------------------------------------------------------------------------

VERSION = load_json(SAMPLE / BUNDLE / "metadata.json")["model_version"]


def live(
    root: Path, labels: pa.Table, right: float, rows: int = 600, name: str = "predictions_1.jsonl", **more: Any
) -> Path:
    """Write a log that is right in a share of the labelled rows and as sure as it was in training."""
    random = np.random.default_rng(11)
    entries = []
    table = labels.slice(200, rows).to_pylist()
    for k, row in enumerate(table):
        y = row["target_empty_next_hour"]
        predicted = y if random.random() < right else 1 - y
        entries.append(
            {"request_id": f"r{k}", "predicted_class": predicted, "confidence": 0.95, "model_version": VERSION}
            | {"station_id": row["station_id"], "obs_ts": row["obs_ts"].isoformat()}
            | more
        )
    path = root / "logs" / name
    path.parent.mkdir(exist_ok=True)
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(entries), path)
    else:
        path.write_text("".join(json.dumps(entry) + "\n" for entry in entries), encoding="utf-8")
    return path


@pytest.mark.parametrize("name", ["predictions_1.jsonl", "predictions_1.parquet"])
def test_a_model_that_is_as_right_as_in_training_passes(name: str, root: Path, labels: pa.Table) -> None:
    live(root, labels, 0.95, name=name)
    found = result(performance, root, name)
    assert (found.status, serious(found)) == ("pass", {})
    assert (
        f"600 of 600 predictions (100.0%) have a label in {DATASET.rsplit('_', 2)[0]}: accuracy 0.9"
        in messages(found)[0]
    )
    assert {"accuracy", "f1", "rmse", "ece", "mean_confidence", "labelled_share"} <= figures(found).keys()
    assert {figure.column for figure in found.figures} == {"lightgbm_default"}
    assert figures(found)["mean_confidence"] == pytest.approx(0.95)


@pytest.mark.parametrize(("right", "severity"), [(0.87, Severity.WARNING), (0.7, Severity.ERROR)])
def test_a_model_that_became_worse_is_named(right: float, severity: Severity, root: Path, labels: pa.Table) -> None:
    live(root, labels, right)
    found = serious(result(performance, root, "predictions_1", performance={"max_ece": 1.0}))
    assert found["accuracy"].severity == severity
    assert found["accuracy"].column == "predicted_class"
    assert f"in metrics_{STAMP}.json: expected a drop of at most 0.05" in found["accuracy"].message
    loose = {"max_ece": 1.0, "max_drop": 1.0}
    assert result(performance, root, "predictions_1", performance=loose).status == "pass"


def test_a_drop_that_chance_explains_is_information(root: Path, labels: pa.Table) -> None:
    live(root, labels, 0.87, rows=40)
    found = result(performance, root, "predictions_1", performance={"max_ece": 1.0})
    accuracy = next(f for f in found.findings if f.message.startswith("accuracy"))
    assert accuracy.severity == Severity.INFO and "chance explains it" in accuracy.message


def test_scores_that_no_longer_mean_what_they_did_are_a_concept_drift(root: Path, labels: pa.Table) -> None:
    """As right as before by its classes, but every score became 0.6: what scores say of the label changed."""
    live(root, labels, 0.95, confidence=0.6)
    found = serious(result(performance, root, "predictions_1"))
    assert found.keys() == {"rmse", "ece"}
    assert (found["ece"].severity, found["ece"].column) == (Severity.ERROR, "confidence")
    assert "ece is 0.353 on 600 labelled predictions, 0.00" in found["ece"].message
    assert f"in metrics_{STAMP}.json: expected a rise of at most 0.05" in found["ece"].message


def test_a_rise_of_the_calibration_error_that_chance_explains_is_information(root: Path, labels: pa.Table) -> None:
    """Only the rise is held against chance: an error that was there in training is no rise."""
    label = labels["target_empty_next_hour"].to_pylist()[FIRST : FIRST + ROWS]
    write(root, labels, label, [0.8 if score > 0.5 else 0.2 for score in calibrated(label)])
    live(root, labels, 0.99, rows=60, confidence=0.76)
    found = result(performance, root, "predictions_1", performance={"max_ece": 1.0})
    ece = next(f for f in found.findings if f.message.startswith("ece"))
    assert ece.severity == Severity.INFO and "chance explains it" in ece.message, ece


def test_calibration_has_a_limit_of_its_own(root: Path, labels: pa.Table) -> None:
    live(root, labels, 0.75)
    loose = {"max_drop": 1.0}
    finding = serious(result(performance, root, "predictions_1", performance=loose))["ece"]
    assert (finding.severity, finding.column) == (Severity.WARNING, "confidence")
    assert "expected at most 0.1" in finding.message
    assert result(performance, root, "predictions_1", performance={**loose, "max_ece": 0.5}).status == "pass"


def test_without_the_test_predictions_the_rest_is_compared(root: Path, labels: pa.Table) -> None:
    (root / PREDICTIONS).unlink()
    live(root, labels, 0.7)
    found = result(performance, root, "predictions_1")
    assert {"accuracy", "ece"} <= serious(found).keys() and "rmse" not in serious(found)
    assert any("rmse and ece are not compared" in message for message in messages(found))


def test_without_a_report_metrics_are_shown_and_not_compared(root: Path, labels: pa.Table) -> None:
    live(root, labels, 0.95, model_version="nobody's")
    found = result(performance, root, "predictions_1")
    assert found.status == "not_checked"
    assert "accuracy 0.9" in (found.reason or "") and 'model version "nobody\'s"' in (found.reason or "")
    assert {figure.column for figure in found.figures} == {"unknown"}
    live(root, labels, 0.6, model_version="nobody's")
    assert "ece" in serious(result(performance, root, "predictions_1"))  # by itself


def test_labels_that_are_not_there_yet_are_counted(root: Path, labels: pa.Table) -> None:
    path = live(root, labels, 0.95)
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    for line in lines[200:]:
        line["obs_ts"] = (datetime.fromisoformat(line["obs_ts"]) + timedelta(days=30)).isoformat()
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    found = result(performance, root, "predictions_1")
    assert "200 of 600 predictions (33.3%)" in messages(found)[0]
    assert figures(found)["labelled_share"] == pytest.approx(1 / 3)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines[190:]), encoding="utf-8")
    assert "only 10 of 410 predictions has a label" in (result(performance, root, "predictions_1").reason or "")


def test_a_later_build_brings_the_labels(root: Path, labels: pa.Table) -> None:
    live(root, labels, 0.95, rows=100)
    table = pq.read_table(root / PARQUET)
    later = root / "p2" / "output" / "training_dataset_20260426_133148.parquet"
    metadata = {**table.schema.metadata, b"build_timestamp": b"20260426_133148"}
    pq.write_table(table.slice(200, 100).replace_schema_metadata(metadata), later)
    pq.write_table(table.slice(0, 190), root / PARQUET)
    assert "100 of 100 predictions" in messages(result(performance, root, "predictions_1"))[0]


def test_the_key_may_lie_among_the_features_of_an_entry(root: Path, labels: pa.Table) -> None:
    path = live(root, labels, 0.95)
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    for line in lines:
        line["features"] = {"entity_id": line.pop("station_id"), "event_time": line.pop("obs_ts") + "Z", "ft": 1}
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    assert "600 of 600 predictions" in messages(result(performance, root, "predictions_1"))[0]


ODD = [{"a": 1}, [], None, "", "\x00", 10**400, -1.5, True, "9999-99-99", "0001-01-01T00:00:00+14:00"]


def test_odd_entries_have_no_label(root: Path, labels: pa.Table) -> None:
    path = live(root, labels, 0.95)
    lines = path.read_text(encoding="utf-8")
    entry = json.loads(lines.splitlines()[0])
    for field in ("station_id", "obs_ts", "predicted_class", "confidence"):
        lines += "".join(json.dumps(entry | {field: value}) + "\n" for value in ODD)
    path.write_text(lines + "torn", encoding="utf-8")
    found = result(performance, root, "predictions_1")
    assert 0.9 < figures(found)["labelled_share"] < 1
    assert any("have a label" in message for message in messages(found))


def test_the_newest_build_is_believed(root: Path, labels: pa.Table) -> None:
    """Labels are corrected: here the later build says the opposite of every one."""
    live(root, labels, 1.0, rows=100)
    table = pq.read_table(root / PARQUET)
    target = pa.array([1 - y for y in table["target_empty_next_hour"].to_pylist()], pa.int32())
    for stamp, right in (("20260426_133148", 0.0), ("20260426_123148", 1.0)):
        other = root / "p2" / "output" / f"training_dataset_{stamp}.parquet"
        metadata = {**table.schema.metadata, b"build_timestamp": stamp.encode()}
        turned = table.set_column(table.column_names.index("target_empty_next_hour"), "target_empty_next_hour", target)
        pq.write_table(turned.replace_schema_metadata(metadata), other)
        assert figures(result(performance, root, "predictions_1"))["accuracy"] == right
        other.unlink()


def test_a_log_without_the_key_has_no_labels(root: Path) -> None:
    path = root / "logs" / "predictions_1.jsonl"
    path.parent.mkdir()
    path.write_text(json.dumps({"request_id": "r", "predicted_class": 1, "confidence": 1, "model_version": VERSION}))
    found = result(performance, root, "predictions_1")
    assert found.status == "not_checked"
    assert "no labels: the log has no station_id or entity_id or entity, and no obs_ts" in (found.reason or "")


def test_without_a_dataset_there_are_no_labels(tmp_path: Path, labels: pa.Table) -> None:
    live(tmp_path, labels, 0.95)
    assert "no dataset with a target" in (result(performance, tmp_path, "predictions_1").reason or "")


def test_classes_that_are_no_labels_are_not_called_wrong(root: Path, labels: pa.Table) -> None:
    live(root, labels, 0.95, predicted_class="empty")
    assert "('empty') are none of the labels" in (result(performance, root, "predictions_1").reason or "")


def test_a_class_that_no_label_is_makes_its_predictions_wrong(root: Path, labels: pa.Table) -> None:
    """And the comparison with the report stays: a new class is when it is wanted most."""
    path = live(root, labels, 0.95)
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    for line in lines[:120]:
        line["predicted_class"] = 2
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    found = result(performance, root, "predictions_1")
    assert figures(found)["accuracy"] < 0.8
    assert serious(found)["accuracy"].severity == Severity.ERROR


def test_predicted_numbers_are_held_against_the_run(root: Path, labels: pa.Table) -> None:
    run = load_json(root / BUNDLE / "metrics.json")
    live(root, labels, 0.95, predicted_class=0.25)
    found = result(performance, root, "predictions_1")
    assert figures(found).keys() == {"rmse", "labelled_share"}
    rmse = figures(found)["rmse"]
    change_json(root / BUNDLE / "metrics.json", **{**run, "test_rmse": rmse / 1.15, "test_mae": rmse / 2})
    change_json(root / "p2" / "training_metadata.json", metrics={"rmse": rmse / 1.15, "mae": rmse / 2})
    finding = serious(result(performance, root, "predictions_1"))["rmse"]
    assert finding.severity == Severity.WARNING and "a rise of at most 10%" in finding.message
    assert result(performance, root, "predictions_1", performance={"max_rmse_rise": 0.2}).status == "pass"
    fail = serious(result(performance, root, "predictions_1", performance={"max_rmse_rise": 0.05}))["rmse"]
    assert fail.severity == Severity.ERROR


def test_two_families_and_no_run_leave_it_open(root: Path, labels: pa.Table) -> None:
    live(root, labels, 0.95, model_version="nobody's")
    sidecar = load_json(root / "p2" / "dataset_metadata.json")
    other = sidecar | {"dataset_name": "other_20260426_130148"}
    (root / "p2" / "other_dataset_metadata.json").write_text(json.dumps(other), encoding="utf-8")
    reason = result(performance, root, "predictions_1").reason or ""
    assert "which of 2 datasets: other, training_dataset" in reason


def test_a_dataset_without_its_data_labels_nothing(root: Path, labels: pa.Table) -> None:
    live(root, labels, 0.95, model_version="nobody's")
    sidecar = load_json(root / "p2" / "dataset_metadata.json")
    other = sidecar | {"dataset_name": "other_20260426_130148", "path": "output/other_20260426_130148.parquet"}
    (root / "p2" / "other_dataset_metadata.json").write_text(json.dumps(other), encoding="utf-8")
    assert "accuracy 0.9" in (result(performance, root, "predictions_1").reason or "")
