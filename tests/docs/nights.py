"""A platform that lives for some nights and is hurt in the last one: what the pictures of the pages are taken of."""

from __future__ import annotations

import json
import math
import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

SAMPLE = Path(__file__).parents[2] / "contract_tests" / "platform"

LAST = datetime(2026, 4, 26, 14, 0, 37, tzinfo=UTC)
"""The evaluation time of the last night."""

NIGHTS = 9

POLICY = """
artifacts = ["lake"]
environment = "production"
freshness.max_age_seconds = 21600
serving.latency_p95_ms = 200

[[overrides]]
artifact = "dataset:training_dataset*"
owner = "Mobility data"
runbook = "https://runbooks.example/training-data"

[[overrides]]
artifact = "deployment:*"
owner = "Serving"
runbook = "https://runbooks.example/serving"

[source.trips]
path = "trips/{version:%Y%m%d}.parquet"
owner = "Mobility data"
freshness = "26h"

[source.stations]
path = "stations/{version:%Y%m%d}.parquet"
owner = "Mobility data"
freshness = "26h"
entity = "station_id"

[source.weather]
path = "weather/{version:%Y%m%d}.parquet"
owner = "Partners"
freshness = "26h"
runbook = "https://runbooks.example/weather"

[source.customers]
path = "customers/{version:%Y%m%d}.parquet"
owner = "CRM"
freshness = "26h"
entity = "customer_id"

[source.empty_docks]
kind = "predictions"
path = "predictions/{version:%Y%m%d}.jsonl"
fields = {request_id = "id", time = "time", prediction = "said", confidence = "sure", label = "was", model_name = "model"}
owner = "Mobility ML"
"""


@dataclass
class Nights:
    """The platform, night after night.

    Attributes:
        home: the project's directory.
    """

    home: Path
    _window: str = ""

    @property
    def lake(self) -> Path:
        """The artifact root."""
        return self.home / "lake"

    def each(self) -> Iterator[str]:
        """Write the policy, then each night's artifacts, and yield the time at which each is to be judged."""
        (self.home / "mlmonitor.toml").write_text(POLICY)
        for night in range(NIGHTS):
            now = LAST - timedelta(days=NIGHTS - 1 - night)
            self._night(night, now, last=night == NIGHTS - 1)
            yield f"{now:%Y-%m-%dT%H:%M:%SZ}"

    def _night(self, night: int, now: datetime, *, last: bool) -> None:
        chance = random.Random(night)  # noqa: S311
        self._training_dataset(now, chance, last=last)
        if night == 0:
            self._training_run(now)
            self._deployment(now)
        self._windows(now, chance, first=night == 0, last=last)
        self._tables(now, chance, night, last=last)
        self._predictions(now, chance, last=last)

    def _training_dataset(self, now: datetime, chance: random.Random, *, last: bool) -> None:
        (build,) = (SAMPLE / "p2" / "output").glob("*.parquet")
        table = pq.read_table(build)
        moved = timedelta(days=(now.date() - LAST.date()).days)
        known = {**table.schema.metadata, b"build_timestamp": f"{now:%Y%m%d}_130148".encode()}
        for key in (b"obs_ts_min", b"obs_ts_max"):
            known[key] = str(datetime.fromisoformat(known[key].decode()) + moved).encode()
        days = pa.scalar(moved, pa.duration("us"))
        for place, column in enumerate(table.schema):
            values = table[column.name]
            if pa.types.is_timestamp(column.type):
                values = pc.add(values, days).cast(column.type)
            elif last and column.name in ("ft_bikes_available", "ft_availability_ratio", "ft_pct_bikes_of_capacity"):
                values = pc.multiply(values, 0.7)  # docks that stopped telling
            elif column.name in ("ft_day_of_week", "ft_is_weekend"):
                weekday = pc.day_of_week(
                    table["obs_ts"], week_start=7
                )  # of the events where they are by now; Sunday is 0
                weekend = pc.is_in(weekday, pa.array([0, 6], pa.int64()))
                values = (weekday if column.name == "ft_day_of_week" else weekend).cast(column.type)
            elif column.name.startswith("ft_") and pa.types.is_floating(column.type):
                noise = pa.array([chance.uniform(0.98, 1.02) for _ in range(len(values))])
                values = pc.multiply(values, noise)
            table = table.set_column(place, column.name, values)
        name = f"training_dataset_{now:%Y%m%d}_130148"
        path = self.lake / "training" / "output" / f"{name}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table.replace_schema_metadata(known), path)
        sidecar = json.loads((SAMPLE / "p2" / "dataset_metadata.json").read_text())
        told = f"{now:%Y-%m-%d}T13:01:48"
        sidecar |= {
            "dataset_name": name,
            "dataset_version": f"{told}+00:00",
            "path": f"output/{path.name}",
            "built_at": f"{told}Z",
            "feature_count": 22,
            "row_count": 1064 if last else table.num_rows,
        }
        _write(self.lake / "training" / f"{name}_dataset_metadata.json", sidecar)

    def _training_run(self, now: datetime) -> None:
        (run,) = (SAMPLE / "p4" / "artifacts").iterdir()
        target = self.lake / "runs" / "artifacts" / run.name
        shutil.copytree(run, target)
        document = _moved((target / "metadata.json").read_text(), now)
        (target / "metadata.json").write_text(document)

    def _deployment(self, now: datetime) -> None:
        (events,) = (SAMPLE / "p5").rglob("deployment_events.jsonl")
        path = self.lake / "serving" / "events" / f"{now:%Y-%m-%d}" / events.name
        path.parent.mkdir(parents=True)
        path.write_text(_moved(events.read_text(), now))
        self._window = _moved(next((SAMPLE / "p5").rglob("metrics_48.jsonl")).read_text(), now)

    def _windows(self, now: datetime, chance: random.Random, *, first: bool, last: bool) -> None:
        """A day of minutes; in the last night failures rise from 11:00 on, and no window comes after 13:22."""
        end = now.replace(second=0, microsecond=0)
        start = end.replace(minute=48, hour=13) if first else end - timedelta(days=1)
        for minute in range(int((end - start) / timedelta(minutes=1))):
            at = start + timedelta(minutes=minute)
            ill = last and at.hour >= 11 and at.date() == now.date()
            if last and at >= end - timedelta(minutes=38):
                break
            asked = int(60 + 45 * math.sin(at.hour / 24 * 2 * math.pi - 1.9) + chance.randint(-6, 6))
            share = min(0.42, (at.hour * 60 + at.minute - 660) / 330) if ill else chance.choice([0, 0, 0, 0.01])
            failed = int(asked * share)
            slow = 1.0 + (3.5 * share if ill else chance.uniform(0, 0.3))
            document = json.loads(self._window) | {
                "window_start": _stamp(at),
                "window_end": _stamp(at + timedelta(minutes=1)),
                "heartbeat_emitted_at": _stamp(at + timedelta(seconds=61)),
                "request_count": asked,
                "success_count": asked - failed,
                "failure_count": failed,
                "inference_runtime_error_count": failed,
                "prediction_count": asked - failed,
                "latency_p50_ms": 15 * slow,
                "latency_p95_ms": 62 * slow,
                "latency_p99_ms": 160 * slow,
            }
            path = self.lake / "serving" / "metrics" / f"{at:%Y-%m-%d}" / f"{at:%H}" / f"metrics_{at:%M}.jsonl"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(document) + "\n")

    def _tables(self, now: datetime, chance: random.Random, night: int, *, last: bool) -> None:
        stations = pa.table(
            {"station_id": [f"s{i}" for i in range(120)], "docks": [chance.randint(10, 40) for _ in range(120)]}
        )
        self._table("stations", now, stations)
        rows = 1_500
        trips = pa.table(
            {
                "trip_id": [f"{night}-{i}" for i in range(rows)],
                "minutes": [chance.gammavariate(2, 8) for _ in range(rows)],
                "bike": [chance.choice(["classic", "classic", "classic", "electric"]) for _ in range(rows)],
            }
        )
        self._table("trips", now, trips)
        if night < NIGHTS - 3:
            grades = [chance.gauss(12, 5) for _ in range(400)]
            self._table("weather", now, pa.table({"hour": list(range(400)), "celsius": grades}))
        names = [f"c{i}" for i in range(600)]
        ages = [None if last and chance.random() < 0.38 else chance.randint(18, 80) for _ in names]
        self._table("customers", now, pa.table({"customer_id": names, "age": pa.array(ages, pa.int64())}))

    def _table(self, name: str, now: datetime, table: pa.Table) -> None:
        path = self.lake / name / f"{now:%Y%m%d}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, path)

    def _predictions(self, now: datetime, chance: random.Random, *, last: bool) -> None:
        lines = []
        for i in range(600):
            score = chance.random()
            truth = chance.random() < (score**2.2 if last else score)
            at = now.replace(hour=i // 60, minute=i % 60, second=0)
            said = {"id": f"{now:%Y%m%d}-{i}", "time": _stamp(at), "model": "empty_docks", "said": int(score > 0.5)}
            lines.append(json.dumps(said | {"sure": max(score, 1 - score), "was": int(truth)}) + "\n")
        path = self.lake / "predictions" / f"{now:%Y%m%d}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(lines))


def _moved(text: str, now: datetime) -> str:
    """Return a document of the sample as it would have been written on another day."""
    return text.replace("2026-04-26", f"{now:%Y-%m-%d}").replace("20260426", f"{now:%Y%m%d}")


def _stamp(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _write(path: Path, document: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=2))
