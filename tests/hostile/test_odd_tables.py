"""Tables that are sound parquet and odd all the same: the verdict is true, said in one line, and never a traceback."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from types import FrameType
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from pytest_mlmonitor.core.check import run_check
from pytest_mlmonitor.core.context import context_of
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.kinds import built_in
from tests.unit.support import platform_at

NAN, INF = float("nan"), float("inf")
PARIS = pa.timestamp("us", "Europe/Paris")
NEW_YEAR = datetime(2026, 1, 1)
COMPOSED, APART = "é", "e\u0301"


def typed(logical: str | None, options: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """Return the property ``x`` of a contract."""
    found = {"name": "x", **({"logicalType": logical} if logical else {}), **more}
    return {**found, "logicalTypeOptions": options} if options else found


def own(word: str, value: Any) -> list[dict[str, Any]]:
    return [{"property": f"mlmonitor.{word}", "value": value}]


def write(directory: Path, table: pa.Table, properties: list[dict[str, Any]], **rest: Any) -> None:
    """Write ``t.parquet`` and a contract of it."""
    directory.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, directory / "t.parquet")
    schema = {"name": "t", "properties": properties, **rest}
    contract = {"kind": "DataContract", "apiVersion": "v3.2.0", "id": "t", "version": "1.0.0", "schema": [schema]}
    (directory / "t.odcs.yaml").write_text(yaml.safe_dump(contract, allow_unicode=True), encoding="utf-8")


def results(directory: Path) -> list[CheckResult]:
    """Return every result of the dataset below ``directory``."""
    platform = platform_at(directory)
    (dataset,) = (artifact for _, artifact in platform.artifacts if isinstance(artifact, Dataset))
    checks = [check for check in built_in() if check.kind == "dataset" and check.concerns(dataset, context_of(dataset))]
    return [run_check(check, dataset, platform.settings) for check in checks]


def messages(directory: Path) -> list[str]:
    """Return what was found; a check that could not run fails the test."""
    found = results(directory)
    assert [r for r in found if r.status == "error"] == []
    return [finding.message for r in found for finding in r.findings]


KEPT: dict[str, tuple[Any, dict[str, Any]]] = {
    "all null": (pa.array([None] * 3, pa.float64()), typed("number", {"minimum": 0})),
    "one row": ([1], typed("integer", primaryKey=True)),
    "offset bounds": (pa.array([NEW_YEAR], PARIS), typed("timestamp", {"minimum": "2026-01-01T01:00:00+01:00"})),
    "years that ns lacks": (
        pa.array([0], pa.timestamp("ns")),
        typed("timestamp", {"minimum": "0001-01-01", "maximum": "9999-12-31"}),
    ),
    "wide bounds of int8": (pa.array([-128, 127], pa.int8()), typed("integer", {"minimum": -1000, "maximum": 2**70})),
    "float32": (pa.array([0.1, 0.2], pa.float32()), typed("number", {"minimum": 0.1, "maximum": 0.2})),
    "float16": (pa.array([0.1, 0.2], pa.float16()), typed("number", {"minimum": 0.1, "maximum": 0.2})),
    "float16 set": (pa.array([0.1], pa.float16()), typed("number", enum=[0.1])),
    "tenths": ([1234567.1, 123456789.1, 0.3, 9e14 + 0.1], typed("number", {"multipleOf": 0.1})),
    "tenths of float32": (pa.array([0.1, 0.3, 123.4], pa.float32()), typed("number", {"multipleOf": 0.1})),
    "halves of large integers": ([2**53 + 1, 2**63 - 1], typed("integer", {"multipleOf": 0.5})),
    "integers beyond double": (
        [2**53 + 1, -(2**63)],
        typed("number", {"minimum": -(2**63), "exclusiveMaximum": 2**63}),
    ),
    "bytes": (pa.array([b"a", b"b", b"\xff"]), typed(None, unique=True)),
    "fixed bytes": (pa.array([b"ab", b"ba"], pa.binary(2)), typed(None, primaryKey=True)),
    "uuids": (pa.array([b"0" * 16, b"1" * 16], pa.uuid()), typed(None, unique=True, physicalType="uuid")),
    "lists": ([[1], [2]], typed("array", required=True, items={"logicalType": "integer"})),
    "nan allowed": ([0.5, NAN], typed("number", {"minimum": 0, "maximum": 1}, customProperties=own("nan", "allow"))),
    "optional, of no type": (pa.nulls(2), typed("number", {"minimum": 1, "multipleOf": 2}, enum=[1, 3])),
    "optional text, of no type": (pa.nulls(2), typed("string", {"pattern": "a", "minLength": 1}, unique=True)),
    "optional time, of no type": (pa.nulls(2), typed("timestamp", {"minimum": "2026-01-01"})),
    "optional list, of no type": (pa.nulls(2), typed("array", items={"logicalType": "string"})),
    "of no type, none invalid": (
        pa.nulls(2),
        typed("string", quality=[{"metric": "invalidValues", "mustBe": 0, "arguments": {"validValues": ["a"]}}]),
    ),
    "of no type and no rows": (
        pa.nulls(0),
        typed("string", required=True, quality=[{"metric": "rowCount", "mustBe": 0}]),
    ),
    "empty lists": ([[], []], typed("array", physicalType="array<string>")),
    "map": (pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int64())), typed("map", physicalType="map<string,bigint>")),
    "struct": ([{"a": 1}], typed("object", physicalType="struct<a:bigint>")),
    "string view": (pa.array(["a", "b"], pa.string_view()), typed("string", enum=["a", "b"])),
}


@pytest.mark.parametrize("name", KEPT)
def test_what_keeps_its_contract_has_no_finding(tmp_path: Path, name: str) -> None:
    values, property_ = KEPT[name]
    write(tmp_path, pa.table({"x": values}), [property_])
    assert messages(tmp_path) == []


BROKEN: dict[str, tuple[Any, dict[str, Any], str]] = {
    "absent": ([1], {"name": "y"}, "column 'y' is missing; unexpected: 'x'"),
    "zero rows": (pa.array([], pa.int64()), typed("integer"), "the table has 0 rows: expected at least 1 row"),
    "null type": (pa.nulls(2), typed("number", required=True), "x is null in 2 of 2 rows: expected no nulls"),
    "null type of text": (
        pa.nulls(2),
        typed("string", {"minLength": 1}, required=True),
        "x is null in 2 of 2 rows: expected no nulls",
    ),
    "nan": ([0.5, NAN], typed("number"), "x is NaN in 1 of 2 rows: expected no NaN; first row 2: NaN"),
    "infinity": ([INF], typed("number", {"maximum": 1}), "x is infinite in 1 of 1 row: expected finite numbers"),
    "infinite multiple": (
        [INF],
        typed("number", {"multipleOf": 0.1}, customProperties=own("nan", "allow")),
        "x is no mul",
    ),
    "multiple": ([1234567.15], typed("number", {"multipleOf": 0.1}), "x is no multiple of 0.1 in 1 of 1 row"),
    "odd beyond double": ([2**53 + 1, 4], typed("integer", {"multipleOf": 2}), "x is no multiple of 2 in 1 of 2 rows"),
    "beyond int64": ([-(2**63), 2**63 - 1], typed("integer", {"minimum": 2**64}), f"x is below {2**64} in 2 of 2 rows"),
    "set beyond int64": (
        [1, 2],
        typed("integer", enum=[1, 2**64]),
        "x is none of the allowed values in 1 of 2 rows: expected 1 or 18446744073709551616",
    ),
    "long set": (
        [1, 8],
        typed("integer", enum=[1, 2, 3, 5, 2**64, 7]),
        "x is none of the allowed values in 1 of 2 rows: expected one of 1, 2, 3, 5, ",
    ),
    "beyond ns": (
        pa.array([0], pa.timestamp("ns")),
        typed("timestamp", {"minimum": "9999-01-01"}),
        "x is before 9999-01-01 00:00:00 in 1 of 1 row",
    ),
    "date": (
        [date(2025, 12, 31)],
        typed("date", {"minimum": "2026-01-01"}),
        "x is before 2026-01-01 in 1 of 1 row: expected 2026-01-01 or later",
    ),
    "zone": (
        pa.array([datetime(2025, 12, 31, 23, 59, 59, 999_999)], PARIS),
        typed("timestamp", {"minimum": "2026-01-01T01:00:00+01:00"}),
        "x is before 2026-01-01 00:00:00+00:00 in 1 of 1 row",
    ),
    "no zone": (
        [NEW_YEAR],
        typed("timestamp", {"timezone": True}),
        "column 'x' is a date and time without a time zone (timestamp[us]): expected a date and time with a time zone",
    ),
    "decimal": ([Decimal("-3.2")], typed("number", {"minimum": 0}), "x is below 0 in 1 of 1 row"),
    "same bytes": ([b"a", b"a"], typed(None, unique=True), "1 key (x) occurs more than once"),
    "lists apart": (
        [[1], [2]],
        typed(None, unique=True),
        "column 'x' cannot be judged: whether a value occurs",
    ),
    "boolean": (
        [True, False],
        typed("boolean", enum=[True]),
        "x is none of the allowed values in 1 of 2 rows: expected true",
    ),
    "emoji": (["😀", "😀😀"], typed("string", {"maxLength": 1}), "x is longer than 1 character in 1 of 2 rows"),
    "letters": (
        [COMPOSED, APART],
        typed("string", {"pattern": r"^\p{L}+$"}),
        r"x is of another form in 1 of 2 rows: expected text that matches ^\p{L}+$",
    ),
    "blank": (
        ["a", "", " ", "\u00a0", "\u2003", "\x0b", "\x85", "\u200b"],
        typed("string", customProperties=own("notBlank", True)),
        "x is empty or blank in 6 of 8 rows",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_breaks_its_contract_has_one_true_finding(tmp_path: Path, name: str) -> None:
    values, property_, start = BROKEN[name]
    write(tmp_path, pa.table({"x": values}), [property_])
    found = [m for m in messages(tmp_path) if "is not in the contract" not in m]
    assert len(found) == 1 and found[0].startswith(start), found


def test_five_thousand_allowed_values_are_no_flood(tmp_path: Path) -> None:
    write(tmp_path, pa.table({"x": ["v1", "nope"]}), [typed("string", enum=[f"v{i}" for i in range(5000)])])
    (message,) = messages(tmp_path)
    assert " and 4,990 more" in message and message.endswith("first row 2: 'nope'") and len(message) < 400


@pytest.mark.parametrize("name", ['a"b', "a\nb", "a.b", "a`b", "a::b", "😀", "a'b", "c0", " ", "\x1b[2J"])
def test_a_name_of_any_kind_stands_on_one_line(tmp_path: Path, name: str) -> None:
    write(tmp_path, pa.table({name: [1, 1, None]}), [{"name": name, "required": True, "unique": True}])
    found = messages(tmp_path)
    assert len(found) == 2 and all(m.isprintable() for m in found), found


def sidecar(directory: Path, **columns: Any) -> None:
    """Write a dataset that no contract speaks of."""
    table = pa.table({"e": [str(i) for i in range(20)], "ts": pa.array(range(20), pa.timestamp("us")), **columns})
    directory.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, directory / "t.parquet")
    fields = {"dataset_name": "d", "dataset_version": "2026-04-07T10:00:00Z", "path": "t.parquet", "entity": "e"}
    fields |= {"built_at": "2026-04-07T10:00:00Z", "row_count": 20, "feature_count": len(columns) - 1, "target": "y"}
    fields |= {"event_ts": "ts", "schema_version": "v1"}
    (directory / "dataset_metadata.json").write_text(json.dumps(fields))


@pytest.mark.parametrize(
    "values",
    [
        [2**53 + 1] * 15 + [2**60] * 5,
        [2**63 - 1] * 10 + [-(2**63)] * 10,
        pa.array([2**64 - 1] * 20, pa.uint64()),
        [1e308] * 19 + [INF],
        [NAN] * 20,
        pa.array([Decimal("1.1")] * 20, pa.decimal256(60, 2)),
        pa.array([1.0] * 20, pa.float16()),
        pa.array([10**14] * 20, pa.timestamp("s")),
        [[1]] * 20,
    ],
    ids=["int64", "extremes", "uint64", "double", "nan", "decimal256", "half", "time", "list"],
)
def test_without_a_contract_every_type_is_summed_up(tmp_path: Path, values: Any) -> None:
    """Arrow refuses to convert integers beyond 2**53: every check of such a file could not run."""
    sidecar(tmp_path, x=values, y=[0, 1] * 10)
    usual = ("STALE", "schema metadata is absent")
    assert [m for m in messages(tmp_path) if not m.startswith(usual) and "standard deviations" not in m] == []


def test_thousands_of_absent_columns_cost_no_square(tmp_path: Path) -> None:
    """Ten thousand of them took four minutes. Counted is what is called, which no busy machine changes."""
    calls = []
    for number in (150, 300, 1200):  # the first one imports what the others find there
        names = range(number)
        place = tmp_path / str(number)
        write(place, pa.table({f"a{i}": [1.0] for i in names}), [{"name": f"b{i}"} for i in names])
        found, called = counted(lambda place=place: messages(place))
        assert len(found) > 100
        calls.append(called)
    assert found[0] == (
        "column 'b0' is missing; unexpected: 'a0', 'a1', 'a2', 'a3', 'a4', 'a5', 'a6', 'a7', 'a8', 'a9' and 1,190 more"
    )
    assert calls[2] < 6 * calls[1]  # a square would be 16 times as many


def counted(work: Callable[[], list[str]]) -> tuple[list[str], int]:
    """Return what ``work`` returns, and how many functions were called in this process meanwhile."""
    calls = 0

    def note(_: FrameType, event: str, __: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        found = work()
    finally:
        sys.setprofile(before)
    return found, calls


@pytest.mark.parametrize("rows", [100_000, 140_000], ids=["Arrow", "DuckDB"])
@pytest.mark.parametrize("group", [1000, 200_000])
def test_equal_rows_meet_across_batches_and_row_groups(tmp_path: Path, rows: int, group: int) -> None:
    values = list(range(rows))
    values[65_536] = 65_535
    write(tmp_path, pa.table({"x": values}), [typed("integer", primaryKey=True)])
    pq.write_table(pa.table({"x": values}), tmp_path / "t.parquet", row_group_size=group)
    assert messages(tmp_path) == ["1 key (x) occurs more than once: expected unique keys; e.g. x=65535"]
