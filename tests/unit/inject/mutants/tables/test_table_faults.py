"""What each fault of a table makes of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pytest_mlmonitor.core.text.times import parse_stamp
from pytest_mlmonitor.datasets.views import Datasets
from pytest_mlmonitor.inject.mutants.material import Material
from pytest_mlmonitor.inject.mutants.tables.columns_there import added_column, dropped_column, renamed_column
from pytest_mlmonitor.inject.mutants.tables.older_builds import day_older
from pytest_mlmonitor.inject.mutants.tables.rows_there import duplicate_rows, half_lost, same_again
from pytest_mlmonitor.inject.mutants.tables.wrong_times import future_rows, hour_off
from tests.unit.inject.mutants.plain import built, dataset_of, faulty, mutants_of, put, rows_after, verdicts
from tests.unit.support import NOW, copy_of_sample, load_json, platform_at

START = datetime(2026, 4, 26)
TIMES = [START + timedelta(minutes=15 * row) for row in range(200)]
TABLE = {"id": list(range(200)), "at": pa.array(TIMES, pa.timestamp("us")), "end": pa.array(TIMES, pa.timestamp("ms"))}


def test_columns_go_come_and_change_their_names(tmp_path: Path) -> None:
    assert faulty(dropped_column, tmp_path, TABLE, "at")[0].schema.names == ["id", "end"]
    assert faulty(added_column, tmp_path, TABLE, "added_v2")[0].schema.names == ["id", "at", "end", "added_v2"]
    dataset = dataset_of(tmp_path / "orders.parquet", TABLE, target="end", entity="id", event_ts="at")
    (column, mutant), *others = mutants_of(renamed_column, dataset).items()
    after = rows_after(dataset, mutant.make())
    assert (others, after.schema.names) == ([], [f"{name}_v2" if name == column else name for name in TABLE])
    assert mutants_of(dropped_column, dataset_of(tmp_path / "one.parquet", {"x": [1]})) == {}


def test_rows_come_twice_or_not_at_all(tmp_path: Path) -> None:
    after, _ = faulty(duplicate_rows, tmp_path, TABLE)
    assert (after.num_rows, len(set(after["id"].to_pylist()))) == (202, 200)
    after, _ = faulty(half_lost, tmp_path, TABLE)
    assert after.num_rows == len(set(after["id"].to_pylist())) == 100
    assert mutants_of(half_lost, dataset_of(tmp_path / "none.parquet", {"x": pa.array([], pa.int8())})) == {}


def test_the_version_before_comes_again(tmp_path: Path) -> None:
    before = dataset_of(tmp_path / "a.parquet", {"x": [1, 2]}, **built(0))
    now = dataset_of(tmp_path / "b.parquet", {"x": [3]}, **built(10))
    (mutant,) = mutants_of(same_again, now, before).values()
    assert mutant.equivalent is None
    assert rows_after(now, mutant.make())["x"].to_pylist() == [1, 2]
    assert mutants_of(same_again, before, now) == {}
    same = dataset_of(tmp_path / "c.parquet", {"x": [1, 2]}, **built(20))
    assert mutants_of(same_again, same, before)[None].equivalent == "the version before holds the same rows"


def test_rows_of_the_future_move_as_a_whole_and_by_whole_days(tmp_path: Path) -> None:
    after, _ = faulty(future_rows, tmp_path, TABLE, event_ts="at")
    moved = [row for row in after.to_pylist() if row["at"] != TIMES[row["id"]]]
    assert len(moved) == 2
    assert all(row["at"] > NOW.replace(tzinfo=None) + timedelta(days=1) for row in moved)
    assert all(row["at"] == row["end"] and (row["at"] - TIMES[row["id"]]).seconds == 0 for row in moved)


def test_the_event_time_alone_is_an_hour_off(tmp_path: Path) -> None:
    after, _ = faulty(hour_off, tmp_path, TABLE, event_ts="end")
    assert after["end"].to_pylist() == [moment + timedelta(hours=1) for moment in TIMES]
    assert after["at"].to_pylist() == TIMES


def test_without_an_event_time_the_only_time_is_taken_and_of_two_none(tmp_path: Path) -> None:
    assert mutants_of(hour_off, dataset_of(tmp_path / "two.parquet", TABLE)) == {}
    assert (
        "at is an hour later"
        in mutants_of(hour_off, dataset_of(tmp_path / "one.parquet", {"at": TABLE["at"]}))[None].what
    )


def test_a_build_that_did_not_come_is_stale_and_nothing_else(tmp_path: Path) -> None:
    """Its name, its stamps, its metadata and the runs that name it are those of a day before."""
    root = copy_of_sample(tmp_path, "p2", "p4")
    sound = verdicts(root, freshness={"max_age_seconds": 21_600})
    platform = platform_at(root)
    (dataset,) = platform.of_kind("dataset")
    (mutant,) = day_older.mutants(dataset, Material(platform))
    put(mutant.make())
    found = verdicts(root, freshness={"max_age_seconds": 21_600}) - sound
    assert {check for check, _, severity in found if severity == "error"} == {"freshness", "dataset_link"}
    sidecar = load_json(root / "p2/dataset_metadata.json")
    assert sidecar["dataset_name"] == "training_dataset_20260425_130148"
    assert sidecar["dataset_version"] == "2026-04-25T13:01:48+00:00"
    assert sidecar["built_at"] == "2026-04-25T13:01:48Z"
    after = platform_at(root).view(Datasets).named("training_dataset_20260425_130148")
    assert [one.built_at for one in after] == [parse_stamp("20260425_130148")]


def test_yesterdays_build_is_the_newest_where_there_is_one(tmp_path: Path) -> None:
    yesterday = dataset_of(tmp_path / "orders_20260401.parquet", TABLE, **built(10 - 24 * 60))
    between = dataset_of(tmp_path / "orders_20260401_2.parquet", TABLE, **built(0))
    now = dataset_of(tmp_path / "orders_20260402.parquet", TABLE, **built(10))
    gone = mutants_of(day_older, now, yesterday, between)[None].make()
    assert {path.name: content.data for path, content in gone.items()} == {now.file.name: None, between.file.name: None}
    assert mutants_of(day_older, yesterday, now) == {}  # of a version that a newer one replaced


def test_else_this_build_is_yesterdays_and_those_between_are_not_there(tmp_path: Path) -> None:
    long_ago = dataset_of(tmp_path / "orders_20260330.parquet", TABLE, **built(-4000))
    between = dataset_of(tmp_path / "orders_20260401.parquet", {"x": [1]}, **built(0))
    now = dataset_of(tmp_path / "orders_20260402.parquet", TABLE, **built(10))
    put(mutants_of(day_older, now, long_ago, between)[None].make())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["orders_20260330.parquet", "orders_20260401.parquet"]
    assert pq.read_table(between.file)["at"].to_pylist() == [moment - timedelta(days=1) for moment in TIMES]
    assert between.file.stat().st_mtime == pytest.approx(long_ago.file.stat().st_mtime - 24 * 3600, abs=60)


def test_a_name_that_is_taken_is_not_taken_again(tmp_path: Path) -> None:
    taken = dataset_of(tmp_path / "orders_20260401.parquet", TABLE, **built(-4000))
    now = dataset_of(tmp_path / "orders_20260402.parquet", TABLE, **built(10))
    assert mutants_of(day_older, now, taken) == {}
    unsaid = dataset_of(tmp_path / "orders.parquet", TABLE, **built(10))
    assert mutants_of(day_older, unsaid) == {}  # nothing that can be written says when it was built
