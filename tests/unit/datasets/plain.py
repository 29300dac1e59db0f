"""Datasets of another family than the built-in one: a sidecar and a parquet file, with a contract or without."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pytest_mlmonitor.core.check import Check, run_check
from pytest_mlmonitor.core.context import context_of
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.kinds import Platform, built_in
from tests.unit.support import NOW, platform_at

BUILT = NOW - timedelta(minutes=20)
NAME = "trips"


def column(values: list[Any], type_: pa.DataType | None = None) -> pa.Array:
    return pa.array(values, type_, from_pandas=False)


def table(rows: int = 100, **columns: Any) -> pa.Table:
    """Return a sound table: a unique key, a target, a feature; ``columns`` replace or add some (None removes)."""
    start = datetime(2026, 4, 26, 0)
    made: dict[str, Any] = {
        "bike": [f"b{i % 7}" for i in range(rows)],
        "at": column([start + timedelta(minutes=i) for i in range(rows)], pa.timestamp("us")),
        "late": column([i % 2 for i in range(rows)], pa.int32()),
        "km": [float(i % 10) for i in range(rows)],
    }
    made |= columns
    return pa.table({name: values for name, values in made.items() if values is not None})


def put(
    root: Path, data: pa.Table | None, *, name: str = NAME, built_at: datetime = BUILT, stem: str = "", **fields: Any
) -> Path:
    """Write a dataset: the parquet file and its sidecar; no file where ``data`` is None."""
    root.mkdir(parents=True, exist_ok=True)
    stem = stem or f"{name}_{built_at:%Y%m%d_%H%M%S}"
    if data is not None:
        pq.write_table(data, root / f"{stem}.parquet")
    columns = data.column_names if data is not None else []
    document = {
        "dataset_name": name,
        "dataset_version": built_at.isoformat(),
        "path": f"{stem}.parquet",
        "built_at": built_at.isoformat(),
        "row_count": data.num_rows if data is not None else 0,
        "feature_count": len(set(columns) - {"bike", "at", "late"}),
        "target": "late",
        "entity": "bike",
        "event_ts": "at",
        "schema_version": "v1",
    }
    (root / f"{stem}_dataset_metadata.json").write_text(json.dumps(document | fields))
    return root / f"{stem}.parquet"


def newest(platform: Platform) -> Dataset:
    """Return the dataset that was built last."""
    found: list[Dataset] = [a for ref, a in platform.artifacts if ref.kind == "dataset"]
    return max(found, key=lambda d: (d.built_at is not None, d.built_at or NOW))


def judged(check: Check, *roots: Path, now: datetime = NOW, **settings: Any) -> CheckResult:
    """Run a check on the newest dataset below ``roots``."""
    platform = platform_at(*roots, now=now, **settings)
    dataset = newest(platform)
    assert check.concerns(dataset, context_of(dataset))
    return run_check(check, dataset, platform.settings)


def all_of(platform: Platform) -> list[CheckResult]:
    """Run every check on every artifact."""
    return [
        run_check(check, artifact, platform.settings, ref)
        for ref, artifact in platform.artifacts
        for check in built_in()
        if check.kind == ref.kind and check.concerns(artifact, context_of(artifact))
    ]


def odcs(
    root: Path,
    properties: str,
    *,
    quality: str = "",
    levels: str = "",
    table: str = NAME,
    version: str = "1.0.0",
    name: str = "trips",
    id_: str = "trips",
    api: str = "v3.1.0",
    table_terms: str = "",
) -> Path:
    """Write a data contract; ``properties``, ``quality`` and ``levels`` are lists in YAML, one entry a line."""

    def lines(text: str, indent: int) -> str:
        return "".join(f"{' ' * indent}- {line}\n" for line in text.strip().splitlines())

    text = (
        f"kind: DataContract\napiVersion: {api}\nid: {id_}\nversion: {version}\nstatus: active\n"
        f"schema:\n  - name: {table}\n"
    )
    text += f"    customProperties:\n{lines(table_terms, 6)}" if table_terms else ""
    text += f"    properties:\n{lines(properties, 6)}"
    text += f"    quality:\n{lines(quality, 6)}" if quality else ""
    text += f"slaProperties:\n{lines(levels, 2)}" if levels else ""
    root.mkdir(parents=True, exist_ok=True)
    path = root / f"{name}.odcs.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def bare_table(root: Path, name: str, data: pa.Table | None = None) -> Path:
    """Write a parquet file that nothing but its name, and a contract, says anything of."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table() if data is None else data, path)
    return path
