"""Platforms for what is generated: one of which a run measures everything there is, and one that lives by the clock."""

from __future__ import annotations

import json
import os
import random
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tests.services.conftest import PLATFORM
from tests.unit.external_reports.samples import DRIFT, put_drift

POLICY = """
freshness.max_age_seconds = 21600
environment = "demo"
serving.slo_target_pct = 99.0
retrain = {metric = "rmse", critical = 3.0, warning = 2.0}
[source.log]
kind = "predictions"
path = "logs/{version:%Y-%m-%d}.jsonl"
fields = {request_id = "id", time = "time", prediction = "said", confidence = "sure", label = "was", model_name = "model"}
[[accept]]
artifact = "dataset:training_dataset_2026*"
check = "point_in_time"
until = 2027-03-31
reason = "made by hand"
"""


def measured_platform(directory: Path) -> None:
    """Write the sample with earlier builds, a challenger, prediction logs with labels, and a report."""
    root = directory / "artifacts"
    shutil.copytree(PLATFORM, root)
    (directory / "mlmonitor.toml").write_text(POLICY)
    (build,) = (root / "p2" / "output").glob("*.parquet")
    table = pq.read_table(build)
    for stamp in ("20260424_130148", "20260425_130148"):
        known = dict(table.schema.metadata)
        known[b"build_timestamp"] = stamp.encode()
        pq.write_table(table.replace_schema_metadata(known), build.with_name(f"training_dataset_{stamp}.parquet"))
    (run,) = (root / "p4" / "artifacts").iterdir()
    challenger = run.with_name("run_next")
    shutil.copytree(run, challenger)
    document = json.loads((challenger / "metadata.json").read_text())
    document |= {"run_id": "run_next", "completed_at": "2026-04-26T13:30:00Z", "created_at": "2026-04-26T13:30:01Z"}
    (challenger / "metadata.json").write_text(json.dumps(document))
    (challenger / "model_uri.txt").write_text("runs:/run_next/model\n")
    chance = random.Random(1)  # noqa: S311
    (root / "logs").mkdir()
    for day in ("2026-04-24", "2026-04-25", "2026-04-26"):
        lines = []
        for index in range(200):
            score = chance.random()
            said = {
                "id": f"{day}-{index}",
                "time": f"{day}T{index // 20:02}:{index % 20:02}:00Z",
                "model": "bike_demand_model",
            }
            said |= {"said": int(score > 0.5), "sure": max(score, 1 - score), "was": int(chance.random() < score)}
            lines.append(json.dumps(said) + "\n")
        (root / "logs" / f"{day}.jsonl").write_text("".join(lines))
    put_drift(root, DRIFT)


LIVE_POLICY = """
environment = "production"
artifacts = ["data"]
[source.orders]
path = "orders/{version:%Y%m%d%H%M}.parquet"
built_at = "mtime"
freshness = "30m"
[source.api]
kind = "deployment"
path = "windows/{date:%Y-%m-%d}.jsonl"
window = "60s"
fields = {window_start = "at", request_count = "asked", failure_count = "failed"}
constants = {model_name = "churn"}
"""


class LivePlatform:
    """Orders that are built every hour, and a service that writes what it answered, as of now.

    Args:
        directory: of the project.
        more: keys of the policy, at its top.
    """

    def __init__(self, directory: Path, more: str = "") -> None:
        self.root = directory / "data"
        self.now = datetime.now(UTC).replace(second=0, microsecond=0)
        (directory / "mlmonitor.toml").write_text(more + LIVE_POLICY)
        (self.root / "orders").mkdir(parents=True)
        (self.root / "windows").mkdir()

    def build(self, hours_ago: float, shift: float = 0.0) -> None:
        """Write a build of the orders; with a shift its amounts have drifted."""
        at = self.now - timedelta(hours=hours_ago)
        chance = random.Random(hours_ago)  # noqa: S311
        amounts = [chance.gauss(100 + shift, 10) for _ in range(400)]
        path = self.root / "orders" / f"{at:%Y%m%d%H%M}.parquet"
        pq.write_table(pa.table({"order_id": pc.cast(pa.array(range(400)), pa.string()), "amount": amounts}), path)
        os.utime(path, (at.timestamp(), at.timestamp()))

    def answer(self, minutes: int, until: int = 0) -> None:
        """Write windows of so many minutes, the last of them some minutes ago."""
        for ago in range(until + minutes, until, -1):
            at = self.now - timedelta(minutes=ago)
            with (self.root / "windows" / f"{at:%Y-%m-%d}.jsonl").open("a") as file:
                file.write(json.dumps({"at": at.isoformat(), "asked": 40, "failed": 0}) + "\n")
