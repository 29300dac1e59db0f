"""Experiments on a table that stays: the age that was guessed of a table is no error of the models trained on it."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

from .init_projects import LAST, NOW, days, mlmonitor, verdict, write_day


def test_a_run_on_an_older_version_is_a_warning(tmp_path: Path) -> None:
    for day in days(4):
        write_day(tmp_path / "data", day)
    bundle = tmp_path / "data" / "runs" / "r1"
    bundle.mkdir(parents=True)
    trained_on = days(4)[0]
    (bundle / "training_metadata.json").write_text(
        json.dumps(
            {
                "run_id": "r1",
                "model_name": "delays",
                "model_version": "1",
                "input_dataset_name": "flights",
                "input_dataset_version": str(trained_on),
                "started_at": f"{LAST}T12:00:00Z",
                "completed_at": f"{LAST}T12:10:00Z",
                "metrics": {"rmse": 3.2, "mae": 2.1},
                "artifact_path": "model",
            }
        ),
        encoding="utf-8",
    )
    done = mlmonitor(tmp_path, "init", "data", "--yes", "--now", NOW)
    assert "trained on a STALE dataset: flights@2026-11-24 was 2 d 12 h old" in done.stdout
    assert done.returncode == 0 and "0 failed   exit 0" in done.stdout, done.stdout
    assert "1 run trained on an older version than freshness allows" in done.stdout
    policy = tomllib.loads((tmp_path / "mlmonitor.toml").read_text(encoding="utf-8"))
    assert policy["overrides"] == [{"artifact": "training_run:*", "severity": {"dataset_link": "warning"}}]
    assert [line.split(":")[0] for line in verdict(tmp_path, "data").warned] == ["r1 dataset_link"]
