"""Partition columns take the type of the contract where all their values have it; else a value that has not is named."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.tables.contract.physical import physical_types
from pytest_mlmonitor.tables.contract.table import Column, TableContract
from pytest_mlmonitor.tables.contract.types import LOGICAL
from pytest_mlmonitor.tables.rules import row_findings, schema_findings
from pytest_mlmonitor.tables.scan.scan import scan
from pytest_mlmonitor.tables.source.partitions import partition_column
from pytest_mlmonitor.tables.source.source import source


def types_of(name: str) -> tuple[str, ...]:
    return LOGICAL[name] if name in LOGICAL else physical_types(name).types


@pytest.mark.parametrize(
    ("texts", "type_", "arrow", "values"),
    [
        (["7", "12"], None, "int64", [7, 12]),
        (["07", "12"], None, "string", ["07", "12"]),
        (["07", "12"], "integer", "int64", [7, 12]),
        (["07", "12"], "int32", "int32", [7, 12]),
        (["07", "12"], "number", "int64", [7, 12]),
        (["7", "12"], "string", "string", ["7", "12"]),
        (["7", "1.5"], "number", "double", [7.0, 1.5]),
        (["7", "1.50"], "decimal(5,2)", "decimal128(5, 2)", [Decimal("7.00"), Decimal("1.50")]),
        (["7", "1.5"], "decimal", "decimal128(38, 1)", [Decimal("7.0"), Decimal("1.5")]),
        (["2026-11-26"], "date", "date32[day]", [date(2026, 11, 26)]),
        (["20261126"], "date", "date32[day]", [date(2026, 11, 26)]),
        (["2026-11-26"], None, "string", ["2026-11-26"]),
        (["true", "False"], "boolean", "bool", [True, False]),
        (["2026-11-26 10:00:00"], "timestamp", "timestamp[us]", [datetime(2026, 11, 26, 10)]),
        (["2026-11-26"], "timestamp", "timestamp[us]", [datetime(2026, 11, 26)]),
        (["2026-11-26T10"], "timestamp[ms]", "timestamp[ms]", [datetime(2026, 11, 26, 10)]),
        (["2026-11-26T10:00:00+02:00"], "timestamp", "timestamp[us, tz=UTC]", [datetime(2026, 11, 26, 8, tzinfo=UTC)]),
        (["2026-11-26 10:00:00"], "timestamptz", "timestamp[us, tz=UTC]", [datetime(2026, 11, 26, 10, tzinfo=UTC)]),
        (["08:30:00", "09:30"], "time", "time64[us]", [time(8, 30), time(9, 30)]),
        ([], "integer", "int64", []),
    ],
)  # fmt: skip
def test_the_type_of_the_contract(texts: list[str], type_: str | None, arrow: str, values: list[object]) -> None:
    found = partition_column(texts, types_of(type_) if type_ else ())
    assert (str(found.type), found.stray) == (arrow, None)
    assert [pa.scalar(found.values[text], found.type).as_py() for text in texts] == values


@pytest.mark.parametrize(
    ("texts", "type_", "stray"),
    [
        (["07", "x", "12"], "integer", "x"),
        (["1", "300"], "int8", "300"),
        (["99999999999999999999"], "int64", "99999999999999999999"),
        (["-1"], "uint8", "-1"),
        (["2026-13-45", "2026-11-26"], "date", "2026-13-45"),
        (["2026-11-26 10:00"], "date", "2026-11-26 10:00"),
        (["yes"], "boolean", "yes"),
        (["1.234"], "decimal(5,2)", "1.234"),
        (["12345.6"], "decimal(5,2)", "12345.6"),
        (["nan"], "number", "nan"),
        (["9999-01-01"], "timestamp[ns]", "9999-01-01"),
        (["2026-11-26 10:00:00.5"], "timestamp[s]", "2026-11-26 10:00:00.5"),
        (["2026-11-26 10:00:00Z"], "timestamp_ntz", "2026-11-26 10:00:00Z"),
        (["١٢"], "integer", "١٢"),
        (["1.5", "abc"], "number", "abc"),
        (["25:30"], "time", "25:30"),
    ],
)
def test_a_value_without_the_type_is_named(texts: list[str], type_: str, stray: str) -> None:
    assert partition_column(texts, types_of(type_)).stray == stray


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1), st.integers(1, 4))
def test_integers_with_leading_zeros_are_read_exactly(numbers: list[int], zeros: int) -> None:
    texts = [f"{'-' if n < 0 else ''}{'0' * max(min(zeros, 20 - len(str(abs(n)))), 0)}{abs(n)}" for n in numbers]
    found = partition_column(texts, LOGICAL["integer"])
    assert [found.values[text] for text in texts] == numbers


@given(st.lists(st.decimals(-(10**6), 10**6, places=3), min_size=1))
def test_decimals_are_read_exactly(numbers: list[Decimal]) -> None:
    found = partition_column([format(n, "f") for n in numbers], types_of("decimal(12,3)"))
    assert [pa.scalar(found.values[format(n, "f")], found.type).as_py() for n in numbers] == numbers


@given(st.lists(st.text(max_size=12), max_size=5), st.sampled_from(sorted(LOGICAL)))
def test_any_text_has_a_type_or_is_named(texts: list[str], logical: str) -> None:
    found = partition_column(set(texts), LOGICAL[logical])
    assert set(found.values) == set(texts)
    for value in found.values.values():
        pa.scalar(value, found.type)


def table(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).mkdir(parents=True)
        pq.write_table(pa.table({"x": [1]}), root / name / "part-0.parquet")
    return root


def findings(path: Path, *columns: Column) -> list[str]:
    contract = TableContract("t", columns, extra="allow", ordered=False, no_all_null=False)
    profile = scan(path, contract)
    found = [*schema_findings(profile, contract, path), *row_findings(profile, contract, path)]
    return [finding.message for finding in found]


HOUR = Column("hour", types_of("integer"), nullable=True, minimum=0, maximum=23)


def test_rules_of_the_contract_are_judged_on_the_typed_values(tmp_path: Path) -> None:
    assert findings(table(tmp_path / "a", "hour=01", "hour=23"), HOUR) == []
    (message,) = findings(table(tmp_path / "b", "hour=01", "hour=24"), HOUR)
    assert message.startswith("hour is above 23 in 1 of 2 rows")
    day = Column("day", types_of("date"), minimum=datetime(2026, 1, 1, tzinfo=UTC))
    (message,) = findings(table(tmp_path / "c", "day=2025-12-31", "day=2026-11-26"), day)
    assert message.startswith("day is before 2026-01-01")


def test_a_stray_value_is_a_finding_that_names_it(tmp_path: Path) -> None:
    path = table(tmp_path, "hour=01", "hour=noon")
    (message,) = findings(path, HOUR)
    assert message.startswith("partition column 'hour' holds 'noon': expected an integer")
    redacted = Column("hour", types_of("integer"), nullable=True, redacted=True)
    (message,) = findings(path, redacted)
    assert "noon" not in message and "(redacted)" in message


def test_nulls_keep_the_type(tmp_path: Path) -> None:
    path = table(tmp_path / "a", "hour=01", "hour=__HIVE_DEFAULT_PARTITION__")
    assert findings(path, HOUR) == []
    assert findings(table(tmp_path / "b", "hour=__HIVE_DEFAULT_PARTITION__"), HOUR) == []
    needed = Column("hour", types_of("integer"))
    assert findings(path, needed) == ["hour is null in 1 of 2 rows: expected no nulls; first row 2"]


def test_without_a_contract_the_types_are_as_before(tmp_path: Path) -> None:
    with source(table(tmp_path, "hour=01/day=7", "hour=02/day=8")) as opened:
        assert dict(zip(opened.head.names, opened.head.types, strict=True)) == {
            "x": "int64",
            "hour": "string",
            "day": "int64",
        }
