"""Timestamps of 96 bits are read as what they are: far days do not wrap around, nanoseconds are not cut."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pytest_mlmonitor.tables.contract.table import Column, TableContract
from pytest_mlmonitor.tables.scan.scan import scan
from pytest_mlmonitor.tables.source.source import columns, head
from pytest_mlmonitor.tables.unreadable import Unreadable

NEAR, FAR, FIRST = datetime(2026, 11, 27), datetime(9999, 12, 31, 23, 59, 59, 999999), datetime(1, 1, 1)


def write(path: Path, values: list[Any], unit: str = "us", **more: Any) -> Path:
    table = pa.table({"t": pa.array(values, pa.timestamp(unit)), **more})
    pq.write_table(table, path, use_deprecated_int96_timestamps=True)
    return path


@pytest.mark.parametrize(
    ("values", "unit", "type_"),
    [
        ([NEAR, None], "us", "timestamp[ns]"),
        ([1, 2**62 + 1], "ns", "timestamp[ns]"),
        ([NEAR, FAR, FIRST, None], "us", "timestamp[us]"),
        ([2**50, -(2**46)], "ms", "timestamp[us]"),
        ([2**58], "ms", "timestamp[ms]"),
        ([None], "us", "timestamp[ns]"),
        ([], "us", "timestamp[ns]"),
    ],
)
def test_the_finest_unit_that_holds_all(values: list[Any], unit: str, type_: str, tmp_path: Path) -> None:
    path = write(tmp_path / "t.parquet", values, unit)
    assert head(path).types == (type_,)
    found = [None if value is None else pa.scalar(value, pa.timestamp(unit)) for value in values]
    read = pq.ParquetFile(path, coerce_int96_timestamp_unit=type_[10:12]).read()["t"]
    assert [value.is_valid for value in read] == [value is not None for value in found]
    per = {"ns": 10**9, "us": 10**6, "ms": 10**3}
    for one, other in zip(read, found, strict=True):
        if other is not None:
            assert one.value * per[unit] == other.value * per[type_[10:12]]


@pytest.mark.parametrize(
    ("value", "rule", "broken"),
    [
        (FAR, {"maximum": datetime(2030, 1, 1)}, True),
        (FAR, {"maximum": FAR}, False),
        (FAR, {"below": FAR}, True),
        (FIRST, {"minimum": datetime(1970, 1, 1)}, True),
        (FIRST, {"maximum": datetime(1970, 1, 1)}, False),
        (FIRST, {"minimum": FIRST}, False),
    ],
)
def test_bounds_on_far_days(value: datetime, rule: dict[str, Any], broken: bool, tmp_path: Path) -> None:
    path = write(tmp_path / "t.parquet", [value])
    assert bool(scan(path, TableContract("t", (Column("t", **rule),))).failures) == broken


def test_far_days_are_different_keys(tmp_path: Path) -> None:
    path = write(tmp_path / "t.parquet", [FAR, FIRST, NEAR])
    assert not scan(path, TableContract("t", (Column("t", unique=True),))).duplicates


def test_parts_have_one_unit(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    write(tmp_path / "d" / "a.parquet", [NEAR])
    write(tmp_path / "d" / "b.parquet", [FAR])
    assert head(tmp_path / "d").types == ("timestamp[us]",)
    assert columns(tmp_path / "d", ["t"]) == {"t": [NEAR, FAR]}


def test_what_no_unit_holds_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    write(tmp_path / "d" / "a.parquet", [1], "ns")
    write(tmp_path / "d" / "b.parquet", [FAR])
    with pytest.raises(Unreadable, match=r"'a.parquet', which has times in the column 't' that are finer than us"):
        head(tmp_path / "d")


def test_a_file_written_again_is_looked_at_again(tmp_path: Path) -> None:
    path = write(tmp_path / "t.parquet", [NEAR])
    assert head(path).types == ("timestamp[ns]",)
    write(tmp_path / "new.parquet", [FAR])
    shutil.move(tmp_path / "new.parquet", path)
    assert head(path).types == ("timestamp[us]",)
