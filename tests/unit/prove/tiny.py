"""A platform of one small table, whose fault takes milliseconds to judge."""

from __future__ import annotations

import json
from pathlib import Path

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
      - {name: fare, logicalType: number, physicalType: double}
"""


def tiny_platform(root: Path, rows: int = 40, contract: str = CONTRACT) -> Path:
    """Write a table with two columns, one of which its contract wants whole, and return the root."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    root.mkdir(parents=True)
    table = pa.table({"trip": list(range(rows)), "fare": [float(row % 7) for row in range(rows)]})
    pq.write_table(table, root / "trips.parquet")
    document = {
        "dataset_name": "trips",
        "dataset_version": "2026-04-07T08:00:00Z",
        "path": "trips.parquet",
        "built_at": "2026-04-07T08:00:00Z",
        "row_count": rows,
        "feature_count": 1,
        "target": "fare",
        "entity": "trip",
        "event_ts": "trip",
        "schema_version": "v1",
    }
    (root / "dataset_metadata.json").write_text(json.dumps(document), encoding="utf-8")
    (root / "trips.odcs.yaml").write_text(contract, encoding="utf-8")
    return root
