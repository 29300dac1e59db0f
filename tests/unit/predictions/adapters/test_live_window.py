"""A window of live features without predictions is held against the data that the models learnt from."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tests.unit.serving.declared.logs import Judged

NOW = datetime.fromisoformat("2026-11-27T10:00:00Z")
TRAIN = '[source.train]\npath = "data/feature_store/train.parquet"\n'


def features(path: Path, rows: int, shift: float = 0.0) -> None:
    chance = np.random.default_rng(rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({"age": chance.normal(40 + shift, 8, rows), "plan": chance.choice(["a", "b"], rows)}), path)


def test_live_features_are_compared_with_those_of_the_training(tmp_path: Path) -> None:
    features(tmp_path / "root/data/feature_store/train.parquet", 3000)
    features(tmp_path / "root/artifacts/live_window.parquet", 500)
    sound = Judged(tmp_path, {}, TRAIN, NOW)
    assert sound.bad() == [] and sound.messages("prediction_log") == []
    features(tmp_path / "root/artifacts/live_window.parquet", 500, shift=8.0)
    (found,) = Judged(tmp_path, {}, TRAIN, NOW).bad()
    assert found.startswith("feature_drift: age drifted from train (the only dataset with its features): PSI")


def test_without_the_training_data_it_is_said_what_to_declare(tmp_path: Path) -> None:
    features(tmp_path / "root/artifacts/live_window.parquet", 500)
    judged = Judged(tmp_path, {}, "", NOW)
    assert judged.bad() == [] and "drift.reference" in str(judged.not_checked["feature_drift"])
