"""Values that fit their format and break arithmetic: every one ends in a finding, none in a traceback."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pytest_mlmonitor.core.check import run_check
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.datasets.checks.metadata import metadata_report
from pytest_mlmonitor.datasets.record import DatasetMetadata
from pytest_mlmonitor.kinds import Platform
from pytest_mlmonitor.records.documents import read_document
from pytest_mlmonitor.serving.checks.health import serving_health

from .corpora import DATASET_NAME, NOW, change_json, copy_of, crashes, judged, serious

RUN = "p4/artifacts/43826da11ab758aa547be3d9f1df80fb"
REPORT = "p2/models/metrics_20260426_131236.json"
HUGE = 10**400


def rewrite(root: Path, change: Callable[[pa.Table], pa.Table], **metadata: str) -> None:
    """Change the sample's dataset, or what its schema says of it."""
    path = root / "p2" / "output" / DATASET_NAME
    table = pq.read_table(path)
    written = {**(table.schema.metadata or {}), **{k.encode(): v.encode() for k, v in metadata.items()}}
    pq.write_table(change(table).replace_schema_metadata(written), path)


def with_instant(column: str, value: int) -> Callable[[pa.Table], pa.Table]:
    def change(table: pa.Table) -> pa.Table:
        values = table[column].cast(pa.int64()).to_pylist()
        values[5] = value
        array = pa.array(values, pa.int64()).cast(pa.timestamp("us"))
        return table.set_column(table.schema.get_field_index(column), column, array)

    return change


def with_predictions(root: Path, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Write predictions that agree with the sample's dataset and report, changed; the report finds no positive."""
    rows, positives, score = 159, 14, 0.1  # as many as the report tested
    table = pq.read_table(root / "p2" / "output" / DATASET_NAME).slice(280, rows)
    columns = {
        "station_id": table["station_id"],
        "obs_ts": table["obs_ts"],
        "y_true": table["target_empty_next_hour"],
        "y_score": pa.array([score] * rows),
        "y_pred": pa.array([0] * rows, pa.int32()),
    }
    report = root / "p2" / "models" / "metrics_20260426_131236.json"
    document = json.loads(report.read_text(encoding="utf-8"))
    loss = -(positives * math.log(score) + (rows - positives) * math.log(1 - score)) / rows
    document["lightgbm"]["metrics"]["log_loss"] = loss
    report.write_text(json.dumps(document), encoding="utf-8")
    made = change(columns)
    names = list(made.pop("names", made))
    pq.write_table(
        pa.Table.from_arrays([made[n.removesuffix("#")] for n in names], [n.removesuffix("#") for n in names]),
        root / "p2" / "models" / "test_predictions_20260426_131236.parquet",
    )


def extreme_key(columns: dict[str, Any]) -> dict[str, Any]:
    values = columns["obs_ts"].cast(pa.int64()).to_pylist()
    values[3] = 2**62
    return columns | {"obs_ts": pa.array(values, pa.int64()).cast(pa.timestamp("us"))}


def nanosecond_key(columns: dict[str, Any]) -> dict[str, Any]:
    values = columns["obs_ts"].cast(pa.timestamp("ns")).cast(pa.int64()).to_pylist()
    values[3] += 7
    return columns | {"obs_ts": pa.array(values, pa.int64()).cast(pa.timestamp("ns"))}


def prediction_log(root: Path, *lines: str) -> None:
    (root / "p2" / "my_predictions.jsonl").write_text("\n".join(lines), encoding="utf-8")


def without_sidecar(root: Path) -> Path:
    (root / "p2" / "dataset_metadata.json").unlink()
    return root


CASES: dict[str, Callable[[Path], object]] = {
    "a metric of 400 digits": (lambda root: change_json(root / RUN / "metrics.json", test_rmse=HUGE)),
    "a metric nobody asked for, of 400 digits": (lambda root: change_json(root / RUN / "metrics.json", epochs=HUGE)),
    "a flat metric of 400 digits": (
        lambda root: change_json(root / "p2/training_metadata.json", metrics={"rmse": HUGE, "mae": 0.1})
    ),
    "an embedded row count of 5,000 digits": (
        lambda root: rewrite(without_sidecar(root), lambda t: t, row_count="9" * 5000)
    ),
    "an embedded row count of 5,000 digits beside a sidecar": (
        lambda root: rewrite(root, lambda t: t, row_count="9" * 5000)
    ),
    "an observation in the year 146138": (lambda root: rewrite(root, with_instant("obs_ts", 2**62))),
    "a label window before the year 1": (lambda root: rewrite(root, with_instant("label_window_end", -(2**62)))),
    "a prediction in the year 146138": (lambda root: with_predictions(root, extreme_key)),
    "a prediction key with nanoseconds": (lambda root: with_predictions(root, nanosecond_key)),
    "a prediction column twice": (lambda root: with_predictions(root, lambda c: c | {"names": [*c, "y_true#"]})),
    "a run timestamp in the year 1": (lambda root: change_json(root / REPORT, run_timestamp="00010101_000000")),
    "a run timestamp in the year 9999": (lambda root: change_json(root / REPORT, run_timestamp="99991231_235959")),
    "a confidence of 400 digits": (
        lambda root: prediction_log(root, f'{{"request_id":"1","predicted_class":1,"confidence":{HUGE}}}')
    ),
    "a logged confidence that is a time beyond Python's years": (
        lambda root: pq.write_table(
            pa.table(
                {"request_id": ["a"], "predicted_class": [1], "confidence": pa.array([2**62], pa.timestamp("us"))}
            ),
            root / "p2" / "my_predictions.parquet",
        )
    ),
    "a logged column that no rule asks for, beyond Python's years": (
        lambda root: pq.write_table(
            pa.table({"request_id": ["a"], "predicted_class": [None], "ts": pa.array([2**62], pa.timestamp("us"))}),
            root / "p2" / "my_predictions.parquet",
        )
    ),
    "a run that ends in the year 9999": (
        lambda root: change_json(root / "p2/training_metadata.json", completed_at="9999-12-31T23:59:59Z")
    ),
    "a build in the year 1, an hour before midnight there": (
        lambda root: change_json(root / "p2/dataset_metadata.json", built_at="0001-01-01T00:00:00+01:00")
    ),
    "a window in the year 1": (
        lambda root: change_json(
            root / "p5/artifacts/serving/metrics/2026-04-26/13/metrics_50.jsonl",
            window_start="0001-01-01T00:00:00Z",
            window_end="0001-01-01T00:01:00Z",
        )
    ),
    "a count just beyond int64": (
        lambda root: change_json(
            root / "p5/artifacts/serving/metrics/2026-04-26/13/metrics_50.jsonl",
            request_count=2**63,
            success_count=2**63 - 1,
        )
    ),
    "latencies near the largest double": (
        lambda root: change_json(
            root / "p5/artifacts/serving/metrics/2026-04-26/13/metrics_59.jsonl", latency_p99_ms=1.7e308
        )
    ),
}


@pytest.mark.parametrize(
    "damage",
    [pytest.param(damage, id=name) for name, damage in CASES.items()],
)
def test_it_is_a_finding_and_no_traceback(damage: Callable[[Path], object], tmp_path: Path) -> None:
    for part in ("p2", "p4", "p5"):
        copy_of(part, tmp_path)
    before = serious(judged(tmp_path))
    damage(tmp_path)
    results = judged(tmp_path)
    assert crashes(results) == []
    assert [message for message in serious(results) if message not in before]


def test_sound_predictions_made_here_have_no_finding(tmp_path: Path) -> None:
    """The cases above stand on this."""
    copy_of("p2", tmp_path)
    with_predictions(tmp_path, lambda columns: columns)
    assert serious(judged(tmp_path)) == []


def test_an_entity_of_another_type_is_no_unreadable_file(tmp_path: Path) -> None:
    pq.write_table(pa.table({"entity": [[1], [2]], "t": [0, 1]}), tmp_path / "other.parquet")
    document = json.loads((copy_of("p2", tmp_path) / "dataset_metadata.json").read_text(encoding="utf-8"))
    document |= {"dataset_name": "other", "path": "other.parquet", "row_count": 2, "entity": "entity", "target": "t"}
    (tmp_path / "other_dataset_metadata.json").write_text(json.dumps(document), encoding="utf-8")
    results = [r for r in judged(tmp_path) if r.ref.name.startswith("other") and r.check == "readable"]
    assert [f.message for r in results for f in r.findings] == []


def test_a_lookback_longer_than_history_is_no_crash(tmp_path: Path) -> None:
    copy_of("p5", tmp_path)
    settings = Settings(serving={"lookback_seconds": 3e9})
    platform = Platform([tmp_path], settings, NOW)
    (deployment,) = platform.deployments()
    assert run_check(serving_health, deployment, settings).status == "pass"


@pytest.mark.parametrize("depth", [10, 100, 500, 900, 980, 985, 990, 995, 1000, 5000, 100_000])
@pytest.mark.parametrize(("left", "right"), [("[", "]"), ('{"a":', "}")], ids=["lists", "objects"])
def test_nesting_is_read_or_refused(depth: int, left: str, right: str, tmp_path: Path) -> None:
    path = tmp_path / "dataset_metadata.json"
    path.write_text(f'{{"x":{left * depth}1{right * depth}}}', encoding="utf-8")
    document = read_document(path, DatasetMetadata)
    assert document.unreadable or document.violations
    assert metadata_report(path)["all_passed"] is False
    assert crashes(judged(tmp_path)) == []


MANY = 20_000


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            "{" + ",".join(f'"k{i}":1' for i in range(MANY)) + f',"k{MANY - 1}":2}}',
            id="the last of many keys twice",
        ),
        pytest.param(
            "{" + ",".join(f'"k{i}":1' for i in range(MANY)) + "}",
            id="many unknown fields",
        ),
        pytest.param('{"k":"' + "\\u0041" * MANY * 10 + '"}', id="a long escaped string"),
        pytest.param('{"k":[' + ",".join("NaN" for _ in range(MANY)) + "]}", id="many NaN"),
    ],
)
def test_a_large_document_is_read_to_its_end_with_bounded_findings(text: str, tmp_path: Path) -> None:
    path = tmp_path / "dataset_metadata.json"
    path.write_text(text, encoding="utf-8")
    document = read_document(path, DatasetMetadata)
    assert document.unreadable or document.violations
    assert len(document.violations) < 100 or "NaN" in text
