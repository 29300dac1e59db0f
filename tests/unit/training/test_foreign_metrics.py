"""Every tool calls its figures ``metrics.json``: which of them are a bundle of P4, and which are no run (specification 8)."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.front_door import look
from pytest_mlmonitor.training.model import TrainingRun
from tests.unit.support import platform_at

P4 = {"test_rmse": 0.2, "test_mae": 0.1, "val_rmse": 0.2, "val_mae": 0.1}
KEDRO = "data/08_reporting/metrics.json/2026-11-27T02.14.09.456Z/metrics.json"
RUN = "mlruns/0/6c2a0c3f8b8d4c0c8d1f6f5b2f6f0a11"


def put(root: Path, name: str, content: Any) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    text = content if isinstance(content, str) else json.dumps(content)
    path.write_text(text, encoding="utf-8")
    return path


def runs(root: Path) -> list[TrainingRun]:
    found = platform_at(root)
    return [artifact for _, artifact in found.artifacts if isinstance(artifact, TrainingRun) and artifact.bundle]


@pytest.mark.parametrize(
    ("name", "content", "beside"),
    [
        (f"{RUN}/artifacts/metrics.json", {"accuracy": 0.9}, f"{RUN}/meta.yaml"),
        (f"{RUN}/artifacts/model/metrics.json", {"rmse": 0.2}, f"{RUN}/artifacts/model/MLmodel"),
        ("eval/live/metrics.json", {"avg_prec": {"train": 0.97, "test": 0.92}}, "dvc.yaml"),
        (KEDRO, {"r2": 0.46, "mae": 700.0}, "conf/base/catalog.yml"),
        ("churn/run_id=scheduled__2026-11-27T02:00:00+00:00/train/metrics.json", {"test": {"auc": 0.81}}, "x.txt"),
    ],
    ids=["mlflow artifact", "mlflow model", "dvc", "kedro", "airflow"],
)
def test_layouts_that_were_misread_are_no_runs(name: str, content: Any, beside: str, tmp_path: Path) -> None:
    path = put(tmp_path, name, content)
    put(tmp_path, beside, "x: 1\n")
    found = platform_at(tmp_path)
    assert [artifact for ref, artifact in found.artifacts if ref.path.is_relative_to(path.parent)] == []


@pytest.mark.parametrize(
    ("name", "beside"),
    [
        (f"{RUN}/artifacts/metrics.json", None),
        ("tracking/0/abc/artifacts/eval/metrics.json", "tracking/0/abc/meta.yaml"),
        ("metrics.json", "dvc.yaml"),
        ("eval/live/metrics.json", "dvc.yaml"),
        ("model/metrics.json", "model/MLmodel"),
        ("model/eval/metrics.json", "model/MLmodel"),
        (KEDRO, None),
    ],
)
@pytest.mark.parametrize("content", [P4, "{broken"], ids=["numbers like P4's", "unreadable"])
def test_where_another_tool_left_its_mark_it_is_none_whatever_it_holds(
    name: str, beside: str | None, content: Any, tmp_path: Path
) -> None:
    put(tmp_path, name, content)
    if beside is not None:
        put(tmp_path, beside, "x: 1\n")
    assert runs(tmp_path) == []
    assert look(tmp_path).anchor is None


@pytest.mark.parametrize(
    "content",
    [
        {"accuracy": 0.93},
        {"test": {"rmse": 0.2}},
        {"testing": 1.0, "value": 2},
        {"test_set": "holdout", "auc": 0.8},
        {},
        [{"epoch": 1, "loss": 0.3}],
        '{"iteration": 19, "total_loss": 1.2}\n{"iteration": 39, "total_loss": 1.1}\n',
        "0.93",
    ],
)
def test_alone_it_is_none_without_the_flat_numbers_of_p4(content: Any, tmp_path: Path) -> None:
    put(tmp_path, "train/metrics.json", content)
    found = platform_at(tmp_path)
    assert found.artifacts == []
    assert [path.name for path in found.unclaimed] == ["metrics.json"]


@pytest.mark.parametrize("content", [P4, {"val_rmse": 0.2}, {"test_f1": 0.7}, {"test_rmse": "0.2"}])
def test_alone_it_is_a_bundle_with_the_flat_numbers_of_p4(content: Any, tmp_path: Path) -> None:
    put(tmp_path, "b/metrics.json", content)
    (run,) = runs(tmp_path)
    assert run.ref.path == tmp_path / "b" / "metadata.json"
    assert [f.message for f in run.unreadable] == ["metadata.json does not exist"]


@pytest.mark.parametrize("content", ["", "{broken", '{"test_rmse": 1, "test_rmse": 2}', "\ufeff{}"])
def test_one_that_cannot_be_read_stays_a_bundle_with_an_error(content: str, tmp_path: Path) -> None:
    put(tmp_path, "b/metrics.json", content)
    (run,) = runs(tmp_path)
    assert any(f.severity == Severity.ERROR and "metrics.json" in f.message for f in run.unreadable)


def test_a_link_that_leads_nowhere_stays_an_error(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    os.symlink("gone.json", tmp_path / "b" / "metrics.json")
    (run,) = runs(tmp_path)
    assert not run.legible


@pytest.mark.parametrize("beside", ["model_uri.txt", "metadata.json"])
def test_what_p4_writes_beside_it_is_as_good_as_numbers(beside: str, tmp_path: Path) -> None:
    put(tmp_path, "b/metrics.json", {"accuracy": 0.9})
    put(tmp_path, f"b/{beside}", {"run_id": "r"} if beside == "metadata.json" else "runs:/r/model")
    assert len(runs(tmp_path)) == 1


def test_two_documents_of_which_neither_says_what_p4_says_are_no_bundle(tmp_path: Path) -> None:
    put(tmp_path, "train/metrics.json", {"accuracy": 0.9})
    put(tmp_path, "train/metadata.json", {"title": "wine", "author": "me"})
    put(tmp_path, "train/features.csv", "a\n")
    found = platform_at(tmp_path)
    assert found.artifacts == []
    assert [path.name for path in found.unclaimed] == ["features.csv", "metadata.json", "metrics.json"]
