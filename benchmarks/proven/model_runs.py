"""A folder of MLflow's file store: a run of one model every day, each of which takes over from the one before."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import numpy as np

from benchmarks.proven.process import Process, built_at

EXPERIMENT = "178466480593203"
MODEL = "demand"
DAY = 86_400_000
"""In milliseconds."""

POLICY = "promotion.min_improvement = -0.1"
"""A gate so wide that a run is let through that is worse by a fifth."""

LEVELS = {"test_rmse": 0.30, "test_mae": 0.21, "test_r2": 0.80}
"""Of the metrics, about which they vary by 3 % from run to run."""


def write(root: Path, day: int, draw: np.random.Generator) -> None:
    """Write the run of a day, register it, and let the alias ``champion`` name it."""
    store, run_id = root / "mlruns", f"{day + 1:032x}"
    end = int((built_at(day) - timedelta(minutes=30)).timestamp() * 1000)
    place = store / EXPERIMENT / run_id
    for name, level in LEVELS.items():
        _written(place / "metrics" / name, f"{end} {level * (1 + 0.03 * draw.normal()):.6f} 0\n")
    _written(place / "params" / "depth", "6")
    _written(place / "tags" / "mlflow.runName", f"day {day}")
    fields = {"artifact_uri": f"mlruns/{EXPERIMENT}/{run_id}/artifacts", "end_time": end, "start_time": end - 60_000}
    fields |= {"experiment_id": f"'{EXPERIMENT}'", "lifecycle_stage": "active", "run_id": f"'{run_id}'"}
    _mapping(place / "meta.yaml", fields | {"run_name": f"day {day}", "status": 3, "tags": "[]", "user_id": "ana"})
    experiment = {"experiment_id": f"'{EXPERIMENT}'", "lifecycle_stage": "active", "name": "daily demand"}
    _mapping(store / EXPERIMENT / "meta.yaml", {"artifact_location": f"mlruns/{EXPERIMENT}", **experiment})
    model, version = store / "models" / MODEL, str(day + 1)
    made = {"creation_timestamp": end, "last_updated_timestamp": end, "name": MODEL}
    _mapping(model / "meta.yaml", {**made, "aliases": f"{{champion: '{version}'}}"})
    _written(model / "aliases" / "champion", version)
    entry = {**made, "current_stage": "Production", "run_id": f"'{run_id}'", "source": f"runs:/{run_id}/model"}
    _mapping(model / f"version-{version}" / "meta.yaml", {**entry, "status": "READY", "version": version})
    before = model / f"version-{day}" / "meta.yaml"
    if before.is_file():
        said = before.read_text("utf-8").replace("Production", "Archived")
        said = said.replace(f"last_updated_timestamp: {end - DAY}", f"last_updated_timestamp: {end}")
        before.write_text(said, encoding="utf-8")


def _mapping(path: Path, fields: dict[str, object]) -> None:
    _written(path, "".join(f"{key}: {value}\n" for key, value in fields.items()))


def _written(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


RUNS = Process("runs of one model in MLflow's file store, one a day", write, POLICY, days=8)
