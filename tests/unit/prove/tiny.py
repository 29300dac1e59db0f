"""A platform of one small table, whose fault takes milliseconds to judge."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pytest_mlmonitor.core.text.words import instant

NOW = "2026-04-07T08:10:00Z"
"""Ten minutes after the build."""

CONTRACT = """\
apiVersion: v3.1.0
kind: DataContract
id: trips
name: trips
version: 1.0.0
status: active
schema:
  - name: trips
    physicalType: table
    properties:
      - {name: trip, logicalType: integer, physicalType: int64, required: true, unique: true}
      - {name: at, logicalType: timestamp, physicalType: "timestamp[us]", required: true}
      - {name: distance, logicalType: number, physicalType: double}
      - {name: fare, logicalType: number, physicalType: double, required: true}
"""


def tiny_platform(
    root: Path, rows: int = 40, contract: str | None = CONTRACT, *, at: int | None = None, name: str = "trips"
) -> Path:
    """Write a table that its contract wants whole but for one column, and return the root.

    Args:
        root: the directory, made where it is not there.
        rows: of the table.
        contract: what is written as its contract, None for none.
        at: which version it is, an hour each; only one of the name where it is None.
        name: of the dataset.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    root.mkdir(parents=True, exist_ok=True)
    stem = "" if at is None else f"_{at}"
    built = datetime(2026, 4, 7, 8 + (at or 0), tzinfo=UTC)
    table = pa.table(
        {
            "trip": list(range(rows)),
            "at": pa.array(
                [built.replace(tzinfo=None) - timedelta(minutes=30, seconds=row) for row in range(rows)],
                pa.timestamp("us"),
            ),
            "distance": [float(row % 5) for row in range(rows)],
            "fare": [float(row % 7) for row in range(rows)],
        }
    )
    pq.write_table(table, root / f"trips{stem}.parquet")
    document = {
        "dataset_name": name,
        "dataset_version": instant(built),
        "path": f"trips{stem}.parquet",
        "built_at": instant(built),
        "row_count": rows,
        "feature_count": 1,
        "target": "fare",
        "entity": "trip",
        "event_ts": "at",
        "schema_version": "v1",
    }
    (root / f"dataset_metadata{stem}.json").write_text(json.dumps(document), encoding="utf-8")
    if contract is not None:
        (root / "trips.odcs.yaml").write_text(contract, encoding="utf-8")
    return root
