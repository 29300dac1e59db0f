"""Columns that only tell rows, builds or moments apart, and columns that look like them and are features."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pytest_mlmonitor.tables.drift.apart.telling_apart import BUILDS, COUNTS_ON, ROWS_IDS, TIMES, told_apart

NOW = datetime(2026, 11, 29, tzinfo=UTC)
ROWS = 240


def days(number: int, rows: int = ROWS) -> list[int]:
    start = int((NOW - timedelta(days=4 - number)).timestamp())
    return [start + i * 300 for i in range(rows)]


def said(tmp_path: Path, name: str, *versions: Any) -> str | None:
    """Return what is said of a column whose values in older versions come first."""
    paths = []
    for number, values in enumerate(versions):
        pq.write_table(pa.table({name: values}), tmp_path / f"{number}.parquet")
        paths.append(tmp_path / f"{number}.parquet")
    return told_apart(paths[-1], paths[:-1], [name], int(NOW.timestamp())).get(name)


@pytest.mark.parametrize(
    ("name", "versions", "what"),
    [
        ("order_id", [range(1000), range(5000, 5600)], ROWS_IDS),
        ("id", [[i * 7919 % 1009 for i in range(ROWS)], [i * 7907 % 1013 for i in range(ROWS)]], ROWS_IDS),
        ("uuid", [[f"u{i}" for i in range(50)], [f"v{i}" for i in range(50)]], ROWS_IDS),
        ("order_id", [[i // 3 for i in range(ROWS)], [1000 + i // 2 for i in range(ROWS)]], COUNTS_ON),
        ("order_id", [[i // 3 for i in range(ROWS)], [0, 5, 9] + [1000 + i // 2 for i in range(ROWS)]], COUNTS_ON),
        ("n", [range(ROWS), range(ROWS, 2 * ROWS)], COUNTS_ON),
        ("batch_no", [[1] * ROWS, [2] * ROWS, [3] * ROWS], BUILDS),
        ("run", [["a"] * ROWS, ["b"] * ROWS], BUILDS),
        ("dt", [["2026-11-26"] * ROWS, ["2026-11-27"] * ROWS], TIMES),
        ("day", [[20261126] * ROWS, [20261127] * ROWS], TIMES),
        ("seen", [["2026-11-26T01:00:00Z"] * ROWS, ["2026-11-27T03:00:00+01:00"] * ROWS], TIMES),
        ("event_time", [days(1), days(2)], TIMES),
        ("order_no", [[i // 2 for i in range(ROWS)], [1000 + i // 3 for i in range(ROWS + 120)]], COUNTS_ON),
        ("ingest_ts", [[s + 0.25 for s in days(1)], [s + 0.5 for s in days(2)]], TIMES),
        ("created_ms", [[s * 1000 + 7 for s in days(1)], [s * 1000 for s in days(2)]], TIMES),
    ],
)
def test_told_apart(name: str, versions: list[Any], what: str, tmp_path: Path) -> None:
    assert said(tmp_path, name, *(list(values) for values in versions)) == what


@pytest.mark.parametrize(
    ("name", "versions"),
    [
        ("amount", [range(ROWS), range(0, 1000 * ROWS, 1000)]),  # another unit
        ("amount", [range(ROWS), [1000 + i // 2 for i in range(ROWS)]]),  # what two rows share counts nothing on
        ("amount", [[float(i) for i in range(ROWS)], [1000.0 + i for i in range(ROWS)]]),
        ("order_no", [[i // 2 for i in range(ROWS)], [1000 * (1000 + i // 2) for i in range(ROWS)]]),  # another unit
        ("number_of_rooms", [[i // 2 for i in range(ROWS)], [1000 + i // 2 for i in range(ROWS)]]),
        ("event_time", [[float(s) for s in days(1)], [s * 1000.0 for s in days(2)]]),
        ("n", [range(40), range(40, 80)]),  # so few differ by accident
        ("station_id", [[1, 2, 3] * 80, [1, 2, 9] * 80]),
        ("rate", [[5] * ROWS, [7] * ROWS]),
        ("batch", [["a", "b"] * 100, ["b", "c"] * 100]),
        ("dt", [["2026-11-27"] * ROWS, ["2026-11-26"] * ROWS]),  # earlier than before
        ("dt", [["2026-11-26"] * ROWS, ["2126-11-27"] * ROWS]),  # nobody was there yet
        ("event_time", [days(1), [s * 1000 for s in days(2)]]),  # another unit
        ("bytes", [days(1), [s + 7 for s in days(2)][: ROWS // 2] * 2]),
        ("code", [["20261126"] * ROWS, ["bad"] * ROWS]),
        ("id", [list(range(ROWS)), [str(i) for i in range(ROWS)]]),
        ("id", [[None] * ROWS, list(range(ROWS))]),
    ],
)
def test_features(name: str, versions: list[Any], tmp_path: Path) -> None:
    assert said(tmp_path, name, *(list(values) for values in versions)) is None


def test_a_column_that_a_version_lacks_tells_nothing(tmp_path: Path) -> None:
    pq.write_table(pa.table({"x": [1]}), tmp_path / "a.parquet")
    pq.write_table(pa.table({"id": [1]}), tmp_path / "b.parquet")
    assert told_apart(tmp_path / "b.parquet", [tmp_path / "a.parquet"], ["id"], 0) == {}
