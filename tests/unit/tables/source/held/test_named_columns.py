"""Parts of a table share what is said of their columns, and only where all of it is the same."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pytest_mlmonitor.tables.source.held.named_columns import named_columns
from pytest_mlmonitor.tables.source.parquet import opened


def columns(place: Path, table: pa.Table, unit: str | None = None, **options: object) -> object:
    file = place / "x.parquet"
    pq.write_table(table, file, **options)
    with opened(file, unit) as parquet:  # type: ignore[arg-type]
        found = named_columns(parquet)
        assert found.schema.equals(parquet.schema_arrow, check_metadata=True)
        assert list(found.names) == parquet.schema_arrow.names
        return found


def test_files_that_say_the_same_share_it(tmp_path: Path) -> None:
    first = columns(tmp_path, pa.table({"a": [1], "b": ["x"]}))
    assert columns(tmp_path, pa.table({"a": [2, 3], "b": ["y", None]})) is first


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (pa.table({"a": [{"x": 1}]}), pa.table({"b": [{"x": 1}]})),
        (pa.table({"x": [1]}), pa.table({"x": [1.0]})),
        (
            pa.table({"x": [1]}, schema=pa.schema([pa.field("x", pa.int64(), metadata={"PARQUET:field_id": "1"})])),
            pa.table({"x": [1]}, schema=pa.schema([pa.field("x", pa.int64(), metadata={"PARQUET:field_id": "2"})])),
        ),
    ],
    ids=["names around a column", "types", "field ids"],
)
def test_files_that_differ_share_nothing(tmp_path: Path, one: pa.Table, other: pa.Table) -> None:
    for store_schema in (True, False):
        first = columns(tmp_path, one, store_schema=store_schema)
        assert columns(tmp_path, other, store_schema=store_schema) is not first


def test_metadata_is_part_of_what_a_file_says(tmp_path: Path) -> None:
    first = columns(tmp_path, pa.table({"x": [1]}))
    assert columns(tmp_path, pa.table({"x": [1]}).replace_schema_metadata({"k": "v"})) is not first


def test_96_bit_timestamps_have_the_unit_asked_for(tmp_path: Path) -> None:
    table = pa.table({"t": pa.array([datetime(2026, 1, 1)], pa.timestamp("us"))})
    for unit in ("ms", "us"):
        columns(tmp_path, table, unit, use_deprecated_int96_timestamps=True)
