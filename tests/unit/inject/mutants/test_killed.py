"""Every fault of a column or a table is noticed by the rule that is about it, and sound rows are not."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.core.judge import judge
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.inject.mutants.material import Material
from pytest_mlmonitor.inject.mutants.operator import operators
from pytest_mlmonitor.kinds import Platform
from tests.unit.inject.mutants.plain import put
from tests.unit.support import NOW, READER

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
    quality:
      - {type: library, metric: rowCount, mustBeBetween: [180, 201]}
      - {type: library, metric: duplicateValues, mustBe: 0, arguments: {properties: [trip]}}
      - {type: sql, query: "SELECT count(*) FROM {object} WHERE hour(seen) <> hour", mustBe: 0}
      - {type: sql, query: "SELECT count(DISTINCT hour) FROM {object}", mustBeGreaterThan: 2}
      - {type: sql, query: "SELECT avg(fare) FROM {object}", mustBeBetween: [13, 14]}
      - {type: sql, query: "SELECT corr(fare, paid) FROM {object}", mustBeLessThan: 0.5}
      - {type: sql, query: "SELECT count(*) FROM {object} WHERE length(city) < 4", mustBe: 0}
      - {type: sql, query: "SELECT count(*) FROM {object} WHERE seen > TIMESTAMP '2026-04-27'", mustBe: 0}
    properties:
      - {name: trip, logicalType: integer, physicalType: int64, required: true}
      - {name: seen, logicalType: timestamp, physicalType: "timestamp[us]", required: true}
      - {name: hour, logicalType: integer, physicalType: int32, required: true, logicalTypeOptions: {minimum: 0, maximum: 23}}
      - {name: fare, logicalType: number, physicalType: double, required: true, logicalTypeOptions: {minimum: 3, maximum: 24}}
      - name: city
        logicalType: string
        physicalType: string
        required: true
        quality: [{type: library, metric: invalidValues, mustBe: 0, arguments: {validValues: [Wien, Graz, Linz]}}]
      - {name: paid, logicalType: integer, physicalType: int32, required: true}
"""

START = datetime(2026, 4, 26)
ROWS = 200

NOTICED = {
    "nulls_1": "fare",
    "nulls_20": "city",
    "below_least": "fare",
    "above_greatest": "fare",
    "new_category": "city",
    "constant": "hour",
    "text_type": "fare",
    "number_type": "hour",
    "shifted_half": "fare",
    "units_1000": "fare",
    "truncated": "city",
    "shuffled": "hour",
    "leak": "fare",
    "dropped_column": "city",
    "renamed_column": None,
    "duplicate_rows": None,
    "half_lost": None,
    "future_rows": None,
    "hour_off": None,
}
"""The fault, and a column of which it is noticed; None for that of the table."""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("killed")
    times = [START + timedelta(minutes=5 * row) for row in range(ROWS)]
    table = {
        "trip": pa.array(range(ROWS)),
        "seen": pa.array(times, pa.timestamp("us")),
        "hour": pa.array([moment.hour for moment in times], pa.int32()),
        "fare": pa.array([3 + (7 * row % ROWS) / 10 + 0.5 * (row % 3) for row in range(ROWS)]),
        "city": pa.array([("Wien", "Graz", "Linz")[row % 3] for row in range(ROWS)]),
        "paid": pa.array([row % 2 for row in range(ROWS)], pa.int32()),
    }
    pq.write_table(pa.table(table), place / "trips.parquet")
    (place / "trips.odcs.yaml").write_text(CONTRACT)
    return place


def found(root: Path) -> set[tuple[str, str | None, str]]:
    record = judge(platform(root))
    assert [one.reason for _, one in record.results if one.status == "error"] == []
    return {
        (one.check, f.column, f.message)
        for _, one in record.results
        for f in one.findings
        if f.severity >= Severity.WARNING
    }


def platform(root: Path) -> Platform:
    roles = {"event_ts": "seen", "target": "paid"}
    return Platform([root], Settings(**{"overrides": [{"artifact": "dataset:trips", **roles}]}), NOW, reader=READER)


def test_sound_rows_are_not_noticed(root: Path) -> None:
    assert found(root) == set()


@pytest.mark.parametrize(("fault", "column"), NOTICED.items())
def test_it_is_noticed(fault: str, column: Any, root: Path) -> None:
    operator = next(one for one in operators() if one.fault == fault)
    sound = platform(root)
    (dataset,) = sound.of_kind("dataset")
    path = root / "trips.parquet"
    before = path.read_bytes()
    try:
        chosen = [one for one in operator.mutants(dataset, Material(sound)) if column in (None, one.column)]
        assert [one.equivalent for one in chosen] == [None]
        put(chosen[0].make())
        assert found(root), chosen[0].what
    finally:
        path.write_bytes(before)


def test_each_fault_is_one_of_those() -> None:
    """But for those that need versions, which are tested with them, and one more column, which this contract allows."""
    named = {one.fault for one in operators() if one.kind == "dataset"}
    assert named - set(NOTICED) == {"same_again", "day_older", "added_column"}
