"""Target, entity and event time are three columns: a document that names one twice gets one finding that says it."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from .sample import Project, read_json

SIDECAR = {
    "dataset_name": "d",
    "dataset_version": "2026-04-26T13:00:00Z",
    "path": "t.parquet",
    "built_at": "2026-04-26T13:00:00Z",
    "row_count": 40,
    "feature_count": 1,
    "target": "y",
    "entity": "id",
    "event_ts": "ts",
    "schema_version": "v1",
}


def write(root: Path, **fields: object) -> None:
    """Write a dataset of four entities at ten times: every value of every column occurs more than once."""
    root.mkdir(exist_ok=True)
    first = datetime(2026, 4, 25)
    table = pa.table(
        {
            "id": [f"a{i % 4}" for i in range(40)],
            "ts": [first + timedelta(minutes=15 * (i // 4)) for i in range(40)],
            "y": pa.array([i % 2 for i in range(40)], pa.int32()),
            "f": [float(i % 7) for i in range(40)],
        }
    )
    pq.write_table(table, root / "t.parquet")
    (root / "dataset_metadata.json").write_text(json.dumps(SIDECAR | fields, indent=1))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"entity": "ts"}, "entity and event_ts both name the column 'ts'"),
        ({"event_ts": "id"}, "entity and event_ts both name the column 'id'"),
        ({"target": "id"}, "target and entity both name the column 'id'"),
        ({"target": "ts"}, "target and event_ts both name the column 'ts'"),
        ({"target": "ts", "entity": "ts"}, "target, entity and event_ts all name the column 'ts'"),
    ],
)
def test_one_column_with_two_roles_is_one_finding(project: Project, fields: dict[str, str], said: str) -> None:
    project.keep()
    write(project.root / "data", **fields)
    document = project.results()
    assert not [result for result in document["results"] if result["status"] == "error"]
    found = [f for result in document["results"] for f in result["findings"] if "name the column" in f["message"]]
    assert [finding["severity"] for finding in found] == ["error"]
    assert found[0]["message"].startswith(said)
    line = 1 + 1 + list(SIDECAR).index(found[0]["column"])
    assert found[0]["location"] == f"artifacts/data/dataset_metadata.json:{line}"


def test_three_columns_are_well(project: Project) -> None:
    project.keep()
    write(project.root / "data")
    result = project.check("--mlmonitor-out", "out")
    assert result.ret == 0, result.stdout.str()
    assert not [r for r in read_json(project.path / "out" / "results.json")["results"] if r["status"] == "fail"]
