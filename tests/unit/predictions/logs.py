"""Platforms with a prediction log, as strangers write them: a dataset, the run that learnt from it, and the predictions."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pytest_mlmonitor.core.check import Check, run_check
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.core.text.words import instant
from tests.unit.support import platform_at

NOW = datetime(2026, 4, 26, 14, tzinfo=UTC)
BUILT = datetime(2026, 3, 20, 8, tzinfo=UTC)
CITIES = ("oslo", "bergen", "bodo")
Entry = dict[str, Any]


def features(rng: np.random.Generator, rows: int) -> dict[str, list[Any]]:
    return {
        "temp": rng.normal(12, 6, rows).round(3).tolist(),
        "capacity": rng.integers(10, 60, rows).tolist(),
        "city": rng.choice(CITIES, rows, p=[0.5, 0.3, 0.2]).tolist(),
    }


def learnt_from(root: Path, seed: int = 0, rows: int = 3_000, classes: Sequence[Any] = (0, 1)) -> None:
    """Write the dataset that the model learnt from."""
    rng = np.random.default_rng(seed)
    times = [datetime(2026, 2, 15) + timedelta(minutes=15 * i) for i in range(rows)]
    columns: dict[str, Any] = {
        "customer": [f"c{i % 97}" for i in range(rows)],
        "event_ts": pa.array(times, pa.timestamp("us")),
        **features(rng, rows),
        "weekday": [time.weekday() for time in times],
        "target": rng.choice(classes, rows).tolist(),
    }
    (root / "data").mkdir(parents=True)
    pq.write_table(pa.table(columns), root / "data" / "demand.parquet")
    sidecar = {"dataset_name": "demand", "dataset_version": instant(BUILT), "path": "demand.parquet"}
    sidecar |= {"built_at": instant(BUILT), "schema_version": "v1", "row_count": rows, "feature_count": 4}  # type: ignore[dict-item]
    sidecar |= {"target": "target", "entity": "customer", "event_ts": "event_ts"}
    (root / "data" / "dataset_metadata.json").write_text(json.dumps(sidecar))


def trained(root: Path, dataset: bool = True, **metrics: float) -> None:
    """Write the run that made model version v3."""
    bundle = root / "runs" / "run_1"
    bundle.mkdir(parents=True)
    times = {name: instant(BUILT + timedelta(hours=1)) for name in ("started_at", "completed_at", "created_at")}
    link = {"input_dataset_name": "demand", "input_dataset_version": instant(BUILT)} if dataset else {}
    run = {"run_id": "run_1", "candidate_name": "demand", "model_type": "gbm", "model_version": "v3"} | times | link
    (bundle / "metadata.json").write_text(json.dumps(run))
    stated = {"test_rmse": 0.4, "test_mae": 0.2, "val_rmse": 0.4, "val_mae": 0.2} | metrics
    (bundle / "metrics.json").write_text(json.dumps(stated))
    (bundle / "model_uri.txt").write_text("runs:/run_1/model")


def registered(root: Path, *versions: str, **metrics: float) -> None:
    """Write a registry in the form of the ML monitoring stack."""
    entries = [
        {"version_tag": version, "status": "archived", "recorded_at": instant(BUILT), "metrics": metrics}
        for version in versions
    ]
    entries[-1]["status"] = "production"
    (root / "artifacts" / "models").mkdir(parents=True)
    document = {"production_version": versions[-1], "versions": entries}
    (root / "artifacts" / "models" / "model_registry.json").write_text(json.dumps(document))


def predicted(
    *,
    days: int = 12,
    a_day: int = 100,
    seed: int = 1,
    classes: Sequence[Any] = (0, 1),
    right: Callable[[datetime], float] = lambda _: 0.85,
    labelled_until: datetime | None = NOW - timedelta(days=2),
    nested: bool = True,
) -> list[Entry]:
    """Return entries up to the evaluation time: calibrated, labelled late, with the features of :func:`learnt_from`."""
    rng = np.random.default_rng(seed)
    start = (NOW - timedelta(days=days)).replace(hour=0)
    seconds = np.sort(rng.uniform(0, (NOW - start).total_seconds() - 60, int(a_day * (days + 0.58))))
    made = features(rng, len(seconds))
    entries = []
    for i, second in enumerate(seconds.tolist()):
        time = start + timedelta(seconds=int(second))
        chosen = classes[int(rng.integers(len(classes)))]
        others = [one for one in classes if one != chosen]
        sure = round(float(np.clip(rng.normal(0.85, 0.05), 0.6, 0.99)), 4)
        label = chosen if rng.random() < right(time) else others[int(rng.integers(len(others)))]
        entry: Entry = {"request_id": f"r{i:06}", "timestamp": instant(time), "model_version": "v3"}
        entry |= {"prediction": chosen, "confidence": sure, "latency_ms": round(float(rng.gamma(2, 10)), 2)}
        rest = round((1 - sure) / len(others), 6)
        entry["probabilities"] = {str(one): sure if one == chosen else rest for one in classes}
        if labelled_until is not None:
            entry["ground_truth"] = label if time < labelled_until else None
        own = {name: values[i] for name, values in made.items()} | {"weekday": time.weekday()}
        entries.append(entry | ({"features": own} if nested else own))
    return entries


def write(root: Path, entries: Sequence[Entry], name: str = "logs/predictions.jsonl") -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    data = "".join(json.dumps(entry) + "\n" for entry in entries).encode()
    if name.endswith(".parquet"):
        pq.write_table(pa.Table.from_pylist(list(entries)), path)
    else:
        path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


def result(check: Check, root: Path, name: str = "", **settings: Any) -> CheckResult:
    platform = platform_at(root, now=NOW, **settings)
    try:
        (found,) = [a for a in platform.of_kind("predictions") if name in a.ref.path.name]
        made = run_check(check, found, platform.context(found.ref))
    finally:
        platform.close()
    assert made.status != "error", made.reason
    return made


def serious(found: CheckResult) -> list[Finding]:
    return [finding for finding in found.findings if finding.severity >= Severity.WARNING]
