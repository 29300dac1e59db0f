"""What tools leave behind that presets are for: their directories and documents, and a fault in each.

Kedro 1.7.0 (kedro-datasets 9.6.0) and Metaflow 2.19.39 were run, and their paths and documents written down here. The others are
written after their documentation or code: BentoML's ``monitoring/default.py``, W&B's names of files, Feast's templates, the pages
of Amazon (data capture, object names of Firehose) and Confluent (S3 sink).
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

NOW = datetime(2026, 11, 28, 12, 30, tzinfo=UTC)


@dataclass(frozen=True)
class PresetTree:
    """A tree that one tool left.

    Attributes:
        policy: keys of the source, beside ``preset``.
        make: writes the tree below a root.
        artifacts: kind and name of what is found in it.
        breaks: plants one fault.
        words: what a finding of that fault says.
    """

    policy: str
    make: Callable[[Path], None]
    artifacts: list[tuple[str, str]]
    breaks: Callable[[Path], None]
    words: tuple[str, ...]


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _lines(path: Path, records: list[dict[str, Any]]) -> None:
    _write(path, "".join(json.dumps(record) + "\n" for record in records))


def _table(path: Path, rows: int = 120, *, until: datetime | None = None, created: str = "created") -> None:
    chance = random.Random(7)  # noqa: S311
    columns: dict[str, Any] = {
        "driver_id": [1001 + i % 5 for i in range(rows)],
        "conv_rate": [chance.random() for _ in range(rows)],
    }
    if until is not None:
        times = [until.replace(tzinfo=None) - timedelta(minutes=10 * (rows - i)) for i in range(rows)]
        columns["event_timestamp"] = pa.array(times, pa.timestamp("us"))
        columns[created] = pa.array([time + timedelta(minutes=1) for time in times], pa.timestamp("us"))
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path)


def _kedro(root: Path) -> None:
    for stamp in ("2026-11-27T10.43.34.680Z", "2026-11-28T10.43.34.739Z"):
        _table(root / f"data/05_model_input/model_input_table.parquet/{stamp}/model_input_table.parquet")


def _late_kedro(root: Path) -> None:
    table = root / "data/05_model_input/model_input_table.parquet"
    (table / "2026-11-28T10.43.34.739Z").rename(table / "2026-11-27T10.43.34.739Z")


def _metaflow(root: Path, ts: Any = 1795866307169) -> None:
    run = root / ".metaflow/TrainFlow/1795866307168429"
    document = {
        "run_number": "1795866307168429",
        "flow_id": "TrainFlow",
        "user_name": "me",
        "tags": [],
        "system_tags": ["python_version:3.11.7", "metaflow_version:2.19.39", "runtime:dev", "user:me"],
        "ts_epoch": ts,
    }
    _write(run / "_meta/_self.json", json.dumps(document))
    _write(root / ".metaflow/TrainFlow/_meta/_self.json", json.dumps({"flow_id": "TrainFlow", "ts_epoch": 1}))
    _write(run / "end/2/0.DONE.lock", "")
    _write(run / "end/2/_meta/0_artifact_rmse.json", json.dumps({"name": "rmse", "sha": "0"}))


def _wandb(root: Path) -> None:
    for run, minute in (("ab12cd34", 10), ("ef56gh78", 40)):
        started = datetime(2026, 11, 28, 11, minute, tzinfo=UTC)
        files = root / f"wandb/run-{started:%Y%m%d_%H%M%S}-{run}/files"
        summary = {
            "_runtime": 61.2,
            "_step": 9,
            "_timestamp": started.timestamp() + 61.2,
            "_wandb": {"runtime": 61},
            "val/auc": 0.91,
            "loss": 0.4,
        }
        _write(files / "wandb-summary.json", json.dumps(summary))
        told = {"startedAt": f"{started:%Y-%m-%dT%H:%M:%S}.123456Z", "program": "train.py", "host": "h"}
        _write(files / "wandb-metadata.json", json.dumps(told))
        _write(files / "config.yaml", "lr:\n  value: 0.1\n")


def _windows(path: Path, hour: datetime, failures: int = 1) -> None:
    minutes = [hour + timedelta(minutes=i) for i in range(60)]
    records = [
        {"ts": int(at.timestamp() * 1000), "svc": "gateway", "n": 100, "errors": failures, "p95": 0.12}
        for at in minutes
        if at < NOW - timedelta(minutes=1)
    ]
    _lines(path, records)


HOURS = [datetime(2026, 11, 28, hour, tzinfo=UTC) for hour in (10, 11, 12)]


def _kafka(root: Path, failures: int = 1) -> None:
    for number, at in enumerate(HOURS):
        place = root / f"topics/gateway/year={at:%Y}/month={at:%m}/day={at:%d}/hour={at:%H}"
        _windows(place / f"gateway+0+{number:010}.json", at, failures)


def _firehose(root: Path) -> None:
    for at in HOURS:
        _windows(root / f"{at:%Y/%m/%d/%H}/windows-1-{at:%Y-%m-%d-%H-%M-%S}-7a0c", at)


def _odd_line(root: Path) -> None:
    path = next(root.glob("2026/11/28/11/windows-*"))
    path.write_bytes(
        b'{"ts": 1795863600000, "svc": "gateway", "n": "many", "errors": 0, "p95": 0.1}\n' + path.read_bytes()
    )


def _bentoml(root: Path) -> None:
    for worker in (1, 2):
        for day, suffix in ((27, ".2026-11-27"), (28, "")):
            at = datetime(2026, 11, day, 11)
            records = [
                {
                    "sepal length": 4.0 + (i % 7) / 5,
                    "pred": ("setosa", "virginica")[(i + worker) % 2],
                    "timestamp": f"{at + timedelta(seconds=i):%Y-%m-%dT%H:%M:%S}.123456",
                    "request_id": f"{worker}{day}{i:05}",
                }
                for i in range(60)
            ]
            _lines(root / f"monitoring/iris/data/data.{worker}.log{suffix}", records)
        _lines(root / f"monitoring/iris/schema/schema.{worker}.log", [{"meta_data": {}, "columns": []}])


def _without_prediction(root: Path) -> None:
    for path in root.glob("monitoring/iris/data/*"):
        path.write_text(path.read_text().replace('"pred"', '"prediction"'))


def _sagemaker(root: Path) -> None:
    for at in HOURS:
        records = [
            {
                "captureData": {
                    "endpointInput": {
                        "observedContentType": "text/csv",
                        "mode": "INPUT",
                        "data": f"{(i % 7) / 7:.3f},{i % 5}",
                        "encoding": "CSV",
                    },
                    "endpointOutput": {
                        "observedContentType": "text/csv; charset=utf-8",
                        "mode": "OUTPUT",
                        "data": str(i % 2),
                        "encoding": "CSV",
                    },
                },
                "eventMetadata": {
                    "eventId": f"e{at:%H}-{i}",
                    "inferenceTime": f"{at + timedelta(seconds=20 * i):%Y-%m-%dT%H:%M:%SZ}",
                },
                "eventVersion": "0",
            }
            for i in range(60)
        ]
        _lines(root / f"churn-ep/AllTraffic/{at:%Y/%m/%d/%H}/14-37-6d1e.jsonl", records)


def _not_base64(root: Path) -> None:
    path = next(root.glob("churn-ep/AllTraffic/2026/11/28/11/*"))
    path.write_text(path.read_text().replace('"CSV"', '"BASE64"', 1))


GATEWAY = """
kind = "deployment"
fields.deployment_id = "svc"
fields.window_start = "ts in epoch_ms"
fields.request_count = "n"
fields.failure_count = "errors"
fields.latency_p95_ms = "p95 in s"
"""

TREES = {
    "bentoml": PresetTree(
        'fields.prediction = "pred"',
        _bentoml,
        [("predictions", "iris")],
        _without_prediction,
        ("no field 'pred'", "prediction"),
    ),
    "sagemaker": PresetTree(
        'constants.model_name = "churn"',
        _sagemaker,
        [("predictions", "churn-ep.AllTraffic")],
        _not_base64,
        ("endpointInput.data is called base64 and is none",),
    ),
    "kedro": PresetTree(
        'freshness = "24h"',
        _kedro,
        [
            ("dataset", "model_input_table@2026-11-27T10.43.34.680Z"),
            ("dataset", "model_input_table@2026-11-28T10.43.34.739Z"),
        ],
        _late_kedro,
        ("STALE", "2026-11-27"),
    ),
    "metaflow": PresetTree(
        "",
        _metaflow,
        [("training_run", "1795866307168429")],
        lambda root: _metaflow(root, "yesterday"),
        ("started_at", "yesterday", "epoch_ms"),
    ),
    "wandb": PresetTree(
        "",
        _wandb,
        [("training_run", "ab12cd34"), ("training_run", "ef56gh78")],
        lambda root: next(root.glob("wandb/run-*-ab12cd34/files/wandb-metadata.json")).unlink(),
        ("wandb-metadata.json",),
    ),
    "feast": PresetTree(
        'freshness = "6h"\nentity = "driver_id"\nchunk = "2d"',
        lambda root: _table(root / "feature_repo/data/driver_stats.parquet", until=NOW),
        [("dataset", "driver_stats@2026-11-27")],
        lambda root: _table(root / "feature_repo/data/driver_stats.parquet", until=NOW, created="created_at"),
        ("created", "did you mean created_at?"),
    ),
    "kafka_connect": PresetTree(
        GATEWAY,
        _kafka,
        [("deployment", "gateway")],
        lambda root: _kafka(root, failures=90),
        ("90 of the last 100 requests failed",),
    ),
    "firehose": PresetTree(GATEWAY, _firehose, [("deployment", "gateway")], _odd_line, ("request_count", "'many'")),
}
"""A tree for each preset that is shipped."""
