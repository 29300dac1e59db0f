"""Predictions: the trainer's own, and logs of other platforms (specification 1.4)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pytest_mlmonitor.core.check import Check
from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.predictions.checks.predictions import dataset_rows, prediction_log
from pytest_mlmonitor.predictions.checks.table import predictions_readable, predictions_rows, predictions_schema
from tests.unit.support import PARQUET, REPORT, SAMPLE, copy_of_sample, messages, only, result_of

PREDICTIONS = "p2/models/test_predictions_20260426_131236.parquet"


@pytest.fixture(scope="module")
def dataset_table() -> pa.Table:
    return pq.read_table(SAMPLE / PARQUET).slice(100, 159)  # as many rows as the report tested


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return copy_of_sample(tmp_path, "p2")


def write(root: Path, table: pa.Table, **changed: Any) -> None:
    target = table["target_empty_next_hour"].to_pylist()
    columns: dict[str, Any] = {
        "station_id": table["station_id"].to_pylist(),
        "obs_ts": table["obs_ts"].to_pylist(),
        "y_true": target,
        "y_score": [0.5 if t else 0.4999 for t in target],
        "y_pred": target,
    }
    types = {"obs_ts": pa.timestamp("us"), "y_true": pa.int32(), "y_score": pa.float64(), "y_pred": pa.int64()}
    for name, (row, value) in changed.items():
        columns[name][row] = value
    made = {name: pa.array(values, types.get(name), from_pandas=False) for name, values in columns.items()}
    pq.write_table(pa.table(made), root / PREDICTIONS)


ALL = (predictions_readable, predictions_schema, predictions_rows, dataset_rows)


@pytest.mark.parametrize("check", ALL, ids=lambda c: c.name)
def test_sound_predictions(check: Check, root: Path, dataset_table: pa.Table) -> None:
    write(root, dataset_table)
    result = result_of(check, root)
    assert (result.status, result.findings) == ("pass", ())


@pytest.mark.parametrize(
    ("changed", "column"),
    [
        ({"y_score": (3, 1.2)}, "y_score"),
        ({"y_score": (3, -0.1)}, "y_score"),
        ({"y_score": (3, float("nan"))}, "y_score"),
        ({"y_score": (3, None)}, "y_score"),
        ({"y_score": (3, 0.5)}, "y_pred"),
        ({"y_pred": (3, 1)}, "y_pred"),
        ({"y_pred": (3, 2)}, "y_pred"),
        ({"y_true": (3, 3)}, "y_true"),
        ({"station_id": (3, "")}, "station_id"),
        ({"station_id": (3, None)}, "station_id"),
    ],
)
def test_rows(changed: dict[str, Any], column: str, root: Path, dataset_table: pa.Table) -> None:
    write(root, dataset_table, **changed)
    result = result_of(predictions_rows, root)
    assert column in [f.column for f in result.findings], messages(result)
    assert result.severity == Severity.ERROR


def test_duplicate_keys_and_no_rows(root: Path, dataset_table: pa.Table) -> None:
    write(root, pa.concat_tables([dataset_table, dataset_table.slice(3, 1)]))
    assert only(result_of(predictions_rows, root)).column == "station_id, obs_ts"
    write(root, dataset_table.slice(0, 0))
    assert only(result_of(predictions_rows, root)).column == "table"


def test_rows_are_those_of_the_dataset(root: Path, dataset_table: pa.Table) -> None:
    write(root, dataset_table, station_id=(3, "ghost"))
    finding = only(result_of(dataset_rows, root))
    assert (finding.severity, finding.column) == (Severity.ERROR, "station_id, obs_ts")
    assert "'ghost'" in finding.message
    true = dataset_table["target_empty_next_hour"][3].as_py()
    write(root, dataset_table, y_true=(3, 1 - true))
    finding = only(result_of(dataset_rows, root))
    assert (finding.severity, finding.column) == (Severity.ERROR, "y_true")


def test_there_are_as_many_as_the_report_tested(root: Path, dataset_table: pa.Table) -> None:
    write(root, dataset_table.slice(1))
    assert "holds 158 predictions" in only(result_of(dataset_rows, root)).message


def test_without_a_report_the_only_dataset_counts(root: Path, dataset_table: pa.Table) -> None:
    write(root, dataset_table, station_id=(3, "ghost"))
    (root / REPORT).unlink()
    assert result_of(dataset_rows, root).severity == Severity.ERROR
    other = root / "p2" / "output" / "training_dataset_20260426_140148.parquet"
    other.write_bytes((root / PARQUET).read_bytes())
    result = result_of(dataset_rows, root)
    assert result.status == "not_checked"
    assert "2 datasets" in (result.reason or "")


def test_a_cut_file_is_said_once(root: Path, dataset_table: pa.Table) -> None:
    write(root, dataset_table)
    (root / PREDICTIONS).write_bytes((root / PREDICTIONS).read_bytes()[:-20])
    assert only(result_of(predictions_readable, root)).severity == Severity.ERROR
    for check in (predictions_schema, predictions_rows, dataset_rows):
        assert result_of(check, root).status == "not_checked"


# -- logs of other platforms ------------------------------------------------------------------------------------------


def log(tmp_path: Path, *entries: object) -> CheckResult:
    lines = [entry if isinstance(entry, str) else json.dumps(entry) for entry in entries]
    (tmp_path / "my_predictions.jsonl").write_text("\n".join(lines), encoding="utf-8")
    result = result_of(prediction_log, tmp_path)
    assert result.status != "error", result.reason
    return result


GOOD = {"request_id": "r1", "predicted_class": "a", "confidence": 0.7, "model_version": "v1"}


def test_a_sound_log(tmp_path: Path) -> None:
    assert log(tmp_path, GOOD, GOOD | {"request_id": "r2", "confidence": 1}).status == "pass"


@pytest.mark.parametrize(
    ("entry", "column"),
    [
        ({"predicted_class": None}, "predicted_class"),
        ({"request_id": ""}, "request_id"),
        ({"confidence": 1.01}, "confidence"),
        ({"confidence": "0.7"}, "confidence"),
        ({"confidence": True}, "confidence"),
        ({}, "request_id"),  # the same as before
    ],
)
def test_entries_of_a_log(entry: dict[str, Any], column: str, tmp_path: Path) -> None:
    fields = GOOD | ({"request_id": "r2"} if entry else {}) | entry
    finding = only(log(tmp_path, GOOD, fields))
    assert (finding.severity, finding.column) == (Severity.ERROR, column)
    assert (finding.location or "").endswith("my_predictions.jsonl:2")


def test_a_line_that_is_no_entry_is_named(tmp_path: Path) -> None:
    finding = only(log(tmp_path, GOOD, "", "[]"))
    assert (finding.location or "").endswith(":3")


def test_a_log_without_entries(tmp_path: Path) -> None:
    assert "holds no prediction" in only(log(tmp_path)).message


def test_a_parquet_log(tmp_path: Path) -> None:
    path = tmp_path / "my_predictions.parquet"
    pq.write_table(
        pa.table({"id": ["a", "a"], "prediction": [1, 0], "score": [0.2, float("nan")], "model_version": ["1", "1"]}),
        path,
    )
    assert sorted(f.column or "" for f in result_of(prediction_log, tmp_path).findings) == ["confidence", "request_id"]
