"""Rows of a version, taken evenly."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pytest_mlmonitor.tables.drift.calendar.decide import following
from pytest_mlmonitor.tables.drift.calendar.taken import taken
from pytest_mlmonitor.tables.reader.isolated import IsolatedReader
from pytest_mlmonitor.tables.unreadable import Unreadable

START = datetime(2026, 11, 2, tzinfo=UTC)


def write(path: Path, rows: int = 5_000, first: int = 0) -> Path:
    """Write a table of an event each six minutes."""
    times = [START + timedelta(minutes=6 * (first + i)) for i in range(rows)]
    columns = {
        "ts": pa.array(times, pa.timestamp("ms", "UTC")),
        "hour": pa.array([t.hour for t in times], pa.int8()),
        "name": [t.strftime("%A") if i % 5 else None for i, t in enumerate(times)],
        "view": pa.array([t.strftime("%A") for t in times], pa.string_view()),
        "weekend": [t.weekday() >= 5 for t in times],
        "price": pa.array([Decimal((first + i) % 7) for i in range(rows)], pa.decimal128(9, 2)),
        "clock": pa.array([time(t.hour, t.minute) for t in times], pa.time32("s")),
        "kind": pa.array([["a", "b"][(first + i) * 7 % 11 % 2] for i in range(rows)]).dictionary_encode(),
        "list": [[1]] * rows,
        "x": np.random.default_rng(first).normal(size=rows),
    }
    pq.write_table(pa.table(columns), path, row_group_size=777)
    return path


NAMES = ["hour", "name", "weekend", "price", "clock", "kind", "list", "x", "not there"]


def test_rows_are_taken_evenly_and_not_all_of_one_hour(tmp_path: Path) -> None:
    found = taken(write(tmp_path / "t.parquet"), "ts", NAMES, 500)
    assert found is not None
    assert len(found.times) == 500
    assert set(found.columns) == set(NAMES) - {"list", "not there"}
    assert np.all(np.diff(found.times) > 0)
    assert np.diff(found.times).max() < timedelta(minutes=6 * 20) // timedelta(microseconds=1)
    assert set(np.unique(found.columns["hour"])) == set(range(24))
    moments = [datetime.fromtimestamp(t / 1e6, UTC) for t in found.times.tolist()]
    assert [int(h) for h in found.columns["hour"]] == [m.hour for m in moments]
    assert all(name in (None, m.strftime("%A")) for name, m in zip(found.columns["name"], moments, strict=True))
    assert found.columns["clock"].tolist() == [m.hour * 3600 + m.minute * 60 for m in moments]


def test_texts_as_polars_keeps_them(tmp_path: Path) -> None:
    times = pa.array([START + timedelta(hours=i) for i in range(100)], pa.timestamp("us"))
    names = pa.array([f"{i}" for i in range(100)], pa.string_view())
    pq.write_table(pa.table({"ts": times, "name": names}), tmp_path / "t.parquet")
    found = taken(tmp_path / "t.parquet", "ts", ["name"], 10)
    assert found is not None
    first = START.timestamp()
    assert list(found.columns["name"]) == [f"{(t / 1e6 - first) / 3600:.0f}" for t in found.times.tolist()]


def test_the_rows_are_the_same_whatever_columns_are_asked_for(tmp_path: Path) -> None:
    path = write(tmp_path / "t.parquet")
    one, other = taken(path, "ts", ["x"], 300), taken(path, "ts", ["hour", "x"], 300)
    assert one is not None
    assert other is not None
    assert np.array_equal(one.times, other.times)
    assert np.array_equal(one.columns["x"], other.columns["x"])


def test_small_and_empty_tables(tmp_path: Path) -> None:
    found = taken(write(tmp_path / "t.parquet", 7), "ts", NAMES, 500)
    assert found is not None
    assert len(found.times) == len(found.columns["kind"]) == 7
    found = taken(write(tmp_path / "e.parquet", 0), "ts", NAMES, 500)
    assert found is not None
    assert len(found.times) == len(found.columns["hour"]) == len(found.columns["x"]) == 0


@pytest.mark.parametrize("column", ["x", "name", "not there"])
def test_without_event_times_nothing_is_taken(tmp_path: Path, column: str) -> None:
    assert taken(write(tmp_path / "t.parquet", 7), column, NAMES, 500) is None


def test_in_the_reader_process_and_decided_in_ours(tmp_path: Path) -> None:
    paths = [write(tmp_path / f"{day}.parquet", 240, 240 * day) for day in range(12)]
    reader = IsolatedReader()
    sampled = [(i, reader.call("taken", path, "ts", NAMES, 200)) for i, path in enumerate(reversed(paths))]
    (tmp_path / "torn.parquet").write_bytes(b"PAR1 torn")
    with pytest.raises(Unreadable):
        reader.call("taken", tmp_path / "torn.parquet", "ts", NAMES, 200)
    reader.close()
    found = following(sampled, 2, NAMES)
    assert {name: what.said for name, what in found.items()} == {
        "hour": "the hour",
        "name": "the weekday",
        "weekend": "the weekend flag",
        "clock": "the time of day",
    }
    assert all(what.certain and what.versions == 12 for what in found.values())


def test_a_version_with_texts_where_others_have_numbers_is_left_out(tmp_path: Path) -> None:
    sampled = [(i, taken(write(tmp_path / f"{i}.parquet", 240, 240 * i), "ts", NAMES, 200)) for i in range(12)]
    other = pa.table({"ts": [START - timedelta(days=3)], "hour": ["none"]})
    pq.write_table(other, tmp_path / "o.parquet")
    sampled.append((12, taken(tmp_path / "o.parquet", "ts", NAMES, 200)))
    known = [(number, one) for number, one in sampled if one is not None]
    assert following(known, 2, ["hour"])["hour"].versions == 12
    swapped = [(0, known[12][1]), *((i + 1, one) for i, (_, one) in enumerate(known[:12]))]
    assert following(swapped, 2, ["hour"]) == {}
    assert following(known[1:], 2, ["hour"]) == {}  # the table that is judged cannot be read
