"""A small platform of one project: orders that drift, a model that learns from them, its registry, and what it predicted."""

from __future__ import annotations

import json
import os
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

MODEL = "team/churn"

POLICY = """
environment = "production"
artifacts = ["data"]
out = "out"

[source.orders]
path = "orders/{version:%Y%m%d%H%M}.parquet"
built_at = "mtime"
freshness = "3h"
drift.psi_error = 0.5

[source.trained]
kind = "training_run"
path = "runs/{run_id}.json"
metrics = "test"
fields = {model_name = "model", model_version = "v", started_at = "from", completed_at = "to", dataset_path = "read"}

[source.models]
kind = "model_registry"
path = "registry/{version:int}.json"
metrics = "figures"
fields = {name = "model", run_id = "run", stage = "stage"}

[source.log]
kind = "predictions"
path = "logs/{version:%Y-%m-%d}.jsonl"
fields = {request_id = "id", time = "time", prediction = "said", label = "was", model_version = "v"}

[api]
token_env = "MLMONITOR_API_TOKEN"
"""


def put_lake(directory: Path, policy: str = POLICY) -> None:
    """Write two builds of the orders, of which the later one drifted, and what was made of the first."""
    data = directory / "data"
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    (directory / "mlmonitor.toml").write_text(policy)
    for name in ("orders", "runs", "registry", "logs"):
        (data / name).mkdir(parents=True)
    first = _put_build(data, now - timedelta(hours=2), 0.0)
    _put_build(data, now - timedelta(hours=1), 25.0)
    told = {"model": MODEL, "v": "7", "read": f"orders/{first.name}", "test": {"r2": 0.81, "rmse": 3.5}}
    told |= {"from": (now - timedelta(minutes=90)).isoformat(), "to": (now - timedelta(minutes=80)).isoformat()}
    (data / "runs" / "r1.json").write_text(json.dumps(told))
    known = {"model": MODEL, "run": "r1", "stage": "production", "figures": {"r2": 0.8}}
    (data / "registry" / "7.json").write_text(json.dumps(known))
    chance = random.Random(1)  # noqa: S311
    lines = []
    for index in range(200):
        sure = chance.random()
        said = {"id": str(index), "time": (now - timedelta(minutes=index % 50 + 1)).isoformat(), "v": "7"}
        lines.append(json.dumps(said | {"said": int(sure > 0.5), "was": int(chance.random() < sure)}) + "\n")
    (data / "logs" / f"{now:%Y-%m-%d}.jsonl").write_text("".join(lines))


def _put_build(data: Path, at: datetime, shift: float) -> Path:
    chance = random.Random(shift)  # noqa: S311
    columns = {
        "order_id": [f"{at:%H%M}-{i}" for i in range(400)],
        "amount": [chance.gauss(100 + shift, 10) for _ in range(400)],
        "quantity": [chance.gauss(5, 1) for _ in range(400)],
    }
    path = data / "orders" / f"{at:%Y%m%d%H%M}.parquet"
    pq.write_table(pa.table(columns), path)
    os.utime(path, (at.timestamp(), at.timestamp()))
    return path
