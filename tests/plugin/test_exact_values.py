"""A contract's numbers, times and keys as written, through the whole run: reader process, checks, messages."""

from __future__ import annotations

import json
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

CONTRACT = """\
kind: DataContract
apiVersion: v3.2.0
id: sales
name: sales
version: 1.0.0
status: active
schema:
  - name: sales
    properties:
      - {name: id, logicalType: integer, primaryKey: true, required: false}
      - name: price
        logicalType: number
        logicalTypeOptions: {maximum: 0.3, multipleOf: 0.1}
      - name: big
        logicalType: integer
        logicalTypeOptions: {maximum: 9007199254740992}
      - name: at
        logicalType: timestamp
        logicalTypeOptions: {maximum: "2026-11-27T12:00:00.000000001Z"}
      - {name: secret, logicalType: string, classification: restricted}
    quality:
      - {name: cheap, type: sql, query: "SELECT count(*) FROM {object} WHERE price < 0.2 AND secret <> ''", mustBe: 0}
"""
NOON = 1_795_780_800 * 10**9


def run(pytester: pytest.Pytester, table: pa.Table) -> list[str]:
    """Return what is said of a table, by the whole product."""
    directory = pytester.path / "artifacts"
    directory.mkdir(exist_ok=True)
    pq.write_table(table, directory / "sales.parquet")
    (directory / "sales.odcs.yaml").write_text(CONTRACT)
    pytester.runpytest_subprocess("--mlmonitor=artifacts", "--mlmonitor-out", "out")
    results = json.loads((pytester.path / "out" / "results.json").read_text())["results"]
    return [f["message"] for r in results for f in r["findings"] if f["severity"] == "error" and "row" in f["message"]]


def table(price: str, big: int, at: int, ids: list[int | None]) -> pa.Table:
    return pa.table(
        {
            "id": pa.array(ids, pa.int64()),
            "price": pa.array([Decimal("0.3"), Decimal(price)], pa.decimal128(5, 1)),
            "big": pa.array([1, big]),
            "at": pa.array([NOON, at], pa.timestamp("ns")),
            "secret": ["a", "b"],
        }
    )


def test_values_at_their_bounds_pass(pytester: pytest.Pytester) -> None:
    assert run(pytester, table("0.2", 2**53, NOON + 1, [None, None])) == []


def test_values_one_step_beyond_fail_and_are_shown_as_they_are(pytester: pytest.Pytester) -> None:
    assert run(pytester, table("0.1", 2**53 + 1, NOON + 2, [7, 7])) == [
        "the SQL rule 'cheap' gives 1: expected 0; first row 2 (id=7): price=0.1, secret=(redacted)",
        "big is above 9007199254740992 in 1 of 2 rows: expected at most 9007199254740992; first row 2 (id=7): 9007199254740993",
        "at is after 2026-11-27 12:00:00.000000001 in 1 of 2 rows: expected 2026-11-27 12:00:00.000000001 or earlier; "
        "first row 2 (id=7): 2026-11-27 12:00:00.000000002",
    ]
