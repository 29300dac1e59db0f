"""Where a contract says what a finding was measured against: the key, the file and the line."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pytest_mlmonitor.core.check import Check, run_check
from pytest_mlmonitor.core.threshold_origin import ThresholdOrigin
from pytest_mlmonitor.datasets.checks.contract_terms import python_checks, quality_rules
from pytest_mlmonitor.datasets.checks.freshness import freshness
from pytest_mlmonitor.datasets.checks.relationships import relationships
from pytest_mlmonitor.datasets.checks.service_levels import service_levels
from pytest_mlmonitor.datasets.checks.table import point_in_time, rows, schema
from tests.unit.datasets.plain import column, judged, newest, put, table
from tests.unit.support import NOW, copy_of_sample, platform_at

CONTRACT = """kind: DataContract
apiVersion: v3.1.0
id: trips
version: 1.0.0
status: active
schema:
  - name: trips
    customProperties:
      - property: mlmonitor.extra
        value: warning
      - property: mlmonitor.minRows
        value: 200
    properties:
      - name: ride
        physicalName: bike
        logicalType: string
        required: true
        unique: true
        enum: [a, b]
        logicalTypeOptions:
          minLength: 3
          maxLength: 4
          pattern: ^x
        relationships:
          - type: foreignKey
            to: trips.late
      - name: at
        logicalType: timestamp
        customProperties:
          - property: mlmonitor.role
            value: event_ts
      - name: late
        logicalType: string
      - name: km
        logicalType: number
        logicalTypeOptions:
          exclusiveMinimum: 1
          maximum: 8
          multipleOf: 2
        quality:
          - metric: nullValues
            mustBeGreaterThan: 3
          - type: sql
            query: SELECT count(*) FROM {object}
            name: rows
            mustBeLessThan: 5
      - name: gone
        logicalType: string
    quality:
      - type: custom
        engine: mlmonitor
        implementation:
          grid: {column: at, minutes: 7}
slaProperties:
  - property: freshness
    element: trips.at
    value: 1
    unit: h
  - property: retention
    element: trips.at
    value: 2
    unit: h
"""


def written(root: Path, check: Check, text: str = CONTRACT, **columns: Any) -> dict[str, tuple[int, str]]:
    """Return by key the line of the contract and what it says there, of every finding of a check."""
    put(root, table(10, **columns))
    (root / "trips.odcs.yaml").write_text(text)
    result = judged(check, root)
    said = [origin for finding in result.findings for origin in finding.thresholds]
    lines = text.splitlines()
    found = {}
    for one in said:
        assert (one.origin, one.default, Path(one.file or "").name) == ("contract", None, "trips.odcs.yaml")
        assert one.line is not None
        found[one.key.removeprefix("schema.trips.")] = (one.line, lines[one.line - 1].strip(), one.value)
    return {key: (place, value) for key, (_, place, value) in found.items()}  # type: ignore[misc]


def test_rules_of_rows_are_found_on_their_lines(tmp_path: Path) -> None:
    bikes = ["zz", None, "yyyyyy", *["q"] * 7]
    assert written(tmp_path, rows, bike=bikes, km=[0.5, 9.0, 3.0, *[4.0] * 7]) == {
        "customProperties[1].value": ("value: 200", "200"),
        "properties.ride.required": ("required: true", "true"),
        "properties.ride.unique": ("unique: true", "true"),
        "properties.ride.enum": ("enum: [a, b]", "a, b"),
        "properties.ride.logicalTypeOptions.minLength": ("minLength: 3", "3"),
        "properties.ride.logicalTypeOptions.maxLength": ("maxLength: 4", "4"),
        "properties.ride.logicalTypeOptions.pattern": ("pattern: ^x", "^x"),
        "properties.km.logicalTypeOptions.exclusiveMinimum": ("exclusiveMinimum: 1", "1"),
        "properties.km.logicalTypeOptions.maximum": ("maximum: 8", "8"),
        "properties.km.logicalTypeOptions.multipleOf": ("multipleOf: 2", "2"),
        "quality[0]": ("- type: custom", "times on the 7-minute grid"),
    }


def test_columns_and_types_are_found_on_their_lines(tmp_path: Path) -> None:
    assert written(tmp_path, schema, more=[1] * 10) == {
        "properties.gone": ("- name: gone", "column 'gone'"),
        "properties.late.logicalType": ("logicalType: string", "string"),
        "customProperties[0].value": ("value: warning", "warning"),
    }


def test_figures_and_queries_are_found_by_the_key_of_their_limit(tmp_path: Path) -> None:
    assert written(tmp_path, quality_rules) == {
        "properties.km.quality[0].mustBeGreaterThan": ("mustBeGreaterThan: 3", "3"),
        "properties.km.quality[1].mustBeLessThan": ("mustBeLessThan: 5", "5"),
    }


def test_promises_about_time_are_found_with_their_unit(tmp_path: Path) -> None:
    assert written(tmp_path, service_levels) == {
        "slaProperties[0].value": ("value: 1", "1 h"),
        "slaProperties[1].value": ("value: 2", "2 h"),
    }


def test_a_promise_of_freshness_that_makes_a_build_stale_is_found(tmp_path: Path) -> None:
    text = CONTRACT.replace("value: 1\n    unit: h", "value: 1\n    unit: s")
    assert written(tmp_path, freshness, text) == {"slaProperties[0].value": ("value: 1", "1 s")}


def test_a_relationship_is_found(tmp_path: Path) -> None:
    text = CONTRACT.replace("- name: late\n        logicalType: string", "- name: late\n        logicalType: string")
    found = written(tmp_path, relationships, text, late=[f"b{i}" for i in range(2, 12)])
    assert found == {"properties.ride.relationships[0]": ("- type: foreignKey", "every key in trips.late")}


def test_a_contract_that_went_since_has_a_key_and_no_line(tmp_path: Path) -> None:
    put(tmp_path, table(10))
    file = tmp_path / "trips.odcs.yaml"
    file.write_text(CONTRACT)
    platform = platform_at(tmp_path)
    dataset = newest(platform)
    file.unlink()
    origins = [o for f in run_check(quality_rules, dataset, platform.settings).findings for o in f.thresholds]
    assert [(o.key, o.line) for o in origins] == [
        ("schema.trips.properties.km.quality[0].mustBeGreaterThan", None),
        ("schema.trips.properties.km.quality[1].mustBeLessThan", None),
    ]


def test_a_rule_that_compares_columns_is_no_bound_of_one(tmp_path: Path) -> None:
    text = CONTRACT.replace("grid: {column: at, minutes: 7}", "pointInTime: {event: at, cutoff: seen}")
    text = text.replace("- name: gone\n        logicalType: string", "- name: seen\n        logicalType: timestamp")
    ahead = [datetime(2026, 4, 26, 1) for _ in range(10)]
    found = written(tmp_path, point_in_time, text, seen=column(ahead, pa.timestamp("us")))
    assert found == {"quality[0]": ("- type: custom", "seen ≤ at")}


def test_a_built_in_contract_is_called_as_it_calls_itself(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    root = copy_of_sample(tmp_path)
    platform = platform_at(root, now=NOW)
    file = newest(platform).file
    data = pq.read_table(file)
    place = data.column_names.index("ft_hour_of_day")
    hours = pa.array([99] * data.num_rows, data.schema.field(place).type)
    pq.write_table(data.set_column(place, data.schema.field(place), hours), file)
    dataset = newest(platform_at(root, now=NOW))
    (found,) = [f for f in run_check(rows, dataset).findings if f.column == "ft_hour_of_day"]
    expected = ThresholdOrigin("contract", "training_dataset.ft_hour_of_day.maximum", "23")
    assert found.thresholds == (expected,)


SCHEMA = """import pandera.pandas as pa


class Other(pa.DataFrameModel):
    km: float


class Trips(pa.DataFrameModel):
    bike: str
    km: float = pa.Field(le=8)
    late: int = pa.Field(eq=7)

    @pa.check("km")
    def odd(cls, series):
        return series % 2 == 1


trips = pa.DataFrameSchema(
    {
        "bike": pa.Column(str),
        "km": pa.Column(float, pa.Check.le(8)),
    }
)
"""


@pytest.mark.parametrize(
    ("name", "check", "line"), [("Trips", rows, 10), ("Trips", python_checks, 10), ("trips", rows, 21)]
)
def test_a_schema_in_python_is_found_by_the_line_of_the_column(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, check: Check, line: int
) -> None:
    module = f"schemas_{name.lower()}_{line}_{check.name}"
    (tmp_path / f"{module}.py").write_text(SCHEMA)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    try:
        put(tmp_path / "data", table(10))
        result = judged(check, tmp_path / "data", contracts={"trips": f"{module}:{name}"})
    finally:
        sys.modules.pop(module, None)
    (found,) = [finding for finding in result.findings if finding.column == "km"]
    (origin,) = found.thresholds
    assert (origin.origin, origin.key, origin.file, origin.line) == ("contract", "trips.km", f"{module}.py", line)
    assert found.rows is not None and found.rows.bad == ("km",)
