"""Training: a build becomes a model, in a bundle with its metrics."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, log_loss, mean_absolute_error, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from platform_demo.features import NAME, TARGET, matrix
from platform_demo.places import Places, read_json, stamp_of, text_of, write_json, write_text

MODEL = "empty_station"
SERIES = uuid.UUID("6f1c7f2e-6f0b-4b52-9a55-0f6a3f0a7b11")
"""Run ids follow from what is trained and when, so that a demo made twice is the same."""


@dataclass(frozen=True)
class TrainedRun:
    """A run that ended.

    Attributes:
        run_id: of the run, and name of the bundle's directory.
        version: of the model.
        metrics: by name.
        completed_at: when it ended, on the platform's clock.
        dataset_version: what it was trained on.
        bundle: its directory.
    """

    run_id: str
    version: str
    metrics: dict[str, float]
    completed_at: datetime
    dataset_version: str
    bundle: Path


def train(places: Places, sidecar: Path, version: str, started_at: datetime, *, careless: bool = False) -> TrainedRun:
    """Train on the older four fifths of a build, measure on the rest, and write the bundle.

    Args:
        places: of the platform.
        sidecar: of the build.
        version: of the model, such as ``v3``.
        started_at: on the platform's clock; training takes four minutes of it.
        careless: whether somebody joined the labels to the wrong rows.
    """
    said = read_json(sidecar)
    table = pq.read_table(sidecar.parent / said["path"]).sort_by([("obs_ts", "ascending"), ("station_id", "ascending")])
    cut = int(table.num_rows * 0.8)
    learnt, held = table.slice(0, cut), table.slice(cut)
    labels = learnt[TARGET].to_numpy()
    if careless:
        labels = np.random.default_rng(7).permutation(labels)
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500)).fit(matrix(learnt)[0], labels)
    metrics = measured(model, held)
    run_id = uuid.uuid5(SERIES, f"{version} {text_of(started_at)}").hex
    bundle = places.bundles / run_id
    bundle.mkdir(parents=True, exist_ok=True)
    joblib.dump(model, bundle / "model.joblib")
    completed_at = started_at + timedelta(minutes=4)
    write_json(bundle / "metrics.json", metrics)
    write_text(bundle / "model_uri.txt", f"runs:/{run_id}/model\n")
    write_json(
        bundle / "metadata.json",
        {
            "run_id": run_id,
            "candidate_name": MODEL,
            "model_type": "logistic_regression",
            "model_version": version,
            "input_dataset_name": NAME,
            "input_dataset_version": said["dataset_version"],
            "started_at": text_of(started_at),
            "completed_at": text_of(completed_at),
            "created_at": text_of(completed_at + timedelta(seconds=5)),
        },
    )
    return TrainedRun(run_id, version, metrics, completed_at, said["dataset_version"], bundle)


def measured(model: Any, held: pa.Table) -> dict[str, float]:
    """Return the figures of a model on rows that it has not seen; ``test_rmse`` is the root of Brier's score."""
    truth = held[TARGET].to_numpy()
    score = model.predict_proba(matrix(held)[0])[:, 1]
    figures = {
        "test_rmse": float(np.sqrt(np.mean((score - truth) ** 2))),
        "test_mae": float(mean_absolute_error(truth, score)),
        "test_roc_auc": float(roc_auc_score(truth, score)),
        "test_log_loss": float(log_loss(truth, score)),
        "test_accuracy": float(accuracy_score(truth, score >= 0.5)),
    }
    return json.loads(json.dumps({name: round(value, 6) for name, value in figures.items()}))  # type: ignore[no-any-return]


def newest_build(places: Places, before: datetime) -> Path:
    """Return the sidecar of the newest build that was there at a moment."""
    return max(
        path for path in places.features.glob("*.dataset_metadata.json") if path.name < f"{NAME}_{stamp_of(before)}"
    )
