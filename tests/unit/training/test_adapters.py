"""Reading a training run: what upstream wrote, what was mapped, and what stood in (specification 1.2)."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.records.numbers import numbers
from pytest_mlmonitor.training.checks.training import fallbacks, identity, metrics_finite
from pytest_mlmonitor.training.model import TrainingRun
from tests.unit.support import BUNDLE, FLAT, RUN_ID, change_json, copy_of_sample, messages, only, platform_at, result_of


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return copy_of_sample(tmp_path, "p4")


def read(root: Path) -> TrainingRun:
    ((_, run),) = platform_at(root).artifacts
    assert isinstance(run, TrainingRun)
    return run


def test_a_newer_bundle_needs_no_fallback(root: Path) -> None:
    run = read(root)
    assert (run.fallbacks, run.violations, run.unreadable) == ((), (), ())
    assert (run.run_id, run.model_name, run.timed, run.bundle) == (RUN_ID, "lightgbm_default", True, True)
    assert run.metrics["rmse"] == run.metrics["test_rmse"]
    assert run.artifact_path == f"runs:/{RUN_ID}/model"
    assert set(run.files) == {"metadata.json", "metrics.json", "model_uri.txt"}


def test_every_fallback_is_a_warning_that_names_the_field(root: Path) -> None:
    gone = ("model_version", "input_dataset_name", "input_dataset_version", "started_at", "completed_at")
    change_json(root / BUNDLE / "metadata.json", *gone)
    (root / BUNDLE / "model_uri.txt").unlink()
    run = read(root)
    assert {(f.severity, f.column) for f in run.fallbacks} == {(Severity.WARNING, f) for f in (*gone, "model_uri.txt")}
    assert run.violations == ()
    assert (run.model_version, run.input_dataset_name, run.input_dataset_version) == ("unknown",) * 3
    assert run.started_at == run.completed_at == run.created_at
    assert not run.timed
    assert run.artifact_path == f"runs:/{RUN_ID}/model"
    assert result_of(fallbacks, root).severity == Severity.WARNING


def test_null_is_absent(root: Path) -> None:
    change_json(
        root / BUNDLE / "metadata.json", model_version=None, input_dataset_name=None, input_dataset_version=None
    )
    run = read(root)
    assert run.violations == ()
    assert sorted(f.column or "" for f in run.fallbacks) == [
        "input_dataset_name",
        "input_dataset_version",
        "model_version",
    ]


@pytest.mark.parametrize("gone", ["input_dataset_name", "input_dataset_version"])
def test_name_and_version_come_both_or_neither(gone: str, root: Path) -> None:
    change_json(root / BUNDLE / "metadata.json", gone)
    run = read(root)
    assert [(f.severity, f.column) for f in run.violations] == [(Severity.ERROR, gone)]
    assert run.fallbacks == ()


@pytest.mark.parametrize(
    ("change", "metrics", "columns"),
    [
        ({"test_rmse": None, "test_mae": None}, {"rmse": "val_rmse", "mae": "val_mae"}, []),
        ({"test_rmse": None}, {"rmse": "val_rmse", "mae": "test_mae"}, []),
        ({"test_rmse": None, "val_rmse": None}, {"mae": "test_mae"}, ["metrics.json test_rmse"]),
        ({"test_rmse": "0.2"}, {"mae": "test_mae"}, ["metrics.json test_rmse"]),
        ({"test_rmse": True}, {"mae": "test_mae"}, ["metrics.json test_rmse"]),
        ({"test_rmse": "0.2", "rmse": 0.01}, {"mae": "test_mae"}, ["metrics.json test_rmse"]),
    ],
)
def test_a_missing_metric_stays_missing(
    change: dict[str, Any], metrics: dict[str, str], columns: list[str], root: Path
) -> None:
    before = read(root).metrics
    change_json(root / BUNDLE / "metrics.json", **change)
    run = read(root)
    assert {k: v for k, v in run.metrics.items() if k in ("rmse", "mae")} == {k: before[v] for k, v in metrics.items()}
    assert [f.column for f in run.violations if f.severity == Severity.ERROR] == columns


@pytest.mark.parametrize(
    "metrics",
    [
        {"accuracy": 0.9, "roc_auc": 0.95, "f1": 0.8, "log_loss": 0.3},
        {"test_accuracy": 0.9, "val_accuracy": 0.88},
        {"test": {"f1": 0.8, "auc": 0.9}, "val": {"f1": 0.7}},
        {"accuracy": 0.8, "rmse_per_fold": [0.1, 0.2]},
        {"test_accuracy": 93.1, "mape": 12.5},
        {"ndcg@10": 0.4, "revenue": 12345.6},
        {
            "accuracy": 0.9,
            "confusion_matrix": [[1, 2], [3, 4]],
            "classification_report": {"0": {"f1": 0.1}},
            "labels": "a,b",
        },
        {"neg_log_loss": -0.3},
    ],
    ids=repr,
)
def test_a_run_that_is_no_regression_has_its_own_metrics(metrics: dict[str, Any], root: Path) -> None:
    (root / BUNDLE / "metrics.json").write_text(json.dumps(metrics), encoding="utf-8")
    assert (read(root).violations, read(root).metrics) == (
        (),
        numbers(metrics) or {"test_f1": 0.8, "test_auc": 0.9, "val_f1": 0.7},
    )
    assert result_of(metrics_finite, root).status == "pass"


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ('{"accuracy": NaN, "f1": 0.8}', "metrics.json accuracy"),
        ('{"accuracy": 1.7, "f1": 0.8}', "metrics.json accuracy"),
        ('{"val_auc": -0.1}', "metrics.json val_auc"),
        ('{"ndcg@10": 1.4}', "metrics.json ndcg@10"),
        ('{"mape": -3.0}', "metrics.json mape"),
        ('{"test": {"accuracy": 1.7}}', "metrics.json test.accuracy"),
        ('{"accuracy": 0.9, "per_class": {"a": {"precision": 1.9}}}', "metrics.json per_class.a.precision"),
        ('{"test_rmse": 0.3, "test_mae": 0.2, "r2": 1.5}', "metrics.json r2"),
        ('{"accuracy": 1e999, "f1": 0.8}', "metrics.json accuracy"),
        ('{"accuracy": "0.9", "f1": 0.8}', "metrics.json accuracy"),
        ('{"accuracy": true, "f1": 0.8}', "metrics.json accuracy"),
        ('{"log_loss": -0.1, "f1": 0.8}', "metrics.json log_loss"),
        ('{"accuracy": 0.8, "report": {"0": {"f1": NaN}}}', "metrics.json report.0.f1"),
    ],
)
def test_metrics_of_any_name_are_finite_numbers(text: str, column: str, root: Path) -> None:
    (root / BUNDLE / "metrics.json").write_text(text, encoding="utf-8")
    finding = only(result_of(metrics_finite, root))
    assert (finding.severity, finding.column) == (Severity.ERROR, column)


def test_one_error_metric_makes_it_a_regression(root: Path) -> None:
    (root / BUNDLE / "metrics.json").write_text('{"accuracy": 0.9, "test_rmse": 0.2}', encoding="utf-8")
    assert [f.column for f in result_of(metrics_finite, root).findings] == ["metrics.json test_mae"]
    (root / BUNDLE / "metrics.json").write_text('{"accuracy": null}', encoding="utf-8")
    assert result_of(metrics_finite, root).severity == Severity.ERROR


def test_metrics_under_other_names_are_no_zero(root: Path) -> None:
    (root / BUNDLE / "metrics.json").write_text('{"RMSE": 0.1, "MAE": 0.05}', encoding="utf-8")
    run = read(root)
    assert "rmse" not in run.metrics and "mae" not in run.metrics
    assert result_of(metrics_finite, root).severity == Severity.ERROR


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_a_metric_that_is_not_finite(word: str, root: Path) -> None:
    path = root / BUNDLE / "metrics.json"
    path.write_text(f'{{"test_rmse": {word}, "test_mae": 0.1, "other": {word}}}', encoding="utf-8")
    assert sorted(f.column or "" for f in result_of(metrics_finite, root).findings) == [
        "metrics.json other",
        "metrics.json test_rmse",
    ]


@pytest.mark.parametrize(
    ("rmse", "mae", "broken"), [(0.2, 0.1, False), (0.1, 0.1, False), (0.0, 0.0, False), (0.1, 0.10001, True)]
)
@pytest.mark.parametrize("split", ["test", "val"])
def test_rmse_is_never_below_mae(split: str, rmse: float, mae: float, broken: bool, root: Path) -> None:
    change_json(root / BUNDLE / "metrics.json", **{f"{split}_rmse": rmse, f"{split}_mae": mae})
    result = result_of(metrics_finite, root)
    assert [f.column for f in result.findings] == ([f"metrics.json {split}_mae"] if broken else [])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        (" \n", "is empty"),
        ("runs:/other/model", "names another run"),
        (f"runs:/{RUN_ID}/mo\x00del", "cannot be printed"),
    ],
)
def test_model_uri(text: str, words: str, root: Path) -> None:
    (root / BUNDLE / "model_uri.txt").write_text(text, encoding="utf-8")
    (violation,) = read(root).violations
    assert (violation.severity, violation.column) == (Severity.ERROR, "model_uri.txt")
    assert words in violation.message


def test_model_uri_that_is_no_text_or_no_file(root: Path) -> None:
    path = root / BUNDLE / "model_uri.txt"
    path.write_bytes(b"\xff\xfe")
    assert "is not UTF-8" in read(root).violations[0].message
    path.unlink()
    path.symlink_to("/etc/passwd")
    assert "is a link" in read(root).violations[0].message
    path.unlink()
    os.mkfifo(path)
    assert "is not a regular file" in read(root).violations[0].message


def test_model_uri_of_a_run_whose_name_begins_alike(tmp_path: Path) -> None:
    root = copy_of_sample(tmp_path, "p4")
    (root / BUNDLE).rename((root / BUNDLE).with_name("run1"))
    bundle = (root / BUNDLE).with_name("run1")
    change_json(bundle / "metadata.json", run_id="run1")
    (bundle / "model_uri.txt").write_text("runs:/run12/model", encoding="utf-8")
    assert [v.column for v in read(root).violations] == ["model_uri.txt"]


def test_a_bundle_is_named_after_its_run(root: Path) -> None:
    (root / BUNDLE).rename((root / BUNDLE).with_name("other"))
    finding = only(result_of(identity, root))
    assert (finding.column, finding.expected) == ("run_id", "'other'")


@pytest.mark.parametrize(("gone", "kept"), [("metadata.json", "metrics.json"), ("metrics.json", "metadata.json")])
def test_a_bundle_with_a_document_missing(gone: str, kept: str, root: Path) -> None:
    (root / BUNDLE / gone).unlink()
    assert (root / BUNDLE / kept).exists()
    (finding,) = read(root).unreadable
    assert finding.message == f"{gone} does not exist"


def test_model_files_are_sized_and_never_opened(root: Path) -> None:
    model = root / BUNDLE / "model.pkl"
    model.write_bytes(b"cos\nsystem\n(S'false'\ntR.")
    model.chmod(0)
    run = read(root)
    assert run.files["model.pkl"] == model.stat().st_size
    assert run.unreadable == ()
    assert platform_at(root).unclaimed == []


@pytest.fixture
def flat(tmp_path: Path) -> Path:
    root = copy_of_sample(tmp_path, "p2")
    for path in [*root.rglob("*.parquet"), *root.rglob("dataset_metadata.json"), *root.rglob("metrics_*.json")]:
        path.unlink()
    return root


def test_a_flat_run(flat: Path) -> None:
    run = read(flat)
    assert (run.violations, run.fallbacks, run.bundle, run.timed) == ((), (), False, True)
    assert set(run.metrics) == {"rmse", "mae"}


@pytest.mark.parametrize(
    ("path", "broken"),
    [
        (f"runs:/{RUN_ID}/model", False),
        ("runs:/abc/model", True),
        ("models/model_20260426_131236.lgbm", False),  # kept elsewhere
        ("../../x", True),
        ("/models/x", True),
        ("s3://bucket/x", True),
        ("models", False),  # a directory is a model too
    ],
)
def test_artifact_path(path: str, broken: bool, flat: Path) -> None:
    (flat / "p2" / "models").mkdir(exist_ok=True)
    change_json(flat / FLAT, artifact_path=path)
    assert [f.column for f in read(flat).violations] == (["artifact_path"] if broken else [])


@pytest.mark.parametrize("metrics", [[], None, {"rmse": 0.2}, {"rmse": None, "mae": 0.1}, {"rmse": -1, "mae": -2}])
def test_flat_metrics(metrics: object, flat: Path) -> None:
    change_json(flat / FLAT, metrics=metrics)
    result = result_of(metrics_finite, flat)
    assert result.severity == Severity.ERROR
    assert all(m.startswith("metrics") for m in messages(result))


def test_numbers() -> None:
    data = {"a": 1, "b": 0.5, "c": True, "d": "1", "e": float("nan"), "f": float("inf"), "g": None, "h": [1]}
    assert numbers(data) == {"a": 1.0, "b": 0.5}
